"""`serve`: bring everything up on this machine and stay until Ctrl-C."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from outreach import first_administrator, schema, troubles
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import gettext as _
from workers.example import loading
from workers.start import Start


@click.command("serve")
@click.option("--demo", is_flag=True, help="With the example and its simulated carriers.")
@with_appcontext
def serve(demo: bool) -> None:
    """Bring up the store, the workers, the tick and the web pages; Ctrl-C stops them all."""
    start = Start(current_app.config["OUTREACH"], demo)
    try:
        start.check()
        schema.refuse_newer(db.engine)
        schema.upgrade()
        if demo:
            loading.prepare(current_app.config["OUTREACH"])
        _invite_administrator(start)
        start.run()
    except (Refused, *troubles.KINDS) as error:
        refused = error if isinstance(error, Refused) else troubles.explained(error)
        if refused is None:
            raise
        click.echo(refused.sentence, err=True)
        sys.exit(1)


def _invite_administrator(start: Start) -> None:
    """Print how the administrator gets in for the first time; the example brings its own people."""
    invitation = None if start.demo else first_administrator.invitation_link(start.settings)
    if invitation:
        email, link = invitation
        click.echo(_("%(email)s sets a password here: %(link)s", email=email, link=link))
    # The pages' processes read the database themselves; this one must not hold it open.
    db.session.remove()
    db.engine.dispose()
