from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from outreach import apps
from outreach.apps import Unit
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused


def test_an_app_is_found_by_its_code_in_any_case(app: Flask) -> None:
    added = apps.add(" bluezone ", "Bluezone", "https://bluezone.gov.vn", actor_id=None)
    assert added.code == "BLUEZONE"
    assert apps.by_code("Bluezone").id == added.id
    assert [one.code for one in apps.every()] == ["BLUEZONE"]


@pytest.mark.parametrize(
    ("code", "name", "link", "field"),
    [
        ("", "A", "https://a.vn", "code"),
        ("1A", "A", "https://a.vn", "code"),
        ("ỨNG DỤNG", "A", "https://a.vn", "code"),
        ("A" * 25, "A", "https://a.vn", "code"),
        ("A", "  ", "https://a.vn", "name"),
        ("A", "A" * 81, "https://a.vn", "name"),
        ("A", "A", "bluezone.gov.vn", "link"),
        ("A", "A", "javascript:alert(1)", "link"),
        ("A", "A", "https://", "link"),
    ],
)
def test_a_bad_app_is_refused_at_its_field(
    app: Flask, code: str, name: str, link: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        apps.add(code, name, link, actor_id=None)
    assert refused.value.field == field
    assert apps.every() == []


def test_a_second_app_of_a_code_and_an_unknown_one_are_refused(app: Flask) -> None:
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    with pytest.raises(Refused, match="NCOVI"):
        apps.add("ncovi", "Khác", "https://ncovi.vn", actor_id=None)
    with pytest.raises(Refused, match="SMART"):
        apps.by_code("SMART")


def _defined(counts: Unit, day: int) -> None:
    apps.define(apps.by_code("NCOVI"), counts, date(2020, 8, day), "CV 12", actor_id=None)


def test_what_counts_is_known_of_each_day_and_its_change_is_a_dated_break(app: Flask) -> None:
    ncovi = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", counts=Unit.USERS, actor_id=None)
    _defined(Unit.DEVICES, 5)
    _defined(Unit.DOWNLOADS, 10)
    days = [date(2020, 8, number) for number in (1, 4, 5, 9, 10, 20)]
    assert [ncovi.counted_on(day) for day in days] == (
        [Unit.USERS] * 2 + [Unit.DEVICES] * 2 + [Unit.DOWNLOADS] * 2
    )
    (only,) = ncovi.breaks(date(2020, 8, 5), date(2020, 8, 10))
    assert (only.since, only.before, only.after) == (days[4], Unit.DEVICES, Unit.DOWNLOADS)
    assert ncovi.breaks(days[4], days[5]) == []
    defined = select(AuditRow.detail).where(AuditRow.act == "app.define").order_by(AuditRow.id)
    rows = db.session.scalars(defined)
    assert ['"counts":["devices","downloads"]' in detail for detail in rows] == [False, True]


def test_the_last_change_can_be_put_right_and_taken_back(app: Flask) -> None:
    ncovi = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", counts=Unit.USERS, actor_id=None)
    _defined(Unit.DEVICES, 5)
    _defined(Unit.DOWNLOADS, 5)
    assert [(d.before, d.after) for d in ncovi.definitions] == [(Unit.USERS, Unit.DOWNLOADS)]
    _defined(Unit.USERS, 5)
    assert (ncovi.definitions, ncovi.counts) == ([], Unit.USERS)


@pytest.mark.parametrize(
    ("counts", "day", "reason", "field"),
    [
        (Unit.DEVICES, date(2020, 8, 6), "CV", "counts"),
        (Unit.USERS, date(2020, 8, 4), "CV", "since"),
        (Unit.USERS, date(2999, 1, 1), "CV", "since"),
        (Unit.USERS, date(2020, 8, 6), " ", "reason"),
        (Unit.USERS, date(2020, 8, 6), "x" * 201, "reason"),
    ],
)
def test_a_change_that_is_none_is_refused_at_its_field(
    app: Flask, counts: Unit, day: date, reason: str, field: str
) -> None:
    ncovi = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", counts=Unit.USERS, actor_id=None)
    _defined(Unit.DEVICES, 5)
    with pytest.raises(Refused) as refused:
        apps.define(ncovi, counts, day, reason, actor_id=None)
    assert refused.value.field == field
    assert len(apps.by_code("NCOVI").definitions) == 1


def test_the_command_line_defines_what_counts(runner: FlaskCliRunner) -> None:
    def run(*arguments: str) -> Any:
        return json.loads(runner.invoke(args=["apps", *arguments, "--json"]).stdout)

    app = ["--code", "NCOVI", "--name", "NCOVI", "--link", "https://ncovi.vn"]
    assert run("add", *app)["counts"] == "numbers"
    words = ["--counts", "downloads", "--since", "2020-08-10", "--reason", "CV 12"]
    shown = run("define", "ncovi", *words)
    known = [{"since": "2020-08-10", "before": "numbers", "after": "downloads"}]
    assert (shown["counts"], shown["definitions"]) == ("downloads", known)
    assert run("define", "ncovi", *words)["field"] == "counts"
