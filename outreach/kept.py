"""Answers that are kept: for some seconds, so that typing does not count a million people at every
key; and while nothing has changed, so that a country is not added up for everyone who looks."""

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
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The kept answer, or a new one: one makes it, others who ask meanwhile wait for it."""
        key = (db.engine, key)
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                kept = self._answers.get(key)
                if kept is None or clock.monotonic() - kept[0] >= self._seconds:
                    kept = self._keep(key, make())
                return kept[1]
        finally:
            with self._lock:
                self._making.pop(key, None)

    def _keep(self, key: Hashable, answer: V) -> tuple[float, V]:
        kept = (clock.monotonic(), answer)
        with self._lock:
            self._drop(kept[0])
            self._answers[key] = kept
        return kept

    def _drop(self, now: float) -> None:
        old = [key for key, (at, _) in self._answers.items() if now - at >= self._seconds]
        for key in old or list(self._answers)[: len(self._answers) - self._most + 1]:
            del self._answers[key]


class KeptUnchanged(Generic[V]):
    """What `make` answered for a key: up to a minute old, whatever was written meanwhile, and up to
    an hour while `newest` says the same."""

    def __init__(self, newest: Callable[[], Hashable], most: int = 32) -> None:
        self._newest = newest
        self._minute, self._hour = Kept[V](60, most), Kept[V](3600, most)

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The kept answer, or a new one."""
        return self._minute.get(key, lambda: self._hour.get((key, self._newest()), make))
