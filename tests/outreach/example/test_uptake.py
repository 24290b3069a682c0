"""The example's figures: invented, said to be, and ending at what the letters count."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach import apps, areas, organisations, rates, targets, uptake
from outreach.accounts import Role, User
from outreach.area_loading import load_file
from outreach.database import db, transaction
from outreach.example import letters
from outreach.example import uptake as example
from outreach.uptake import UptakeReport
from tests.drive import TODAY, at


@pytest.fixture
def laid(app: Flask, make_person: Callable[..., User]) -> Flask:
    load_file(letters.AREAS_FILE, 2020, actor_id=None)
    for one in letters.APPS:
        apps.add(one.code, one.name, one.link, actor_id=None)
    office = organisations.add("Phòng VH&TT", organisations.Kind.CULTURE, actor_id=None)
    commune = areas.by_code(example.REPORTER_COMMUNE, 2020).id
    staff = make_person(Role.STAFF, office)
    reporter = make_person(Role.REPORTER, office, commune)
    at("15:20")
    with transaction():
        example.lay(officer_id=staff.id, reporter_id=reporter.id)
    return app


def test_the_figures_end_at_what_the_letter_counts(laid: Flask) -> None:
    app, district = apps.by_code("BLUEZONE"), areas.by_code("870", 2020)
    target = targets.in_force(district, app, TODAY)
    table = rates.table(app.id, district, TODAY, rates.denominator_of(target))
    assert (table.total.installs, table.total.of) == (6_090, 120_514)
    assert f"{table.total.share:.2%}" == "5.05%"
    late = {row.area.code for row in table.missing}
    assert late == set(example.LATE_ON_THE_LAST_DAY)


def test_three_weeks_rise_day_by_day_and_nothing_comes_from_the_future(laid: Flask) -> None:
    app, district = apps.by_code("BLUEZONE"), areas.by_code("870", 2020)
    for commune in areas.children(district.id):
        rows = uptake.editions(app.id, commune.id, TODAY.replace(month=7, day=1))
        last = {row.day: row.installs for row in rows}
        assert len(last) == example.DAYS - (commune.code in example.LATE_ON_THE_LAST_DAY)
        course = [last[day] for day in sorted(last)]
        assert course == sorted(course)
        assert max(row.reported_at for row in rows) <= at("15:20")


def test_every_row_says_that_it_is_invented_or_which_letter_it_is_from(laid: Flask) -> None:
    reasons = set(db.session.scalars(select(UptakeReport.reason).distinct()))
    assert all(example.INVENTED in reason or "công văn" in reason for reason in reasons)
    edited = select(func.count()).where(UptakeReport.edition == 2)
    assert db.session.scalar(edited) == 1


def test_the_province_stands_where_its_letter_says(laid: Flask) -> None:
    app, province = apps.by_code("BLUEZONE"), areas.by_code("45", 2020)
    target = targets.in_force(province, app, TODAY)
    assert target is not None
    assert (target.share, target.letter) == (60_00, "3733/UBND-VX")
    (standing,) = rates.of_areas(app.id, [province], TODAY, targets.Denominator.POPULATION)
    assert f"{standing.share:.2%}" == "18.03%"


def test_the_district_of_two_apps_reports_both_and_one_of_them_late(laid: Flask) -> None:
    district = areas.by_code(example.TWO_APPS, 2020)
    staff = db.session.scalars(select(User.id)).first()
    with transaction():
        example.lay_two_apps(officer_id=staff or 0)
    for code, last, late in example.OF_TWO_APPS:
        rows = uptake.editions(apps.by_code(code).id, district.id, TODAY.replace(month=7, day=1))
        assert len({row.day for row in rows}) == example.DAYS - late
        assert sorted(row.edition for row in rows)[-1] == 2
        assert max(row.installs for row in rows if row.edition == 2 or not late) >= last // 2
        standing = rates.of_areas(
            apps.by_code(code).id, [district], TODAY, targets.Denominator.POPULATION
        )[0]
        assert standing.own
        assert (standing.fresh == 0) == late
        assert all(example.INVENTED in row.reason for row in rows)
