"""Counts of people over time: a rate is of the count that held on its day, and says which."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from outreach import (
    apps,
    area_counts,
    area_editing,
    area_loading,
    areas,
    rates,
    target_showing,
    uptake_showing,
)
from outreach.area_counts import AreaCount, Count
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.targets import Denominator
from tests.drive import TODAY, Drive, at

POPULATION, PHONES = Denominator.POPULATION, Denominator.SMARTPHONE_USERS
CENSUS, LETTER = date(2019, 4, 1), date(2020, 8, 18)


def area(area_id: int) -> Area:
    db.session.rollback()
    return db.session.get_one(Area, area_id)


def add(
    area_id: int, value: int, day: date, kind: Denominator = POPULATION, **more: object
) -> bool:
    count = Count(area_id, kind, value, "Cục Thống kê", counted_on=day, **more)  # type: ignore[arg-type]
    return area_counts.add(area(area_id), count, actor_id=None)


def people(area_id: int, day: date, kind: Denominator = POPULATION) -> int | None:
    return area_counts.people([area(area_id)], kind, day)[area_id]


@pytest.fixture
def district(drive: Drive) -> int:
    """Counted by the census, and anew on 18 August."""
    at("20/8 15:00")
    add(drive.land.district, 20_000, CENSUS)
    add(drive.land.district, 16_000, LETTER)
    return drive.land.district


def test_a_rate_of_a_day_is_of_the_count_that_held_then(drive: Drive, district: int) -> None:
    drive.report(800, "17/8 14:00")
    at("20/8 15:00")
    shares = [
        rates.of_areas(drive.app_id, [area(district)], TODAY - timedelta(days=ago), POPULATION)[0]
        for ago in (3, 2, 0)
    ]
    assert [(each.of, each.share) for each in shares] == [
        (20_000, 0.04),
        (16_000, 0.05),
        (16_000, 0.05),
    ]
    assert area(district).population == 16_000


def test_before_the_oldest_count_the_oldest_is_used_and_that_is_said(
    drive: Drive, district: int
) -> None:
    long_ago = date(2018, 1, 1)
    assert people(district, long_ago) == 20_000
    stand = target_showing.of_area(area(district), apps.by_id(drive.app_id), long_ago)
    assert stand.older_wanted
    assert not target_showing.of_area(area(district), apps.by_id(drive.app_id), TODAY).older_wanted


def test_a_correction_takes_the_place_and_both_stay_to_be_read(district: int) -> None:
    add(district, 20_500, CENSUS)
    assert people(district, TODAY - timedelta(days=9)) == 20_500
    assert area(district).population == 16_000, "a correction of the past is not today's"
    rows = area_counts.history(district)
    assert [row.value for row in rows] == [20_500, 16_000, 20_000]
    assert [row.value for row in area_counts.standing(rows)] == [20_500, 16_000]


def test_what_is_taken_back_lets_hold_what_held_before(district: int) -> None:
    newest = area_counts.history(district)[0]
    area_counts.take_back(area(district), newest.id, "gõ nhầm", actor_id=None)
    assert area(district).population == 20_000
    assert people(district, TODAY - timedelta(days=1)) == 20_000
    assert area_counts.history(district)[0].source == "gõ nhầm"
    with pytest.raises(Refused):
        area_counts.take_back(area(district), newest.id, "lần nữa", actor_id=None)


def test_the_same_count_again_is_one_row(district: int) -> None:
    assert not add(district, 16_000, LETTER)
    assert len(area_counts.history(district)) == 2


def test_both_denominators_go_their_own_ways(district: int) -> None:
    add(district, 9_000, LETTER, PHONES)
    assert (people(district, TODAY, PHONES), people(district, TODAY)) == (9_000, 16_000)
    with pytest.raises(Refused, match="More smartphone users"):
        add(district, 16_001, TODAY, PHONES)
    with pytest.raises(Refused, match="More smartphone users"):
        add(district, 8_999, TODAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": None}, "value"),
        ({"value": 0}, "value"),
        ({"source": " "}, "source"),
        ({"source": "x" * 201}, "source"),
        ({"letter": "x" * 61}, "letter"),
        ({"counted_on": None}, "counted_on"),
        ({"counted_on": TODAY + timedelta(days=1)}, "counted_on"),
        ({"counted_on": date(20, 8, 1)}, "counted_on"),
        ({"valid_from": date(20, 8, 1)}, "valid_from"),
        ({"valid_from": TODAY + timedelta(days=1)}, "valid_from"),
    ],
)
def test_a_number_without_source_and_day_is_none(
    drive: Drive, changes: dict[str, object], field: str
) -> None:
    given = {"value": 5, "source": "x", "letter": "", "counted_on": TODAY, "valid_from": None}
    count = Count(drive.land.district, POPULATION, **(given | changes))  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        area_counts.checked(count)
    assert refused.value.field == field


def test_a_count_may_hold_from_another_day_than_it_was_counted_for(district: int) -> None:
    add(district, 15_000, CENSUS, valid_from=TODAY)
    assert (people(district, TODAY - timedelta(days=1)), people(district, TODAY)) == (
        16_000,
        15_000,
    )


def test_the_history_of_a_commune_has_each_days_own_rate(drive: Drive) -> None:
    at("20/8 15:00")
    add(drive.land.commune, 10_000, CENSUS)
    add(drive.land.commune, 5_000, LETTER)
    for day in (17, 18):
        drive.report(500, f"{day}/8 14:00")
    at("20/8 15:00")
    history = uptake_showing.history(area(drive.land.commune), apps.by_id(drive.app_id))
    assert {each.day.day: each.share for each in history.days if each.last} == {17: 0.05, 18: 0.1}
    (change,) = history.recounted
    assert (change.since, change.before.value, change.after.value) == (LETTER, 10_000, 5_000)
    assert history.stand.recounted == [change]


def test_a_file_without_a_day_holds_from_its_loading_and_an_older_count_stays_behind(
    drive: Drive, tmp_path: Path
) -> None:
    at("20/8 15:00")
    path = tmp_path / "areas.csv"
    head = "code,level,name,kind,parent_code\n87,province,Đồng Tháp,Tỉnh,\n"
    path.write_text(head, encoding="utf-8")

    def load(text: str) -> area_loading.Loaded:
        people_ = tmp_path / "people.csv"
        people_.write_text(text, encoding="utf-8")
        return area_loading.load_file(path, 2020, people_, actor_id=None)

    code, commune = areas.by_code("29983", 2020).code, drive.land.other_commune
    load(f"code,population\n{code},9000\n")
    assert people(commune, CENSUS) == 9_000, "the first one holds from the beginning"
    load(f"code,population,population_on\n{code},9100,2020-08-18\n")
    assert (people(commune, date(2020, 8, 17)), people(commune, TODAY)) == (9_000, 9_100)
    answer = load(f"code,population_2019\n{code},8000\n")
    assert (answer.updated, answer.populations) == (1, 1)
    assert "29983" in answer.notes[-1], "who loads an older count is told that it is not today's"
    assert (people(commune, date(2020, 8, 17)), people(commune, TODAY)) == (8_000, 9_100)
    assert load(f"code,population_2019\n{code},8000\n").updated == 0
    at("20/8 15:10")
    load(f"code,population\n{code},9200\n")
    assert (people(commune, date(2020, 8, 19)), people(commune, TODAY)) == (9_100, 9_200)


def test_statements_do_not_grow_with_the_areas_and_today_asks_none(drive: Drive) -> None:
    at("20/8 15:00")
    many = [area(drive.land.district), area(drive.land.commune), area(drive.land.other_commune)]
    for each in many:
        add(each.id, 30_000, LETTER)
    db.session.rollback()
    many = list(areas.by_ids([each.id for each in many]))
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert area_counts.people(many, POPULATION, TODAY) == {each.id: 30_000 for each in many}
    assert asked == []
    area_counts.people(many, POPULATION, TODAY - timedelta(days=5))
    assert len(asked) == 1


def test_an_area_that_is_removed_takes_its_counts_along(drive: Drive) -> None:
    at("20/8 15:00")
    with transaction() as session:
        session.add(Area(area_list=2020, code="29999", level="commune", name="Xã A", kind="Xã"))
    made = areas.by_code("29999", 2020)
    add(made.id, 5, CENSUS)
    area_editing.remove(area(made.id), actor_id=None)
    assert db.session.query(AreaCount).count() == 0


@pytest.mark.parametrize("seed", range(3))
def test_any_history_says_the_same_of_each_day_as_a_plain_look_through_it(
    drive: Drive, seed: int
) -> None:
    """Counts, corrections and what was taken back, in any order; today's stand with the area."""
    at("20/8 15:00")
    chance, area_id = random.Random(seed), drive.land.commune
    days = [TODAY - timedelta(days=number) for number in range(0, 30, 3)]
    for _round in range(12):
        rows = area_counts.standing(area_counts.history(area_id))
        if rows and chance.random() < 0.3:
            row_id = chance.choice(rows).id
            area_counts.take_back(area(area_id), row_id, "nhầm", actor_id=None)
        else:
            add(area_id, chance.randint(1, 9) * 1000, chance.choice(days))
    last: dict[date, int | None] = {}
    for row in reversed(area_counts.history(area_id)):
        last[row.valid_from or date.min] = row.value
    held = {day: value for day, value in last.items() if value is not None}
    for day in [TODAY - timedelta(days=number) for number in range(35)]:
        since = max((each for each in held if each <= day), default=min(held, default=None))
        expected = None if since is None else held[since]
        assert people(area_id, day) == expected, day
        assert area_counts.of_area(area_id, POPULATION).value(day, None) == expected
