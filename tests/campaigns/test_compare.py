"""A comparison's figures: equal to what the raw rows say, and silent where they say nothing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import event, text

from campaigns import compare_asking, orders
from campaigns.compare import Group
from campaigns.order_reporting import Entry
from campaigns.states import MessageState
from outreach.accounts import User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from tests.campaigns.comparing import (
    FIRST,
    LAST,
    PEOPLE,
    PERIOD,
    Scene,
    compared,
    drive_done,
    from_raw_rows,
    rows,
    scene,
)
from tests.drive import at
from tests.ordering import Ordering
from tests.people import Land

__all__ = ["drive_done", "scene"]
M = MessageState


def test_figures_equal_an_independent_count_of_the_raw_rows(drive_done: Scene) -> None:
    expected = from_raw_rows(drive_done, FIRST, LAST)
    shown = rows()
    assert shown.keys() == expected.keys()
    for code, row in shown.items():
        raw = expected[code]
        delivered = (
            None if raw["messaged"] and raw["silent"] == raw["messaged"] else raw["delivered"]
        )
        assert row.delivery.messaged == raw["messaged"], code
        assert row.delivery.delivered == delivered, code
        assert row.delivery.cost == raw["cost"], code
        assert (row.before.installs, row.after.installs) == (
            raw["installs_from"],
            raw["installs_to"],
        )
    assert sum(raw["messaged"] for raw in expected.values()) == 21 + 12  # nothing is compared empty


def test_the_command_answers_exactly_the_raw_rows(
    drive_done: Scene, runner: FlaskCliRunner
) -> None:
    args = ["compare", "--app", "BLUEZONE", "--from", "2020-08-06", "--to", "2020-08-20", "--json"]
    answer = json.loads(runner.invoke(args=[*args, "--areas", "870"]).stdout)
    assert list(answer) == ["areas"]
    expected = from_raw_rows(drive_done, FIRST, LAST)
    assert {each["code"] for each in answer["areas"]} == set(expected)
    for each in answer["areas"]:
        raw = expected[each["code"]]
        assert list(each) == [
            *("code", "name", "population", "messaged", "delivered", "installs_from"),
            *("installs_to", "rate_from", "rate_to", "change_points", "rank"),
        ]
        for key in ("name", "population", "messaged", "installs_from", "installs_to"):
            assert each[key] == raw[key], key
        for key in ("rate_from", "rate_to"):
            assert each[key] == pytest.approx(raw[key]), key
        if raw["rate_from"] is not None and each["code"] != "29977":
            assert each["change_points"] == pytest.approx(raw["rate_to"] - raw["rate_from"])
    rates = sorted((r["rate_to"] for r in expected.values() if r["rate_to"]), reverse=True)
    by_rank = sorted((e for e in answer["areas"] if e["rank"]), key=lambda e: e["rank"])
    assert [each["rate_to"] for each in by_rank] == pytest.approx(rates)
    assert [each["rank"] for each in by_rank] == list(range(1, len(rates) + 1))
    everywhere = json.loads(runner.invoke(args=args).stdout)
    assert everywhere == answer  # no other district has communes


def test_the_page_shows_exactly_the_raw_rows(
    drive_done: Scene, client_as: Callable[[User], FlaskClient]
) -> None:
    page = client_as(drive_done.staff).get("/compare", query_string=PERIOD).text
    expected = from_raw_rows(drive_done, FIRST, LAST)
    table = page.split('id="compared"')[1].split("<tfoot>")[0].split("<tbody>")[1]
    seen = set()
    for line in table.split("<tr>")[1:]:
        cells = [
            re.sub(r"<[^>]+>", "", re.sub(r'<span class="line-2.*?</span>', "", cell)).strip()
            for cell in re.findall(r"<td.*?</td>", line, re.S)
        ]
        name = re.search(r'class="hide-phone">([^<]+)<', line)
        code = next(code for code, raw in expected.items() if name and raw["name"] == name[1])
        seen.add(code)
        raw = expected[code]
        whole = ("population", "messaged", None, "installs_from", "installs_to")
        for cell, key in zip(cells[:5], whole, strict=True):
            if key is not None:
                assert cell == _vietnamese(raw[key], 0), (code, key)
        if raw["silent"]:
            assert cells[2] == "—"
        else:
            assert cells[2] == _vietnamese(raw["delivered"], 0)
        assert cells[5] == _vietnamese(raw["rate_from"], 2, "%")
        assert cells[6] == _vietnamese(raw["rate_to"], 2, "%")
        assert cells[9] == _vietnamese(raw["cost"], 0, "\xa0đ")
    assert seen == set(expected)


def _vietnamese(value: float | None, decimals: int, unit: str = "") -> str:
    if value is None:
        return "—"
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,")) + unit


def test_the_workbook_holds_the_raw_rows_as_numbers(
    drive_done: Scene, client_as: Callable[[User], FlaskClient]
) -> None:
    answer = client_as(drive_done.staff).get("/compare/table.xlsx", query_string=PERIOD)
    assert (
        "filename=compare-BLUEZONE-2020-08-06-2020-08-20.xlsx"
        in answer.headers["Content-Disposition"]
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    expected = from_raw_rows(drive_done, FIRST, LAST)
    lines = list(sheet.iter_rows(min_row=2))
    assert {line[1].value for line in lines} == set(expected)
    for line in lines:
        raw = expected[line[1].value]
        assert line[4].value == raw["population"]
        assert line[5].value == raw["messaged"]
        assert line[7].value == (None if raw["silent"] else raw["delivered"])
        assert (line[10].value, line[11].value) == (raw["installs_from"], raw["installs_to"])
        for cell, key in ((line[13], "rate_from"), (line[14], "rate_to")):
            if raw[key] is None:
                assert cell.value is None
            else:
                assert cell.value == pytest.approx(raw[key] / 100)
                assert cell.number_format == "0.00%"
        assert (line[16].value, line[16].number_format) == (raw["cost"], '#,##0 "đ"')
        for cell in (line[4], line[5], line[10], line[16]):
            assert cell.value is None or type(cell.value) is int
    notes = {row[0]: row[1] for row in book.worksheets[-1].iter_rows(values_only=True)}
    assert notes["Ứng dụng"] == "Bluezone (BLUEZONE)"
    assert notes["Ngày đầu"].date() == FIRST
    assert {"Mẫu số", "Nguồn số liệu", "Thời điểm số liệu ngày cuối"} <= notes.keys()
    days = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert [day[0].date() for day in days] == [FIRST + timedelta(days=n) for n in range(15)]


@pytest.fixture
def told(scene: Scene, ordering: Ordering) -> Scene:
    """A carrier sends from the 12th to the 14th and says what it cost in one commune of three; in
    another 20 messages of ours went out too."""
    wave = scene.send("11/8", {"29983": 20}, areas=["29983"], name="Của ta")
    scene.move(wave, (M.DELIVERED, 20))
    at("12/8 9:00")
    order = ordering.begun(name="Nhà mạng gửi")
    codes = (("29971", "225000"), ("29983", ""), ("29974", ""))
    ordering.report(order, *(Entry(scene.ids[code], "500", cost=cost) for code, cost in codes))
    at("14/8 9:00")
    orders.finish(orders.get(order.id), ordering.liaison.id)
    with transaction() as session:
        for area in session.query(Area):
            area.population = PEOPLE.get(area.code)
    at("20/8 16:00")
    return scene


def test_a_cost_nobody_told_is_no_0(told: Scene) -> None:
    costs = {code: (row.delivery.cost, row.delivery.uncosted) for code, row in rows().items()}
    assert costs == {
        "29971": (225_000, 0),
        "29983": (6_000, 500),
        "29974": (None, 500),
        "29977": (0, 0),
        "29980": (0, 0),
    }
    summed = compared().groups[Group.MESSAGED]
    assert (summed.cost, summed.uncosted) == (231_000, 1000)
    silent = compared("29974").groups[Group.MESSAGED]
    assert (silent.cost, silent.uncosted) == (None, 500)


def test_the_page_says_of_how_much_the_cost_is_and_until_when_a_carrier_sent(
    told: Scene, client_as: Callable[[User], FlaskClient]
) -> None:
    for code in ("29971", "29983"):
        for number in range(1, 21):
            told.report(code, f"{number}/8", 40 + number)
    page = client_as(told.staff).get("/compare", query_string=PERIOD).text
    shown = re.findall(r'data-label="Chi phí">([^<]*)<', unescape(page))
    assert sorted(shown) == [
        *("0\xa0đ", "0\xa0đ", "0\xa0đ", "225.000\xa0đ"),
        *("—", "≥\xa0231.000\xa0đ", "≥\xa06.000\xa0đ"),
    ]
    assert "Nhà mạng gửi (VNPT): " in page
    assert "từ 12/8/2020 đến 14/8/2020, nhà mạng báo" in page
    chart = json.loads(unescape(page.split('data-chart="')[1].split('"')[0]))
    assert [each["label"] for each in chart["sent"]] == ["Nhắn tin 11/8", "Nhắn tin từ 12/8"]


def test_the_workbook_leaves_a_cost_nobody_told_empty(
    told: Scene, client_as: Callable[[User], FlaskClient]
) -> None:
    answer = client_as(told.staff).get("/compare/table.xlsx", query_string=PERIOD)
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    cells = {line[1].value: line[16] for line in book.worksheets[0].iter_rows(min_row=2)}
    assert {code: cells[code].value for code in ("29971", "29983", "29974")} == {
        "29971": 225_000,
        "29983": 6_000,
        "29974": None,
    }
    assert cells["29983"].number_format == '"≥ "#,##0 "đ"'
    notes = {row[0]: row[1] for row in book.worksheets[-1].iter_rows(values_only=True)}
    assert "(từ 12/8/2020 đến 14/8/2020, nhà mạng báo)" in notes["Chiến dịch"]


def test_a_name_that_begins_like_a_formula_is_a_name(
    drive_done: Scene, client_as: Callable[[User], FlaskClient]
) -> None:
    with transaction() as session:
        session.get_one(Area, drive_done.ids["29974"]).name = "=1+1"
    answer = client_as(drive_done.staff).get("/compare/table.xlsx", query_string=PERIOD)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_what_is_not_folded_yet_counts_and_counts_once(scene: Scene) -> None:
    from campaigns import counts
    from outreach.database import write_connection

    wave = scene.send("10/8", {"29971": 20})
    scene.move(wave, (M.ACCEPTED, 12))
    assert rows()["29971"].delivery.messaged == 12
    with write_connection(db.engine) as connection:
        counts.fold(connection)
    assert rows()["29971"].delivery.messaged == 12
    with write_connection(db.engine) as connection:
        ids = connection.execute(text("SELECT id FROM messages ORDER BY id")).scalars().all()
        from campaigns.messages import Change, settle
        from campaigns.states import Cause

        settle(connection, Cause.RECEIPT, [Change(i, M.DELIVERED) for i in ids[:5]])
    shown = rows()["29971"].delivery
    assert (shown.messaged, shown.delivered) == (12, 5)


def test_messaged_means_a_dose(drive_done: Scene) -> None:
    wave = drive_done.send("14/8", {"29974": 19}, areas=["29974"])
    drive_done.move(wave, (M.ACCEPTED, 19))
    at("20/8 16:00")
    groups = {code: row.group for code, row in rows().items()}
    assert groups == {
        "29971": Group.MESSAGED,
        "29983": Group.FEW if rows()["29983"].delivery.messaged < 8 else Group.MESSAGED,
        "29974": Group.FEW,  # 19 of 2,000
        "29977": Group.BEFORE,
        "29980": Group.UNKNOWN,
    }
    one_more = drive_done.send("15/8", {"29974": 1}, areas=["29974"])
    drive_done.move(one_more, (M.ACCEPTED, 1))
    at("20/8 16:00")
    assert rows()["29974"].group is Group.MESSAGED  # 20 of 2,000 are 1%


def test_where_nobody_had_a_figure_on_the_first_day_the_page_says_from_when_on_there_are_some(
    drive_done: Scene, client_as: Callable[[User], FlaskClient]
) -> None:
    client = client_as(drive_done.staff)
    early = client.get("/compare", query_string=PERIOD | {"from": "2020-07-25"}).text
    assert "Đến 25/7/2020 chưa xã nào có số liệu." in early
    assert "from=2020-08-01" in early
    assert "chưa xã nào có số liệu" not in client.get("/compare", query_string=PERIOD).text


def test_a_commune_without_a_figure_has_none_and_no_rank(drive_done: Scene) -> None:
    row = rows()["29980"]
    assert (row.before.installs, row.after.installs, row.change_points, row.rank) == (None,) * 4
    still = rows()["29977"]  # one figure, from before the period: it stood, nobody knows what then
    assert (still.before.installs, still.after.installs) == (30, 30)
    assert (still.new, still.change_points) == (None, None)
    assert still.rank is not None


def test_groups_add_up_only_communes_with_figures_on_both_sides(drive_done: Scene) -> None:
    late = drive_done.send("11/8", {"29977": 60}, areas=["29977"])
    drive_done.move(late, (M.DELIVERED, 60))
    at("20/8 16:00")
    shown = compared()
    both = [row for row in shown.rows if row.group is Group.MESSAGED]
    assert len(both) == 2
    summed = shown.groups[Group.MESSAGED]
    assert (summed.areas, summed.counted, summed.people) == (2, 1, 1000)
    assert summed.messaged == sum(row.delivery.messaged for row in both)
    moved = next(row for row in both if row.moved)
    assert summed.rate_to == moved.after.share
    assert summed.change_points == pytest.approx(moved.change_points)


def test_a_commune_and_its_district_are_counted_once(drive_done: Scene) -> None:
    assert rows("870", "29971").keys() == rows("870").keys()
    assert rows("29971").keys() == {"29971"}
    assert rows("29971")["29971"].rank == 1  # among those compared


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"first": "2020-08-20", "last": "2020-08-06"}, "to", "must come after"),
        ({"first": "2020-08-20", "last": "2020-08-20"}, "to", "must come after"),
        ({"last": "2020-08-21"}, "to", "not come yet"),
        ({"first": "2017-08-06"}, "from", "two years"),
        ({"first": "2019-01-06"}, "from", "At most"),
        ({"first": "6/8"}, "from", "is no day"),
        ({"first": "2020-02-30"}, "from", "is no day"),
        ({"code": "NONE"}, "app", "no app"),
        ({"codes": ["99"]}, "area", "99"),
        ({"codes": ["870", "99"]}, "areas", "99"),
        ({"codes": ["29971H1"]}, "areas", "within a commune"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_its_field(
    scene: Scene, changes: dict[str, Any], field: str, words: str
) -> None:
    given = {"code": "BLUEZONE", "first": "2020-08-06", "last": "2020-08-20", "codes": ["870"]}
    with pytest.raises(Refused, match=words) as refused:
        compare_asking.ask(**given | changes)
    assert refused.value.field == field


def test_the_command_refuses_with_json(scene: Scene, runner: FlaskCliRunner) -> None:
    args = ["compare", "--app", "BLUEZONE", "--from", "2020-08-30", "--to", "2020-08-20", "--json"]
    answer = runner.invoke(args=args)
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["field"] == "from"


def test_a_comparison_takes_the_same_statements_however_many_communes(
    drive_done: Scene, land: Land
) -> None:
    from campaigns import compare_showing

    statements: list[str] = []

    def count() -> int:
        statements.clear()
        compare_showing.look(compare_asking.ask("BLUEZONE", "2020-08-06", "2020-08-20", ["870"]))
        return len(statements)

    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(db.engine, *listen)
    try:
        few = count()
        with transaction() as session:
            session.add_all(
                Area(
                    area_list=2020, code=f"4{number:04}", level=Level.COMMUNE, kind="Xã",
                    name=f"Xã {number}", parent_id=land.district, population=1000,
                )
                for number in range(300)
            )  # fmt: skip
        many = count()
    finally:
        event.remove(db.engine, *listen)
    # Two of them ask what carriers reported on broadcast orders, one when what counts changed,
    # three what areas and counts of people there were on the days, one what the chart's came from,
    # one what lies below them.
    assert few == many <= 22
