"""What writes to the database for the sender sessions of a process, in threads of its own.

One writer keeps SQLite's lock held by one statement at a time and the event loop free: no session
is held across a carrier call, and a slow disk never delays an answer that is being read.

What waits when the thread comes free is written in one transaction: claims, answers and receipts
share one wait for the disk. Where one of them fails nothing of it is kept, and each is run again in
a transaction of its own: so what is handed in may be run twice, and only the last time counts.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from outreach.database import write_connection

T = TypeVar("T")
log = structlog.get_logger()
# What may pass by itself: gone, busy, restarted, a deadlock. A row that no constraint allows will
# not become right, and trying it again would hold up everything that waits behind it.
PASSING = (OperationalError, InterfaceError, InternalError)
TOGETHER: Final = 16
"""Most works of one transaction, so that no lock is held for long."""


@dataclass(slots=True)
class _Work:
    """A function of a connection, and who waits for what it answers."""

    run: Callable[[Connection], Any]
    patience: float
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs functions of a connection in short write transactions, in the order they came.

    SQLite lets one transaction write at a time. PostgreSQL lets several, and answers each only when
    the disk has it: there a second thread writes what nothing that came before it matters to.
    """

    def __init__(self, engine: Engine) -> None:
        lanes = 1 if engine.dialect.name == "sqlite" else 2
        self._lanes = [_Lane(engine, f"writer-{number}") for number in range(lanes)]

    async def write(
        self, work: Callable[[Connection], T], patience: float = 0.0, *, apart: bool = False
    ) -> T:
        """Run `work` in a transaction, maybe together with others; returns once it is committed.

        Where the database fails it is tried again for `patience` seconds: for work that may be
        repeated, such as storing answers. `apart` says that it need not wait for what was handed in
        before it. Raises DBAPIError.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._lanes[-1 if apart else 0].put(_Work(work, patience, loop, answer))
        return await answer

    def close(self) -> None:
        """Finish what was handed in."""
        for lane in self._lanes:
            lane.close()


class _Lane:
    """One thread and what waits for it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def put(self, work: _Work) -> None:
        """Have it run in its turn."""
        self._queue.put(work)

    def close(self) -> None:
        """Finish what was handed in."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        works: list[_Work] | None
        while (works := self._next()) is not None:
            works = [each for each in works if not each.answer.cancelled()]
            if len(works) < 2 or not self._run_together(works):
                for each in works:
                    self._run_alone(each)
            for loop in {each.loop for each in works}:
                loop.call_soon_threadsafe(_tell, [each for each in works if each.loop is loop])

    def _next(self) -> list[_Work] | None:
        """What waits, the first waited for; None at the end."""
        first = self._queue.get()
        if first is None:
            return None
        works = [first]
        while len(works) < TOGETHER:
            try:
                another = self._queue.get_nowait()
            except queue.Empty:
                break
            if another is None:
                self._queue.put(None)  # the end, once these are done
                break
            works.append(another)
        return works

    def _run_together(self, works: list[_Work]) -> bool:
        """Run all in one transaction; False where one failed, and nothing is done."""
        try:
            with write_connection(self._engine) as connection:
                for each in works:
                    each.result = each.run(connection)
        except Exception as error:
            log.info("trying one by one", error=type(error).__name__)
            return False
        return True

    def _run_alone(self, work: _Work) -> None:
        give_up, pause = time.monotonic() + work.patience, 0.05
        while True:
            try:
                with write_connection(self._engine) as connection:
                    work.result = work.run(connection)
                return
            except DBAPIError as error:
                if not isinstance(error, PASSING) or time.monotonic() + pause > give_up:
                    work.error = error
                    return
                log.warning("database failed, trying again", error=type(error.orig).__name__)
                time.sleep(pause)
                pause = min(pause * 2, 2.0)
            except BaseException as error:
                work.error = error
                return


def _tell(works: list[_Work]) -> None:
    for each in works:
        if each.answer.done():  # whoever waited was cancelled
            continue
        if each.error is not None:
            each.answer.set_exception(each.error)
        else:
            each.answer.set_result(each.result)
