"""`/healthz`, `/readyz`, and no page before the database is migrated."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from outreach import health, installation, schema
from outreach.database import db
from outreach.i18n import gettext as _
from outreach.pages.guard import public

blueprint = Blueprint("health", __name__)
MIGRATED = "outreach_migrated"
ALWAYS = {"health.healthz", "health.readyz", "static"}


@blueprint.get("/healthz")
@public("says nothing about people; a monitor has no log-in")
def healthz() -> ResponseReturnValue:
    """200 where all is well, the expected number of workers included."""
    found = health.examine()
    return _answer(found, found.ready and found.workers >= current_app.config["OUTREACH"].workers)


@blueprint.get("/readyz")
@public("says nothing about people; a load balancer has no log-in")
def readyz() -> ResponseReturnValue:
    """200 where pages can be served and at least one worker carries out what they start."""
    found = health.examine()
    return _answer(found, found.ready)


def _answer(found: health.Health, well: bool) -> ResponseReturnValue:
    return jsonify(found.as_json(well)), 200 if well else 503


@blueprint.before_app_request
def refuse_until_migrated() -> ResponseReturnValue | None:
    """Serve nothing on a database that lacks a migration; once found current it is not asked."""
    if request.endpoint in ALWAYS or current_app.extensions.get(MIGRATED):
        return None
    if not schema.is_current(db.engine):
        sentence = _("The database lacks a migration. Run: %(command)s", command=schema.COMMAND)
        return sentence, 503, {"Content-Type": "text/plain; charset=utf-8"}
    installation.set_clock()
    current_app.extensions[MIGRATED] = True
    return None
