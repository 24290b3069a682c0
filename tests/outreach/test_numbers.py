"""Numbers: one row each, whoever adds it and under whichever key; the newest knowledge wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach import numbers
from outreach.database import db, write_connection
from outreach.errors import Refused
from outreach.numbers import Number
from outreach.sealing import Sealer

PHONE = "+84912345678"
NOON = datetime(2020, 8, 20, 5, tzinfo=UTC)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(lambda: {1: b"1" * 64})


@pytest.fixture
def rotating() -> Sealer:
    return Sealer(lambda: {1: b"1" * 64, 2: b"2" * 64})


def ensure(sealer: Sealer, *phones: str) -> dict[str, int]:
    with write_connection(db.engine) as connection:
        return numbers.ensure(connection, sealer, phones)


def find(sealer: Sealer, *phones: str) -> dict[str, int]:
    with db.engine.connect() as connection:
        return numbers.find(connection, sealer, phones)


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Number)) or 0


def test_each_number_has_one_row_with_its_prefix_as_a_hint(app: Flask, sealer: Sealer) -> None:
    first = ensure(sealer, PHONE, "+84352345678", PHONE)
    again = ensure(sealer, PHONE, "+84772345678")

    assert set(first) == {PHONE, "+84352345678"}
    assert again[PHONE] == first[PHONE]
    assert count() == 3
    row = db.session.get_one(Number, first[PHONE])
    assert (row.hint, row.confirmed) == ("vinaphone", None)
    assert sealer.open_number(row.sealed) == PHONE


def test_more_numbers_than_fit_in_one_statement(app: Flask, sealer: Sealer) -> None:
    phones = [f"+8491{n:07d}" for n in range(2 * numbers.IN_ONE_STATEMENT + 1)]

    ids = ensure(sealer, *phones)

    assert len(set(ids.values())) == len(phones) == count()
    assert find(sealer, *phones) == ids


def test_a_number_without_a_row_is_not_found(app: Flask, sealer: Sealer) -> None:
    assert find(sealer, PHONE) == {}
    assert ensure(sealer) == {}


def test_during_rotation_a_number_is_found_under_the_old_key(
    app: Flask, sealer: Sealer, rotating: Sealer
) -> None:
    before = ensure(sealer, PHONE)

    assert find(rotating, PHONE) == before
    assert ensure(rotating, PHONE) == before
    assert count() == 1


def test_resealing_moves_every_number_to_the_new_key(
    app: Flask, sealer: Sealer, rotating: Sealer
) -> None:
    before = ensure(sealer, PHONE, "+84352345678")

    with write_connection(db.engine) as connection:
        assert numbers.reseal(connection, rotating) == 2
        assert numbers.reseal(connection, rotating) == 0

    assert find(Sealer(lambda: {2: b"2" * 64}), *before) == before
    assert find(sealer, *before) == {}


def confirm(number_id: int, network: str, by: str, at: datetime) -> bool:
    with write_connection(db.engine) as connection:
        return numbers.confirm_network(connection, number_id, network, by, at)


def test_the_newest_knowledge_about_a_network_wins(app: Flask, sealer: Sealer) -> None:
    number_id = ensure(sealer, PHONE)[PHONE]

    assert confirm(number_id, "viettel", "VNPT error 25", NOON)
    assert not confirm(number_id, "vinaphone", "list of 1", NOON - timedelta(days=30))
    assert confirm(number_id, "mobifone", "list of 2", NOON + timedelta(days=1))

    row = db.session.get_one(Number, number_id)
    assert (row.hint, row.confirmed, row.confirmed_by) == ("vinaphone", "mobifone", "list of 2")
    assert row.confirmed_at == NOON + timedelta(days=1)


def test_a_network_that_is_not_in_the_plan_is_not_confirmed(app: Flask, sealer: Sealer) -> None:
    number_id = ensure(sealer, PHONE)[PHONE]

    with pytest.raises(ValueError, match="vodafone"):
        confirm(number_id, "vodafone", "list of 1", NOON)


def test_the_application_makes_its_key_once_and_misses_it_afterwards(app: Flask) -> None:
    path = app.config["OUTREACH"].key_path
    ensure(numbers.sealer(), PHONE)
    assert path.exists()
    path.unlink()

    numbers.init_app(app)  # as a process started later does

    with pytest.raises(Refused, match="is missing"):
        numbers.sealer().seal_number(PHONE)
