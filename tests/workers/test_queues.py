"""Rings: one at a time for a route, none lost for good."""

from __future__ import annotations

import redis as redis_client
from rq import Queue

from workers import queues


def test_a_route_that_rings_already_is_not_rung_again(redis: redis_client.Redis) -> None:
    assert queues.ring_route(redis, 3)
    assert not queues.ring_route(redis, 3)
    assert queues.ring_route(redis, 4)
    redis.flushall()
    assert queues.ring_route(redis, 3)


def test_expansion_and_import_are_rung_once_in_five_seconds(redis: redis_client.Redis) -> None:
    for _ in range(3):
        queues.ring_expansion(redis, 1)
        queues.ring_import(redis, 1)
    jobs = Queue(queues.HOUSE, connection=redis).jobs
    assert [job.func_name for job in jobs] == ["workers.jobs.expand", "workers.jobs.import_list"]
    assert 0 < redis.ttl("expanding:1") <= 5


def test_every_ring_has_an_id_of_its_own(redis: redis_client.Redis) -> None:
    """RQ keeps the id of a killed job as started: the same one again would be taken for it."""
    for _ in range(2):
        queues.ring(redis, queues.HOUSE, "workers.jobs.expand", 1)
    assert len(set(Queue(queues.HOUSE, connection=redis).job_ids)) == 2
