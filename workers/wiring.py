"""What the rooms below signal, and what it sets going here."""

from __future__ import annotations

from typing import Any

import redis
import structlog
from flask import Flask

from campaigns import counts
from outreach import signals, store
from outreach.database import db
from workers import queues

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Connect the signals of this application's rooms."""
    signals.work_requested.connect(_work, weak=False)
    signals.areas_moved.connect(_moved, weak=False)


def _work(_sender: Any, *, kind: str, list_id: int) -> None:
    """An upload waits for its import. A Redis that is away is no error: the tick rings again."""
    if kind != "import":
        raise ValueError(f"unknown work: {kind}")
    try:
        queues.ring_import(store.current(), list_id)
    except redis.RedisError as error:
        log.warning("bell not rung; the tick will", list=list_id, error=type(error).__name__)


def _moved(_sender: Any, *, area_ids: list[int]) -> None:
    """Counts are kept by what their areas lie in."""
    connection = db.session.connection()
    counts.rebuild(connection, counts.campaigns_in(connection, area_ids))
