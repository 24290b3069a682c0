"""The board: who has reported on a day, who is late and by how long, and who never does."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask

from outreach import areas, board, clock
from outreach.board import Board
from outreach.rates import Punctuality
from tests.counting import queries
from tests.drive import TODAY, Drive, at


def of(drive: Drive, code: str = "870", day: date = TODAY) -> Board:
    return board.of(drive.app_id, areas.by_code(code), day)


def test_who_is_missing_comes_first_and_it_says_how_late(drive: Drive) -> None:
    drive.report(100, "14:10")
    at("15:40")
    missing, sent = of(drive).rows
    assert (missing.area.code, missing.state) == ("29983", Punctuality.MISSING)
    assert missing.delay == timedelta(minutes=40)
    assert (sent.area.code, sent.state, sent.delay) == ("29971", Punctuality.ON_TIME, None)
    drive.report(50, "16:05", drive.land.other_commune)
    late = next(row for row in of(drive).rows if row.area.code == "29983")
    assert (late.state, late.delay) == (Punctuality.LATE, timedelta(minutes=65))
    assert late.sent_at is not None


def test_a_correction_makes_no_figure_late(drive: Drive) -> None:
    drive.report(100, "14:10")
    drive.report(101, "15:30", reason="đếm lại")
    row = next(row for row in of(drive).rows if row.area.code == "29971")
    assert (row.state, row.delay) == (Punctuality.ON_TIME, None)
    assert row.sent_at is not None
    assert clock.local(row.sent_at).hour == 14, "the first edition's"


def test_the_working_days_are_counted_on_time_late_and_missing(drive: Drive) -> None:
    for when in ("17/8 14:00", "18/8 15:30", "20/8 14:00"):
        drive.report(100 + int(when[:2]), when)
    at("15:40")
    shown = of(drive)
    assert shown.dates == [date(2020, 8, day) for day in (17, 18, 19, 20)], "since it began"
    row = next(row for row in shown.rows if row.area.code == "29971")
    assert row.marks == ["full", "some", "none", "full"]
    assert [row.sums[kind] for kind in ("on_time", "late", "missing")] == [2, 1, 1]
    assert [each.area.code for each in shown.never] == ["29983"]
    assert (shown.sent, shown.parts) == (1, 2)


def test_before_the_hour_a_day_is_open(drive: Drive) -> None:
    drive.report(100, "19/8 14:00")
    at("14:00")
    row = next(row for row in of(drive).rows if row.area.code == "29971")
    assert (row.marks, row.state) == (["full", "open"], Punctuality.WAITING)
    assert row.sums[Punctuality.MISSING] == 0


def test_days_off_are_passed_over(app: Flask, drive: Drive) -> None:
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update={"days_off": "2020-08-20"})
    drive.report(100, "19/8 14:00")
    at("20/8 18:00")
    shown = of(drive)
    assert not shown.working
    assert shown.dates == [date(2020, 8, 19)]
    assert shown.now[Punctuality.MISSING] == 0


def test_a_province_sums_the_reports_of_each_district(drive: Drive) -> None:
    drive.report(100, "14:00")
    at("15:40")
    rows = {row.area.code: row for row in of(drive, "87").rows}
    district = rows["870"]
    assert (district.parts, district.now[Punctuality.ON_TIME]) == (2, 1)
    assert (district.state, district.marks) == (Punctuality.MISSING, ["some"])
    assert district.delay == timedelta(minutes=40)


def test_a_commune_alone_is_its_own_board(drive: Drive) -> None:
    drive.report(100, "14:00")
    (row,) = of(drive, "29971").rows
    assert (row.area.code, row.parts, row.marks) == ("29971", 1, ["full"])


def test_the_statements_do_not_grow_with_areas_or_days(drive: Drive) -> None:
    def sent(code: str) -> int:
        area = areas.by_code(code)
        with queries() as statements:
            board.of(drive.app_id, area, TODAY)
        return len(statements)

    drive.report(100, "14:00")
    few = sent("870")
    for day in range(1, 20):
        drive.report(100 + day, f"{day}/8 14:00")
        drive.report(100 + day, f"{day}/8 14:00", drive.land.other_commune)
    assert sent("870") == few
    assert sent("87") <= few + 1, "the communes of all districts are one statement"
