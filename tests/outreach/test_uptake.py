"""Reading figures back: what counts, and of which app."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from outreach import apps, targets, uptake
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from tests.counting import queries
from tests.drive import TODAY, Drive
from tests.outreach.test_daily import lay


def test_the_latest_edition_of_a_day_counts(drive: Drive) -> None:
    drive.report(310, "19/8 14:00")
    drive.report(318, "20/8 14:00")
    drive.report(320, "20/8 14:30")
    course = uptake.courses(drive.app_id, [drive.land.commune], TODAY - timedelta(2), TODAY)[
        drive.land.commune
    ]
    assert {day.day: point.installs for day, point in course.items()} == {19: 310, 20: 320}
    assert course[TODAY].edition == 2


def test_an_area_without_recent_figures_stands_where_it_last_stood(drive: Drive) -> None:
    drive.report(200, "1/7 14:00")
    drive.report(210, "2/7 14:00")
    drive.report(211, "2/7 14:10")
    ids = [drive.land.commune, drive.land.other_commune]
    found = uptake.courses(drive.app_id, ids, TODAY - timedelta(7), TODAY)
    last = uptake.latest(found[drive.land.commune], TODAY)
    assert last is not None
    assert (last.day, last.installs) == (date(2020, 7, 2), 211)
    assert uptake.latest(found[drive.land.other_commune], TODAY) is None


def test_where_areas_stood_on_some_days_is_one_statement_without_the_days_between(
    drive: Drive,
) -> None:
    one, two = drive.land.commune, drive.land.other_commune
    drive.report(290, "10/8 14:00", one)
    drive.report(300, "18/8 14:00", one)
    drive.report(310, "20/8 14:00", one)
    drive.report(311, "20/8 14:10", one)
    with queries() as sent:
        found = uptake.known_on(drive.app_id, [one, two], [TODAY, TODAY - timedelta(7)])
    assert len([each for each in sent if each.startswith("SELECT")]) == 1
    assert {day.day: point.installs for day, point in found[one].items()} == {20: 311, 10: 290}
    assert found[two] == {}


def test_the_apps_of_a_drive_are_those_with_a_figure_or_a_target(drive: Drive) -> None:
    ncovi = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    assert [app.code for app in uptake.apps_counted()] == ["BLUEZONE", "NCOVI"]
    drive.report(318)
    assert uptake.chosen_app(None).code == "BLUEZONE"
    area = db.session.get_one(Area, drive.land.district)
    targets.add(area, ncovi, 2000, TODAY, group="population", letter="", actor_id=None)
    with pytest.raises(Refused, match="BLUEZONE, NCOVI"):
        uptake.chosen_app(None)
    assert uptake.chosen_app("ncovi").code == "NCOVI"


def test_an_area_counts_the_apps_of_its_own_drive(drive: Drive) -> None:
    ncovi = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    drive.report(5)
    land = drive.land

    def counted(area_id: int) -> list[str]:
        return [app.code for app in uptake.apps_counted(area_id)]

    assert counted(land.district) == counted(land.province) == ["BLUEZONE"]
    province = db.session.get_one(Area, land.province)
    targets.add(province, ncovi, 6000, TODAY, group="population", letter="", actor_id=None)
    assert counted(land.other_commune) == ["NCOVI"]  # by the target above it
    assert counted(land.commune) == ["BLUEZONE", "NCOVI"]


@pytest.mark.parametrize("seed", range(3))
def test_bare_counts_are_those_of_the_figures_that_judge(drive: Drive, seed: int) -> None:
    """Two ways to read the same; a file's are read as bare counts, a form's as figures."""
    chance, land = random.Random(seed), drive.land
    ids = [land.commune, land.other_commune, land.next_district]
    days = [TODAY - timedelta(days=number) for number in range(40)]
    for area_id in ids:
        some = chance.sample(days, chance.choice([0, 2, 6, 20]))
        laid = [(day, edition, chance.randint(0, 900)) for day in some for edition in (1, 2, 3)]
        if laid:
            lay(drive, area_id, *(each for each in laid if each[1] < 3 or chance.random() < 0.3))
    for _round in range(20):
        first, last = sorted(chance.sample(days, 2))
        courses = uptake.around(drive.app_id, ids, first, last)
        plain = {i: {day: p.installs for day, p in c.items()} for i, c in courses.items()}
        assert uptake.counts_around(drive.app_id, ids, first, last) == plain
