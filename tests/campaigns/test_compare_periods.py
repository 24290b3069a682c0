"""A comparison's period: what began before it or late in the evening, and what lasted into it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date
from html import unescape

import openpyxl
import pytest
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import text

from campaigns import deliveries, life, orders
from campaigns.campaigns import Campaign
from campaigns.compare import Group
from campaigns.order_reporting import Entry
from campaigns.orders import BroadcastOrder
from campaigns.states import MessageState
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import transaction
from tests.campaigns.comparing import (
    FIRST,
    LAST,
    PEOPLE,
    PERIOD,
    Scene,
    compared,
    from_raw_rows,
    rows,
    scene,
)
from tests.drive import at
from tests.ordering import Ordering

__all__ = ["scene"]
M = MessageState


@pytest.fixture
def crossing(scene: Scene, ordering: Ordering) -> Scene:
    """What began before the 6th: campaigns and orders that were over by then, or were not."""
    with transaction() as session:
        for area in session.query(Area):
            area.population = PEOPLE.get(area.code)

    def order(day: str, *told: tuple[str, str, str], over: str = "") -> BroadcastOrder:
        at(f"{day} 9:00")
        made = ordering.begun(name=f"Phiếu {day}")
        ordering.report(made, *(Entry(scene.ids[c], sent, arrived) for c, sent, arrived in told))
        if over:
            at(f"{over} 9:00")
            orders.finish(orders.get(made.id), ordering.liaison.id)
        return orders.get(made.id)

    order("28/7", ("29977", "40", ""))  # nobody said it was over; its window closed on the 4th
    order("3/8", ("29983", "100", "100"), over="5/8")
    order("4/8", ("29974", "500", "300"), ("29977", "20", ""), over="7/8")
    withdrawn = order("5/8", ("29980", "60", ""))
    at("6/8 9:00")
    life.cancel(ordering.ended(withdrawn), None)
    order("12/8", ("29971", "500", "400"), ("29983", "500", ""))
    for day, code, over in (("3/8", "29971", "5/8 23:59"), ("4/8", "29983", "6/8 0:30")):
        wave = scene.send(day, {code: 30}, areas=[code], name=f"Đợt {day}")
        scene.move(wave, (M.DELIVERED, 30))
        with transaction() as session:
            session.get_one(Campaign, wave.id).completed_at = at(over)
    wave = scene.send("11/8", {"29983": 20}, areas=["29983"], name="Của ta")
    scene.move(wave, (M.DELIVERED, 18), (M.ACCEPTED, 2))
    at("20/8 16:00")
    return scene


def test_what_was_still_being_sent_when_the_period_began_is_no_figure_of_it(
    crossing: Scene,
) -> None:
    expected = from_raw_rows(crossing, FIRST, LAST)
    for code, row in rows().items():
        raw, sent = expected[code], row.delivery
        assert (sent.messaged, sent.earlier, sent.across) == (
            raw["messaged"],
            raw["earlier"],
            raw["across"],
        ), code
        assert (sent.delivered or 0, sent.unreceipted) == (raw["delivered"], raw["silent"]), code
    across = {code: raw["across"] for code, raw in expected.items() if raw["across"]}
    assert across == {"29974": 500, "29977": 20, "29980": 60, "29983": 30}  # no empty test
    shown = compared()
    assert {each.name for each in shown.across} == {
        *("Phiếu 4/8 (VNPT)", "Phiếu 5/8 (VNPT)", "Đợt 4/8"),
    }
    assert {each.name for each in shown.sendings} == {"Phiếu 12/8 (VNPT)", "Của ta"}
    assert {row.group for row in shown.rows if row.area.code in ("29974", "29977", "29980")} == {
        Group.BEFORE
    }


def test_a_message_counts_in_one_of_two_periods_that_follow_each_other(crossing: Scene) -> None:
    earlier = rows(first=date(2020, 7, 20), last=date(2020, 8, 5))
    later = rows(first=date(2020, 8, 6), last=date(2020, 8, 20))
    both = rows(first=date(2020, 7, 20), last=date(2020, 8, 20))
    for code, row in both.items():
        parts = earlier[code].delivery.messaged + later[code].delivery.messaged
        assert row.delivery.messaged == parts, code


def test_what_began_before_is_named_on_the_page_in_the_file_and_by_the_command(
    crossing: Scene, client_as: Callable[[User], FlaskClient], runner: FlaskCliRunner
) -> None:
    page = client_as(crossing.staff).get("/compare", query_string=PERIOD).text
    assert "Bắt đầu trước kỳ và còn gửi trong kỳ" in page
    assert "Phiếu 4/8 (VNPT): " in page and "Phiếu 28/7" not in page
    assert "500 bắt đầu từ trước" in page
    answer = client_as(crossing.staff).get("/compare/table.xlsx", query_string=PERIOD)
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    told = {line[1].value: line for line in book.worksheets[0].iter_rows(min_row=2)}
    assert told["29974"][19].value == 500
    assert (told["29983"][7].value, told["29983"][7].number_format) == (18, '"≥ "#,##0')
    assert told["29971"][7].number_format == "#,##0"
    notes = {row[0]: row[1] for row in book.worksheets[-1].iter_rows(values_only=True)}
    assert "Phiếu 5/8 (VNPT)" in notes["Bắt đầu trước kỳ và còn gửi trong kỳ"]
    args = ["compare", "--app", "BLUEZONE", "--from", "2020-08-06", "--to", "2020-08-20", "--json"]
    answered = runner.invoke(args=args)
    assert "Phiếu 4/8 (VNPT)" in answered.stderr
    assert "areas" in json.loads(answered.stdout)


def test_the_number_of_delivered_is_a_least_where_a_carrier_told_it_of_a_part(
    crossing: Scene, client_as: Callable[[User], FlaskClient]
) -> None:
    page = unescape(client_as(crossing.staff).get("/compare", query_string=PERIOD).text)
    shown = re.findall(r'data-label="Đã đến máy">([^<]*)<', page)
    assert sorted(shown) == ["0", "0", "0", "400", "≥\xa018", "≥\xa0418"]


def test_messages_belong_to_the_day_their_campaign_started(scene: Scene) -> None:
    wave = scene.send("10/8", {"29971": 20})
    at("12/8 9:00")
    scene.move(wave, (M.DELIVERED, 20))  # delivered two days later
    assert rows(first=date(2020, 8, 9), last=date(2020, 8, 10))["29971"].delivery.messaged == 20
    assert rows(first=date(2020, 8, 10), last=date(2020, 8, 11))["29971"].delivery.messaged == 20
    later = rows(first=date(2020, 8, 11), last=date(2020, 8, 14))["29971"]
    assert (later.delivery.messaged, later.delivery.earlier) == (0, 20)
    earlier = rows(first=date(2020, 8, 1), last=date(2020, 8, 9))["29971"]
    assert earlier.delivery == deliveries.NONE


def test_a_campaign_begun_late_in_the_evening_is_of_that_day_in_vietnam(scene: Scene) -> None:
    wave = scene.send("10/8", {"29971": 20})
    with transaction() as session:
        session.execute(
            text("UPDATE campaigns SET started_at = :at WHERE id = :id"),
            {"at": int(at("11/8 0:30").timestamp() * 1e6), "id": wave.id},
        )
    scene.move(wave, (M.ACCEPTED, 20))
    at("20/8 16:00")
    row = rows(first=date(2020, 8, 11), last=date(2020, 8, 12))["29971"]
    assert (row.delivery.messaged, row.delivery.first_day) == (20, date(2020, 8, 11))
