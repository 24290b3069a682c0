"""`doctor`: what is wrong with this installation and the command that mends it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from outreach import store
from outreach.console import answering
from outreach.database import db
from workers import doctor as doctor_rules


@click.command("doctor")
@with_appcontext
@answering
def doctor() -> list[dict[str, Any]]:
    """Look at keys, disk, database, Redis, clocks, workers, tick and mail; says what mends each."""
    settings = current_app.config["OUTREACH"]
    findings = doctor_rules.examine(settings, db.engine, store.connect(settings, attempts=0))
    return [asdict(finding) for finding in findings]
