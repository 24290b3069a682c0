"""The rules of messages, to be read; decrees and settings change them, no page does."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from campaigns import rule_book
from outreach.access import Act
from outreach.accounts import Role
from outreach.pages.guard import needs, person

blueprint = Blueprint("rules", __name__, url_prefix="/admin/rules")


@blueprint.get("/")
@needs(Act.RULES_VIEW)
def index() -> str:
    """Which rules hold for which kind of message from which day."""
    entries = rule_book.entries(current_app.config["OUTREACH"])
    # Names of settings say something to those who run the installation, and to nobody else.
    return render_template("rules.html", entries=entries, runs=person().role is Role.ADMIN)
