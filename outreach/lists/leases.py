"""Leases: one worker at a time imports a list, and whoever lost its lease writes nothing more.

Every write of an import begins by renewing the lease in the same transaction, so a worker that
was frozen and thawed after another took over finds out before it has changed anything. Leases go
by real time, whatever day the example lives in.
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from outreach import clock
from outreach.database import db, write_connection
from outreach.settings import Settings
from outreach.subscribers import ListState, SubscriberList

UNFINISHED: Final = (ListState.WAITING, ListState.READING, ListState.JOINING)
_AS_LONG_AS: Final = 4
"""Leases of a sender: opening a large workbook takes longer than a sender may be silent."""


class LeaseLost(Exception):
    """Another worker has the list now."""


def due() -> list[int]:
    """The lists that wait for a worker, or whose worker died."""
    waiting = select(SubscriberList.id).where(_free()).order_by(SubscriberList.id)
    with db.engine.connect() as connection:
        return list(connection.scalars(waiting))


def take(list_id: int) -> str | None:
    """Take the lease of a list; None where it is finished or another worker's."""
    worker = f"{socket.gethostname()[:32]}-{os.getpid()}-{secrets.token_hex(4)}"
    taken = (
        update(SubscriberList)
        .where(SubscriberList.id == list_id, _free())
        .values(worker=worker, leased_until=_end(), attempts=SubscriberList.attempts + 1)
    )
    with write_connection(db.engine) as connection:
        return worker if connection.execute(taken).rowcount else None


def renew(connection: Connection, list_id: int, worker: str, **values: Any) -> None:
    """Hold the list for longer, and write `values` on it, in the transaction of `connection`.

    Raises LeaseLost where another worker took it.
    """
    held = (
        update(SubscriberList)
        .where(SubscriberList.id == list_id, SubscriberList.worker == worker)
        .values(leased_until=_end(), **values)
    )
    if connection.execute(held).rowcount == 0:
        raise LeaseLost(list_id)


def release(connection: Connection, list_id: int, worker: str, **values: Any) -> None:
    """Let go of the list and write `values` on it. Raises LeaseLost as `renew` does."""
    renew(connection, list_id, worker, **values)
    connection.execute(
        update(SubscriberList)
        .where(SubscriberList.id == list_id)
        .values(worker=None, leased_until=None)
    )


def _free() -> ColumnElement[bool]:
    until = SubscriberList.leased_until
    return and_(
        SubscriberList.state.in_(UNFINISHED), or_(until.is_(None), until < clock.real_now())
    )


def _end() -> datetime:
    settings: Settings = current_app.config["OUTREACH"]
    return clock.real_now() + timedelta(seconds=_AS_LONG_AS * settings.lease_seconds)
