"""flask keys: numbers move to a new key, batch by batch, and a run that was ended goes on."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select, text

from outreach import audit, numbers
from outreach.database import db, write_connection
from outreach.numbers import Number
from outreach.sealing import Sealer, keys_of

PHONES = [f"+849123456{number:02}" for number in range(25)]


@pytest.fixture
def sealed(app: Flask) -> None:
    with write_connection(db.engine) as connection:
        numbers.ensure(connection, numbers.sealer(), PHONES)


def again(app: Flask) -> None:
    """As a new process: it reads the key file anew."""
    path = app.config["OUTREACH"].key_path
    app.extensions[numbers.EXTENSION] = Sealer(lambda: keys_of(path, lambda: True))


def versions() -> list[int]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Number.key_version)))


def test_all_numbers_move_and_are_still_found(
    app: Flask, sealed: None, runner: FlaskCliRunner
) -> None:
    with db.engine.connect() as connection:
        before = numbers.find(connection, numbers.sealer(), PHONES)
    added = json.loads(runner.invoke(args=["keys", "add", "--json"]).stdout)
    assert added["version"] == 2
    assert "--restarted" in added["next"]
    again(app)
    answer = json.loads(runner.invoke(args=["keys", "rotate", "--restarted", "--json"]).stdout)
    assert answer == {"version": 2, "resealed": len(PHONES), "left": 0}
    assert versions() == [2] * len(PHONES)
    with db.engine.connect() as connection:
        assert numbers.find(connection, numbers.sealer(), PHONES) == before
    acts = list(db.session.execute(text("SELECT act FROM audit ORDER BY id")).scalars())
    assert acts[-3:] == ["keys.add", "keys.rotate", "keys.rotated"]
    assert audit.verify().ok


def test_a_run_that_was_ended_goes_on_where_it_was(
    app: Flask, sealed: None, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.invoke(args=["keys", "add"])
    again(app)
    monkeypatch.setattr(numbers, "IN_ONE_STATEMENT", 10)
    with write_connection(db.engine) as connection:
        assert numbers.reseal(connection, numbers.sealer()) == 10  # then it was killed
    assert versions() == [1] * 15 + [2] * 10
    answer = json.loads(runner.invoke(args=["keys", "rotate", "--restarted", "--json"]).stdout)
    assert (answer["resealed"], answer["left"]) == (15, 0)


def test_nothing_is_rotated_before_all_know_the_new_key(
    app: Flask, sealed: None, runner: FlaskCliRunner
) -> None:
    one = runner.invoke(args=["keys", "rotate", "--restarted", "--json"])
    assert (one.exit_code, json.loads(one.stdout)["field"]) == (1, "keys")
    runner.invoke(args=["keys", "add"])
    again(app)
    not_said = runner.invoke(args=["keys", "rotate", "--json"])
    assert (not_said.exit_code, json.loads(not_said.stdout)["field"]) == (1, "restarted")
    assert versions() == [1] * len(PHONES)


def test_a_number_that_stands_twice_stops_it_with_a_sentence(
    app: Flask, sealed: None, runner: FlaskCliRunner
) -> None:
    runner.invoke(args=["keys", "add"])
    again(app)
    new = numbers.sealer().seal_number(PHONES[0])
    with write_connection(db.engine) as connection:
        row = {"sealed": new, "version": 2, "hint": None}
        connection.execute(numbers._INSERT, row)
    refused = runner.invoke(args=["keys", "rotate", "--restarted", "--json"])
    assert (refused.exit_code, json.loads(refused.stdout)["field"]) == (1, "restarted")


def test_without_a_key_file_none_is_added(app: Flask, runner: FlaskCliRunner) -> None:
    refused = runner.invoke(args=["keys", "add", "--json"])
    assert (refused.exit_code, json.loads(refused.stdout)["field"]) == (1, "keys")
