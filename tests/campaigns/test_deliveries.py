"""What was delivered where: every commune's own, over each route, and never a guess."""

from __future__ import annotations

from datetime import date

from sqlalchemy import event

from campaigns import deliveries, life, orders
from campaigns.deliveries import Delivery
from campaigns.order_reporting import Entry
from campaigns.orders import BroadcastOrder
from campaigns.states import MessageState
from outreach import descents
from outreach.database import db
from tests.campaigns.comparing import FIRST, LAST, Scene, scene
from tests.drive import at
from tests.ordering import Ordering
from tests.people import Land

__all__ = ["scene"]
M = MessageState


def by_area(scene: Scene, *codes: str) -> dict[str, Delivery]:
    db.session.rollback()
    ids = [scene.ids[code] for code in codes or ("29971", "29983", "29974")]
    found = deliveries.by_area(scene.app_id, descents.of(ids), FIRST, LAST)
    names = {area_id: code for code, area_id in scene.ids.items()}
    return {names[area_id]: each for area_id, each in found.items()}


def test_hamlets_count_to_their_commune_and_a_district_to_none(scene: Scene) -> None:
    plain = {"vi": "Cài {ung_dung} tại {link}"}  # who lives in no known commune has no {xa}
    wave = scene.send("10/8", {"29971": 3, "29971H1": 4, "870": 5}, wording=plain)
    scene.move(wave, (M.ACCEPTED, 12))
    found = by_area(scene)
    assert found.keys() == {"29971"}
    assert found["29971"].messaged == 7


def test_what_no_carrier_took_is_not_messaged(scene: Scene) -> None:
    wave = scene.send("10/8", {"29971": 6})
    scene.move(wave, (M.REJECTED, 2), (M.IN_DOUBT, 2))  # two more are queued
    assert by_area(scene) == {}


def test_a_carrier_without_receipts_gives_no_number_of_delivered(scene: Scene) -> None:
    silent = scene.send("10/8", {"29971": 4, "29983": 3}, silent=True)
    scene.move(silent, (M.ACCEPTED, 7))
    assert by_area(scene)["29971"].delivered is None
    heard = scene.send("11/8", {"29971": 5}, areas=["29971"])
    scene.move(heard, (M.DELIVERED, 2), (M.ACCEPTED, 3))
    both = by_area(scene)
    assert (both["29971"].messaged, both["29971"].delivered) == (9, 2)
    assert both["29971"].unreceipted == 4
    assert both["29983"].delivered is None
    assert both["29971"].first_day == date(2020, 8, 10)


def test_cost_is_segments_at_each_route_s_price(scene: Scene) -> None:
    long = {"vi": "Kính gửi bà con {xa}: " + "x" * 200}
    wave = scene.send("10/8", {"29971": 2}, wording=long)
    scene.move(wave, (M.DELIVERED, 1), (M.UNDELIVERED, 1))
    cheap = scene.send("11/8", {"29971": 3}, silent=True)
    scene.move(cheap, (M.ACCEPTED, 3))
    assert by_area(scene)["29971"].cost == 2 * 2 * 300 + 3 * 200


def test_sendings_are_the_campaigns_of_the_period_in_order(scene: Scene) -> None:
    for number, (day, name) in enumerate((("3/8", "trước"), ("12/8", "hai"), ("10/8", "một"))):
        wave = scene.send(day, {"29971": 2, "29983": 1}, name=name)
        scene.move(wave, (M.ACCEPTED, 3 * (number + 1)))  # who was there before hears it again
    scene.send("13/8", {"29971": 2}, name="chưa gửi")
    ids = [scene.ids["29971"], scene.ids["29983"]]
    sent = deliveries.sendings(scene.app_id, descents.of(ids), FIRST, LAST)
    assert [(each.name, each.day.day, each.messaged, each.areas) for each in sent] == [
        ("trước", 3, 3, 2),  # nobody completed it: it is still being sent
        ("một", 10, 9, 2),
        ("hai", 12, 6, 2),
    ]
    assert {each.rule for each in sent} == {"everyone"}
    assert deliveries.days_of(sent[1:]) == {date(2020, 8, 10): 9, date(2020, 8, 12): 6}


def test_three_statements_whatever_there_is(scene: Scene) -> None:
    wave = scene.send("10/8", {"29971": 2, "29983": 2})
    scene.move(wave, (M.ACCEPTED, 4))
    statements: list[str] = []
    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(db.engine, *listen)
    try:
        by_area(scene)
    finally:
        event.remove(db.engine, *listen)
    assert len([each for each in statements if "order_counts" in each]) == 2
    assert len([each for each in statements if "count_deltas" in each]) == 1
    assert not any(" messages " in each and "FROM messages" in each for each in statements)


def test_what_a_carrier_reports_is_added_and_kept_apart() -> None:
    ours = Delivery(10, 4, 3000, date(2020, 8, 12), 0, 2)
    reported = Delivery(20, None, None, date(2020, 8, 11), 20, 0, 20, 20)
    both = deliveries._joined(ours, reported)
    assert both == Delivery(30, 4, 3000, date(2020, 8, 11), 20, 2, 20, 20)
    silent = deliveries._joined(reported, reported)
    assert (silent.cost, silent.uncosted) == (None, 40)
    assert deliveries._joined(deliveries.NONE, reported).delivered is None
    assert deliveries._joined(deliveries.NONE, deliveries.NONE) == deliveries.NONE


def test_a_carrier_s_own_sending_joins_by_the_day_it_began(ordering: Ordering, land: Land) -> None:
    at("12/8 9:00")
    order = ordering.begun(name="Đợt 1")
    ordering.report(
        order, Entry(land.commune, "900", "800", "225000"), Entry(land.other_commune, "500")
    )
    at("20/8 9:00")
    ids, app_id = [land.commune, land.other_commune], order.campaign.apps[0].id
    found = deliveries.by_area(app_id, descents.of(ids), FIRST, LAST)
    day = date(2020, 8, 12)
    assert found[land.commune] == Delivery(900, 800, 225000, day, 0, 0, 900)
    assert found[land.other_commune] == Delivery(500, None, None, day, 500, 0, 500, 500)
    below = descents.of([land.district])
    district = deliveries.by_area(app_id, below, FIRST, LAST)[land.district]
    assert (district.cost, district.uncosted) == (225000, 500)
    later = deliveries.by_area(app_id, descents.of(ids), date(2020, 8, 13), LAST)
    assert later[land.commune] == Delivery(earlier=900, across=900)
    (sent,) = deliveries.sendings(app_id, descents.of(ids), FIRST, LAST)
    assert (sent.name, sent.day, sent.messaged, sent.areas) == ("Đợt 1 (VNPT)", day, 1400, 2)


def last_said(order: BroadcastOrder) -> date | None:
    db.session.rollback()
    app_id = orders.get(order.id).campaign.apps[0].id
    (sent,) = deliveries.sendings(app_id, descents.of(order.area_ids), FIRST, LAST)
    assert (sent.by_order, sent.day) == (True, date(2020, 8, 12))
    return sent.last


def test_until_when_a_carrier_sent_is_its_word_or_nobody_knows(
    ordering: Ordering, land: Land
) -> None:
    at("12/8 9:00")
    order = ordering.begun()
    ordering.report(order, Entry(land.commune, "900"))
    at("25/8 9:00")  # its window closed on the 19th: still it has said nothing
    assert last_said(order) is None
    at("14/8 9:00")
    orders.finish(orders.get(order.id), ordering.liaison.id)
    assert last_said(order) == date(2020, 8, 14)


def test_a_late_word_is_about_what_left_within_the_window(ordering: Ordering, land: Land) -> None:
    at("12/8 9:00")
    order = ordering.begun()
    ordering.report(order, Entry(land.commune, "900"))
    at("25/8 9:00")
    orders.finish(orders.get(order.id), ordering.liaison.id)
    assert last_said(order) == date(2020, 8, 19)


def test_a_withdrawn_order_ended_when_it_was_withdrawn(ordering: Ordering, land: Land) -> None:
    at("12/8 9:00")
    order = ordering.begun()
    at("13/8 9:00")
    life.cancel(ordering.ended(order), None)
    ordering.report(orders.get(order.id), Entry(land.commune, "300"))
    assert last_said(order) == date(2020, 8, 13)
