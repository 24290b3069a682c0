"""`doctor` names what is wrong and the command that mends it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from redis import Redis
from rq import SimpleWorker
from sqlalchemy import text

from outreach.database import db, write_connection
from tests.servers import limited_user
from tests.workers.test_mail import MailServer, mail_server
from workers import mail, presence


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


@contextmanager
def mail_set(app: Flask, **changes: object) -> Iterator[MailServer]:
    """A mail server on this machine, and settings that lead to it."""
    with mail_server() as server:
        given = {"smtp_url": f"smtp://127.0.0.1:{server.port}", "mail_from": "a@example.vn"}
        app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=given | changes)
        yield server


def test_no_mail_server_is_nothing_wrong(runner: FlaskCliRunner) -> None:
    assert findings(runner)["mail"]["ok"]


def test_a_mail_server_is_asked_and_sent_nothing(app: Flask, runner: FlaskCliRunner) -> None:
    with mail_set(app) as server:
        assert findings(runner)["mail"]["ok"]
    assert server.texts == []
    assert set(server.heard) <= {"EHLO", "HELO", "QUIT"}


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"mail_from": ""}, "MAIL_FROM"),
        ({"mail_from": "phòng@example.vn"}, "MAIL_FROM"),
        ({"mail_from": "baocao"}, "MAIL_FROM"),
        ({"smtp_url": ""}, "SMTP_URL"),
        ({"smtp_url": "smtp://an@127.0.0.1:9"}, "SMTP_PASSWORD_FILE"),
        (
            {"smtp_url": "smtp://an@127.0.0.1:9", "smtp_password_file": Path("/nowhere")},
            "SMTP_PASSWORD_FILE",
        ),
    ],
)
def test_a_setting_of_mail_that_is_missing_is_named(
    app: Flask, runner: FlaskCliRunner, changes: dict[str, object], lacking: str
) -> None:
    with mail_set(app, **changes) as server:
        found = findings(runner)["mail"]
    assert (found["ok"], lacking in str(found["mend"])) == (False, True)
    assert server.heard == []


def test_a_mail_server_that_does_not_answer_is_named(
    app: Flask, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_set(app, smtp_url="smtp://127.0.0.1:9"):
        assert "does not answer" in str(findings(runner)["mail"]["finding"])
    monkeypatch.setattr(mail, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with mail_set(app, smtp_url=address):
            found = findings(runner)["mail"]
    assert "does not answer" in str(found["finding"])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_mail_server_without_encryption_is_named(
    app: Flask, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr(mail, "HERE", frozenset())
    with mail_set(app) as server:
        given = {"smtp_url": f"{scheme}://127.0.0.1:{server.port}"}
        app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=given)
        found = findings(runner)["mail"]
    assert not found["ok"]
    assert "refuses encryption" in str(found["finding"])


def test_a_mail_server_that_refuses_the_log_in_is_named_without_the_password(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("rat-bi-mat")
    with mail_server(EHLO="250-here\r\n250 AUTH LOGIN", AUTH="535 no") as server:
        given = {
            "smtp_url": f"smtp://an@127.0.0.1:{server.port}",
            "mail_from": "a@example.vn",
            "smtp_password_file": file,
        }
        app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=given)
        found = findings(runner)["mail"]
    assert "refuses the log-in" in str(found["finding"])
    assert "rat-bi-mat" not in str(found)
