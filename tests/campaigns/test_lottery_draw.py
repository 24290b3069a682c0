"""Drawing: what is refused, what is locked, and that nobody can choose an outcome."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from campaigns import lotteries, lottery_draw
from campaigns.lotteries import Lottery
from outreach import apps, areas
from outreach.area_names import Level
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from tests.campaigns.drawing import SEED, WITNESSES, commune, days, drawn, plan, six
from tests.people import bluezone
from tests.stage import Stage

__all__ = ["six"]
pytestmark = pytest.mark.usefixtures("six")


def audited(act: str) -> list[dict[str, Any]]:
    db.session.rollback()
    rows = db.session.scalars(select(AuditRow).where(AuditRow.act == act).order_by(AuditRow.id))
    return [json.loads(row.detail) for row in rows]


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Lottery.id))) or 0


def test_the_outcome_is_stored_with_a_digest_in_the_audit_trail(
    stage: Stage, six: dict[str, int]
) -> None:
    lottery = drawn(stage)
    waves = [lotteries.units_of(lottery.id, most=n) for n in range(4)]
    first, second = {six["29989"], six["29983"]}, {six["30001"], six["30013"]}
    assert waves == [set(), first, first | second, set(six.values())]
    assert (lottery.seed, lottery.witnesses, lottery.days) == (SEED, WITNESSES, 14)
    (row,) = audited("lottery.draw")
    assert row["digest"] == lottery.digest == lotteries.verify(lottery).digest
    assert row["units"] == 6


def test_a_seed_is_made_where_none_is_typed_and_no_two_are_alike(stage: Stage) -> None:
    one = lottery_draw.draw(plan(stage), actor_id=stage.approver.id)
    later = plan(stage, dates=days(100))
    two = lottery_draw.draw(later, actor_id=stage.approver.id)
    assert len(one.seed) == len(two.seed) == 32
    assert one.seed != two.seed
    assert (one.witnesses, lotteries.verify(one).sound) == ("", True)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"dates": lambda: days(gap=13)}, "waves"),
    ({"dates": lambda: days()[::-1]}, "waves"),
    ({"dates": lambda: days(first=-1)}, "waves"),
    ({"dates": lambda: days(count=1)}, "waves"),
    ({"dates": lambda: days(count=7)}, "waves"),
    ({"dates": lambda: days(count=13)}, "waves"),
    ({"days": lambda: 15}, "days"),
    ({"days": lambda: 0}, "days"),
    ({"level": lambda: Level.HAMLET}, "level"),
    ({"areas": list}, "areas"),
    ({"name": str}, "name"),
    ({"name": lambda: "a\0"}, "name"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_cannot_be_drawn_is_refused_at_its_field(
    stage: Stage, changes: dict[str, Any], field: str
) -> None:
    given = plan(stage, **{name: make() for name, make in changes.items()})
    with pytest.raises(Refused) as refused:
        lottery_draw.draw(given, actor_id=stage.approver.id)
    assert (refused.value.field, how_many()) == (field, 0)


def test_an_area_that_holds_no_unit_is_named(stage: Stage) -> None:
    with pytest.raises(Refused, match="29971"):
        lottery_draw.ready(plan(stage, ["29971", "869"], level=Level.DISTRICT))
    with pytest.raises(Refused, match="869"):
        lottery_draw.ready(plan(stage, ["870", "869"]))


def test_whole_districts_are_drawn_from_a_province(stage: Stage) -> None:
    given = lottery_draw.ready(plan(stage, ["87"], level=Level.DISTRICT, dates=days(count=2)))
    assert given.units == {"869": stage.land.next_district, "870": stage.land.district}


@pytest.mark.parametrize(
    ("seed", "witnesses"),
    [("123", "ông A"), ("07 23 41", ""), ("", "bà B"), ("07\0 23", "ông A"), ("07 23", "\0")],
)
def test_a_typed_seed_needs_letters_and_witnesses(stage: Stage, seed: str, witnesses: str) -> None:
    with pytest.raises(Refused):
        lottery_draw.draw(plan(stage), seed=seed, witnesses=witnesses, actor_id=stage.approver.id)
    assert how_many() == 0


def test_a_seed_is_stored_as_it_is_hashed_however_it_was_typed(stage: Stage) -> None:
    typed = "  s\u00f4\u0301   m\u01b0\u01a1\u0300i \t 7 "
    lottery = lottery_draw.draw(
        plan(stage), seed=typed, witnesses=WITNESSES, actor_id=stage.approver.id
    )
    assert lottery.seed == "số mười 7"
    assert lotteries.verify(lottery).sound


def test_a_list_that_changed_since_it_was_looked_at_is_not_drawn(stage: Stage) -> None:
    mark = lottery_draw.ready(plan(stage)).mark
    commune("30040", stage.land.district)
    with pytest.raises(Refused) as refused:
        lottery_draw.draw(plan(stage), shown=mark, actor_id=stage.approver.id)
    assert (refused.value.field, how_many()) == ("areas", 0)
    mark = lottery_draw.ready(plan(stage)).mark
    drawn_now = lottery_draw.draw(plan(stage), shown=mark, actor_id=stage.approver.id)
    assert audited("lottery.draw")[0]["mark"] == mark
    assert len(lotteries.units_of(drawn_now.id)) == 7


def test_areas_are_not_drawn_twice_for_the_same_app_and_days(stage: Stage) -> None:
    drawn(stage)
    for again in (
        plan(stage),
        plan(stage, ["29971", "29983"], dates=days(10, count=2)),
        plan(stage, ["87"], level=Level.DISTRICT, dates=days(42, count=2)),
    ):
        with pytest.raises(Refused, match="Ba đợt Hồng Ngự"):
            lottery_draw.ready(again)
    other = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    assert lottery_draw.ready(plan(stage, app=other)).units
    assert lottery_draw.ready(plan(stage, dates=days(43))).units


def test_a_list_drawn_again_after_it_was_abandoned_says_so_for_good(stage: Stage) -> None:
    first = drawn(stage)
    lotteries.abandon(first, "Kết quả không vừa ý", stage.approver.id)
    assert [each.id for each in lottery_draw.ready(plan(stage)).before] == [first.id]
    second = drawn(stage, dates=days(1))
    assert audited("lottery.draw")[1]["before"] == [first.id]
    mine = lotteries.units_of(second.id)
    assert lotteries.abandoned_of(second.app_id, mine, second.id) == [first]
    assert lotteries.abandoned_of(first.app_id, mine, first.id) == []
    shorter = lottery_draw.ready(plan(stage, ["29971", "29983"], dates=days(90, count=2)))
    assert shorter.before == []


def test_the_mark_tells_lists_dates_and_days_apart(stage: Stage) -> None:
    usual = plan(stage)
    marks = {
        lottery_draw.ready(each).mark
        for each in (
            usual,
            replace(usual, days=13),
            replace(usual, name="Khác"),
            replace(usual, dates=[day + timedelta(days=1) for day in usual.dates]),
            plan(stage, ["29971", "29983", "30001"]),
        )
    }
    assert len(marks) == 5


def test_of_two_who_draw_at_once_one_is_refused(stage: Stage) -> None:
    given, actor = plan(stage), stage.approver.id
    barrier, ended = threading.Barrier(2), []

    def run() -> None:
        with stage.app.app_context():
            try:
                mine = replace(given, app=bluezone(), areas=areas.each_by_code(["870"]))
                db.session.rollback()
                barrier.wait(10)
                ended.append(lottery_draw.draw(mine, actor_id=actor).id)
            except Refused as refused:
                ended.append(refused.field)
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, ended)) == ["1", "areas"]
    assert how_many() == 1
