"""Uploads: a file somebody hands over, sealed in the data folder, and what it is for.

The plain file is never written to the disk. To read it, a worker opens it into its own memory.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final

from flask import current_app
from sqlalchemy import update

from outreach import audit, clock, numbers, organisations, sealed_files
from outreach.database import transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import expiry, reading
from outreach.lists.opening import open_list
from outreach.sealing import NotSealed
from outreach.settings import Settings
from outreach.signals import work_requested
from outreach.subscribers import ListState, SubscriberList, list_by_id

FOLDER: Final = "lists"
TEXT_LENGTH: Final = 500
FILENAME_LENGTH: Final = 255


@dataclass(frozen=True)
class Purpose:
    """Why we may hold these people's numbers, and until the end of which day. All must be said of
    every list; without a last day it is the usual one."""

    purpose: str
    source: str
    obtained_on: date
    expires_on: date | None = None

    def checked(self) -> Purpose:
        """Itself, tidied. Raises Refused for what is empty, too long, or of a day to come."""
        if self.obtained_on > clock.local(clock.now()).date():
            raise Refused(_("The day the list was obtained lies in the future."), "obtained_on")
        return Purpose(
            _filled(self.purpose, "purpose", _("Say what the list is for.")),
            _filled(self.source, "source", _("Say where the list comes from.")),
            self.obtained_on,
            usual_expiry() if self.expires_on is None else expiry.checked(self.expires_on),
        )


def usual_expiry() -> date:
    """The last day of use of a list uploaded today (OUTREACH_LIST_DAYS)."""
    settings: Settings = current_app.config["OUTREACH"]
    return expiry.usual(settings.list_days)


def _filled(text: str, name: str, sentence: str) -> str:
    tidy = " ".join(text.split())
    if not tidy:
        raise Refused(sentence, name)
    if len(tidy) > TEXT_LENGTH:
        raise Refused(_("At most %(most)s letters fit here.", most=TEXT_LENGTH), name)
    return tidy


@dataclass(frozen=True)
class Choices:
    """What the person chose for the reading: meaning → column; the area where names without a
    place are looked for; whether restricted groups (health data) may be taken from the file."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    within_id: int | None = None
    restricted_allowed: bool = False


def receive(
    source: BinaryIO,
    filename: str,
    organisation_id: int,
    purpose: Purpose,
    choices: Choices,
    *,
    actor_id: int | None,
) -> SubscriberList:
    """Keep a file, sealed, for a worker to import. `source` is seekable.

    Raises Refused, and keeps nothing, where the purpose is not said, or where it is plain from the
    file's size and its headings that it cannot be imported.
    """
    upload = _receive(
        source,
        filename,
        organisation_id,
        purpose,
        lambda path: open_list(path, choices.mapping),
        state=ListState.WAITING,
        created_by_id=actor_id,
        **_chosen(choices),
    )
    work_requested.send(kind="import", list_id=upload.id)
    return upload


def keep(
    source: BinaryIO,
    filename: str,
    organisation_id: int,
    purpose: Purpose,
    *,
    actor_id: int | None,
) -> SubscriberList:
    """Keep a file, sealed, until a person confirms what its columns mean.

    Raises Refused, and keeps nothing, where the purpose is not said or the file cannot be read.
    """
    return _receive(
        source,
        filename,
        organisation_id,
        purpose,
        reading.read,
        state=ListState.UPLOADED,
        created_by_id=actor_id,
    )


def confirm(upload: SubscriberList, choices: Choices, *, actor_id: int | None) -> None:
    """Let a worker import a kept file by these columns. Raises Refused where they cannot be found
    in it, and where it was confirmed or discarded before."""
    with opened(upload) as path:
        open_list(path, choices.mapping)
    _leave_uploaded(upload, ListState.WAITING, "list.confirm", actor_id, **_chosen(choices))
    work_requested.send(kind="import", list_id=upload.id)


def discard(upload: SubscriberList, *, actor_id: int | None) -> None:
    """Forget a kept file, of which nothing was imported. Raises Refused as `confirm` does."""
    _leave_uploaded(upload, ListState.DISCARDED, "list.discard", actor_id, finished_at=clock.now())
    _path(upload.stored_as).unlink(missing_ok=True)


def _leave_uploaded(
    upload: SubscriberList, to: ListState, act: str, actor_id: int | None, **values: Any
) -> None:
    left = (
        update(SubscriberList)
        .where(SubscriberList.id == upload.id, SubscriberList.state == ListState.UPLOADED)
        .values(state=to, **values)
    )
    with transaction() as session:
        if session.execute(left).rowcount == 0:  # type: ignore[attr-defined]
            raise Refused(_("This list was confirmed or discarded before."), "list")
        audit.record(act, "list", upload.id, {}, actor_id)


def _chosen(choices: Choices) -> dict[str, Any]:
    return {
        "mapping": json.dumps(dict(choices.mapping), ensure_ascii=False),
        "within_id": choices.within_id,
        "restricted_allowed": choices.restricted_allowed,
    }


def _receive(
    source: BinaryIO,
    filename: str,
    organisation_id: int,
    purpose: Purpose,
    check: Callable[[Path], object],
    **values: Any,
) -> SubscriberList:
    purpose = purpose.checked()
    organisations.by_id(organisation_id)
    size = source.seek(0, os.SEEK_END)
    reading.check_size(size)
    source.seek(0)
    with in_memory(source, filename) as path:
        check(path)
    stored_as = secrets.token_hex(16)
    source.seek(0)
    with _writing(stored_as) as file:
        shutil.copyfileobj(source, file, sealed_files.FRAME)
    upload = SubscriberList(
        organisation_id=organisation_id,
        filename=Path(filename).name[-FILENAME_LENGTH:],
        size=size,
        stored_as=stored_as,
        purpose=purpose.purpose,
        source=purpose.source,
        obtained_on=purpose.obtained_on,
        expires_on=purpose.expires_on,
        created_at=clock.now(),
        **values,
    )
    _add(upload)
    return upload


def _add(upload: SubscriberList) -> None:
    with transaction() as session:
        session.add(upload)
        session.flush()
        detail = {
            "organisation": upload.organisation_id,
            "purpose": upload.purpose,
            "source": upload.source,
            "obtained_on": upload.obtained_on.isoformat(),
            "expires_on": None if upload.expires_on is None else upload.expires_on.isoformat(),
            "restricted_allowed": bool(upload.restricted_allowed),
        }
        audit.record("list.receive", "list", upload.id, detail, upload.created_by_id)


@contextmanager
def in_memory(source: BinaryIO, filename: str) -> Iterator[Path]:
    """A path under which the bytes of `source` can be read by this process, with the ending of
    `filename`. They lie in memory; the folder holds a link only."""
    descriptor = os.memfd_create("list", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as memory, tempfile.TemporaryDirectory() as folder:
        shutil.copyfileobj(source, memory, sealed_files.FRAME)
        memory.flush()
        path = Path(folder) / ("list" + Path(filename).suffix.lower())
        path.symlink_to(f"/proc/self/fd/{descriptor}")
        yield path


@contextmanager
def opened(upload: SubscriberList) -> Iterator[Path]:
    """As `in_memory`, the file of a list that was received before."""
    try:
        source = _reading(upload.stored_as)
        with source, in_memory(source, upload.filename) as path:
            yield path
    except (FileNotFoundError, NotSealed) as wrong:
        raise Refused(
            _(
                "The stored copy of the list is missing or damaged. Upload it again; if there are "
                "several machines, all need the same data folder and the same key."
            ),
            "file",
        ) from wrong


def choices_of(upload: SubscriberList) -> Choices:
    """What was chosen when the list was received."""
    return Choices(json.loads(upload.mapping), upload.within_id, upload.restricted_allowed)


@contextmanager
def writing_rejects(upload: SubscriberList) -> Iterator[BinaryIO]:
    """A stream for the rows turned away from a list, kept sealed for its owner."""
    with _writing(_rejects(upload)) as file:
        yield file


def notes_of(upload: SubscriberList) -> list[str]:
    """What was noticed about the file, in sentences."""
    notes: list[str] = json.loads(upload.notes)
    return notes


def export_rejects(upload: SubscriberList, path: Path, *, actor_id: int | None) -> None:
    """Write the rows turned away from a list to `path` (CSV, mode 600), readable.

    Raises Refused where none were.
    """
    rows = open_rejects(upload, actor_id=actor_id)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with rows, os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        shutil.copyfileobj(rows, file)


def open_rejects(upload: SubscriberList, *, actor_id: int | None) -> BinaryIO:
    """The rows turned away from a list, readable (CSV), with an audit row that they were taken.

    Raises Refused where none were.
    """
    if not upload.rejected or not _path(_rejects(upload)).exists():
        raise Refused(_("No row of list %(id)s was turned away.", id=upload.id), "list")
    with transaction():
        audit.record("list.rejects", "list", upload.id, {"rows": upload.rejected}, actor_id)
    return _reading(_rejects(upload))


def forget(upload: SubscriberList) -> None:
    """Remove the stored copy of a list: once it is imported nobody needs the whole of it.

    The rows turned away are kept where there are any.
    """
    _path(upload.stored_as).unlink(missing_ok=True)
    if not list_by_id(upload.id).rejected:
        _path(_rejects(upload)).unlink(missing_ok=True)


def _rejects(upload: SubscriberList) -> str:
    return upload.stored_as + "-rejects"


def _writing(name: str) -> AbstractContextManager[BinaryIO]:
    return sealed_files.writing(_path(name), numbers.sealer(), name.encode())


def _reading(name: str) -> BinaryIO:
    return sealed_files.reading(_path(name), numbers.sealer(), name.encode())


def _path(name: str) -> Path:
    settings: Settings = current_app.config["OUTREACH"]
    return settings.data_dir / FOLDER / f"{name}.sealed"
