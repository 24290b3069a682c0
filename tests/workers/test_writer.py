"""The writer tries again what may pass, gives up what cannot, and shares its commits."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, event, text
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


PUT = text("INSERT INTO installation (key, value) VALUES (:key, 'x')")


def put(key: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(PUT, {"key": key})
        return key

    return work


def fails(key: str, error: Exception) -> Callable[[Connection], str]:
    """Writes, and then cannot go on."""

    def work(connection: Connection) -> str:
        connection.execute(PUT, {"key": key})
        raise error

    return work


@asynccontextmanager
async def held_up(writer: Writer) -> AsyncIterator[None]:
    """The writer's thread is busy until the end of the block: what comes meanwhile waits."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    busy = asyncio.create_task(writer.write(hold))
    assert await asyncio.to_thread(begun.wait, 10)
    yield
    await asyncio.sleep(0)  # what was handed in is in the queue
    go_on.set()
    await busy


def stored(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT key FROM installation")).scalars())


@in_loop
async def test_what_waits_shares_one_commit(app: Flask) -> None:
    writer, commits = Writer(db.engine), []
    count = commits.append
    event.listen(db.engine, "commit", count)
    async with held_up(writer):
        waiting = [asyncio.create_task(writer.write(put(key))) for key in "abc"]
    assert await asyncio.gather(*waiting) == ["a", "b", "c"]
    event.remove(db.engine, "commit", count)
    writer.close()
    assert len(commits) == 2  # that of what held it up, and theirs
    assert stored(db.engine) >= set("abc")


@in_loop
async def test_one_that_is_refused_takes_nothing_of_the_others_with_it(app: Flask) -> None:
    writer = Writer(db.engine)
    async with held_up(writer):
        works = [put("a"), fails("b", ValueError("no")), put("a"), put("c")]
        waiting = [asyncio.create_task(writer.write(work)) for work in works]
    first, refused, doubled, last = await asyncio.gather(*waiting, return_exceptions=True)
    writer.close()
    assert (first, last) == ("a", "c")
    assert isinstance(refused, ValueError)
    assert isinstance(doubled, IntegrityError)
    assert stored(db.engine) & set("abc") == {"a", "c"}


@in_loop
async def test_where_the_database_fails_each_is_tried_by_itself_in_its_order(app: Flask) -> None:
    writer, tries = Writer(db.engine), []

    def fail_once(connection: Connection) -> str:
        tries.append(stored_in(connection))
        if len(tries) == 1:
            raise OperationalError("", {}, sqlite3.OperationalError("busy"))
        return "done"

    def stored_in(connection: Connection) -> set[str]:
        return set(connection.execute(text("SELECT key FROM installation")).scalars()) & set("ab")

    async with held_up(writer):
        waiting = [
            asyncio.create_task(writer.write(put("a"))),
            asyncio.create_task(writer.write(fail_once)),
            asyncio.create_task(writer.write(put("b"))),
        ]
    assert await asyncio.gather(*waiting) == ["a", "done", "b"]
    writer.close()
    assert tries == [{"a"}, {"a"}]  # together behind the first; then alone, after it
    assert stored(db.engine) >= set("ab")


@in_loop
async def test_who_is_cancelled_before_its_turn_writes_nothing(app: Flask) -> None:
    writer = Writer(db.engine)
    async with held_up(writer):
        waiting = asyncio.create_task(writer.write(put("a")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
    assert await writer.write(put("b")) == "b"
    writer.close()
    assert "a" not in stored(db.engine)
