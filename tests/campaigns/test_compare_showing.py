"""The page's own view of a comparison: order, pages, colours, what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campaigns import compare_asking, compare_showing
from campaigns.compare import Group
from outreach import apps, clock
from outreach.area_changes import WHOLE, AreaChange
from outreach.areas import Area
from outreach.database import db, transaction
from tests.campaigns.comparing import Scene, drive_done, scene
from tests.drive import at

__all__ = ["drive_done", "scene"]


def look() -> compare_showing.Look:
    return compare_showing.look(compare_asking.ask("BLUEZONE", "2020-08-06", "2020-08-20", ["870"]))


def test_every_order_sorts_and_puts_what_is_unknown_last(drive_done: Scene) -> None:
    seen = look().comparison.rows
    for name, (_label, value, *_rest) in compare_showing.ORDERS.items():
        for order in (name, f"-{name}"):
            values = [value(row) for row in compare_showing.in_order(seen, order)]
            known = [each for each in values if each is not None]
            assert values == known + [None] * (len(values) - len(known)), order
            assert known == sorted(known, reverse=order.startswith("-")), order


def test_an_order_that_is_none_is_the_usual_one() -> None:
    assert compare_showing.order_of("drop table") == ("change", True)
    assert compare_showing.order_of("") == ("change", True)
    offered = dict(compare_showing.order_choices("-name"))
    assert {"name", "-name", "-change", "rank"} <= offered.keys()
    assert "change" not in offered


def test_names_are_in_the_order_of_the_alphabet(drive_done: Scene) -> None:
    rows = compare_showing.in_order(look().comparison.rows, "name")
    assert [row.area.short_name for row in rows] == [
        "Long Khánh A",
        "Long Thuận",
        "Mới",
        "Thường Lạc",
        "Thường Phước 2",
    ]


def test_many_rows_come_in_pages(drive_done: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_showing, "PAGE_ROWS", 2)
    rows = look().comparison.rows
    pages = [compare_showing.page_of(rows, number) for number in (0, 1, 2, 3, 9)]
    assert [(p.number, p.first, p.last, p.of, p.pages) for p in pages] == [
        (1, 1, 2, 5, 3),
        (1, 1, 2, 5, 3),
        (2, 3, 4, 5, 3),
        (3, 5, 5, 5, 3),
        (3, 5, 5, 5, 3),
    ]
    assert compare_showing.page_of([], 1).pages == 1


def test_colours_are_as_far_apart_as_the_changes(drive_done: Scene) -> None:
    drawn = compare_showing.change_map(look().comparison.rows, "vi")
    assert drawn is not None
    assert drawn.steps == ["< −10", "< −5", "< 0", "0", "> 0", "≥ +5", "≥ +10"]
    assert {c.spot.name: c.spot.colour for c in drawn.map.circles if c.spot.value == "—"} == {
        "Thường Lạc": 0,
        "Mới": 0,
    }
    assert compare_showing.change_map([], "vi") is None


def test_the_chart_marks_send_dates_and_national_days(drive_done: Scene) -> None:
    at("3/9 16:00")
    asked = compare_asking.ask("BLUEZONE", "2020-08-06", "2020-09-03", ["870"])
    seen = compare_showing.look(asked)
    drawn = compare_showing.chart(seen.comparison, seen.days, "vi")
    assert [(mark["at"], drawn["days"][mark["at"]]) for mark in drawn["sent"]] == [
        (4, "10/8"),
        (6, "12/8"),
    ]
    assert [(h["from"], h["to"]) for h in drawn["holidays"]] == [(27, 27)]
    assert drawn["days"][27] == "2/9"
    messaged, not_yet = drawn["series"]
    assert (messaged["group"], not_yet["group"]) == ("messaged", "not_yet")
    assert messaged["values"][-1] is None  # nobody has reported since: a gap, not 0
    assert len(messaged["values"]) == 29


@pytest.mark.parametrize("share", [WHOLE, 60_00, None])
def test_the_chart_carries_over_what_the_table_does(scene: Scene, share: int | None) -> None:
    """A commune took another in, all of it or a part, in the middle of the period."""
    for number in range(6, 21):
        scene.report("29983", f"{number}/8", 100 + number)
        if number < 12:
            scene.report("29971", f"{number}/8", 40 + 2 * number)
    with transaction() as session:
        for old, part in (("29983", WHOLE), ("29971", share)):
            ids = {"new_id": scene.ids["29983"], "old_id": scene.ids[old]}
            session.add(AreaChange(**ids, share=part, day=date(2020, 8, 12), source="NQ"))
        session.get_one(Area, scene.ids["29971"]).ended_on = date(2020, 8, 12)
    at("20/8 16:00")
    db.session.rollback()
    seen = look()
    (row,) = [each for each in seen.comparison.rows if each.area.code == "29983"]
    _first, *since = [each.not_yet for each in seen.days if each.not_yet]
    known = [day for day in since if day.areas]
    if row.new is None:
        assert all(day.day > date(2020, 8, 12) for day in known)
    else:
        assert sum(day.new for day in known) == pytest.approx(row.new)
        assert len(known) == len(since)


def test_neither_group_takes_in_who_is_in_between(drive_done: Scene) -> None:
    seen = look()
    groups = {row.group for row in seen.comparison.rows}
    assert {Group.FEW, Group.BEFORE, Group.UNKNOWN} <= groups
    for day in seen.days:
        assert (day.messaged.areas if day.messaged else 0) <= 1
        assert (day.not_yet.areas if day.not_yet else 0) <= 1


def test_a_country_s_answer_is_kept_for_a_minute_and_while_nothing_changes(
    drive_done: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_showing, "LARGE", 1)
    first = look()
    db.session.rollback()
    db.session.remove()
    again = look()
    assert again.comparison.rows is first.comparison.rows
    assert [row.area.name for row in again.comparison.rows]  # though the session is another
    assert again.comparison.asked is not first.comparison.asked
    now = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: now + 61)
    assert look().comparison.rows is first.comparison.rows
    apps.add("KHAC", "Khác", "https://khac.vn", actor_id=None)  # recorded, as every act
    assert look().comparison.rows is first.comparison.rows  # not a minute later
    monkeypatch.setattr(clock, "monotonic", lambda: now + 122)
    assert look().comparison.rows is not first.comparison.rows


def test_a_comparison_of_nothing_has_no_chart(scene: Scene) -> None:
    seen = look()
    assert seen.days == []
    assert [row.change_points for row in seen.comparison.rows] == [None] * 5
    empty = replace(seen.comparison, rows=[])
    assert compare_showing.course(empty) == []
    assert empty.asked.first == date(2020, 8, 6)
