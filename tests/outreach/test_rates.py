"""Rates with their denominators, ranks, changes, and what is known where something is missing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from outreach import apps, areas, rates, targets
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.rates import Punctuality, Standing, Table
from outreach.targets import Denominator
from tests.drive import TODAY, Drive, at


def table(drive: Drive, day: date = TODAY, area_id: int | None = None) -> Table:
    area = db.session.get_one(Area, area_id or drive.land.district)
    return rates.table(drive.app_id, area, day, Denominator.POPULATION)


def week(drive: Drive) -> None:
    """Both communes report on 18 and 19 August, the first one on the 20th too."""
    first, second = drive.land.commune, drive.land.other_commune
    for day, one, two in ((18, 480, 320), (19, 490, 330)):
        drive.report(one, f"{day}/8 14:00", first)
        drive.report(two, f"{day}/8 14:10", second)
    drive.report(500, "20/8 14:20", first)


def test_a_rate_is_of_the_areas_own_people_and_up_to_a_time(drive: Drive) -> None:
    week(drive)
    at("15:20")
    (first, second), total = table(drive).rows, table(drive).total
    assert (first.installs, first.of, first.share) == (500, 10_000, 0.05)
    assert (second.installs, second.of, second.share) == (330, 8_000, 0.04125)
    # The district's own 20,000, not the 18,000 its communes add up to.
    assert (total.installs, total.of, total.share) == (830, 20_000, 0.0415)
    assert total.as_of == first.as_of
    assert total.oldest == second.as_of


def test_change_is_that_of_the_day_and_unknown_without_a_figure(drive: Drive) -> None:
    week(drive)
    at("15:20")
    (first, second), total = table(drive).rows, table(drive).total
    assert (first.change, first.since) == (10, TODAY - timedelta(days=1))
    assert second.change is None
    assert (total.change, total.fresh, total.parts) == (10, 1, 2)


def test_a_change_over_several_days_says_since_when(drive: Drive) -> None:
    drive.report(400, "17/8 14:00")
    drive.report(460, "20/8 14:00")
    (row, _) = table(drive).rows
    assert (row.change, row.since) == (60, date(2020, 8, 17))


def test_a_district_counts_as_late_who_is_by_the_communes_own_hour(drive: Drive) -> None:
    """The district itself is due later; its province is told at once."""
    week(drive)
    at("15:20")
    assert table(drive).total.late == 1
    (district, *_) = table(drive, area_id=drive.land.province).rows
    assert (district.late, district.parts) == (1, 2)
    at("14:50")
    assert table(drive).total.late == 0


def test_who_is_late_is_known_only_after_the_hour(drive: Drive) -> None:
    week(drive)
    at("14:59")
    assert [row.punctuality for row in table(drive).rows] == ["on_time", "waiting"]
    assert table(drive).missing == []
    at("15:01")
    assert [row.area.name for row in table(drive).missing] == ["Xã Long Thuận"]
    drive.report(340, "15:30", drive.land.other_commune)
    late = table(drive).rows[1]
    assert (late.punctuality, late.change) == (Punctuality.LATE, 10)
    assert table(drive).missing == []


def test_a_commune_without_any_figure_is_not_zero(drive: Drive) -> None:
    drive.report(500)
    found = table(drive)
    assert [row.installs for row in found.rows] == [500, None]
    assert found.rows[1].rank is None
    assert (found.total.counted, found.total.parts, found.total.partial) == (1, 2, True)


def test_an_areas_own_report_counts_where_the_sum_is_incomplete(drive: Drive) -> None:
    drive.report(500)
    drive.report(1_700, "14:10", drive.land.district)
    total = table(drive).total
    assert (total.installs, total.own) == (1_700, True)
    drive.report(300, "14:20", drive.land.other_commune)
    total = table(drive).total
    assert (total.installs, total.own) == (800, False)


def test_nothing_reported_is_no_rate(drive: Drive) -> None:
    total = table(drive).total
    assert (total.installs, total.share, total.ramp) == (None, None, 0)


def test_a_province_is_the_sum_of_its_districts_communes(drive: Drive) -> None:
    week(drive)
    found = table(drive, area_id=drive.land.province)
    assert {row.area.code: row.installs for row in found.rows} == {"870": 830, "869": None}
    assert found.total.installs == 830
    assert found.total.share is None  # nobody has recorded its population


def test_equal_rates_share_a_rank_and_none_comes_last() -> None:
    def row(name: str, installs: int | None, position: int) -> Standing:
        return Standing(Area(name=name, position=position), 100, installs)

    placed = rates.ranked([row("a", 5, 1), row("b", None, 2), row("c", 7, 3), row("d", 5, 4)])
    assert [(each.area.name, each.rank) for each in placed] == [
        ("c", 1),
        ("a", 2),
        ("d", 2),
        ("b", None),
    ]


def _aim(drive: Drive, group: str = "population", share: int = 10_00) -> rates.Aim:
    district = db.session.get_one(Area, drive.land.district)
    app = apps.by_code("BLUEZONE")
    until = TODAY + timedelta(days=10)
    target = targets.add(district, app, share, until, group=group, letter="", actor_id=None)
    denominator = rates.denominator_of(target)
    found = rates.table(drive.app_id, district, TODAY, denominator)
    return rates.aim(target, found.total, TODAY)


def test_a_target_says_what_is_missing_a_day_and_where_the_pace_leads(drive: Drive) -> None:
    for day in range(13, 21):
        drive.report(300 + 20 * day, f"{day}/8 14:00")
        drive.report(300, f"{day}/8 14:00", drive.land.other_commune)
    aim = _aim(drive)
    assert (aim.share, aim.gap, aim.days, aim.needed) == (0.1, 1000, 10, 100)
    assert aim.pace == 20
    assert aim.projected == (1000 + 200) / 20_000
    assert aim.over == 7
    assert aim.reached == TODAY + timedelta(days=50), "1,000 at 20 a day"
    assert aim.days_late == 40
    assert not aim.never


@pytest.mark.parametrize(
    ("week", "deadline", "reached", "late", "never", "needed"),
    [
        (1400, 10, 5, 0, False, 100),
        (700, 10, 10, 0, False, 100),
        (699, 10, 11, 1, False, 100),
        (700, 0, 10, 10, False, 1000),
        (700, -1, 10, 11, False, None),
        (0, 10, None, 0, True, 100),
        (-70, 10, None, 0, True, 100),
        (1, 10, None, 0, True, 100),
        (None, 10, None, 0, False, 100),
    ],
)
def test_the_day_a_target_is_reached_at_this_pace_and_whether_that_is_too_late(
    drive: Drive,
    week: int | None,
    deadline: int,
    reached: int | None,
    late: int,
    never: bool,
    needed: int | None,
) -> None:
    district, app = areas.by_code("870"), apps.by_code("BLUEZONE")
    until = TODAY + timedelta(days=deadline)
    target = targets.add(district, app, 10_00, until, group="population", letter="", actor_id=None)
    total = rates.Standing(district, 20_000, installs=1000, week=week)
    aim = rates.aim(target, total, TODAY)
    assert aim.reached == (None if reached is None else TODAY + timedelta(days=reached))
    assert (aim.days_late, aim.never, aim.needed) == (late, never, needed)


def test_a_target_that_is_reached_lacks_nothing(drive: Drive) -> None:
    drive.report(600)
    drive.report(600, "14:10", drive.land.other_commune)
    assert _aim(drive, share=5_00).gap == 0


def test_a_share_of_smartphone_users_needs_their_number(drive: Drive) -> None:
    drive.report(600)
    drive.report(600, "14:10", drive.land.other_commune)
    assert _aim(drive, "smartphone_users", share=20_00).gap is None
    with transaction() as session:
        session.get_one(Area, drive.land.district).smartphone_users = 12_000
    (target,) = targets.every()
    found = rates.table(drive.app_id, target.area, TODAY, rates.denominator_of(target))
    assert found.total.share == 0.1
    assert rates.aim(target, found.total, TODAY).gap == 1200


def test_an_area_works_towards_its_own_target_else_the_one_above(drive: Drive) -> None:
    app, province = apps.by_code("BLUEZONE"), areas.by_code("87")
    commune = areas.by_code("29971")
    assert targets.in_force(commune, app, TODAY) is None
    wide = targets.add(province, app, 4000, TODAY, group="population", letter="", actor_id=None)
    assert targets.in_force(commune, app, TODAY) is wide
    old, soon, far = (
        targets.add(
            areas.by_code("870"),
            app,
            2000,
            TODAY + timedelta(days=days),
            group="population",
            letter="",
            actor_id=None,
        )
        for days in (-2, 3, 30)
    )
    assert targets.in_force(commune, app, TODAY) is soon
    assert targets.in_force(commune, app, TODAY + timedelta(days=40)) is far
    assert old is not soon


def test_a_table_takes_the_same_few_statements_however_many_communes(drive: Drive) -> None:
    week(drive)
    statements: list[str] = []
    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(db.engine, *listen)
    try:
        table(drive, area_id=drive.land.district)
        few = len(statements)
        table(drive, area_id=drive.land.province)
    finally:
        event.remove(db.engine, *listen)
    assert len(statements) - few <= few <= 7
