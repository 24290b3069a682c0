"""Who did what: rows that are only added, chained, without phone numbers."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from outreach import audit
from outreach.audit import AuditRow
from outreach.database import db, transaction


def note(act: str = "test.act", **detail: object) -> None:
    with transaction():
        audit.record(act, "thing", 1, detail, None)


def rows() -> list[AuditRow]:
    return list(db.session.scalars(select(AuditRow).order_by(AuditRow.id)))


def tamper(statement: str) -> None:
    """Change rows as one who owns the database can: with the triggers gone."""
    with transaction() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_no_update"))
            session.execute(text("DROP TRIGGER audit_no_delete"))
        else:
            session.execute(text("DROP TRIGGER audit_no_change ON audit"))
        session.execute(text(statement))


def test_each_row_holds_the_hash_of_the_one_before(app: Flask) -> None:
    note("first")
    note("second")
    first, second = rows()
    assert first.previous_hash == audit.START
    assert second.previous_hash == first.hash
    assert audit.verify() == audit.Verification(True, 2, None, second.hash)


def test_an_empty_chain_is_sound(app: Flask) -> None:
    assert audit.verify() == audit.Verification(True, 0, None, audit.START)


def test_several_acts_of_one_transaction_are_chained_in_order(app: Flask) -> None:
    with transaction():
        for act in ("one", "two", "three"):
            audit.record(act, "thing", None, {}, None)
    assert [row.act for row in rows()] == ["one", "two", "three"]
    assert audit.verify().ok


def test_an_act_that_was_rolled_back_leaves_no_row(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        audit.record("undone", "thing", 1, {}, None)
        _ = 1 / 0
    note("done")
    assert [row.act for row in rows()] == ["done"]


@pytest.mark.parametrize("statement", ["UPDATE audit SET act = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_a_row(app: Flask, statement: str) -> None:
    note()
    with pytest.raises(DBAPIError, match="never changed"), transaction() as session:
        session.execute(text(statement))
    assert audit.verify().ok


@pytest.mark.parametrize(
    "change", ["act = 'x'", "detail = '{}'", "at = at + 1", "actor_id = NULL, object_id = 2"]
)
def test_a_changed_row_is_found(app: Flask, change: str) -> None:
    for _ in range(3):
        note(n=1)
    second = rows()[1].id
    tamper(f"UPDATE audit SET {change} WHERE id = {second}")
    found = audit.verify()
    assert (found.ok, found.rows, found.first_bad_id) == (False, 3, second)


def test_a_row_removed_in_the_middle_is_found(app: Flask) -> None:
    for _ in range(3):
        note()
    _, second, third = (row.id for row in rows())
    tamper(f"DELETE FROM audit WHERE id = {second}")
    assert audit.verify().first_bad_id == third


def test_rows_cut_off_at_the_end_show_in_the_head(app: Flask) -> None:
    note()
    note()
    before = audit.verify()
    tamper(f"DELETE FROM audit WHERE id = {rows()[1].id}")
    after = audit.verify()
    assert after.ok
    assert after.head != before.head


@pytest.mark.parametrize(
    "phone",
    ["0912345678", "+84912345678", "84912345678", "912345678", "091 234 5678", "0912.345.678"],
)
def test_a_phone_number_in_a_detail_is_masked(app: Flask, phone: str) -> None:
    note(reason=f"gọi {phone}!", deep=[{"to": phone}])
    assert json.loads(rows()[0].detail) == {
        "reason": "gọi 09•• ••• 678!",
        "deep": [{"to": "09•• ••• 678"}],
    }


def test_a_phone_number_as_an_integer_or_key_is_masked(app: Flask) -> None:
    note(to=84912345678, by={"0912345678": 1})
    assert json.loads(rows()[0].detail) == {"to": "09•• ••• 678", "by": {"09•• ••• 678": 1}}


def test_dates_digests_codes_and_money_are_no_phone_numbers(app: Flask) -> None:
    detail = {
        "at": datetime(2020, 8, 20, 8, tzinfo=UTC),
        "digest": "a0912345678f0123456789012345678901234567890123456789012345678901",
        "window": "2020-08-18 07:00-21:00, 18/08/2020",
        "cost": 912345678,
        "hotline": "18001119",
    }
    note(**detail)
    kept = json.loads(rows()[0].detail)
    assert kept == detail | {"at": "2020-08-20T15:00:00+07:00"}


def test_an_act_is_recorded_only_inside_a_transaction(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="inside transaction"):
        audit.record("act", "thing", 1, {}, None)


def test_no_act_is_recorded_in_a_savepoint_which_could_lose_it(app: Flask) -> None:
    with (
        pytest.raises(RuntimeError, match="savepoint"),
        transaction() as session,
        session.begin_nested(),
    ):
        audit.record("act", "thing", 1, {}, None)


def test_a_savepoint_rolled_back_loses_no_act_recorded_before(app: Flask) -> None:
    with transaction() as session:
        audit.record("kept", "thing", 1, {}, None)
        session.begin_nested().rollback()
    assert [row.act for row in rows()] == ["kept"]


def test_what_is_no_json_is_refused_at_once(app: Flask) -> None:
    with pytest.raises(TypeError, match="not object"), transaction():
        audit.record("act", "thing", 1, {"what": object()}, None)


def test_acts_at_once_make_one_chain(app: Flask) -> None:
    def work() -> None:
        with app.app_context():
            for _ in range(10):
                note()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = audit.verify()
    assert (found.ok, found.rows) == (True, 40)
