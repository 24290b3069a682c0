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
from redis.exceptions import RedisError

SLOTS = Path(__file__).with_name("lua").joinpath("slots.lua").read_text()
# Below the contract, so that jitter between our clock and the carrier's never adds up to one more.
SHARE_OF_CONTRACT = 0.99
AHEAD_US = 20_000
# A slot that we come to later than this is dropped: slots used late would crowd the next ones.
STALE = 0.005
# Nothing is written longer after its slot than this. With the share above, a second then holds less
# than the contract, and leaves some milliseconds to the network.
LATEST_WRITE = 0.006
# Seconds a second by which two clocks may part, and by how much one must be off to have been set.
DRIFT = 0.0001
SET_BACK = 0.05
# The event loop's timers count milliseconds; a shorter sleep would only add to them.
SHORTEST_SLEEP = 0.0005


class Pacer:
    """Slots of one route for one sender session. `rate` in segments a second, adjustable."""

    def __init__(self, redis: Redis, route_id: int, rate: float) -> None:
        self._script = redis.register_script(SLOTS)
        self._key = f"pace:{route_id}"
        self._granted: deque[float] = deque()
        self._turn = asyncio.Lock()
        self._asking: asyncio.Task[None] | None = None
        self._waiting = 0
        self._behind = 0
        self._failed_at = float("-inf")
        self._clock = _RedisClock()
        self.rate = rate

    async def slot(self, segments: int = 1, behind: int = 0) -> float:
        """Return when a submit of so many segments may begin; answers the slot's moment, of
        time.monotonic(). `behind` is how many submits more will be asked for at once after it.
        Raises redis.RedisError without Redis.

        One after another: a slot that we wake up too late for is dropped and another is waited
        for, so that a stalled loop never makes up for lost time in a burst.
        """
        came_at = time.monotonic()
        self._waiting += segments
        self._behind = behind
        try:
            async with self._turn:
                if came_at <= self._failed_at:
                    # Who waited while Redis did not answer need not each wait for it anew.
                    raise RedisError("Redis did not answer the one before")
                moment = 0.0
                for _ in range(segments):  # the first, and the room the others take behind it
                    moment = await self._reach_next()
                return moment
        except RedisError:
            self._failed_at = time.monotonic()
            raise
        finally:
            self._waiting -= segments

    async def _reach_next(self) -> float:
        while True:
            moment = await self._next()
            delay = moment - time.monotonic()
            if delay > SHORTEST_SLEEP:
                await asyncio.sleep(delay)
            if time.monotonic() - moment <= STALE:
                return moment

    async def _next(self) -> float:
        """The next slot granted to us; asks ahead, so that no slot passes while Redis answers."""
        while not self._granted:
            await self._ask()
        moment = self._granted.popleft()
        soon = len(self._granted) < self._wanted() / 2
        if soon and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(_forget)
        return moment

    def _wanted(self) -> int:
        return min(self._waiting + self._behind, int(self.rate * AHEAD_US / 1_000_000) + 1)

    async def _ask(self) -> None:
        interval = 1_000_000 / (self.rate * SHARE_OF_CONTRACT)
        now, first, granted = await self._script(
            keys=[self._key], args=[f"{interval:.3f}", self._wanted(), AHEAD_US]
        )
        start = self._clock.local(int(now) / 1_000_000) + int(first) / 1_000_000
        if granted:
            self._granted.extend(start + i * interval / 1_000_000 for i in range(int(granted)))
        else:
            await asyncio.sleep(int(first) / 1_000_000)


class _RedisClock:
    """When a moment of Redis' clock is, by time.monotonic().

    An answer that is read late would put its slots late, one by one and unseen. So the quickest
    answer of all counts; clocks that drift are followed, and one that was set back is believed when
    it has said so three times.
    """

    def __init__(self) -> None:
        self._ahead = float("inf")
        self._read_at = 0.0
        self._doubted = 0

    def local(self, redis_now: float) -> float:
        """The moment `redis_now`, which an answer that has just come was made at."""
        here = time.monotonic()
        said, drifted = here - redis_now, self._ahead + (here - self._read_at) * DRIFT
        self._read_at = here
        self._doubted = self._doubted + 1 if said > drifted + SET_BACK else 0
        self._ahead = said if self._doubted >= 3 else min(said, drifted)
        return redis_now + self._ahead


def _forget(asked: asyncio.Task[None]) -> None:
    """An ask ahead that failed is asked again, and told, when its slot is needed."""
    if not asked.cancelled():
        asked.exception()
