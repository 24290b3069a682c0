"""The one thread of a process that writes to the database for its sender sessions.

One writer keeps SQLite's lock held by one statement at a time and the event loop free: no session
is held across a carrier call, and a slow disk never delays an answer that is being read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from outreach.database import write_connection

T = TypeVar("T")
log = structlog.get_logger()
# What may pass by itself: gone, busy, restarted, a deadlock. A row that no constraint allows will
# not become right, and trying it again would hold up everything that waits behind it.
PASSING = (OperationalError, InterfaceError, InternalError)


class Writer:
    """Runs functions of a connection, each in one short write transaction, one after another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def write(self, work: Callable[[Connection], T], patience: float = 0.0) -> T:
        """Run `work` in a transaction; where the database fails, again for `patience` seconds.

        `patience` is for work that may be repeated, such as storing answers. Raises DBAPIError.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._run, work, patience)

    def _run(self, work: Callable[[Connection], T], patience: float) -> T:
        give_up, pause = time.monotonic() + patience, 0.05
        while True:
            try:
                with write_connection(self._engine) as connection:
                    return work(connection)
            except DBAPIError as error:
                if not isinstance(error, PASSING) or time.monotonic() + pause > give_up:
                    raise
                log.warning("database failed, trying again", error=type(error.orig).__name__)
                time.sleep(pause)
                pause = min(pause * 2, 2.0)

    def close(self) -> None:
        """Finish what was handed in."""
        self._thread.shutdown()
