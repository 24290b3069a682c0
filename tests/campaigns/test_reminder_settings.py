"""An area is reminded as its office says, else as the nearest area above; over routes it chose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from campaigns import reminder_settings, reminding, routes
from campaigns.reminders import State
from campaigns.routes import Route
from outreach import area_editing, organisations, seen
from outreach.access import Forbidden
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.organisations import Kind, Organisation
from tests.drive import at
from tests.reminded import Reminded


@pytest.fixture
def province(reminded: Reminded, make_person: Callable[..., User]) -> User:
    """An officer of the province's culture office."""
    office = organisations.add(
        "Sở TT&TT Đồng Tháp", Kind.CULTURE, area_id=reminded.drive.land.province, actor_id=None
    )
    return make_person(Role.CULTURE, office)


@pytest.fixture
def other(reminded: Reminded, viettel: Organisation) -> Route:
    """A second route, for every network as the first."""
    return reminded.stage.route(viettel, 10)


def keep(
    area_id: int, actor: User, before: int = 60, at_hour: bool = False, *route_ids: int
) -> None:
    reminder_settings.keep(area_editing.by_id(area_id), before, at_hour, route_ids, actor)


def close(route: Route) -> None:
    with transaction():
        routes.get(route.id).enabled = False


def test_an_area_has_its_own_time_and_what_lies_below_inherits_it(
    reminded: Reminded, culture: User
) -> None:
    at("13:00")
    reminded.agree()
    keep(reminded.drive.land.district, culture)
    assert reminded.tick("13:59") == []
    assert [row.state for row in reminded.tick("14:01")] == [State.HANDED]
    assert len(reminded.tick("14:31")) == 1, "the installation's time is not theirs"


def test_the_nearest_area_s_holds_and_is_given_back(
    reminded: Reminded, culture: User, province: User
) -> None:
    land = reminded.drive.land
    keep(land.province, province, 90, True)
    keep(land.district, culture, 45)
    for area_id, before in ((land.commune, 45), (land.next_district, 90), (land.district, 45)):
        assert reminder_settings.in_force(area_id, reminded.settings).before == before
    reminder_settings.inherit(area_editing.by_id(land.district), culture)
    now = reminder_settings.in_force(land.commune, reminded.settings)
    assert (now.before, now.at_hour, now.origin and now.origin.id) == (90, True, land.province)
    acts = db.session.scalars(select(AuditRow.act).order_by(AuditRow.id.desc())).all()
    assert acts[:3] == ["reminder.inherit", "reminder.set", "reminder.set"]


def test_each_area_s_people_are_reminded_at_its_time_once(
    reminded: Reminded, culture: User, make_person: Callable[..., User]
) -> None:
    land = reminded.drive.land
    second = make_person(Role.REPORTER, reminded.stage.owner, land.other_commune)
    reminded.agree()
    reminded.agree(second, "+84912000998")
    keep(land.other_commune, culture, 20, True)
    reminded.tick("14:31")
    reminded.tick("14:41")
    assert [row.person_id for row in reminded.tick("14:42")] == [reminded.reporter.id, second.id]
    assert [row.kind for row in reminded.tick("15:01")] == ["before", "before", "at"]
    assert len(reminded.texts()) == 3


def test_a_time_that_is_changed_on_the_day_reminds_nobody_twice(
    reminded: Reminded, culture: User
) -> None:
    reminded.agree()
    reminded.tick("14:31")
    keep(reminded.drive.land.district, culture, 15)
    assert len(reminded.tick("14:46")) == 1
    keep(reminded.drive.land.district, culture, 5)
    assert len(reminded.tick("14:56")) == len(reminded.texts()) == 1


def test_a_time_that_was_over_when_it_was_set_reminds_nobody_and_the_next_does(
    reminded: Reminded, culture: User
) -> None:
    at("13:00")
    reminded.agree()
    at("14:20")
    keep(reminded.drive.land.district, culture, 60)
    assert [row.reason for row in reminded.tick("14:21")] == ["late"]
    keep(reminded.drive.land.district, culture, 20)
    assert [row.state for row in reminded.tick("14:41")] == [State.SKIPPED, State.HANDED]


def test_only_the_culture_office_sets_it_and_for_its_own_area(
    reminded: Reminded, culture: User, other: Route
) -> None:
    land, staff = reminded.drive.land, reminded.drive.staff
    for actor, area_id in (
        (staff, land.district),
        (reminded.reporter, land.commune),
        (culture, land.next_district),
        (culture, land.province),
        (reminded.stage.author, land.next_district),
    ):
        with pytest.raises(Forbidden):
            keep(area_id, actor)
        with pytest.raises(Forbidden):
            reminder_settings.inherit(area_editing.by_id(area_id), actor)
    for wrong in (-1, 241):
        with pytest.raises(Refused, match="0 to 240"):
            keep(land.district, culture, wrong)
    with pytest.raises(Refused, match="no route 99"):
        keep(land.district, culture, 30, False, 99)
    assert reminder_settings.every() == []


def test_of_two_who_set_it_the_later_is_told(reminded: Reminded, culture: User) -> None:
    district = area_editing.by_id(reminded.drive.land.district)
    mark = seen.mark(reminder_settings.shown(district.id))
    reminder_settings.keep(district, 20, False, [], culture, form=mark)
    with pytest.raises(Refused, match="changed this after"):
        reminder_settings.keep(district, 25, False, [], culture, form=mark)
    with pytest.raises(Refused, match="changed this after"):
        reminder_settings.inherit(district, culture, form=mark)


def test_it_goes_over_the_route_the_office_chose(
    reminded: Reminded, culture: User, other: Route
) -> None:
    reminded.agree()
    keep(reminded.drive.land.district, culture, 30, False, other.id)
    reminded.tick("14:31")
    assert [text.route_id for text in reminded.texts()] == [other.id]


def test_without_a_choice_it_goes_over_the_first_that_is_open(
    reminded: Reminded, culture: User, other: Route
) -> None:
    reminded.agree()
    close(reminded.route)
    reminded.tick("14:31")
    assert [text.route_id for text in reminded.texts()] == [other.id]


def test_a_chosen_route_that_is_closed_is_said_and_never_stood_in_for(
    reminded: Reminded, culture: User, other: Route
) -> None:
    reminded.agree()
    keep(reminded.drive.land.district, culture, 30, False, other.id)
    close(other)
    (row,) = reminded.tick("14:31")
    assert (row.state, row.reason) == (State.SKIPPED, "route_closed")
    with pytest.raises(Refused, match="closed or gone"):
        reminding.by_hand(reminded.reporter, reminded.drive.staff, reminded.settings)
    keep(reminded.drive.land.district, culture, 20, False, other.id)  # it may stay chosen
    close(reminded.route)
    with pytest.raises(Refused, match="is closed"):
        keep(reminded.drive.land.district, culture, 20, False, reminded.route.id)


def test_one_that_carries_another_network_is_no_reason_to_take_a_route_nobody_chose(
    reminded: Reminded, culture: User, viettel: Organisation
) -> None:
    reminded.agree()
    narrow = reminded.stage.route(viettel, 11, networks=["mobifone"])
    keep(reminded.drive.land.district, culture, 30, False, narrow.id)
    assert [row.reason for row in reminded.tick("14:31")] == ["no_route"]
