"""`backup FILE` and `restore FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from outreach import clock
from outreach.console import answering
from outreach.i18n import gettext as _
from workers import backups

FILE = click.Path(dir_okay=False, path_type=Path)


def _say(line: str) -> None:
    click.echo(line, err=True)


@click.command("backup")
@click.argument("file", type=FILE)
@with_appcontext
@answering
def backup(file: Path) -> dict[str, Any]:
    """Write the database and the files of lists to a new FILE, while everything runs."""
    settings = current_app.config["OUTREACH"]
    manifest = backups.make(file, settings, _say)
    return {
        "file": str(file),
        "made_at": clock.iso(manifest.moment),
        "rows": manifest.rows,
        "files": len(manifest.files),
        "octets": file.stat().st_size,
        "key": _(
            "The key is not in it. Keep a copy of %(path)s in another place: without it no number "
            "in the backup can be read.",
            path=settings.key_path,
        ),
    }


@click.command("restore")
@click.argument("file", type=FILE)
@with_appcontext
@answering
def restore(file: Path) -> dict[str, Any]:
    """Put the backup FILE in the place of what is there; unfinished campaigns are paused.

    Nothing may run meanwhile. What was queued or on its way in the backup is in doubt afterwards.
    """
    done = backups.restore(file, current_app.config["OUTREACH"], _say)
    return {
        "restored": str(file),
        "made_at": clock.iso(done.manifest.moment),
        "rows": done.manifest.rows,
        "files": len(done.manifest.files),
        "paused": done.held.paused,
        "in_doubt": done.held.in_doubt,
        "opt_outs_kept": done.opt_outs,
        "saved_before": None if done.saved is None else str(done.saved),
        "next": _(
            "Of opt-outs since %(at)s only those are there that this installation knew just now: "
            "import any others before a campaign is resumed.",
            at=clock.iso(done.manifest.moment),
        ),
    }
