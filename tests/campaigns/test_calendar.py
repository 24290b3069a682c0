"""The calendar: each campaign on its days with its hours, for who may see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from campaigns import calendar, life, orders
from campaigns.campaigns import Campaign
from campaigns.orders import BroadcastOrder
from outreach import clock
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.ordering import Ordering
from tests.stage import Stage, numbers_of

AUGUST = date(2020, 8, 1)


def moment(written: str) -> datetime:
    day, hour = written.split()
    return datetime.fromisoformat(f"2020-08-{int(day):02}T{hour}").replace(tzinfo=clock.VIETNAM)


@pytest.fixture
def route_id(stage: Stage, vnpt: Organisation) -> int:
    clock.set_offset(moment("20 14:00") - clock.real_now())
    stage.subscribe(vnpt, numbers_of("vinaphone", 30))
    return stage.route(vnpt, 9, rate=0.001).id


def approved(stage: Stage, route_id: int, name: str = "x") -> Campaign:
    return stage.approved(
        [route_id],
        name=name,
        hours="07:00-21:00",
        not_before=clock.iso(moment("20 08:00")),
        not_after=clock.iso(moment("25 20:00")),
    )


def entry(person: User) -> calendar.Entry:
    db.session.rollback()
    (only,) = calendar.month(person, AUGUST).entries
    return only


def days(person: User) -> list[int]:
    db.session.rollback()
    month = calendar.month(person, AUGUST)
    assert len(month.entries) == 1
    return [day.day.day for day in month.days]


def test_what_is_approved_may_start_on_each_day_still_allowed(
    stage: Stage, route_id: int, culture: User
) -> None:
    approved(stage, route_id)
    assert days(culture) == [20, 21, 22, 23, 24, 25]
    found = entry(culture)
    assert found.open
    assert found.hours_on(date(2020, 8, 20)) == ("14:00", "21:00")
    assert found.hours_on(date(2020, 8, 22)) == ("07:00", "21:00")
    assert found.hours_on(date(2020, 8, 25)) == ("07:00", "20:00")


def test_what_is_scheduled_stands_on_the_days_it_takes(
    stage: Stage, route_id: int, culture: User
) -> None:
    """30 segments at one in 1,000 s are 30,000 s: 8 h 20 min, of which 5 h on the first day."""
    life.schedule(approved(stage, route_id), moment("21 16:00"), None)
    assert days(culture) == [21, 22]
    found = entry(culture)
    assert not found.open
    assert found.hours_on(date(2020, 8, 21)) == ("16:00", "21:00")
    assert found.hours_on(date(2020, 8, 22)) == ("07:00", "10:20")


def test_what_runs_stands_from_its_start_and_what_is_done_where_it_was(
    stage: Stage, route_id: int, culture: User
) -> None:
    campaign = approved(stage, route_id)
    life.start(campaign, None)
    assert days(culture) == [20]
    assert entry(culture).hours_on(date(2020, 8, 20)) == ("14:00", "")
    clock.set_offset(moment("21 09:30") - clock.real_now())
    life.cancel(life.get(campaign.id), None)
    assert days(culture) == [20, 21]
    assert entry(culture).hours_on(date(2020, 8, 21)) == ("07:00", "09:30")


def test_drafts_and_what_never_began_do_not_stand_there(
    stage: Stage, route_id: int, culture: User
) -> None:
    stage.draft([route_id])
    life.cancel(approved(stage, route_id), None)
    assert calendar.month(culture, AUGUST).entries == []


def test_a_reader_sees_what_they_may_see(
    stage: Stage, route_id: int, culture: User, liaison: User, stranger: User
) -> None:
    approved(stage, route_id)
    seen = [len(calendar.month(who, AUGUST).entries) for who in (culture, liaison, stranger)]
    assert seen == [1, 1, 0]


@pytest.fixture
def window() -> dict[str, str]:
    """From noon of the 20th to the evening of the 25th; it is two o'clock on the 20th."""
    clock.set_offset(moment("20 14:00") - clock.real_now())
    return {
        "hours": "07:00-21:00",
        "not_before": clock.iso(moment("20 12:00")),
        "not_after": clock.iso(moment("25 20:00")),
    }


def test_what_a_carrier_sends_itself_stands_on_the_days_it_says(
    ordering: Ordering, culture: User, window: dict[str, str]
) -> None:
    order = ordering.accepted(**window)
    assert days(culture) == [20, 21, 22, 23, 24, 25]
    ready = entry(culture)
    assert (ready.order_id, ready.carrier, ready.mark) == (order.id, "VNPT", "vnpt")
    assert (ready.open, ready.people, len(ready.areas)) == (True, None, 1)
    orders.start(order, order.campaign.digest or "", ordering.liaison.id)
    clock.set_offset(moment("21 09:30") - clock.real_now())
    assert days(culture) == [20, 21]
    assert entry(culture).hours_on(date(2020, 8, 21)) == ("07:00", "")
    orders.finish(orders.get(order.id), ordering.liaison.id)
    clock.set_offset(moment("23 09:30") - clock.real_now())
    assert days(culture) == [20, 21]
    assert entry(culture).hours_on(date(2020, 8, 21)) == ("07:00", "09:30")


def test_what_a_carrier_never_says_it_ended_ends_with_its_window(
    ordering: Ordering, culture: User, window: dict[str, str]
) -> None:
    ordering.begun(**window)
    clock.set_offset(moment("28 09:30") - clock.real_now())
    assert days(culture) == [20, 21, 22, 23, 24, 25]
    assert not entry(culture).running


def test_what_had_left_before_it_was_withdrawn_stays_there(
    ordering: Ordering, culture: User, window: dict[str, str]
) -> None:
    order = ordering.begun(**window)
    clock.set_offset(moment("21 09:30") - clock.real_now())
    life.cancel(ordering.ended(order), None)
    assert (days(culture), entry(culture).state) == ([20, 21], "withdrawn")


def test_a_campaign_stands_there_itself_until_each_carrier_told(
    ordering: Ordering, viettel: Organisation, culture: User, window: dict[str, str]
) -> None:
    """Two carriers send it, nothing leaves from here: whoever has not answered is no secret."""
    office = culture.organisation_id
    both = [ordering.carrier.id, viettel.id]
    campaign = ordering.started(organisation=office, orders=both, **window)

    def shown() -> list[tuple[str, int | None]]:
        db.session.rollback()
        return [(each.carrier, each.people) for each in calendar.month(culture, AUGUST).entries]

    assert shown() == [("", None)]
    wanted = select(BroadcastOrder).where(BroadcastOrder.campaign_id == campaign.id)
    first, second = db.session.scalars(wanted.order_by(BroadcastOrder.carrier_id)).all()
    orders.accept(first, campaign.digest or "", ordering.liaison.id)
    assert shown() == [("", None), ("VNPT", None)]
    orders.accept(second, campaign.digest or "", ordering.liaison.id)
    assert shown() == [("VNPT", None), ("Viettel", None)]


def test_what_leaves_from_here_stands_beside_what_a_carrier_sends(
    ordering: Ordering, route_id: int, viettel: Organisation, culture: User, window: dict[str, str]
) -> None:
    order = ordering.order_of(ordering.started([route_id], orders=[viettel.id], **window))
    orders.accept(order, order.campaign.digest or "", ordering.liaison.id)
    found = calendar.month(culture, AUGUST).entries
    assert [(each.carrier, each.people) for each in found] == [("", 30), ("Viettel", None)]


def test_a_carrier_sees_its_own_order_and_no_other(
    ordering: Ordering,
    culture: User,
    stranger: User,
    client_as: Callable[[User], FlaskClient],
    window: dict[str, str],
) -> None:
    order = ordering.accepted(organisation=culture.organisation_id, **window)
    seen = [calendar.month(who, AUGUST).entries for who in (ordering.liaison, culture, stranger)]
    assert [[each.order_id for each in entries] for entries in seen] == [[order.id], [order.id], []]
    page = client_as(ordering.liaison).get("/campaigns/calendar?month=2020-08").text
    assert f'href="/orders/{order.id}"' in page and "VNPT</span> tự gửi" in page
    assert f'href="/campaigns/{order.campaign_id}"' not in page


def test_other_months_and_the_way_to_them(stage: Stage, route_id: int, culture: User) -> None:
    approved(stage, route_id)
    august = calendar.month(culture, AUGUST)
    assert (august.before, august.after) == ("2020-07", "2020-09")
    assert calendar.month(culture, date(2020, 12, 1)).after == "2021-01"
    assert calendar.month(culture, date(2020, 10, 1)).entries == []


@pytest.mark.parametrize("written", ["2020-13", "2020", "x", "0000-01", "2020-08-01"])
def test_what_is_no_month_is_refused(written: str, app: object) -> None:
    with pytest.raises(Refused):
        calendar.first_of(written)


def test_a_month_asks_as_much_for_many_campaigns_as_for_few(
    stage: Stage, route_id: int, culture: User, ordering: Ordering, window: dict[str, str]
) -> None:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    def asked(campaigns: int) -> int:
        db.session.rollback()
        db.session.refresh(culture)
        seen.clear()
        assert len(calendar.month(culture, AUGUST).entries) == campaigns
        return len(seen)

    life.schedule(approved(stage, route_id), moment("21 16:00"), None)
    ordering.accepted(**window)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        few = asked(2)
        for number in range(6):
            made = approved(stage, route_id, f"c{number}")
            if number % 2:
                life.schedule(made, moment("22 16:00"), None)
            ordering.accepted(name=f"o{number}", **window)
        assert asked(14) == few
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_who_chooses_a_start_sees_what_else_goes_out(
    stage: Stage,
    route_id: int,
    liaison: User,
    client_as: Callable[[User], FlaskClient],
) -> None:
    life.schedule(approved(stage, route_id, "Đợt kia"), moment("21 16:00"), None)
    mine = approved(stage, route_id, "Đợt này")
    page = client_as(liaison).get(f"/campaigns/{mine.id}").text
    assert "Đợt kia" in page.split('class="beside', 1)[1].split("</div>")[0]
    with transaction():
        life.cancel(mine, None)
    assert client_as(liaison).get("/campaigns/calendar?month=2020-08").status_code == 200
    assert client_as(liaison).get("/campaigns/calendar?month=x").status_code == 400


def test_a_day_s_end_is_24_00(stage: Stage, route_id: int, culture: User) -> None:
    stage.approved([route_id], not_before=clock.iso(clock.now() - timedelta(hours=1)))
    assert entry(culture).hours_on(date(2020, 8, 21)) == ("00:00", "24:00")
