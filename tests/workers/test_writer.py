"""The writer tries again what may pass, and at once gives up what cannot."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError

from outreach.database import db
from tests.workers.smsc import in_loop
from workers.writer import Writer


@in_loop
async def test_what_no_constraint_allows_is_not_tried_again(app: Flask) -> None:
    writer, tries = Writer(db.engine), []

    def break_it(connection: Connection) -> None:
        tries.append(1)
        connection.execute(text("INSERT INTO installation (key, value) VALUES ('a', NULL)"))

    with pytest.raises(IntegrityError):
        await writer.write(break_it, patience=30)
    writer.close()
    assert tries == [1]


@in_loop
async def test_what_may_pass_is_tried_again_for_as_long_as_it_was_told(app: Flask) -> None:
    writer, tries = Writer(db.engine), []

    def fail_twice(connection: Connection) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("", {}, sqlite3.OperationalError("busy"))
        return str(connection.execute(text("SELECT 'done'")).scalar_one())

    with pytest.raises(OperationalError):
        await writer.write(fail_twice)
    assert await writer.write(fail_twice, patience=5) == "done"
    writer.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@in_loop
async def test_the_loop_is_free_while_it_waits(app: Flask) -> None:
    writer, began = Writer(db.engine), time.monotonic()
    with closing(sqlite3.connect(db.engine.url.database or "")) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(writer.write(lambda c: c.execute(text("SELECT 1")).scalar()))
        await asyncio.sleep(0.2)
        assert time.monotonic() - began < 2
        assert not waiting.done()
    assert await waiting == 1
    writer.close()
