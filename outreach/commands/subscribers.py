"""flask subscribers: import lists, show what came of them, get back what was turned away."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from outreach import access, accounts, areas, clock
from outreach.access import Act, Subject
from outreach.commands.files import mapping_of, rejects_path
from outreach.console import answering
from outreach.database import db
from outreach.i18n import _
from outreach.lists import expiry, trying, uploads
from outreach.lists.following import follow
from outreach.lists.uploads import Choices, Purpose
from outreach.subscribers import ListState, SubscriberList, list_by_id

group = AppGroup("subscribers", help="Lists of subscribers.")

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)


@group.command("import")
@click.argument("file", type=FILE)
@click.option("--organisation", required=True, type=int, help="Id of the list's owner.")
@click.option("--purpose", required=True, help="What the numbers are for.")
@click.option("--source", required=True, help="Where the list comes from.")
@click.option(
    "--obtained-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day the list was obtained; today without it.",
)
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day on which the list may be used; OUTREACH_LIST_DAYS from today without it.",
)
@click.option("--map", "maps", multiple=True, metavar="MEANING=COLUMN", help="phone, area, name …")
@click.option("--within", help="Code of the area where names without a place are looked for.")
@click.option("--allow-restricted", is_flag=True, help="Take groups that are health data.")
@click.option("--dry-run", is_flag=True, help="Read and judge the list, write nothing.")
@click.option("--rejects", type=OUT, help="Where to write the rows that were turned away.")
@answering
def import_(
    file: Path,
    organisation: int,
    purpose: str,
    source: str,
    obtained_on: datetime | None,
    expires: datetime | None,
    maps: tuple[str, ...],
    within: str | None,
    allow_restricted: bool,
    dry_run: bool,
    rejects: Path | None,
) -> dict[str, Any]:
    """Import the list FILE (CSV or XLSX); a worker does it, this command waits for it."""
    actor = accounts.system()
    access.demand(actor, Act.LIST_IMPORT, Subject(organisation_id=organisation))
    last_day = None if expires is None else expires.date()
    why = Purpose(purpose, source, _day(obtained_on), last_day)
    within_id = None if within is None else areas.by_code(within).id
    choices = Choices(mapping_of(maps), within_id, allow_restricted)
    if dry_run:
        return _tried(file, organisation, why, choices)
    with file.open("rb") as content:
        received = uploads.receive(
            content, file.name, organisation, why, choices, actor_id=actor.id
        )
    upload = follow(received.id, _show)
    written = _write_rejects(upload, rejects, file) if upload.rejected else None
    return _figures(upload, upload.id, written) | {"notes": uploads.notes_of(upload)}


@group.command("list")
@answering
def show_all() -> list[dict[str, Any]]:
    """Show all lists and how far each is."""
    lists = db.session.scalars(select(SubscriberList).order_by(SubscriberList.id))
    return [
        {
            "id": upload.id,
            "organisation": upload.organisation_id,
            "filename": upload.filename,
            "purpose": upload.purpose,
            "source": upload.source,
            "obtained_on": upload.obtained_on.isoformat(),
            "expires_on": None if upload.expires_on is None else upload.expires_on.isoformat(),
            "state": upload.state,
            "read": upload.read,
            "added": upload.added,
            "joined": upload.joined,
            "rejected": upload.rejected,
            "refusal": upload.refusal,
            "received_at": upload.created_at,
            "finished_at": upload.finished_at,
        }
        for upload in lists
    ]


@group.command("rejects")
@click.argument("list_id", metavar="LIST", type=int)
@click.argument("file", type=OUT)
@answering
def rejects_(list_id: int, file: Path) -> dict[str, Any]:
    """Write the rows that were turned away from LIST to FILE (CSV)."""
    upload = list_by_id(list_id)
    uploads.export_rejects(upload, file, actor_id=accounts.system().id)
    return {"id": upload.id, "rejected": upload.rejected, "rejects_file": str(file)}


@group.command("expiry")
@click.argument("list_id", metavar="LIST", type=int)
@click.option("--last-day", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--reason", required=True, help="A letter, an agreement, a request to delete.")
@answering
def expiry_(list_id: int, last_day: datetime, reason: str) -> dict[str, Any]:
    """Set the last day on which LIST may be used; a day that is over ends its use at once."""
    actor, upload = accounts.system(), list_by_id(list_id)
    access.demand(actor, Act.LIST_IMPORT, upload)
    expiry.change(upload, last_day.date(), reason, actor_id=actor.id)
    return {"id": list_id, "expires_on": last_day.date().isoformat()}


def _day(given: datetime | None) -> date:
    return clock.local(clock.now()).date() if given is None else given.date()


def _tried(file: Path, organisation_id: int, why: Purpose, choices: Choices) -> dict[str, Any]:
    why.checked()
    trial = trying.try_list(file, organisation_id, choices)
    for reject in trial.examples:
        click.echo(f"{reject.row}\t{reject.column}\t{reject.value}\t{reject.sentence}", err=True)
    return _figures(trial, None, None) | {"notes": trial.notes}


def _figures(
    result: SubscriberList | trying.Trial, list_id: int | None, rejects_file: Path | None
) -> dict[str, Any]:
    return {
        "id": list_id,
        "read": result.read,
        "added": result.added,
        "joined": result.joined,
        "rejected": result.rejected,
        "rejects_file": None if rejects_file is None else str(rejects_file),
    }


def _show(upload: SubscriberList) -> None:
    """Progress on stderr: one line that changes on a terminal, else a line a step."""
    if upload.state is ListState.WAITING:
        words = _("waiting for a worker")
    elif upload.state is ListState.READING:
        words = _("rows read: %(n)s", n=upload.read)
    else:
        of = upload.read - upload.rejected
        words = _("rows joined: %(n)s of %(of)s", n=upload.added + upload.joined, of=of)
    end = "\r" if sys.stderr.isatty() and upload.state is not ListState.DONE else "\n"
    click.echo(f"{words}          {end}", nl=False, err=True)


def _write_rejects(upload: SubscriberList, chosen: Path | None, file: Path) -> Path:
    """Beside the list itself, where the numbers lie readable anyway; else in a new folder."""
    path = rejects_path(chosen, file, upload.id)
    uploads.export_rejects(upload, path, actor_id=accounts.system().id)
    return path
