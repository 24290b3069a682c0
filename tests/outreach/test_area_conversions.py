"""Conversions are kept whole: one is taken back, and what was recorded before it holds again."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import area_conversion_plans, area_conversions, areas, seen
from outreach.area_changes import WHOLE, AreaChange
from outreach.area_conversion_plans import Became
from outreach.area_conversions import AreaConversion
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from tests.people import Land

DAY = date(2020, 1, 1)


def record(*rows: Became, name: str = "doi.csv") -> AreaConversion:
    made, _plan = area_conversions.record(name, rows, (2020, 2020), leave_rest=True, actor_id=None)
    assert made is not None
    return made


def take_back(conversion: AreaConversion) -> None:
    area_conversions.take_back(conversion, "nhầm tệp", leave_rest=True, actor_id=None)


def became(old_id: int, new_id: int, share: int | None = WHOLE, day: date = DAY) -> Became:
    return Became(old_id, new_id, share, day, "NQ 1")


def holding() -> set[Became]:
    db.session.rollback()
    return {
        Became(row.old_id, row.new_id, row.share, row.day, row.source)
        for row in db.session.scalars(select(AreaChange))
    }


def ended(area_id: int) -> date | None:
    db.session.rollback()
    return db.session.get_one(Area, area_id).ended_on


def test_a_mistaken_one_is_taken_back_and_its_areas_are_counted_again(land: Land) -> None:
    one, other = land.commune, land.other_commune
    made = record(became(one, other), became(other, other))
    assert ended(one) == DAY
    assert [each.id for each in areas.children(land.district)] == [other]
    would = area_conversions.plan_back(made)
    assert (len(would.removed), dict(would.ends)) == (2, {one: None})
    assert len(holding()) == 2, "to look writes nothing"
    take_back(made)
    assert holding() == set()
    assert ended(one) is None
    kept = area_conversions.by_id(made.id)
    assert (kept.reason, kept.taken_back_at is not None) == ("nhầm tệp", True)
    assert [row.pair for row in area_conversions.said(kept, 9)] == [(one, other), (other, other)]
    acts = db.session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert [(row.act, row.object_id) for row in acts][-2:] == [
        ("areas.convert", made.id),
        ("areas.take_back", made.id),
    ]
    with pytest.raises(Refused, match="taken back already"):
        take_back(kept)


def test_of_each_pair_the_last_that_holds_is_what_holds(land: Land) -> None:
    one, other = land.commune, land.other_commune
    first = record(became(one, other, 60_00), became(one, one, 40_00))
    second = record(became(one, other, 38_50), became(one, one, 61_50))
    gone = record(became(one, other, 0), became(one, one, 0))
    assert holding() == set()
    take_back(gone)
    assert holding() == {became(one, other, 38_50), became(one, one, 61_50)}
    take_back(first)
    assert holding() == {became(one, other, 38_50), became(one, one, 61_50)}
    take_back(second)
    assert holding() == set()


def test_taking_back_what_others_stand_on_is_refused_and_a_rest_is_asked_about(land: Land) -> None:
    one, other, third = land.commune, land.other_commune, land.district
    record(became(one, other))
    gone = record(became(one, other, 0))
    part = record(became(one, third, 30_00), became(one, one, 70_00))
    with pytest.raises(Refused, match="More than all of area 29971"):
        take_back(gone)
    again = record(became(one, one, 0), became(one, land.next_district, 70_00))
    with pytest.raises(Refused, match=r"29971 .30%.") as refused:
        area_conversions.take_back(part, "nhầm tệp", actor_id=None)
    assert refused.value.field == area_conversion_plans.REST
    with pytest.raises(Refused, match="Say why"):
        area_conversions.take_back(again, " ", actor_id=None)


def test_who_looked_before_somebody_else_recorded_is_told(land: Land) -> None:
    form = seen.mark(area_conversions.shown())
    record(became(land.commune, land.other_commune))
    rows, lists = [became(land.district, land.next_district)], (2020, 2020)
    with pytest.raises(Refused) as refused:
        area_conversions.record("b.csv", rows, lists, form=form, actor_id=None)
    assert refused.value.field == seen.FIELD


def test_of_two_at_once_the_later_knows_of_the_first(app: Flask, land: Land) -> None:
    one, ready = land.commune, threading.Barrier(2)

    def say(new_id: int) -> str:
        with app.app_context():
            ready.wait()
            try:
                record(became(one, new_id, 60_00))
            except Refused as refused:
                return str(refused.field)
            return "recorded"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(say, [land.other_commune, land.district]))
    assert sorted(told) == ["recorded", "share"]


@pytest.mark.parametrize("seed", range(3))
def test_what_holds_is_what_a_plain_replay_says(land: Land, seed: int) -> None:
    """Whatever is recorded and taken back, in whatever order."""
    chance = random.Random(seed)
    ids = [land.commune, land.other_commune, land.district, land.next_district]
    stands: dict[int, list[Became]] = {}
    for _step in range(25):
        if stands and chance.random() < 0.4:
            chosen = chance.choice(list(stands))
            try:
                take_back(area_conversions.by_id(chosen))
            except Refused:
                continue
            del stands[chosen]
        else:
            pairs = {(chance.choice(ids), chance.choice(ids)) for _row in range(2)}
            rows = [became(*pair, chance.choice([0, 10_00, 40_00, WHOLE])) for pair in pairs]
            try:
                made, _plan = area_conversions.record(
                    "x", rows, (2020, 2020), leave_rest=True, actor_id=None
                )
            except Refused:
                continue
            if made is not None:
                stands[made.id] = rows
        replayed = {row.pair: row for key in sorted(stands) for row in stands[key]}
        assert holding() == {row for row in replayed.values() if row.share != 0}
        went = {row.old_id for row in holding()} - {i for i, j in replayed if i == j and
                replayed[i, j].share != 0}  # fmt: skip
        assert {i for i in ids if ended(i)} == went
