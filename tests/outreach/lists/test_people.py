"""The people of a list: masked, in pages, health data for those alone who may see it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select

from outreach import opt_outs, organisations
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from outreach.lists import people
from outreach.organisations import Kind, Organisation
from outreach.subscribers import SubscriberList
from tests.outreach.lists.conftest import Receive

ROWS = (
    "SĐT;Xã;Nhóm\n0912345678;Long Thuận;\n0912345679;Long Thuận;Giáo viên, cách ly\n"
    "0912345670;Long Khánh A;cách ly\n"
)


@pytest.fixture
def upload(bring_in: Receive) -> SubscriberList:
    return bring_in(ROWS, restricted_allowed=True)


def test_numbers_are_masked_and_groups_that_are_health_data_are_not_named(
    upload: SubscriberList, liaison: User
) -> None:
    opt_outs.add(["+84912345678"], "called", None)
    page = people.page(upload, liaison)
    assert [(row.number, row.area, row.groups) for row in page.rows] == [
        ("09•• ••• 678", "Xã Long Thuận", ["Người dân"]),
        ("09•• ••• 679", "Xã Long Thuận", ["Giáo viên"]),
    ]
    assert [row.network for row in page.rows] == ["vinaphone"] * 2
    assert [row.opted_out is not None for row in page.rows] == [True, False]


def test_the_health_office_sees_its_health_data(
    bring_in: Receive, make_person: Callable[..., User]
) -> None:
    health_office = organisations.add("Phòng Y tế", Kind.HEALTH, actor_id=None)
    upload = bring_in(ROWS, owner=health_office, restricted_allowed=True)
    page = people.page(upload, make_person(Role.HEALTH, health_office))
    assert [row.groups for row in page.rows] == [
        ["Người dân"],
        ["Giáo viên", "Người cách ly"],
        ["Người cách ly"],
    ]


def test_a_long_list_comes_in_pages_that_repeat_nobody(bring_in: Receive, liaison: User) -> None:
    rows = "".join(f"09123{n:05};Long Thuận\n" for n in range(120))
    upload = bring_in(f"SĐT;Xã\n{rows}")
    seen, after, sizes = [], 0, []
    while True:
        page = people.page(upload, liaison, after)
        seen += [row.id for row in page.rows]
        sizes.append(len(page.rows))
        if page.further is None:
            break
        after = page.further
    assert sizes == [50, 50, 20]
    assert len(set(seen)) == 120


def test_whole_numbers_leave_an_audit_row_that_says_how_many(
    upload: SubscriberList, liaison: User
) -> None:
    page = people.whole(upload, liaison)
    assert [row.number for row in page.rows] == ["0912345678", "0912345679"]
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "list.numbers")).one()
    assert (row.actor_id, row.object_id) == (liaison.id, upload.id)
    assert json.loads(row.detail) == {"people": 2, "after": 0}


def test_whole_numbers_are_not_for_leafing_through(
    upload: SubscriberList, liaison: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "WHOLE_AN_HOUR", 2)
    for _ in range(2):
        people.whole(upload, liaison)
    with pytest.raises(Refused, match="2 pages"):
        people.whole(upload, liaison)
    acts = select(AuditRow).where(AuditRow.act == "list.numbers").order_by(AuditRow.id)
    rows = db.session.scalars(acts).all()
    assert len(rows) == 2


def test_a_number_is_looked_up_within_one_s_own_lists(
    upload: SubscriberList, bring_in: Receive, liaison: User, viettel: Organisation
) -> None:
    opt_outs.add(["+84912345678"], "answered TC", None)
    found = people.find(upload, liaison, "091 234 5678")
    assert found.row is not None
    assert found.upload is not None
    assert (found.masked, found.upload.id) == ("09•• ••• 678", upload.id)
    assert found.opted_out_how == "answered TC"
    bring_in("SĐT;Xã\n0962000001;Long Thuận\n", owner=viettel)
    assert people.find(upload, liaison, "0962000001").row is None, "another's list"
    assert people.find(upload, liaison, "0962000009").number_id is None, "nobody's"
    assert people.find(upload, liaison, "0912345670").row is None, "health data"
    with pytest.raises(Refused, match="no mobile number"):
        people.find(upload, liaison, "1900")


def test_an_opt_out_is_recorded_with_how_and_by_whom(upload: SubscriberList, liaison: User) -> None:
    listed = people.page(upload, liaison).rows[0]
    number = people.number_of(upload, listed.id)
    assert people.record_opt_out(number, "gọi điện", actor_id=liaison.id) == "09•• ••• 678"
    row = db.session.scalars(select(opt_outs.OptOut)).one()
    assert (row.source, row.recorded_by_id) == ("gọi điện", liaison.id)
    for typed, how, field in (("12", "x", "opt_out_number"), ("0912345679", " ", "how")):
        with pytest.raises(Refused) as refused:
            people.record_opt_out(typed, how, actor_id=liaison.id)
        assert refused.value.field == field


def test_somebody_of_another_s_list_is_not_opened(
    upload: SubscriberList, bring_in: Receive, viettel: Organisation
) -> None:
    bring_in("SĐT;Xã\n0962000001;Long Thuận\n", owner=viettel)
    from outreach.subscribers import Subscriber

    theirs = db.session.scalars(
        select(Subscriber.id).where(Subscriber.organisation_id == viettel.id)
    ).one()
    with pytest.raises(Refused, match="nobody like this"):
        people.number_of(upload, theirs)
