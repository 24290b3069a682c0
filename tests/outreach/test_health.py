"""/healthz and /readyz answer 200 only when it is true."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import SimpleWorker
from sqlalchemy import text

from outreach.database import db, write_connection
from outreach.settings import Settings
from tests.servers import limited_user


@pytest.fixture
def two_workers(redis: Redis) -> Iterator[list[SimpleWorker]]:
    """Registrations as two processes make them: this one, and one that sleeps."""
    with subprocess.Popen(["sleep", "600"]) as other:
        workers = [SimpleWorker(["house"], connection=redis, name=f"w{n}") for n in (1, 2)]
        for worker, pid in zip(workers, (os.getpid(), other.pid), strict=True):
            worker.pid = pid
            worker.register_birth()
        yield workers
        other.kill()


def test_a_process_that_listens_to_two_queues_is_one_worker(
    client: FlaskClient, redis: Redis, two_workers: list[SimpleWorker]
) -> None:
    SimpleWorker(["route-1"], connection=redis, name="w1-route-1").register_birth()
    assert client.get("/healthz").get_json()["workers"] == 2


def test_all_is_well(app: Flask, client: FlaskClient, two_workers, settings: Settings) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.get_json() == {
            "status": "ok",
            "database": "sqlite" if settings.database_url.startswith("sqlite") else "postgresql",
            "redis": "ok",
            "workers": 2,
            "migrations": "current",
        }


def test_with_fewer_workers_than_wanted_it_is_ready_but_unwell(
    client: FlaskClient, two_workers
) -> None:
    two_workers[0].register_death()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (503, 200)
    assert client.get("/healthz").get_json()["workers"] == 1


def test_without_workers_it_is_not_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["workers"]) == (503, 0)


def test_a_worker_whose_process_died_is_not_counted(
    client: FlaskClient, redis: Redis, two_workers
) -> None:
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    redis.hset(two_workers[0].key, "pid", gone)
    assert client.get("/healthz").get_json()["workers"] == 1


def test_a_worker_of_another_machine_counts_until_its_key_expires(
    client: FlaskClient, redis: Redis, two_workers
) -> None:
    redis.hset(two_workers[0].key, mapping={"pid": 2**22 + 1, "hostname": "another"})
    assert client.get("/healthz").get_json()["workers"] == 2
    assert redis.hget(two_workers[1].key, "hostname").decode() == socket.gethostname()


def test_without_redis_it_says_so(app: Flask, client: FlaskClient, tmp_path) -> None:
    lost = {"redis_url": f"unix://{tmp_path}/nobody.sock"}
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=lost)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()["redis"]) == (503, "unreachable")


def test_a_redis_that_answers_with_errors_is_told_apart(
    app: Flask, client: FlaskClient, redis: Redis, redis_address: str
) -> None:
    """As one that cannot write its file any more: it is there, and of no use."""
    with limited_user(redis, redis_address) as address:
        failing = {"redis_url": address}
        app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=failing)
        answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()["redis"]) == (503, "failing")


@pytest.fixture
def a_pending_migration(app: Flask) -> None:
    with write_connection(db.engine) as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('older')"))


def test_a_pending_migration_is_shown_and_nothing_else_is_served(
    a_pending_migration, client: FlaskClient, two_workers
) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["migrations"]) == (503, "pending")
    page = client.get("/login")
    assert page.status_code == 503
    assert ".venv/bin/flask --app app db upgrade" in page.get_data(as_text=True)


def test_health_says_nothing_to_a_stranger_but_this(client: FlaskClient) -> None:
    assert set(client.get("/healthz").get_json()) == {
        "status",
        "database",
        "redis",
        "workers",
        "migrations",
    }
