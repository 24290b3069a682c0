"""The metronome: when the next segment of a route may begin, shared by all workers through Redis.

A route never sends above its contract in any second, whoever serves it, since every segment waits
for a slot of lua/slots.lua. Without Redis no slot is handed out, so nothing is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from pathlib import Path

from redis.asyncio import Redis

SLOTS = Path(__file__).with_name("lua").joinpath("slots.lua").read_text()
# Below the contract, so that jitter between our clock and the carrier's never adds up to one more.
SHARE_OF_CONTRACT = 0.995
AHEAD_US = 20_000
# A slot that we come to later than this is dropped: slots used late would crowd the next ones.
STALE = 0.005


class Pacer:
    """Slots of one route for one sender session. `rate` in segments a second, adjustable."""

    def __init__(self, redis: Redis, route_id: int, rate: float) -> None:
        self._script = redis.register_script(SLOTS)
        self._key = f"pace:{route_id}"
        self._granted: deque[float] = deque()
        self._asking = asyncio.Lock()
        self._waiting = 0
        self.rate = rate

    async def slot(self, segments: int = 1) -> None:
        """Return when a submit of so many segments may begin. Raises redis.RedisError without
        Redis."""
        self._waiting += segments
        try:
            async with self._asking:
                moment = await self._next()
                for _ in range(segments - 1):  # the room its other segments take behind it
                    await self._next()
        finally:
            self._waiting -= segments
        delay = moment - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)

    async def _next(self) -> float:
        while True:
            while not self._granted:
                await self._ask()
            moment = self._granted.popleft()
            if moment >= time.monotonic() - STALE:
                return moment

    def drop(self) -> None:
        """Give up slots that were granted but not used, as at a pause."""
        self._granted.clear()

    async def _ask(self) -> None:
        interval = 1_000_000 / (self.rate * SHARE_OF_CONTRACT)
        first, granted = await self._script(
            keys=[self._key], args=[f"{interval:.3f}", self._waiting, AHEAD_US]
        )
        start = time.monotonic() + int(first) / 1_000_000
        if granted:
            self._granted.extend(start + i * interval / 1_000_000 for i in range(int(granted)))
        else:
            await asyncio.sleep(int(first) / 1_000_000)
