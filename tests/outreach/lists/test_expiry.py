"""Until when a list may be used: said at the upload, changed with a reason, one list a person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import clock
from outreach.accounts import User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.lists import expiry, importing, uploads
from outreach.subscribers import Subscriber, SubscriberList, list_by_id
from tests.outreach.lists.conftest import PURPOSE, Receive

ROWS = "SĐT;Xã\n0912345678;Long Thuận\n"


def days(count: int) -> date:
    return expiry.today() + timedelta(days=count)


def until(receive: Receive, last_day: date | None, rows: str = ROWS) -> SubscriberList:
    upload = receive(rows, purpose=replace(PURPOSE, expires_on=last_day))
    importing.run_import(upload.id)
    return list_by_id(upload.id)


def kept_under() -> int:
    db.session.rollback()
    return db.session.scalars(select(Subscriber.list_id)).one()


def test_a_list_of_which_nobody_says_it_may_be_used_for_the_usual_time(receive: Receive) -> None:
    assert receive(ROWS).expires_on == days(365)
    assert until(receive, days(10)).expires_on == days(10)


@pytest.mark.parametrize(("count", "sentence"), [(-1, "is over"), (4000, "ten years")])
def test_a_day_that_is_over_or_too_far_is_refused(
    receive: Receive, count: int, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        receive(ROWS, purpose=replace(PURPOSE, expires_on=days(count)))
    assert refused.value.field == "expires_on"


def test_a_number_on_several_lists_is_kept_under_the_one_that_lasts_longest(
    receive: Receive,
) -> None:
    first = until(receive, days(10))
    assert kept_under() == first.id
    shorter = until(receive, days(5), ROWS.replace("Long Thuận", "29983"))
    assert kept_under() == first.id, "what a shorter list says is still taken"
    as_long = until(receive, days(10))
    assert kept_under() == as_long.id
    longer = until(receive, days(20))
    assert kept_under() == longer.id
    assert (shorter.joined, longer.joined) == (1, 1)


def test_a_list_that_says_until_when_takes_over_from_one_that_never_said(
    receive: Receive,
) -> None:
    old_id = until(receive, days(10)).id
    with transaction() as session:
        session.get_one(SubscriberList, old_id).expires_on = None
    newer = until(receive, days(1))
    assert kept_under() == newer.id


def test_the_last_day_is_changed_with_a_reason_and_an_audit_row(
    receive: Receive, liaison: User
) -> None:
    upload = until(receive, days(10))
    expiry.change(upload, days(30), "Thỏa thuận 12/VNPT", actor_id=liaison.id)
    assert list_by_id(upload.id).expires_on == days(30)
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "list.expiry")).one()
    assert (row.actor_id, row.object_id) == (liaison.id, upload.id)
    assert json.loads(row.detail) == {
        "from": days(10).isoformat(),
        "to": days(30).isoformat(),
        "reason": "Thỏa thuận 12/VNPT",
    }
    with pytest.raises(Refused, match="Say why"):
        expiry.change(list_by_id(upload.id), days(40), " ", actor_id=liaison.id)


def test_a_day_that_is_over_ends_the_use_at_once(receive: Receive, liaison: User) -> None:
    upload = until(receive, days(10))
    assert not expiry.expired(upload)
    expiry.change(upload, days(-1), "Nhà mạng yêu cầu xóa", actor_id=liaison.id)
    assert expiry.expired(list_by_id(upload.id))


def test_two_who_change_it_at_once_are_not_both_believed(receive: Receive, liaison: User) -> None:
    seen = until(receive, days(10))
    stale = SubscriberList(id=seen.id, expires_on=days(10))
    expiry.change(seen, days(30), "a", actor_id=liaison.id)
    with pytest.raises(Refused, match="meanwhile"):
        expiry.change(stale, days(40), "b", actor_id=liaison.id)


def test_it_expires_when_the_day_is_over_in_vietnam(receive: Receive) -> None:
    upload = until(receive, days(0))
    assert not expiry.expired(upload)
    clock.set_offset(timedelta(days=1))
    assert expiry.expired(upload)


def test_the_usual_time_is_a_setting(app: Flask) -> None:
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update={"list_days": 7})
    assert uploads.usual_expiry() == days(7)
