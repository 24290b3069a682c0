"""Several acts at the same moment, as by as many processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import current_app

from outreach.database import db
from outreach.errors import Refused


def at_once(*acts: Callable[..., object], read: Callable[[], Any] | None = None) -> list[str]:
    """Do these at the same moment, each on a connection of its own; "done", or what each was
    refused with. Where `read` is given, all have read before any of them acts, and act on it."""
    app, gate = current_app._get_current_object(), threading.Barrier(len(acts))
    db.session.rollback()

    def run(act: Callable[..., object]) -> str:
        with app.app_context():
            try:
                known = () if read is None else (read(),)
                gate.wait(10)
                act(*known)
            except Refused as refused:
                return refused.sentence
            finally:
                db.session.remove()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
