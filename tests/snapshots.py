"""What a long fixture puts into the database, laid down again for the next test that asks for it.

The fixture does its work once a process and kind of database. Later tests get the rows it left, and
the key their numbers are sealed with; objects that were loaded before are read again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import current_app

from outreach import numbers
from outreach.database import db
from tests import applications, databases

T = TypeVar("T")
# What rows stand for who is there: a fixture that finds others before it does its work anew.
WHO = "organisations", "users", "areas", "routes", "apps"


@dataclass(frozen=True)
class _Snapshot:
    name: str
    key: bytes
    memory: sqlite3.Connection | None
    """The database, on SQLite; on PostgreSQL it is a schema beside the tables."""
    answer: Any


_taken: dict[tuple[str, str, str], _Snapshot] = {}


def laid(name: str, work: Callable[[], T]) -> T:
    """What `work` answers, and the rows it leaves: by doing it or, from the second time on, by
    laying them down."""
    place = (name, db.engine.dialect.name, _found())
    if place in _taken and _lay_down(_taken[place]):
        return _taken[place].answer
    answer = work()
    db.session.rollback()
    _taken[place] = _take(f"{name}_{len(_taken)}", answer)
    return answer


def _found() -> str:
    counted = [
        db.session.connection().exec_driver_sql(f"SELECT count(*), max(id) FROM {table}").one()
        for table in WHO
    ]
    db.session.rollback()
    return str(counted)


def _take(name: str, answer: Any) -> _Snapshot:
    numbers.sealer().seal_blob(b"")  # makes the key, if nobody has yet
    key = current_app.config["OUTREACH"].key_path.read_bytes()
    with closing(db.engine.raw_connection()) as connection:
        if db.engine.dialect.name == "sqlite":
            memory = sqlite3.connect(":memory:")
            connection.driver_connection.backup(memory)
            return _Snapshot(name, key, memory, answer)
        databases.keep(connection.driver_connection, name)
        connection.commit()
    return _Snapshot(name, key, None, answer)


def _lay_down(snapshot: _Snapshot) -> bool:
    """Answers whether it was still there: a PostgreSQL database may have been made anew."""
    with closing(db.engine.raw_connection()) as connection:
        if snapshot.memory is not None:
            snapshot.memory.backup(connection.driver_connection)
        elif databases.is_kept(connection.driver_connection, snapshot.name):
            databases.lay_down(connection.driver_connection, snapshot.name)
            connection.commit()
        else:
            return False
    current_app.config["OUTREACH"].key_path.write_bytes(snapshot.key)
    numbers.init_app(current_app._get_current_object())  # type: ignore[attr-defined]
    applications.forget_answers()
    db.session.expire_all()
    return True
