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
    """Workers that live, on every machine. Raises what redis-py raises where it is unreachable.

    RQ keeps a killed worker registered until its key expires; one of this machine is looked up
    among the processes as well, so that it is not counted for minutes after its death.
    """
    keys = sorted(get_keys(connection=client))
    found = [client.hmget(key, ["hostname", "pid"]) for key in keys]
    return sum(_lives(cast("list[bytes | None]", fields)) for fields in found)


def _lives(fields: list[bytes | None]) -> bool:
    host, pid = fields
    if host is None or pid is None:  # expired
        return False
    return host.decode() != socket.gethostname() or _process_exists(int(pid))


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
