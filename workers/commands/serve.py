"""`serve`: bring everything up on this machine and stay until Ctrl-C."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from outreach.errors import Refused
from workers.start import Start


@click.command("serve")
@click.option("--demo", is_flag=True, help="With the example and its simulated carriers.")
@with_appcontext
def serve(demo: bool) -> None:
    """Bring up the store, the workers, the tick and the web pages; Ctrl-C stops them all."""
    start = Start(current_app.config["OUTREACH"], demo)
    try:
        start.check()
        upgrade()
        start.run()
    except Refused as refused:
        click.echo(refused.sentence, err=True)
        sys.exit(1)
