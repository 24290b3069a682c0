"""Schools report for themselves beside the communes, and are in no sum."""

from __future__ import annotations

from datetime import date

import pytest

from outreach import apps, areas, board, rates, schools, uptake_showing
from outreach.accounts import Role
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.rates import Punctuality
from outreach.targets import Denominator
from outreach.todos import figures as todos
from tests.counting import queries
from tests.drive import Drive, at

DAY = date(2020, 8, 20)


def area(area_id: int) -> Area:
    return db.session.get_one(Area, area_id, populate_existing=True)


def add(drive: Drive, name: str = "THPT Hồng Ngự 2", people: int | None = 850) -> Area:
    commune = area(drive.land.commune)
    source = "" if people is None else "sổ của trường"
    return schools.add(commune, name, people, source, actor_id=drive.staff.id)


def test_a_school_has_a_name_with_its_kind_a_code_of_digits_and_its_people(drive: Drive) -> None:
    first, second = add(drive), add(drive, "Trường  THPT Long Khánh A", None)
    commune = area(drive.land.commune)
    assert (first.name, first.code, first.population) == (
        "Trường THPT Hồng Ngự 2", f"{commune.code}01", 850,
    )  # fmt: skip
    assert (second.name, second.code) == ("Trường THPT Long Khánh A", f"{commune.code}02")
    assert [each.id for each in schools.of(drive.land.district)] == [first.id, second.id]
    assert [each.id for each in schools.of(drive.land.commune)] == [first.id, second.id]
    assert schools.of(drive.land.province) == [], "they report to the district"
    assert schools.of(drive.land.other_commune) == []


@pytest.mark.parametrize(
    ("name", "people", "source", "field"),
    [
        ("", 1, "x", "name"),
        ("Trường", 1, "x", "name"),
        ("trường ", 1, "x", "name"),
        ("x" * 120, 1, "x", "name"),
        ("THPT", 1, "", "source"),
        ("THPT", None, "sổ", "people"),
        ("THPT", 0, "sổ", "people"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_added(
    drive: Drive, name: str, people: int | None, source: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        schools.add(area(drive.land.commune), name, people, source, actor_id=None)
    assert refused.value.field == field
    assert schools.of(drive.land.commune) == []


def test_a_school_lies_in_a_commune_and_is_added_once(drive: Drive) -> None:
    add(drive)
    with pytest.raises(Refused, match="is there already"):
        add(drive)
    with pytest.raises(Refused, match="lies in a commune"):
        schools.add(area(drive.land.district), "THPT", None, "", actor_id=None)


def test_its_figure_is_of_its_own_people_and_in_no_sum(drive: Drive) -> None:
    school = add(drive)
    drive.report(400)
    before = rates.of_areas(drive.app_id, [area(drive.land.district)], DAY, Denominator.POPULATION)
    drive.report(340, area_id=school.id)
    after = rates.of_areas(drive.app_id, [area(drive.land.district)], DAY, Denominator.POPULATION)
    assert (after[0].installs, after[0].parts) == (before[0].installs, before[0].parts)
    where = area(drive.land.district), apps.by_id(drive.app_id), DAY
    (row,) = schools.standings(*where)
    assert (row.area.id, row.installs, row.share) == (school.id, 340, 340 / 850)
    rows = uptake_showing.district(*where).table.rows
    assert school.id not in [each.area.id for each in rows]


def test_the_board_has_it_and_says_when_it_is_late(drive: Drive) -> None:
    school = add(drive)
    drive.report(400)
    at("15:30")
    found = board.of(drive.app_id, area(drive.land.district), DAY)
    states = {row.area.id: row.state for row in found.rows}
    assert states[school.id] is Punctuality.MISSING
    assert states[drive.land.commune] is Punctuality.ON_TIME
    drive.report(340, "15:31", school.id)
    found = board.of(drive.app_id, area(drive.land.district), DAY)
    assert {r.area.id: r.state for r in found.rows}[school.id] is Punctuality.LATE
    of_province = board.of(drive.app_id, area(drive.land.province), DAY)
    assert school.id not in [row.area.id for row in of_province.rows]


def test_before_it_was_added_nobody_asked_it(drive: Drive) -> None:
    for day in ("17/8", "18/8", "19/8"):
        drive.report(400, f"{day} 14:00")
    at("20/8 9:00")
    school = add(drive)
    at("20/8 15:30")
    district = area(drive.land.district)
    rows = {row.area.id: row for row in board.of(drive.app_id, district, DAY).rows}
    assert rows[school.id].sums == {Punctuality.MISSING: 1}, "today's alone"
    assert rows[drive.land.commune].sums[Punctuality.ON_TIME] == 3
    earlier = board.of(drive.app_id, district, date(2020, 8, 19))
    assert school.id not in [row.area.id for row in earlier.rows]
    app = apps.by_id(drive.app_id)
    assert [row.area.id for row in schools.standings(district, app, DAY)] == [school.id]
    assert schools.standings(district, app, date(2020, 8, 19)) == ()


def test_the_grid_of_the_district_has_its_field(drive: Drive) -> None:
    school = add(drive)
    rows = uptake_showing.grid(area(drive.land.district), apps.by_id(drive.app_id), DAY, {})
    assert rows[-1].area.id == school.id
    assert [row.area.id for row in rows[:-1]] == [
        each.id for each in areas.children(drive.land.district)
    ]


def test_the_overview_counts_it_among_the_late(drive: Drive, make_person) -> None:
    make_officer = make_person(Role.CULTURE, drive.staff.organisation, drive.land.district)
    drive.report(400)
    at("15:30")
    without = todos.late_count(make_officer)
    add(drive)
    db.session.rollback()
    assert todos.late_count(make_officer) == without + 1


def test_statements_do_not_grow_with_schools(drive: Drive) -> None:
    add(drive, "Một")
    district = area(drive.land.district)
    board.of(drive.app_id, district, DAY)
    with queries() as few:
        board.of(drive.app_id, district, DAY)
    for number in range(5):
        add(drive, f"Trường {number}")
    district = area(drive.land.district)
    with queries() as many:
        board.of(drive.app_id, district, DAY)
    assert len(many) <= len(few)
