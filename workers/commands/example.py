"""`example load|reset`: Huyện Hồng Ngự in August 2020, to try everything with."""

from __future__ import annotations

import shutil

import click
from flask import current_app
from flask.cli import AppGroup

from outreach import installation, schema
from outreach.console import answering
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.settings import Settings
from workers import running
from workers.example import loading

group = AppGroup("example", help="The example: an invented drive in Huyện Hồng Ngự.")


@group.command("load")
@answering
def load() -> dict[str, bool]:
    """Load the lists and send the campaign, once; `serve --demo` calls it."""
    fresh = not loading.is_loaded()
    if fresh:
        loading.load(current_app.config["OUTREACH"], lambda line: click.echo(line, err=True))
    return {"loaded": fresh}


@group.command("reset")
@answering
def reset() -> dict[str, bool]:
    """Throw the example's data away; the next `make demo` makes a fresh one."""
    settings: Settings = current_app.config["OUTREACH"]
    settings.data_dir.joinpath("run").mkdir(parents=True, exist_ok=True)
    running.lock_start(settings.data_dir / "run", "")
    if installation.is_laid() and installation.get(loading.STATE) is None:
        raise Refused(
            _(
                "%(folder)s holds no example but real data; nothing was deleted. Use another "
                "OUTREACH_DATA_DIR for the example.",
                folder=settings.data_dir,
            )
        )
    db.session.remove()
    schema.empty(db.engine)
    for name in ("lists", "valkey", "logs"):
        shutil.rmtree(settings.data_dir / name, ignore_errors=True)
    for name in ("example.json", "run/simulator.json", "run/simulator-ports.json"):
        (settings.data_dir / name).unlink(missing_ok=True)
    return {"reset": True}
