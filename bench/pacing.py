"""How much of a route's contract is used, and the most segments in any one second.

    .venv/bin/python -m bench.pacing

Slots are used as sender sessions use them, in one process; the carrier's own count, which adds the
network, is bench/carry.py's simulator at /rate.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from redis.asyncio import Redis

from bench import _world
from workers.pacing import Pacer

SECONDS = 5.0
TASKS = 20


def main() -> None:
    """Print a JSON line for each rate and number of sessions."""
    with tempfile.TemporaryDirectory() as folder, _world.world(Path(folder)) as here:
        for rate in (50.0, 200.0, 1000.0):
            for sessions in (1, 3):
                used = asyncio.run(_race(here.settings.redis_address, rate, sessions))
                share = (len(used) - 1) / (used[-1] - used[0]) / rate
                _world.say(
                    bench="pacing",
                    rate=rate,
                    sessions=sessions,
                    share_of_contract=round(share, 4),
                    most_in_one_second=_most(used),
                )


async def _race(address: str, rate: float, sessions: int) -> list[float]:
    used: list[float] = []

    async def use(pacer: Pacer, until: float) -> None:
        while time.monotonic() < until:
            await pacer.slot()
            used.append(time.monotonic())

    async with Redis.from_url(address) as redis:
        until = time.monotonic() + SECONDS
        pacers = [Pacer(redis, int(rate), rate) for _ in range(sessions)]
        await asyncio.gather(*(use(p, until) for p in pacers for _ in range(TASKS)))
    return sorted(used)


def _most(moments: list[float]) -> int:
    most = start = 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most


if __name__ == "__main__":
    main()
