"""The league table: who is ranked with whom, ties, what changed, and what nobody knows."""

from __future__ import annotations

from datetime import date

import pytest

from outreach import clock, league, league_sheet
from outreach.access import Act, Forbidden
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import transaction
from outreach.errors import Refused
from outreach.league import Group, League, Row
from tests.counting import queries
from tests.drive import TODAY, Drive, at
from tests.outreach.test_carry_over import become

PEOPLE = {"Một": 10_000, "Hai": 10_000, "Ba": 20_000, "Tư": 5_000, "Nhỏ": 400, "Năm": None}


@pytest.fixture
def communes(drive: Drive) -> dict[str, int]:
    """Six communes of a third district, by their names; the drive's own stay without figures."""
    with transaction() as session:
        district = Area(
            area_list=2020, code="871", level=Level.DISTRICT, kind="Huyện", name="Huyện Ba",
            parent_id=drive.land.province, population=46_000,
        )  # fmt: skip
        session.add(district)
        session.flush()
        ids = {"871": district.id}
        for number, (name, people) in enumerate(PEOPLE.items()):
            area = Area(
                area_list=2020, code=f"3000{number}", level=Level.COMMUNE, kind="Xã",
                name=f"Xã {name}", parent_id=district.id, population=people, position=number,
            )  # fmt: skip
            session.add(area)
            session.flush()
            ids[name] = area.id
        return ids


def table(drive: Drive, **asked: str) -> League:
    words = {"code": None, "area": "871", "level": "", "day": "", "since": ""} | asked
    drive.staff.area_id, drive.staff.organisation = None, None
    return league.of(league.ask(_Ministry(), **words, act=Act.COMPARE))  # type: ignore[arg-type]


class _Ministry:
    from outreach.accounts import Role

    role, organisation_id, own_area_id = Role.CULTURE, None, None


def rows(found: League, group: Group = Group.RANKED) -> dict[str, Row]:
    return {row.area.name.removeprefix("Xã "): row for row in found.groups[group]}


def report(drive: Drive, ids: dict[str, int], day: str, **installs: int) -> None:
    for name, count in installs.items():
        drive.report(count, f"{day}/8 14:00", ids[name], reason="đã kiểm tra", asked=str(count))


def test_equal_rates_share_a_rank_and_the_next_is_skipped(
    drive: Drive, communes: dict[str, int]
) -> None:
    report(drive, communes, "20", Một=500, Hai=700, Ba=1_000, Tư=100)
    found = rows(table(drive))
    said = [(name, row.rank, row.tied) for name, row in found.items()]
    assert said == [("Hai", 1, False), ("Một", 2, True), ("Ba", 2, True), ("Tư", 4, False)]


def test_what_cannot_be_compared_stands_apart_and_is_never_0(
    drive: Drive, communes: dict[str, int]
) -> None:
    report(drive, communes, "12", Hai=700)
    report(drive, communes, "13", Một=500)
    report(drive, communes, "20", Nhỏ=90, Năm=10, Ba=0)
    found = table(drive)
    said = {group: list(rows(found, group)) for group in Group if found.groups[group]}
    assert said == {
        Group.RANKED: ["Một", "Ba"],
        Group.SMALL: ["Nhỏ"],
        Group.SILENT: ["Hai"],
        Group.NEVER: ["Tư"],
        Group.UNCOUNTED: ["Năm"],
    }
    assert rows(found, Group.NEVER)["Tư"].now.share is None
    assert rows(found)["Ba"].now.share == 0.0, "a commune that reported none has 0%"
    assert rows(found, Group.SILENT)["Hai"].last_day == date(2020, 8, 12)
    assert rows(found, Group.SMALL)["Nhỏ"].rank == 1, "ranked among the small ones"


def test_changes_and_ranks_won_are_against_the_other_day(
    drive: Drive, communes: dict[str, int]
) -> None:
    report(drive, communes, "13", Một=400, Hai=500)
    report(drive, communes, "20", Một=700, Ba=100)
    found = rows(table(drive))
    one, two, three = found["Một"], found["Hai"], found["Ba"]
    assert (one.rank, one.was, one.ranks_won, one.new) == (1, 2, 1, 300)
    assert one.points == pytest.approx(3.0)
    assert (two.rank, two.ranks_won) == (2, -1)
    assert (two.new, two.points) == (None, None), "nothing came since: that is not a change of 0"
    assert (three.was, three.ranks_won, three.new) == (None, None, None), "it had no figure then"


def test_a_sum_is_ranked_if_nearly_all_have_reported_and_what_joined_is_no_growth(
    drive: Drive, communes: dict[str, int]
) -> None:
    report(drive, communes, "13", Một=400, Hai=500)
    report(drive, communes, "20", Một=410, Hai=500, Ba=100, Tư=10)
    found = table(drive, area="87")
    (part,) = found.groups[Group.PART]
    assert (part.area.code, part.now.counted, part.now.parts) == ("871", 4, 6)
    assert part.rank is None
    report(drive, communes, "20", Nhỏ=4, Năm=5)
    (whole,) = table(drive, area="87").groups[Group.RANKED]
    assert (whole.rank, whole.now.installs) == (1, 1029)
    assert whole.new is None, "four communes have joined the sum since"
    assert {row.area.code for row in table(drive, area="87").groups[Group.NEVER]} == {"869", "870"}


def test_a_level_may_be_skipped_and_a_wrong_one_is_refused(
    drive: Drive, communes: dict[str, int]
) -> None:
    assert len(table(drive, area="87", level="commune").rows) == 8
    assert table(drive, area="871", level="district").asked.level is Level.COMMUNE
    for asked, field in (
        ({"level": "hành tinh"}, "level"),
        ({"day": "hôm qua"}, "day"),
        ({"day": "2020-08-21"}, "day"),
        ({"since": "2020-08-20"}, "since"),
        ({"area": "30000"}, "area"),
        ({"area": "Nơi không có"}, "area"),
    ):
        with pytest.raises(Refused) as refused:
            table(drive, **asked)
        assert refused.value.field == field, asked


def test_areas_of_others_are_refused(drive: Drive, communes: dict[str, int]) -> None:
    with pytest.raises(Forbidden):
        league.ask(drive.staff, None, "871", "", "", "", Act.COMPARE)
    assert league.ask(drive.staff, None, "", "", "", "", Act.COMPARE).area is not None


def test_rows_are_found_by_letters_and_sorted_with_what_is_unknown_last(
    drive: Drive, communes: dict[str, int]
) -> None:
    report(drive, communes, "13", Một=400, Hai=500)
    report(drive, communes, "20", Một=700, Hai=550, Ba=100)
    found = table(drive)
    assert [row.area.code for row in league.found(found.ranked("rank"), "xa mot")] == ["30000"]
    assert [row.area.code for row in league.found(found.ranked("rank"), "30001")] == ["30001"]
    assert [row.area.code for row in found.ranked("-change")] == ["30000", "30001", "30002"]
    assert [row.area.code for row in found.ranked("change")] == ["30001", "30000", "30002"]
    assert [row.area.code for row in found.ranked("-rank")] == ["30002", "30001", "30000"]


@pytest.mark.parametrize("level", ["district", "commune"])
def test_statements_do_not_grow_with_areas(
    drive: Drive, communes: dict[str, int], level: str
) -> None:
    report(drive, communes, "20", Một=700, Hai=550, Ba=100)
    with queries() as few:
        table(drive, area="87", level=level)
    with transaction() as session:
        for number in range(40):
            session.add(
                Area(
                    area_list=2020,
                    code=f"31{number:03}",
                    level=Level.COMMUNE,
                    kind="Xã",
                    name=f"Xã {number}",
                    parent_id=communes["871"],
                    population=5_000,
                )
            )
    with queries() as many:
        table(drive, area="87", level=level)
    assert len(many) <= len(few) <= 22


def test_of_very_many_areas_the_answer_is_kept_for_a_minute_and_while_nothing_changes(
    drive: Drive, communes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(league, "LARGE", 3)
    report(drive, communes, "20", Một=700)
    assert rows(table(drive))["Một"].now.installs == 700
    first = table(drive).rows
    now = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: now + 61)
    assert table(drive).rows[0] is first[0]
    report(drive, communes, "20", Hai=900)
    assert "Hai" not in rows(table(drive)), "not a minute old"
    monkeypatch.setattr(clock, "monotonic", lambda: now + 122)
    assert rows(table(drive))["Hai"].now.installs == 900


def test_an_area_that_ended_is_in_no_ranking(drive: Drive, communes: dict[str, int]) -> None:
    """What it had counts for what it became; named beside that it would count twice."""
    report(drive, communes, "18", Một=500, Hai=700)
    become(communes["Một"], communes["Ba"], day=TODAY)
    at("20/8 14:00")
    with transaction() as session:
        session.get_one(Area, communes["Một"]).ended_on = TODAY
    found = table(drive)
    assert [row.area.name for row in found.groups[Group.RANKED]] == ["Xã Hai", "Xã Ba"]
    assert "Xã Một" not in [row.area.name for row in found.rows]


def test_of_a_part_of_what_an_area_came_from_there_is_no_rank_and_no_change(
    drive: Drive, communes: dict[str, int]
) -> None:
    become(communes["Một"], communes["Ba"])
    become(communes["Tư"], communes["Ba"])
    report(drive, communes, "13", Một=500, Hai=700)
    at("20/8 14:00")
    (part,) = table(drive, day="2020-08-18").groups[Group.PART]
    assert (part.area.name, part.now.installs, part.rank) == ("Xã Ba", 500, None)
    report(drive, communes, "20", Ba=900)
    row = rows(table(drive))["Ba"]
    assert (row.rank, row.new, row.points) == (3, None, None), "of two territories"


def test_a_rule_without_a_number_says_percent_once(drive: Drive) -> None:
    assert not [sentence for _name, sentence in league_sheet.rules() if "%%" in sentence]
