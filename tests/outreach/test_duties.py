"""Who owes what by which hour, and what of it is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask

from outreach import apps, area_editing, clock, duties, targets
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.database import transaction
from outreach.duties import What
from outreach.organisations import Organisation
from tests.drive import TODAY, Drive, at


def owed(person: User) -> tuple[str, str, str] | None:
    duty = duties.of(person)
    if duty is None:
        return None
    hour = clock.local(duty.due_at(TODAY)).strftime("%H:%M")
    return duty.area.name, duty.what.value, hour


def test_each_owes_by_the_own_area_and_right(
    drive: Drive,
    make_person: Callable[..., User],
    culture_office: Organisation,
    health_office: Organisation,
    liaison: User,
) -> None:
    land = drive.land
    made = [
        make_person(Role.REPORTER, culture_office, land.other_commune),
        make_person(Role.STAFF, culture_office, land.commune),
        make_person(Role.CULTURE, culture_office),
        make_person(Role.REPORTER, culture_office, land.next_district),
        make_person(Role.CULTURE, culture_office, land.province),
    ]
    assert [owed(person) for person in made] == [
        ("Xã Long Thuận", "figure", "15:00"),
        ("Xã Long Khánh A", "figure", "15:00"),
        ("Huyện Hồng Ngự", "report", "16:30"),
        ("Huyện Tân Hồng", "figure", "16:30"),
        ("Tỉnh Đồng Tháp", "report", "16:30"),
    ]
    nothing = [
        make_person(Role.REPORTER, culture_office, land.district),
        make_person(Role.HEALTH, health_office),
        make_person(Role.ADMIN),
        liaison,
    ]
    assert [owed(person) for person in nothing] == [None] * 4
    found = duties.people_of({land.district, land.other_commune})
    assert {person.id for person, _duty in found} == {made[0].id, made[2].id, drive.staff.id}
    assert all(duty.what is What.FIGURE for _person, duty in duties.people_of({land.commune}))


@pytest.fixture
def missing(drive: Drive) -> Callable[[], list[str]]:
    area_id = drive.land.commune

    def ask(day: date = TODAY) -> list[str]:
        return [app.code for app in duties.missing(area_editing.by_id(area_id), day)]

    return ask


def test_a_figure_is_owed_where_a_drive_is_on(
    drive: Drive, missing: Callable[..., list[str]], app: Flask
) -> None:
    assert missing() == [], "nobody reports, no target"
    drive.report(240, "13/8 14:00", drive.land.other_commune)
    at("20/8 14:00")
    assert missing() == ["BLUEZONE"], "the neighbour did, a week ago"
    assert missing(TODAY + timedelta(days=1)) == []
    drive.report(250)
    assert missing() == []
    other = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    district = area_editing.by_id(drive.land.district)
    targets.add(district, other, 2000, TODAY, group="population", letter="", actor_id=None)
    assert missing() == ["NCOVI"], "its target has a day left"
    assert missing(TODAY + timedelta(days=1)) == ["BLUEZONE"]
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update={"days_off": "2020-08-20"})
    assert missing() == []


def test_for_an_area_that_ended_nothing_is_owed(drive: Drive) -> None:
    """Nobody is reminded of a commune that others have all of."""
    assert owed(drive.reporter) == ("Xã Long Khánh A", "figure", "15:00")
    with transaction() as session:
        session.get_one(Area, drive.land.commune).ended_on = TODAY + timedelta(days=1)
    assert owed(drive.reporter) is not None, "it reports to its last day"
    with transaction() as session:
        session.get_one(Area, drive.land.commune).ended_on = TODAY
    assert owed(drive.reporter) is None
    assert duties.people_of({drive.land.commune}) == []
