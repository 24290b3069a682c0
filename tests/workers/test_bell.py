"""An RQ worker in a thread: works, leaves when asked, comes back after Redis forgot everything."""

from __future__ import annotations

import threading
from pathlib import Path

import redis as redis_client
from flask import Flask

from tests.faults.hands import until
from workers import queues
from workers.bell import Bell


def touch(path: str) -> None:
    """The job of these tests."""
    Path(path).touch()


def test_it_rings_until_it_is_asked_to_stop(
    app: Flask, redis: redis_client.Redis, tmp_path: Path
) -> None:
    stop = threading.Event()
    bell = Bell.of(app, "q", "me", stop.is_set)
    thread = threading.Thread(target=bell.work)
    thread.start()
    try:
        for name in ("first", "second"):
            queues.ring(redis, "q", f"{__name__}.touch", str(tmp_path / name))
            until((tmp_path / name).exists)
            redis.flushall()
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_two_of_one_process_stand_beside_each_other(app: Flask, redis: redis_client.Redis) -> None:
    names = {Bell.of(app, queue, "me", lambda: True).name for queue in ("q", "r")}
    assert len(names) == 2
