"""As many binds as the contract allows, each held by one living process."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.database import db, transaction, write_connection
from outreach.organisations import Organisation
from tests.stage import Stage
from workers import seats
from workers.seats import Held


@pytest.fixture
def route_id(stage: Stage, vnpt: Organisation) -> int:
    return stage.route(vnpt, 1, binds=2).id


def hold(owner: str) -> list[Held]:
    with write_connection(db.engine) as connection:
        return seats.hold(connection, owner, 60)


def spare(owner: str) -> Held | None:
    with write_connection(db.engine) as connection:
        return seats.one_too_many(connection, owner)


def lapse(owner: str) -> None:
    with write_connection(db.engine) as connection:
        for table, column, name in (
            ("seats", "leased_until", "owner"),
            ("worker_processes", "seen_at", "name"),
        ):
            connection.execute(
                text(f"UPDATE {table} SET {column} = 0 WHERE {name} = :o"), {"o": owner}
            )


def test_one_process_holds_every_seat_and_gives_one_up_to_the_next(route_id: int) -> None:
    assert hold("a") == [Held(route_id, 0), Held(route_id, 1)]
    assert spare("a") is None
    assert hold("b") == []
    assert spare("a") == Held(route_id, 1)
    with write_connection(db.engine) as connection:
        seats.give_up(connection, "a", Held(route_id, 1))
    assert hold("b") == [Held(route_id, 1)]
    assert hold("a") == [Held(route_id, 0)]
    assert spare("a") is None and spare("b") is None


def test_a_silent_process_loses_its_seats_and_does_not_get_them_back(route_id: int) -> None:
    hold("a")
    lapse("a")
    assert len(hold("b")) == 2
    assert hold("a") == []


def test_a_process_that_leaves_is_not_waited_for(route_id: int) -> None:
    hold("a")
    with write_connection(db.engine) as connection:
        seats.leave(connection, "a")
    assert len(hold("b")) == 2


@pytest.mark.parametrize(
    ("change", "left"), [("enabled = false", 0), ("binds = 1", 1), ("binds = 3", 3)]
)
def test_seats_follow_the_contract(route_id: int, change: str, left: int) -> None:
    hold("a")
    with transaction() as session:
        session.execute(text(f"UPDATE routes SET {change}"))
    assert len(hold("a")) == left
