"""How areas keep to the hour over the last working days."""

from __future__ import annotations

from datetime import date

from outreach import board, lateness
from outreach.areas import Area
from outreach.database import db
from outreach.rates import Punctuality
from tests.counting import queries
from tests.drive import TODAY, Drive, at
from tests.outreach.test_carry_over import become


def test_late_and_missing_reports_are_counted_from_the_first_figure_on(drive: Drive) -> None:
    first, second = drive.land.commune, drive.land.other_commune
    drive.report(400, "17/8 14:00", first)
    drive.report(410, "18/8 15:30", first)
    drive.report(415, "18/8 16:00", first, reason="đếm lại", asked="415")
    drive.report(420, "19/8 14:30", first)
    drive.report(300, "19/8 14:30", second)
    at("20/8 14:00")
    parts = {first: [first], drive.land.district: [first, second]}
    dates, found = lateness.of(drive.app_id, parts, TODAY)
    assert dates == [date(2020, 8, 17), date(2020, 8, 18), date(2020, 8, 19)], "today is not over"
    assert found[first] == (3, 1), "a correction does not make it later"
    assert found[drive.land.district] == (6, 3)
    at("20/8 15:30")
    _dates, found = lateness.of(drive.app_id, parts, TODAY)
    assert found[drive.land.district] == (8, 5)


def test_before_any_figure_nobody_was_asked(drive: Drive) -> None:
    dates, found = lateness.of(drive.app_id, {drive.land.commune: [drive.land.commune]}, TODAY)
    assert dates == []
    assert found[drive.land.commune].share is None


def test_statements_do_not_grow(drive: Drive) -> None:
    drive.report(400, "17/8 14:00")
    parts = {drive.land.district: [drive.land.commune, drive.land.other_commune]}
    with queries() as sent:
        lateness.of(drive.app_id, parts, TODAY)
    assert len(sent) <= 3


def test_an_area_that_came_about_was_not_asked_before(drive: Drive) -> None:
    one, other = drive.land.commune, drive.land.other_commune
    for day in (14, 17, 18, 19):
        drive.report(400 + day, f"{day}/8 14:00", one)
    drive.report(900, "19/8 14:00", other)
    become(one, other, day=date(2020, 8, 18))
    at("20/8 14:00")
    _dates, found = lateness.of(drive.app_id, {one: [one], other: [other]}, TODAY)
    assert found[other] == (2, 1), "the 18th and the 19th"
    shown = board.of(drive.app_id, db.session.get_one(Area, drive.land.district), TODAY)
    row = next(row for row in shown.rows if row.area.id == other)
    assert row.sums[Punctuality.MISSING] == 1
    assert row.marks[-3:] == ["none", "full", "open"]
    assert set(row.marks[:-3]) == {""}
