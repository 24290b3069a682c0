"""flask uptake: import install figures from a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from outreach import accounts, areas, sms_reports, uptake, uptake_imports
from outreach.commands.files import mapping_of, rejects_path
from outreach.console import answering
from outreach.uptake_imports import UptakeImport

group = AppGroup("uptake", help="Install figures of the communes.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--app", "code", help="Code of the app; not needed where only one is counted.")
@click.option("--within", help="Code of the area the figures may be of; without it, of any.")
@click.option("--map", "maps", multiple=True, metavar="MEANING=COLUMN", help="area, date …")
@click.option("--reason", default="", help="Why figures fall or exceed the population, if so.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path))
@answering
def import_(
    file: Path,
    code: str | None,
    within: str | None,
    maps: tuple[str, ...],
    reason: str,
    rejects: Path | None,
) -> dict[str, Any]:
    """Import the figures of FILE (CSV or XLSX): area, date, installs, or one column a date."""
    done = uptake_imports.import_file(
        file,
        file.name,
        uptake.chosen_app(code).id,
        within=None if within is None else areas.by_code(within).id,
        actor_id=accounts.system().id,
        mapping=mapping_of(maps),
        reason=reason,
    )
    written = _write_rejects(done, rejects, file) if done.rejected else None
    for each in done.to_check:
        click.echo(f"{each.row}\t{each.column}\t{each.value}\t{each.sentence}", err=True)
    return done.said | {
        "to_check": len(done.to_check),
        "notes": done.notes,
        "rejects_file": None if written is None else str(written),
    }


@group.command("sms")
@click.option("--days", default=7, type=click.IntRange(1, 366), help="How many days back.")
@answering
def sms(days: int) -> list[dict[str, Any]]:
    """How many texts that look like reports came from numbers nobody confirmed, a row a day."""
    since = uptake.today() - timedelta(days=days - 1)
    return [
        {"day": each.day.isoformat(), "strangers": each.texts}
        for each in sms_reports.strangers(since)
    ]


def _write_rejects(done: UptakeImport, chosen: Path | None, file: Path) -> Path:
    path = rejects_path(chosen, file, done.id)
    with path.open("wb") as out:
        uptake_imports.write_rejects(done, out)
    return path
