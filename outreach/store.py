"""The connection to Valkey (or Redis): the doorbell and the metronome, never the truth.

Whatever is kept there may vanish at any moment without a message being lost or sent twice.
"""

from __future__ import annotations

import redis
from flask import Flask, current_app
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError
from redis.retry import Retry

from outreach.settings import Settings

Unreachable = (redis.ConnectionError, redis.TimeoutError)
"""What every call may raise while the server is away."""

EXTENSION = "outreach_redis"
ANSWER_TIMEOUT = 5.0  # seconds; a blocking pop of RQ's sets its own, longer one
CONNECT_TIMEOUT = 2.0
ATTEMPTS = 4  # again, over about a second: what a supervised server needs to come back


def connect(settings: Settings, attempts: int = ATTEMPTS) -> redis.Redis:
    """A client of the Redis in force, connecting at its first use, answering bytes.

    It tries again, `attempts` times, where the server is away or still loading, then raises one of
    `Unreachable`.
    """
    return redis.Redis.from_url(
        settings.redis_address,
        socket_timeout=ANSWER_TIMEOUT,
        socket_connect_timeout=CONNECT_TIMEOUT,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.1), attempts),
        retry_on_error=[*Unreachable, BusyLoadingError],
    )


def init_app(app: Flask) -> None:
    """Give the application its client."""
    app.extensions[EXTENSION] = connect(app.config["OUTREACH"])


def current() -> redis.Redis:
    """The running application's client."""
    client: redis.Redis = current_app.extensions[EXTENSION]
    return client
