"""A named group stands on its own counts: kept, never overwritten; two of them make a pace."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from outreach import apps, areas, group_counts, target_showing, targets
from outreach.errors import Refused
from outreach.group_counts import Count
from outreach.targets import Target
from tests.counting import queries
from tests.drive import TODAY, Drive

OFFICIALS = "cán bộ, công chức"


def add(group: str = OFFICIALS, count: Count | None = None) -> Target:
    area, app = areas.by_code("870"), apps.by_code("BLUEZONE")
    until = TODAY + timedelta(days=10)
    return targets.add(
        area, app, 100_00, until, group=group, letter="919/UBND-VX", count=count, actor_id=None
    )


def counted(installed: int | None, days_ago: int, people: int = 320) -> Count:
    return Count(people, installed, "Phòng Nội vụ", TODAY - timedelta(days=days_ago))


def again(target: Target, count: Count) -> None:
    targets.change(
        target,
        100_00,
        target.deadline,
        group=OFFICIALS,
        letter=target.letter,
        count=count,
        actor_id=None,
    )


BAD = [
    ((None, 5, "Nội vụ", TODAY), "people"),
    ((0, None, "Nội vụ", TODAY), "people"),
    ((10**9, None, "Nội vụ", TODAY), "people"),
    ((320, 321, "Nội vụ", TODAY), "installed"),
    ((320, 5, " ", TODAY), "source"),
    ((320, 5, "Nội vụ", None), "counted_on"),
    ((320, 5, "Nội vụ", TODAY + timedelta(days=1)), "counted_on"),
]


@pytest.mark.parametrize(("given", "field"), BAD, ids=[each[1] for each in BAD])
def test_a_size_without_source_and_day_or_out_of_reason_is_refused(
    drive: Drive, given: tuple[int | None, int | None, str, date | None], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        group_counts.checked(*given)
    assert refused.value.field == field


def test_nothing_typed_is_no_count(drive: Drive) -> None:
    assert group_counts.checked(None, None, "  ", None) is None
    assert group_counts.checked(320, None, "Nội  vụ", TODAY) == Count(320, None, "Nội vụ", TODAY)


def test_two_counts_say_where_a_group_stands_and_where_its_pace_leads(drive: Drive) -> None:
    target = add(count=counted(100, 4))
    (row,) = target_showing.of_groups(target.area, target.app, TODAY)
    assert row.aim is not None
    assert (row.aim.gap, row.aim.needed, row.aim.pace) == (220, 22, None)
    again(target, counted(140, 0))
    (row,) = target_showing.of_groups(target.area, target.app, TODAY)
    assert row.standing is not None
    assert row.aim is not None
    assert row.standing.share == 140 / 320
    assert (row.aim.gap, row.aim.needed, row.aim.pace, row.aim.over) == (180, 18, 10.0, 4)
    assert row.aim.reached == TODAY + timedelta(days=18)
    assert row.aim.days_late == 8
    (then,) = target_showing.of_groups(target.area, target.app, TODAY - timedelta(days=1))
    assert then.standing is not None
    assert then.standing.installs == 100, "a count of later does not count on a day"


def test_counts_are_added_and_the_same_one_is_kept_once(drive: Drive) -> None:
    target = add(count=counted(100, 4))
    again(target, counted(100, 4))
    again(target, counted(101, 4))
    rows = group_counts.of_targets([target.id])[target.id]
    assert [row.installed for row in rows] == [101], "the last one of a day is in force"
    again(target, counted(None, 1, people=330))
    (row,) = target_showing.of_groups(target.area, target.app, TODAY)
    assert row.standing is not None
    assert (row.standing.installs, row.standing.of) == (101, 330)


def test_a_count_belongs_to_a_group_only(drive: Drive) -> None:
    target = add("population", counted(100, 4))
    assert group_counts.of_targets([target.id]) == {}


def test_a_group_is_no_target_of_everybodys_figures(drive: Drive) -> None:
    target = add()
    commune = areas.by_code("29971")
    assert targets.in_force(target.area, target.app, TODAY) is None
    assert targets.in_force(commune, target.app, TODAY) is None
    wide = add("population")
    assert targets.in_force(commune, target.app, TODAY) is wide


def test_more_groups_take_no_more_statements(drive: Drive) -> None:
    add(count=counted(100, 4))
    target_showing.rows(drive.land.district)
    with queries() as few:
        target_showing.rows(drive.land.district)
    for number in range(5):
        add(f"nhóm {number}", counted(10, 1))
    target_showing.rows(drive.land.district)
    with queries() as many:
        target_showing.rows(drive.land.district)
    assert len(many) == len(few)
