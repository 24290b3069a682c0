"""When figures are due: hours by kind of reporter, working days and holidays by settings."""

from __future__ import annotations

from datetime import date, time

import pytest
from flask import Flask

from outreach import clock, due, rates, uptake
from outreach.area_names import Level
from outreach.rates import Punctuality
from tests.drive import TODAY, Drive, at

SATURDAY = date(2020, 8, 22)


def _set(app: Flask, **settings: str) -> None:
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=settings)


def test_each_kind_of_reporter_has_its_hour(app: Flask) -> None:
    hours = [clock.local(due.at(TODAY, level)).time() for level in Level]
    assert hours == [time(15), time(16, 30), time(15), time(15)]
    _set(app, due_communes="14:15", due_districts="17:00")
    assert clock.local(uptake.deadline(TODAY)).time() == time(14, 15)
    assert clock.local(uptake.compiled_by(TODAY)).time() == time(17)


def test_a_district_that_reports_for_itself_is_late_only_after_its_own_hour(drive: Drive) -> None:
    at("15:10")
    assert due.past(TODAY)
    assert not due.past(TODAY, Level.DISTRICT)
    drive.report(100, "16:20", drive.land.district)
    drive.report(100, "15:20")
    assert drive.rows(drive.land.district)[0].late is False
    assert drive.rows()[0].late is True


WORKING = [
    ({}, SATURDAY, True),
    ({"working_days": "mon,tue,wed,thu,fri"}, SATURDAY, False),
    ({"working_days": "mon,tue,wed,thu,fri"}, TODAY, True),
    ({"days_off": "2020-08-20"}, TODAY, False),
    ({"days_off": "holidays"}, date(2020, 9, 2), False),
    ({}, date(2020, 9, 2), True),
    ({"days_off": "holidays,2020-08-20"}, date(2020, 1, 25), False),
]


@pytest.mark.parametrize(("given", "day", "works"), WORKING)
def test_working_days_and_days_off_are_settings(
    app: Flask, given: dict[str, str], day: date, works: bool
) -> None:
    _set(app, **given)
    assert due.is_working(day) is works


def test_the_last_working_days_pass_over_those_off(app: Flask) -> None:
    _set(app, working_days="mon,tue,wed,thu,fri", days_off="2020-08-19")
    days = due.working_days(date(2020, 8, 23), 3)
    assert days == [date(2020, 8, 18), date(2020, 8, 20), date(2020, 8, 21)]


def test_on_a_day_off_nothing_is_late_and_what_comes_counts(app: Flask, drive: Drive) -> None:
    _set(app, days_off="2020-08-20")
    at("18:00")
    assert rates.punctuality_of(TODAY, None) is Punctuality.WAITING
    drive.report(100, "18:00")
    assert drive.rows()[0].late is False
