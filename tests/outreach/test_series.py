"""An area's installs day by day: sums as everywhere, the last edition, and who is not in them."""

from __future__ import annotations

from datetime import date

from outreach import series
from tests.counting import queries
from tests.drive import TODAY, Drive, at


def of(drive: Drive, *area_ids: int, days: int = series.DAYS) -> list[series.Day]:
    both = (drive.land.commune, drive.land.other_commune)
    return series.of(drive.app_id, area_ids or both, TODAY, days)


def test_a_commune_without_a_figure_of_a_day_counts_with_its_last_one(drive: Drive) -> None:
    drive.report(300, "17/8 14:00")
    drive.report(200, "18/8 14:00", drive.land.other_commune)
    drive.report(310, "19/8 14:00")
    drive.report(312, "19/8 14:30", reason="đếm lại")
    at("20/8 14:00")
    days = of(drive)
    assert [each.day for each in days] == [date(2020, 8, day) for day in (17, 18, 19, 20)]
    assert [each.installs for each in days] == [300, 500, 512, 512]
    assert [each.change for each in days] == [None, None, 12, None]
    assert [(each.counted, each.fresh, each.parts) for each in days] == [
        (1, 1, 2),
        (2, 1, 2),
        (2, 1, 2),
        (2, 0, 2),
    ]


def test_figures_from_before_the_days_are_where_they_begin(drive: Drive) -> None:
    drive.report(300, "10/8 14:00")
    drive.report(320, "20/8 14:00")
    days = of(drive, drive.land.commune, days=3)
    assert [(each.installs, each.change) for each in days] == [(300, None), (300, None), (320, 20)]


def test_an_area_without_figures_has_no_days(drive: Drive) -> None:
    assert of(drive) == []


def test_three_statements_however_many_days(drive: Drive) -> None:
    for day in range(10, 20):
        drive.report(300 + day, f"{day}/8 14:00")
    of(drive)
    with queries() as sent:
        of(drive)
    assert len(sent) == 3
