"""The metronome: never above the contract in any second, and full use of it, on a real Valkey."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from tests.workers.smsc import in_loop
from workers import pacing
from workers.pacing import AHEAD_US, SHARE_OF_CONTRACT, SLOTS, Pacer

SECONDS = 3.0


async def _use(pacer: Pacer, until: float, used: list[float], segments: int = 1) -> None:
    while time.monotonic() < until:
        await pacer.slot(segments)
        used.extend([time.monotonic()] * segments)


async def _slots(address: str, rate: float, sessions: int) -> list[float]:
    """The slots, in seconds of Redis's clock, that so many sessions of one route were granted.

    What the metronome grants is looked at, not when this machine wakes up: that depends on what
    else it does, and is measured by bench/pacing.py.
    """
    interval = 1_000_000 / (rate * SHARE_OF_CONTRACT)
    granted: list[float] = []

    async def ask(redis: Redis, until: float) -> None:
        while time.monotonic() < until:
            async with redis.pipeline(transaction=True) as both:
                both.eval(SLOTS, 1, "pace:7", f"{interval:.3f}", 20, AHEAD_US)
                both.get("pace:7")
                (_now, first, count), after = await both.execute()
            begin = float(after) - count * interval
            granted.extend((begin + i * interval) / 1_000_000 for i in range(count))
            await asyncio.sleep(0.002 if count else first / 1_000_000)

    async with Redis.from_url(address) as redis:
        until = time.monotonic() + SECONDS
        await asyncio.gather(*(ask(redis, until) for _ in range(sessions)))
    return sorted(granted)


def most_in_one_second(moments: list[float]) -> int:
    most = start = 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize(("rate", "sessions"), [(50.0, 1), (200.0, 3), (1000.0, 3)])
def test_no_second_is_granted_more_than_the_contract(
    redis_address: str, rate: float, sessions: int
) -> None:
    slots = asyncio.run(_slots(redis_address, rate, sessions))
    assert len(slots) > rate / 2
    assert most_in_one_second(slots) <= rate
    least = 1 / (rate * SHARE_OF_CONTRACT)
    assert all(after - before >= least - 2e-6 for before, after in pairwise(slots))


@in_loop
async def _a_message_of_three_takes_three_slots(address: str) -> None:
    used: list[float] = []
    async with Redis.from_url(address) as redis:
        await _use(Pacer(redis, 8, 90.0), time.monotonic() + 1.5, used, segments=3)
    begun = used[::3]
    assert most_in_one_second(used) <= 90
    assert all(after - before > 0.025 for before, after in pairwise(begun))


@pytest.mark.usefixtures("redis")
def test_a_message_of_three_segments_takes_three_slots(redis_address: str) -> None:
    _a_message_of_three_takes_three_slots(redis_address)


@in_loop
async def _without_redis_nothing_begins(address: str) -> None:
    redis = Redis.from_url(address, retry=Retry(NoBackoff(), 0))
    pacer = Pacer(redis, 9, 10.0)
    answers = await asyncio.gather(*(pacer.slot() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(answer, RedisError) for answer in answers)


def test_without_redis_nothing_begins_and_all_who_wait_are_told() -> None:
    _without_redis_nothing_begins("unix:///nowhere/v.sock")


def test_an_answer_read_late_does_not_put_its_slots_late(monkeypatch: pytest.MonkeyPatch) -> None:
    here = 100.0
    monkeypatch.setattr(pacing.time, "monotonic", lambda: here)
    known = pacing._RedisClock()
    assert known.local(5000.0) == 100.0
    here = 101.030  # 30 ms late
    assert known.local(5001.0) == pytest.approx(101.0, abs=0.001)
    here = 102.0
    assert known.local(5002.5) == 102.0  # Redis' clock was set on: what it says now is sooner


def test_a_clock_that_was_set_back_is_believed_the_third_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = 100.0
    monkeypatch.setattr(pacing.time, "monotonic", lambda: here)
    known = pacing._RedisClock()
    known.local(5000.0)
    for late in (True, True, False):
        here += 1.0
        assert (here - known.local(here + 4899.0) > 0.9) is late
