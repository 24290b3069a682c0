"""A reminder by SMS goes over a route once, whatever breaks; silence is a doubt and stays one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text

from campaigns import routes, test_sends
from campaigns.test_sends import TestState
from outreach import clock, installation
from outreach.accounts import Role, User
from outreach.database import db, transaction, write_connection
from outreach.organisations import Organisation
from tests.counting import queries
from tests.drive import at
from tests.reminded import OWN, Reminded
from tests.workers.smsc import account, simulator_process
from workers import test_sends as carrying
from workers import tick
from workers.test_sends import Answer

S = TestState


def wait(done: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.2)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_carrier_gets_one_text_and_its_receipt_is_told(
    reminded: Reminded, vnpt: Organisation, tmp_path: Path
) -> None:
    """Two ticks and two workers, processes of their own, at 14:31 of the drive's day."""
    reminded.agree()
    at("14:31")
    installation.keep_clock_offset(clock.offset())
    with simulator_process(tmp_path, account()) as carrier:
        with transaction():
            routes.get(reminded.route.id).port = carrier.port
        with reminded.stage.crew(workers=2) as crew:
            crew.start("tick")
            wait(lambda: [each.state for each in reminded.texts()] == [S.DELIVERED])
            time.sleep(2)  # some ticks more
        seen = carrier.ask("GET", "/numbers")["numbers"]
    assert seen[OWN[1:]]["messages"] == 1
    assert len(reminded.outbox()) == len(reminded.texts()) == 1


def test_a_worker_killed_on_the_wire_is_followed_by_none_that_sends_again(
    reminded: Reminded, vnpt: Organisation, tmp_path: Path
) -> None:
    reminded.agree()
    reminded.tick("14:31")
    installation.keep_clock_offset(clock.offset())
    faults = {"silent_share": 1, "silent_takes": True}
    with simulator_process(tmp_path, account(faults=faults)) as carrier:
        with transaction():
            routes.get(reminded.route.id).port = carrier.port

        def arrived() -> int:
            known = carrier.ask("GET", "/numbers")["numbers"]
            return int(known.get(OWN[1:], {"messages": 0})["messages"])

        with reminded.stage.crew() as crew:
            wait(lambda: arrived() == 1)
            crew.kill(crew.of("worker")[0])
            crew.start("worker")
            with write_connection(db.engine) as connection:  # as if a minute had gone by
                connection.execute(text("UPDATE test_sends SET taken_at = 0"))
            wait(lambda: [each.state for each in reminded.texts()] == [S.IN_DOUBT])
            time.sleep(6)  # the killed one's seat is free by then
            assert arrived() == 1
    assert [each.state for each in reminded.texts()] == [S.IN_DOUBT]


def test_a_worker_killed_before_the_answer_leaves_a_doubt_that_nobody_sends_again(
    reminded: Reminded,
) -> None:
    reminded.agree()
    reminded.tick("14:31")
    assert reminded.take() is not None
    with write_connection(db.engine) as connection:
        connection.execute(text("UPDATE test_sends SET taken_at = 0"))
    tick.once()
    assert [each.state for each in reminded.texts()] == [S.IN_DOUBT]
    assert reminded.take("another worker") is None
    reminded.tick("14:33")
    assert [each.state for each in reminded.texts()] == [S.IN_DOUBT]


def test_what_never_left_is_tried_until_it_lapses_and_no_longer(reminded: Reminded) -> None:
    reminded.agree()
    reminded.tick("14:31")
    for _ in range(2):
        taken = reminded.take()
        assert taken is not None
        with write_connection(db.engine) as connection:
            carrying.store(connection, reminded.route.id, taken.id, "me", Answer(S.WAITING))
    at("14:42")
    assert reminded.take() is None
    assert [(each.state, each.code) for each in reminded.texts()] == [(S.NOT_SENT, "no_worker")]


def test_the_carrier_tries_for_an_hour_and_not_into_the_night(reminded: Reminded) -> None:
    reminded.agree()
    reminded.tick("14:31")
    taken = reminded.take()
    assert taken is not None
    assert taken.validity == timedelta(hours=1).total_seconds()


def test_at_night_no_worker_takes_one(reminded: Reminded) -> None:
    reminded.agree()
    reminded.tick("14:31")
    reminded.set(notice_hours="07:00-14:00")
    assert reminded.take() is None
    reminded.set(notice_hours="07:00-15:00")
    taken = reminded.take()
    assert taken is not None
    assert taken.validity < timedelta(minutes=30).total_seconds()


def test_a_reminder_is_no_test_of_the_person_s(reminded: Reminded) -> None:
    reminded.agree()
    reminded.tick("14:31")
    assert test_sends.latest(reminded.reporter) == []


def test_a_store_that_is_emptied_sends_nothing_twice(reminded: Reminded, redis: Redis) -> None:
    reminded.agree()
    reminded.tick("14:31")
    redis.flushall()
    taken = reminded.take()
    assert taken is not None
    redis.flushall()
    tick.once()
    assert reminded.take("another worker") is None
    assert [each.state for each in reminded.texts()] == [S.SENDING]


def test_a_worker_s_look_costs_as_much_however_many_wait(
    reminded: Reminded, make_person: Callable[..., User]
) -> None:
    def taking() -> int:
        with queries() as asked:
            assert reminded.take() is not None
        return len(asked)

    reminded.agree()
    reminded.tick("14:31")
    few = taking()
    land, owner = reminded.drive.land, reminded.stage.owner
    at("13:00")
    for number in range(5):
        person = make_person(Role.REPORTER, owner, land.commune)
        reminded.agree(person, f"+8491200010{number}")
    reminded.set(remind_before=25)
    assert len(reminded.tick("14:36")) == 6
    assert taking() <= few
