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
from workers.pacing import Pacer

SECONDS = 3.0


async def _use(pacer: Pacer, until: float, used: list[float], segments: int = 1) -> None:
    while time.monotonic() < until:
        await pacer.slot(segments)
        used.extend([time.monotonic()] * segments)


async def _race(address: str, rate: float, pacers: int, tasks: int = 20) -> list[float]:
    """The moments at which segments began, of so many sessions on one route."""
    used: list[float] = []
    async with Redis.from_url(address) as redis:
        until = time.monotonic() + SECONDS
        racing = [Pacer(redis, 7, rate) for _ in range(pacers)]
        await asyncio.gather(*(_use(p, until, used) for p in racing for _ in range(tasks)))
    return sorted(used)


def most_in_one_second(moments: list[float]) -> int:
    most = start = 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize(("rate", "pacers"), [(50.0, 1), (200.0, 3), (500.0, 3)])
def test_no_second_holds_more_than_the_contract_and_little_is_wasted(
    redis_address: str, rate: float, pacers: int
) -> None:
    moments = asyncio.run(_race(redis_address, rate, pacers))
    assert most_in_one_second(moments) <= rate
    used = (len(moments) - 1) / (moments[-1] - moments[0])
    # On a busy machine a slot that is woken up for too late is lost, never made up for.
    assert used >= 0.9 * rate


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
