"""Whether this installation is well, as /healthz and /readyz answer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import redis
from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from outreach import schema, store
from outreach.database import db
from outreach.settings import Settings

COUNTER = "outreach_worker_counter"
WorkerCounter = Callable[[redis.Redis], int]


@dataclass(frozen=True)
class Health:
    """What was found. `workers` counts those of every machine that shares the Redis."""

    database: Literal["sqlite", "postgresql", "unreachable"]
    migrations: Literal["current", "pending", "unknown"]
    redis: Literal["ok", "unreachable", "failing"]
    workers: int

    @property
    def ready(self) -> bool:
        """Whether pages can be served and what they start is carried out."""
        reached = self.database != "unreachable" and self.redis == "ok"
        return reached and self.migrations == "current" and self.workers > 0

    def as_json(self, well: bool) -> dict[str, object]:
        """The body of the answer."""
        return {"status": "ok" if well else "unwell", **asdict(self)}


def init_app(app: Flask, count_workers: WorkerCounter) -> None:
    """Tell the application how workers are counted: that is known to a room above this one."""
    app.extensions[COUNTER] = count_workers


def examine() -> Health:
    """Look at the database, the migrations, Redis and the workers of the current application."""
    settings: Settings = current_app.config["OUTREACH"]
    database, migrations = _database(db.engine)
    store_, workers = _workers(settings, current_app.extensions[COUNTER])
    return Health(database=database, migrations=migrations, redis=store_, workers=workers)


def _database(
    engine: Engine,
) -> tuple[
    Literal["sqlite", "postgresql", "unreachable"], Literal["current", "pending", "unknown"]
]:
    try:
        migrations: Literal["current", "pending"] = (
            "current" if schema.is_current(engine) else "pending"
        )
    except SQLAlchemyError:
        return "unreachable", "unknown"
    return ("sqlite" if engine.dialect.name == "sqlite" else "postgresql"), migrations


def _workers(
    settings: Settings, count: WorkerCounter
) -> tuple[Literal["ok", "unreachable", "failing"], int]:
    """How Redis is at the first try, and how many workers there are. It fails when it answers, but
    with an error: as where it cannot write its file on a full disk."""
    client = store.connect(settings, attempts=0)
    try:
        client.ping()
        return "ok", count(client)
    except store.Unreachable:
        return "unreachable", 0
    except redis.RedisError:
        return "failing", 0
    finally:
        client.close()
