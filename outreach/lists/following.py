"""Following an import that a worker does, until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from outreach import health
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists.leases import UNFINISHED
from outreach.subscribers import SubscriberList

EVERY: Final = 0.2  # seconds
PATIENCE: Final = 10.0  # seconds


def follow(
    list_id: int, show: Callable[[SubscriberList], None], patience: float = PATIENCE
) -> SubscriberList:
    """Wait until the import of a list has ended; calls `show` whenever it got further.

    Raises Refused with the sentence of the worker where nothing of the file was taken, and where
    nothing moves for `patience` seconds because no worker runs.
    """
    # A reader that is always there would keep SQLite from ever beginning its write-ahead log anew,
    # while the import makes it grow: so neither the session nor a look holds a transaction.
    db.session.rollback()
    before, since = None, time.monotonic()
    while True:
        upload = _look(list_id)
        now = (upload.state, upload.read, upload.added, upload.joined)
        if now != before:
            before, since = now, time.monotonic()
            show(upload)
        if upload.state not in UNFINISHED:
            break
        if time.monotonic() - since > patience:
            _refuse_without_workers(list_id)
            since = time.monotonic()
        time.sleep(EVERY)
    if upload.refusal:
        raise Refused(upload.refusal, "file")
    return upload


def _look(list_id: int) -> SubscriberList:
    """The list as it is now, belonging to no session."""
    with Session(db.engine) as session:
        return session.get_one(SubscriberList, list_id)


def _refuse_without_workers(list_id: int) -> None:
    found = health.examine()
    if found.redis == "ok" and found.workers:
        return
    raise Refused(
        _(
            "No worker runs that could import the list. It is kept as list %(id)s and comes in as "
            "soon as one does: start them with “make run”.",
            id=list_id,
        )
    )
