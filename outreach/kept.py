"""Answers kept for some seconds, so that typing does not count a million people at every key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from outreach import clock
from outreach.database import db

V = TypeVar("V")


class Kept(Generic[V]):
    """What `make` answered for a key, up to `seconds` old; of each database its own."""

    def __init__(self, seconds: float, most: int = 32) -> None:
        self._seconds, self._most = seconds, most
        self._answers: dict[Hashable, tuple[float, V]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The kept answer, or a new one; two who ask at once may both make it."""
        key, now = (str(db.engine.url), key), clock.monotonic()
        with self._lock:
            at, answer = self._answers.get(key, (None, None))
        if at is not None and now - at < self._seconds:
            return answer  # type: ignore[return-value]  # kept together with its moment
        made = make()
        with self._lock:
            self._drop(now)
            self._answers[key] = (clock.monotonic(), made)
        return made

    def _drop(self, now: float) -> None:
        old = [key for key, (at, _) in self._answers.items() if now - at >= self._seconds]
        for key in old or list(self._answers)[: len(self._answers) - self._most + 1]:
            del self._answers[key]
