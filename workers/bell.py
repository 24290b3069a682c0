"""An RQ worker that runs in a thread and can be told to stop between jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import redis
from flask import Flask
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.timeouts import TimerDeathPenalty

from outreach import store

logging.getLogger("rq.worker").setLevel(logging.WARNING)


class Bell(SimpleWorker):  # type: ignore[misc]
    """Waits for rings of one queue. Signals belong to the process; it takes no commands."""

    death_penalty_class = TimerDeathPenalty
    _app: Flask
    _asked_to_stop: Callable[[], bool]

    @classmethod
    def of(cls, app: Flask, queue: str, owner: str, asked_to_stop: Callable[[], bool]) -> Bell:
        """A worker for a queue, registered under the process's name and the queue's."""
        client: redis.Redis = app.extensions[store.EXTENSION]
        bell = cls(
            [Queue(queue, connection=client)],
            connection=client,
            name=f"{owner}-{queue}",
            log_job_description=False,
        )
        bell._app = app
        bell._asked_to_stop = asked_to_stop
        return bell

    @property
    def dequeue_timeout(self) -> int:
        """Seconds one wait for a ring lasts, and so how late a stop is noticed."""
        return 1

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Run a job in an application context of its own: it sees the database as it is now."""
        with self._app.app_context():
            return bool(super().perform_job(job, queue))

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """RQ's own sign of life, which comes before each wait: the moment to leave."""
        super().heartbeat(timeout, pipeline)
        if self._asked_to_stop() and self.get_current_job_id() is None:
            raise StopRequested

    def work(self, **options: Any) -> bool:
        """Work until asked to stop."""
        return bool(super().work(logging_level="WARNING", **options))

    def _install_signal_handlers(self) -> None:
        """The process's own handlers stay in place: only its main thread may have any."""

    def subscribe(self) -> None:
        """No commands by pub/sub."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed."""
