"""Two sets of areas beside each other: who is in which, their sums, and what has a difference."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest

from campaigns import compare, compare_asking, compare_sets, compare_sheet
from campaigns.compare import Comparison
from campaigns.compare_sets import Sets
from outreach import fieldwork
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.fieldwork import Entry
from outreach.targets import Denominator
from tests.campaigns.comparing import Scene, drive_done, scene

__all__ = ["drive_done", "scene"]
COMMUNES = ["29971", "29983", "29974", "29977", "29980"]


def compared(codes: list[str], against: list[str], of: str = "") -> Comparison:
    db.session.rollback()
    asked = compare_asking.ask(
        "BLUEZONE", "2020-08-06", "2020-08-20", codes, denominator=of, against=against
    )
    return compare.of(asked)


def sets(codes: list[str], against: list[str]) -> Sets:
    found = compare_sets.of(compared(codes, against))
    assert found is not None
    return found


def figures(found: Sets) -> dict[str, tuple[object, object, object]]:
    return {line.name: (line.first.value, line.second.value, line.differs) for line in found.lines}


def visited(scene: Scene, code: str, day: int, households: int, helped: int) -> None:
    entry = Entry(str(households), str(helped))
    area = db.session.get_one(Area, scene.ids[code])
    fieldwork.enter(area, date(2020, 8, day), entry, actor_id=scene.staff.id)


def test_each_set_adds_up_its_own_rows(drive_done: Scene) -> None:
    visited(drive_done, "29971", 10, 120, 45)
    visited(drive_done, "29971", 5, 99, 9)  # before the period
    comparison = compared(["29971", "29983"], ["29974"])
    rows = {row.area.code: row for row in comparison.rows}
    assert {code: row.sets for code, row in rows.items()} == {
        "29971": "A",
        "29983": "A",
        "29974": "B",
    }
    found = figures(sets(["29971", "29983"], ["29974"]))
    one, other, third = (rows[code] for code in ("29971", "29983", "29974"))
    assert found["Communes"] == (2, 1, None)
    assert found["Population"] == (1800, 2000, None)
    assert found["Messaged"][:2] == (one.delivery.messaged + other.delivery.messaged, 0)
    assert found["Households visited"] == (120, None, None)
    assert found["People helped"] == (45, None, None)
    new = (one.new or 0) + (other.new or 0)
    assert found["New installs"] == (new, third.new, None)
    per = found["New installs per 1,000 of the denominator"]
    assert per[0] == pytest.approx(new / 1800 * 1000)
    assert per[2] == pytest.approx(new / 1800 * 1000 - (third.new or 0) / 2000 * 1000)


def test_a_rate_differs_in_percentage_points_and_a_sum_in_nothing(drive_done: Scene) -> None:
    found = figures(sets(["29971"], ["29974"]))
    first, second, differs = found["Rate on the last day"]
    assert differs == pytest.approx((first - second) * 100)  # type: ignore[operator]
    assert found["Cost"][2] is None


def test_a_set_without_figures_has_no_rate_and_no_difference(drive_done: Scene) -> None:
    found = figures(sets(["29971"], ["29977"]))  # which reported nothing within the period
    assert found["of these with figures on both days"][:2] == (1, 0)
    assert found["Rate on the last day"][1:] == (None, None)


def test_the_rest_is_what_is_not_in_the_first(drive_done: Scene) -> None:
    comparison = compared(["29971"], ["rest:870"])
    assert {row.area.code: row.sets for row in comparison.rows} == dict.fromkeys(COMMUNES, "B") | {
        "29971": "A"
    }
    assert compare_sets.names(comparison.asked)[1] == "the other communes of Huyện Hồng Ngự"


def test_messages_to_people_nobody_has_counted_are_of_no_share(drive_done: Scene) -> None:
    """29980 was messaged, and nobody knows of how many: 12 messages among its neighbour's people
    would be more of them than there were."""
    found = figures(sets(["29971", "29980"], ["29980"]))
    alone = figures(sets(["29971"], ["29974"]))
    assert found["Messaged of the people"][:2] == (alone["Messaged of the people"][0], None)
    assert found["Messaged"][0] == alone["Messaged"][0] + 12  # type: ignore[operator]


def test_a_commune_in_both_sets_counts_in_both_and_that_is_said(drive_done: Scene) -> None:
    found = sets([], ["29971"])
    assert found.both == 1
    assert figures(found)["Communes"] == (5, 1, None)


def test_rates_of_smartphone_users_count_who_has_one_recorded(drive_done: Scene) -> None:
    with transaction():
        db.session.get_one(Area, drive_done.ids["29971"]).smartphone_users = 500
    comparison = compared(["870"], [], "smartphone_users")
    rows = {row.area.code: row for row in comparison.rows}
    assert comparison.asked.denominator is Denominator.SMARTPHONE_USERS
    row = rows["29971"]
    assert row.after.share == pytest.approx((row.after.installs or 0) / 500)
    assert rows["29983"].after.share is None
    assert (row.rank, rows["29983"].rank) == (1, None)
    of_group = comparison.groups[row.group]
    assert (of_group.people, of_group.counted) == (500, 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"against": ["99"]}, "against"),
        ({"against": ["29971H1"]}, "against"),
        ({"against": ["rest:99"]}, "against"),
        ({"denominator": "households"}, "of"),
    ],
)
def test_what_is_no_second_set_or_denominator_is_refused_at_its_field(
    scene: Scene, given: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        compare_asking.ask("BLUEZONE", "2020-08-06", "2020-08-20", ["870"], **given)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_nobody_asks_beyond_the_own_area_by_a_word(scene: Scene) -> None:
    for codes, against in ((["all"], []), ([], ["rest:all"]), ([], ["rest:87"]), ([], ["869"])):
        with pytest.raises(Refused, match="another organisation or area"):
            compare_asking.ask("BLUEZONE", "", "", codes, scene.staff, against=against)


def test_the_csv_keeps_numbers_as_numbers(drive_done: Scene) -> None:
    comparison = compared(["29971"], ["29980"])
    out = io.BytesIO()
    compare_sheet.write_csv(comparison, comparison.rows, out)
    text = out.getvalue().decode("utf-8-sig")
    head, *lines = csv.reader(io.StringIO(text))
    rows = {line[1]: dict(zip(head, line, strict=True)) for line in lines}
    row = comparison.rows[0]
    one, other = rows["29971"], rows["29980"]
    assert float(one["Rate 20 Aug 2020"]) == pytest.approx(row.after.share, abs=1e-6)
    assert one["Messaged"] == str(row.delivery.messaged)
    assert one["First messaged"] == "2020-08-10"
    assert (one["Set"], other["Set"]) == ("A", "B")
    assert other["Population"] == ""  # nobody knows
    assert other["Messages without receipts"] == "12"


def test_the_workbook_has_both_sets_as_numbers(drive_done: Scene) -> None:
    with transaction():
        db.session.get_one(Area, drive_done.ids["29971"]).name = "=1+1"
    comparison = compared(["29971"], ["29974"])
    out = io.BytesIO()
    compare_sheet.write(comparison, comparison.rows, [], out)
    book = openpyxl.load_workbook(out)
    heads = next(iter(book["Two sets"].rows))
    assert [(head.value, head.data_type) for head in heads[1:2]] == [("=1+1", "s")]
    lines = {row[0]: row[1:] for row in book["Two sets"].values}
    assert lines["Population"] == (1000, 2000, None)
    assert lines["Rate on the last day"][0] == pytest.approx(comparison.rows[0].after.share)
