"""What a broken machine says reaches a person as a sentence, and a script as JSON."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app import create_app
from outreach import troubles
from outreach.database import db, transaction
from outreach.settings import Settings


def of_sqlite(said: str) -> OperationalError:
    return OperationalError("SELECT 1", {}, sqlite3.OperationalError(said))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (of_sqlite("database or disk is full"), "disk is full"),
        (of_sqlite("attempt to write a readonly database"), "cannot be written to"),
        (of_sqlite("unable to open database file"), "cannot be written to"),
        (of_sqlite("database is locked"), "busy"),
        (of_sqlite("no such table: areas"), "lacks a migration. Run: .venv/bin/flask"),
        (redis.ResponseError("MISCONF Errors writing: No space left on device"), "disk is full"),
        (redis.ConnectionError("Error 2 connecting."), "does not answer: Error 2 connecting."),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "disk is full"),
        (OSError(errno.EROFS, "Read-only file system", "/data/x"), "/data/x cannot be used"),
        (
            DBAPIError("INSERT", {}, psycopg.errors.DiskFull("could not extend: disk full")),
            "disk is full",
        ),
        (
            OperationalError(None, None, psycopg.OperationalError("connection failed: refused")),
            "database does not answer: connection failed: refused.",
        ),
    ],
)
def test_it_is_said_in_a_sentence(error: Exception, sentence: str) -> None:
    refused = troubles.explained(error)
    assert refused is not None
    assert sentence in refused.sentence


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed")),
        FileNotFoundError(errno.ENOENT, "No such file", "x"),
    ],
)
def test_what_is_a_fault_of_ours_is_not_dressed_up(error: Exception) -> None:
    assert troubles.explained(error) is None


def test_a_missing_table_is_a_missing_migration_on_both_databases(
    app: Flask, runner: FlaskCliRunner
) -> None:
    with transaction() as session:
        session.execute(text("ALTER TABLE apps RENAME TO elsewhere"))
    answer = runner.invoke(args=["apps", "list", "--json"])
    assert answer.exit_code == 1
    assert "lacks a migration" in json.loads(answer.stdout)["error"]


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Flask]:
    """An application whose PostgreSQL nobody answers for."""
    address = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    app = create_app(Settings(data_dir=tmp_path / "data", database_url=address))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_a_database_that_is_away_is_said_as_json(away: Flask) -> None:
    answer = away.test_cli_runner().invoke(args=["apps", "list", "--json"])
    assert answer.exit_code == 1
    refusal = json.loads(answer.stdout)
    assert refusal["error"]
    assert refusal["field"] is None


def test_the_doctor_can_be_asked_while_the_database_is_away(away: Flask) -> None:
    answer = away.test_cli_runner().invoke(args=["doctor", "--json"])
    found = {finding["check"]: finding for finding in json.loads(answer.stdout)}
    assert not found["database"]["ok"]
    assert "Connection refused" in found["database"]["finding"]


def test_a_disk_that_fills_up_stops_a_command_with_a_sentence(
    sqlite_template: Path, tmp_path: Path, redis_address: str
) -> None:
    """A SQLite that may not grow says what it says on a full disk."""
    shutil.copy(sqlite_template, tmp_path / "outreach.db")
    app = create_app(Settings(data_dir=tmp_path, redis_url=redis_address))
    with app.app_context():
        event.listen(db.engine, "connect", _let_it_not_grow)
        db.engine.dispose()
        answers = (_add_app(app.test_cli_runner(), number) for number in range(200))
        full = next(answer for answer in answers if answer.exit_code)
        db.engine.dispose()
    assert json.loads(full.stdout)["field"] is None
    assert "ổ đĩa" in json.loads(full.stdout)["error"].lower()


def _let_it_not_grow(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what the file has already


def _add_app(runner: FlaskCliRunner, number: int) -> Result:
    link = f"https://{number}.example.vn/" + "x" * 170
    name = ("--code", f"A{number}", "--name", "A", "--link", link)
    return runner.invoke(args=["apps", "add", *name, "--json"])
