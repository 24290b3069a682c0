"""New installs a day: what an area rose adds up, missing days are no zeros, nothing is clipped."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import event, insert

from outreach import daily, holidays
from outreach.areas import Area
from outreach.daily import Member
from outreach.database import db, transaction
from outreach.uptake import Source, UptakeReport, deadline
from tests.drive import TODAY, Drive, at

FIRST, LAST = date(2020, 8, 10), date(2020, 8, 19)
DAYS = [FIRST + timedelta(days=number) for number in range(10)]


def lay(drive: Drive, area_id: int, *figures: tuple[date, int, int]) -> None:
    """(day, edition, installs) as they would have come."""
    with transaction() as session:
        session.execute(
            insert(UptakeReport),
            [
                {
                    "app_id": drive.app_id,
                    "area_id": area_id,
                    "day": day,
                    "edition": edition,
                    "installs": installs,
                    "as_of": deadline(day),
                    "reported_at": deadline(day),
                    "source": Source.FILE,
                    "reported_by_id": drive.staff.id,
                }
                for day, edition, installs in figures
            ],
        )


def of(drive: Drive, *members: Member) -> dict[int, list[daily.Day]]:
    return dict(daily.of_groups(drive.app_id, members, FIRST, LAST))


def test_each_day_is_what_the_area_rose_since_the_day_before(drive: Drive) -> None:
    commune = drive.land.commune
    lay(drive, commune, (FIRST - timedelta(days=1), 1, 100), (FIRST, 1, 103), (DAYS[1], 1, 110))
    days = of(drive, Member(commune, 0, 1000))[0]
    assert [day.new for day in days[:3]] == [3, 7, 0]
    assert [day.rate for day in days[:3]] == [3.0, 7.0, None]
    assert [day.day for day in days] == DAYS


def test_days_without_a_figure_share_what_came_after_them(drive: Drive) -> None:
    commune = drive.land.commune
    lay(drive, commune, (FIRST, 1, 100), (DAYS[3], 1, 109), (DAYS[4], 1, 110))
    days = of(drive, Member(commune, 0, 500))[0]
    assert [day.new for day in days[1:5]] == [3, 3, 3, 1]
    assert [day.fresh for day in days[1:5]] == [0, 0, 1, 1]
    assert [day.areas for day in days[:6]] == [0, 1, 1, 1, 1, 0]


def test_a_gap_that_began_before_the_period_gives_it_only_its_share(drive: Drive) -> None:
    commune = drive.land.commune
    lay(drive, commune, (FIRST - timedelta(days=4), 1, 100), (DAYS[0], 1, 108))
    assert of(drive, Member(commune, 0, 500))[0][0].new == 2


def test_of_corrections_the_last_counts_and_a_fall_is_negative(drive: Drive) -> None:
    commune = drive.land.commune
    lay(drive, commune, (DAYS[0], 1, 900), (DAYS[0], 2, 100), (DAYS[1], 1, 105), (DAYS[2], 1, 101))
    days = of(drive, Member(commune, 0, 500))[0]
    assert [day.new for day in days[1:3]] == [5, -4]


def test_an_app_of_another_is_not_counted(drive: Drive) -> None:
    lay(drive, drive.land.commune, (DAYS[0], 1, 100), (DAYS[1], 1, 105))
    members = [Member(drive.land.commune, 0, 500)]
    assert all(not day.areas for day in daily.of_groups(99, members, FIRST, LAST)[0])


def test_groups_equal_a_plain_count_and_two_statements_do(drive: Drive) -> None:
    chance = random.Random(7)
    land = drive.land
    places = {land.commune: (0, 900), land.other_commune: (0, 700), land.next_district: (1, 400)}
    expected = {0: dict.fromkeys(DAYS, 0.0), 1: dict.fromkeys(DAYS, 0.0)}
    for area_id, (group, _people) in places.items():
        reported = sorted(chance.sample([FIRST - timedelta(days=2), *DAYS], 7))
        figures = {day: chance.randint(50, 400) for day in reported}
        lay(drive, area_id, *((day, 1, installs) for day, installs in figures.items()))
        for before, after in pairwise(reported):
            for back in range((after - before).days):
                day = after - timedelta(days=back)
                if day in expected[group]:
                    rise = figures[after] - figures[before]
                    expected[group][day] += rise / (after - before).days
    statements: list[str] = []
    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(db.engine, *listen)
    try:
        found = of(drive, *(Member(a, g, p) for a, (g, p) in places.items()))
    finally:
        event.remove(db.engine, *listen)
    assert len([each for each in statements if "uptake_reports" in each]) == 2
    for group, days in expected.items():
        assert {day.day: day.new for day in found[group]} == pytest.approx(days)


def test_without_members_there_are_no_groups(drive: Drive) -> None:
    assert of(drive) == {}


def test_national_days_are_cut_to_the_period() -> None:
    (day,) = holidays.within(date(2020, 8, 20), date(2020, 9, 2))
    assert (day.first, day.last, day.name) == (date(2020, 9, 2), date(2020, 9, 2), "National Day")
    assert holidays.within(date(2020, 8, 6), date(2020, 9, 1)) == []
    (tet,) = holidays.within(date(2020, 1, 20), date(2020, 1, 25))
    assert (tet.first, tet.last) == (date(2020, 1, 23), date(2020, 1, 25))
    names = [each.name for each in holidays.within(date(2020, 12, 1), date(2021, 5, 31))]
    assert len(names) == 4


def test_new_installs_a_day_count_the_figures_of_that_day(drive: Drive) -> None:
    one, two = drive.land.commune, drive.land.other_commune
    for day, first, second in ((17, 100, 50), (18, 130, None), (19, 120, 90)):
        drive.report(first, f"{day}/8 14:00", one, reason="đếm lại", asked=str(first))
        if second is not None:
            drive.report(second, f"{day}/8 14:00", two)
    at("20/8 14:00")
    district = db.session.get_one(Area, drive.land.district)
    found = daily.new_installs(drive.app_id, district, TODAY, 4)
    assert [(each.day.day, each.installs, each.fresh, each.parts) for each in found] == [
        (17, None, 2, 2),
        (18, 30, 1, 2),
        (19, 30, 2, 2),
        (20, None, 0, 2),
    ]
    assert [each.partial for each in found] == [False, True, False, True]
