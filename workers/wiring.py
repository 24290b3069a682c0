"""What the rooms below signal, and the bells it rings here."""

from __future__ import annotations

from typing import Any

import redis
import structlog
from flask import Flask

from outreach import signals, store
from workers import queues

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Connect the signals of this application's rooms to the worker's bells."""
    signals.work_requested.connect(_work, weak=False)


def _work(_sender: Any, *, kind: str, list_id: int) -> None:
    """An upload waits for its import. A Redis that is away is no error: the tick rings again."""
    if kind != "import":
        raise ValueError(f"unknown work: {kind}")
    try:
        queues.ring_import(store.current(), list_id)
    except redis.RedisError as error:
        log.warning("bell not rung; the tick will", list=list_id, error=type(error).__name__)
