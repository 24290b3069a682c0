"""The queues: one for the house's own work, one a route for its sender sessions.

Redis is the doorbell. A ring that is lost is rung again by the tick; a ring too many finds nothing
due and ends. Job ids are unique, since RQ keeps a killed job's id as started.
"""

from __future__ import annotations

import uuid
from typing import Any

import redis
from rq import Queue

HOUSE = "house"
# Far above a session's minute: RQ's time-out only ends what hangs.
TIMEOUT = 600
RESULT_KEPT = 60
FAILURE_KEPT = 86_400


def of_route(route_id: int) -> str:
    """The name of the queue that the holder of a route's seat listens to."""
    return f"route-{route_id}"


def ring(
    client: redis.Redis, queue: str, function: str, *args: Any, timeout: int = TIMEOUT
) -> None:
    """Put a job into a queue. Raises what redis-py raises where Redis is away."""
    Queue(queue, connection=client).enqueue(
        function,
        args=args,
        job_id=f"{function.rsplit('.', 1)[-1]}-{uuid.uuid4().hex}",
        job_timeout=timeout,
        result_ttl=RESULT_KEPT,
        failure_ttl=FAILURE_KEPT,
    )


def ring_route(client: redis.Redis, route_id: int) -> bool:
    """Ring a route's bell unless it is ringing already; answers whether it was rung."""
    name = of_route(route_id)
    if Queue(name, connection=client).count:
        return False
    ring(client, name, "workers.jobs.send", route_id)
    return True


def ring_import(client: redis.Redis, list_id: int) -> None:
    """Have an uploaded list imported, at most one ring in five seconds."""
    if client.set(f"importing:{list_id}", 1, nx=True, ex=5):
        ring(client, HOUSE, "workers.jobs.import_list", list_id, timeout=6 * 3600)


def ring_expansion(client: redis.Redis, campaign_id: int) -> None:
    """Have a campaign expanded, at most one ring in five seconds."""
    if client.set(f"expanding:{campaign_id}", 1, nx=True, ex=5):
        ring(client, HOUSE, "workers.jobs.expand", campaign_id)


def ring_mail(client: redis.Redis) -> None:
    """Have the reminders sent that go by e-mail, at most one ring in ten seconds."""
    if client.set("mailing", 1, nx=True, ex=10):
        ring(client, HOUSE, "workers.jobs.send_mail")


def hush_mail(client: redis.Redis) -> None:
    """Ring for no e-mail for half a minute: a worker that waits for a mail server that is away does
    none of the house's other work meanwhile."""
    client.set("mailing", 1, ex=30)
