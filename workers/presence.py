"""Who of us is there: workers as RQ registers them, and the tick's own sign of life."""

from __future__ import annotations

import os
import socket
import time
from typing import cast

import redis
from rq.worker_registration import get_keys

TICK = "tungngo:tick"
TICK_IS_SILENT_AFTER = 10.0  # seconds; it works every second


def count_workers(client: redis.Redis) -> int:
    """Worker processes that live, on every machine. Raises what redis-py raises without Redis.

    A process registers with RQ once for each queue it listens to. RQ keeps a killed one until its
    key expires; one of this machine is looked up among the processes as well, so that it is not
    counted for minutes after its death.
    """
    registered = {_process(client, key) for key in get_keys(connection=client)}
    return sum(_lives(*process) for process in registered if process is not None)


def _process(client: redis.Redis, key: str) -> tuple[str, int] | None:
    """Host and process number of a registration; None where its key expired."""
    host, pid = cast("list[bytes | None]", client.hmget(key, ["hostname", "pid"]))
    return None if host is None or pid is None else (host.decode(), int(pid))


def _lives(host: str, pid: int) -> bool:
    return host != socket.gethostname() or _process_exists(pid)


def _process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def tick_lives(client: redis.Redis) -> None:
    """The tick says that it has just looked at everything."""
    client.set(TICK, repr(time.time()))


def tick_silence(client: redis.Redis) -> float | None:
    """Seconds since the tick last said so; None where it never did."""
    said = cast("bytes | None", client.get(TICK))
    return None if said is None else max(0.0, time.time() - float(said))
