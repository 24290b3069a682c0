"""`doctor` names what is wrong and the command that mends it."""

from __future__ import annotations

import json
import os

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from redis import Redis
from rq import SimpleWorker
from sqlalchemy import text

from outreach.database import db, write_connection
from tests.servers import limited_user
from workers import presence


def findings(runner: FlaskCliRunner) -> dict[str, dict[str, object]]:
    result = runner.invoke(args=["doctor", "--json"])
    assert result.exit_code == 0, result.output
    return {finding["check"]: finding for finding in json.loads(result.stdout)}


def test_a_running_installation_has_nothing_wrong(runner: FlaskCliRunner, redis: Redis) -> None:
    for name, pid in (("one", os.getpid()), ("two", os.getppid())):
        worker = SimpleWorker(["house"], connection=redis, name=name)
        worker.pid = pid
        worker.register_birth()
    presence.tick_lives(redis)
    assert [f["check"] for f in findings(runner).values() if not f["ok"]] == []


def test_missing_workers_and_tick_are_named(runner: FlaskCliRunner) -> None:
    found = findings(runner)
    assert (found["workers"]["ok"], found["workers"]["mend"]) == (False, "make run")
    assert (found["tick"]["ok"], found["tick"]["mend"]) == (False, "make run")


def test_a_key_that_others_may_read_is_named(app: Flask, runner: FlaskCliRunner) -> None:
    key = app.config["OUTREACH"].key_path
    key.write_text("1 00\n")
    key.chmod(0o644)
    assert findings(runner)["key file"]["mend"] == f"chmod 600 {key}"


def test_a_pending_migration_is_named(app: Flask, runner: FlaskCliRunner) -> None:
    with write_connection(db.engine) as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('another')"))
    assert findings(runner)["migrations"]["mend"].endswith("flask --app app db upgrade")


def test_an_unreachable_redis_is_named(app: Flask, runner: FlaskCliRunner, tmp_path) -> None:
    lost = {"redis_url": f"unix://{tmp_path}/nobody.sock"}
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=lost)
    found = findings(runner)
    assert not found["redis"]["ok"]
    assert "workers" not in found


def test_a_redis_that_answers_with_errors_is_named(
    app: Flask, runner: FlaskCliRunner, redis: Redis, redis_address: str
) -> None:
    with limited_user(redis, redis_address) as address:
        failing = {"redis_url": address}
        app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=failing)
        found = findings(runner)["redis"]
    assert not found["ok"]
    assert "answers with an error" in str(found["finding"])


def test_a_key_without_a_folder_is_named(app: Flask, runner: FlaskCliRunner, tmp_path) -> None:
    away = {"key_file": tmp_path / "no" / "secret.key"}
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=away)
    assert findings(runner)["key file"]["mend"] == f"mkdir -m 700 -p {tmp_path}/no"


@pytest.mark.parametrize("word", ["redis", "database"])
def test_an_address_never_shows_its_password(runner: FlaskCliRunner, word: str) -> None:
    assert "password" not in str(findings(runner)[word])
