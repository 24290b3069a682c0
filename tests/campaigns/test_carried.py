"""What was carried to an area: campaigns, orders, and what each carrier delivered of them."""

from __future__ import annotations

from datetime import date

from campaigns import carried, deliveries
from campaigns.carried import Carried, Carrier
from campaigns.order_reporting import Entry
from campaigns.states import MessageState
from outreach import descents
from tests.campaigns.comparing import FIRST, LAST, Scene, scene
from tests.counting import queries
from tests.drive import at
from tests.ordering import Ordering
from tests.people import Land

__all__ = ["scene"]
M = MessageState


def to(scene: Scene, code: str = "29971", first: date = FIRST) -> Carried:
    return carried.to(scene.app_id, descents.of([scene.ids[code]]), first, LAST)


def test_each_carrier_says_what_it_delivered(scene: Scene) -> None:
    scene.move(scene.send("12/8", {"29971": 6}), (M.DELIVERED, 4), (M.ACCEPTED, 2))
    scene.move(scene.send("12/8", {"29971": 3}, silent=True), (M.ACCEPTED, 3))
    at("20/8 14:00")
    assert to(scene).carriers == [Carrier("VNPT", 6, 0, 4, 0), Carrier("Viettel", 3, 0, None, 3)]
    assert to(scene, "29983") == Carried([], [])


def test_what_began_before_the_days_is_a_sending_but_no_carrier_s_work_of_them(
    scene: Scene,
) -> None:
    scene.move(scene.send("12/8", {"29971": 6}, name="một"), (M.ACCEPTED, 6))
    found = to(scene, first=date(2020, 8, 13))
    assert [(sent.name, sent.day.day, sent.messaged) for sent in found.sendings] == [("một", 12, 6)]
    assert found.carriers == []


def test_the_sendings_are_those_of_every_other_page(scene: Scene) -> None:
    scene.move(scene.send("12/8", {"29971": 6, "29983": 1}, name="hai"), (M.DELIVERED, 7))
    scene.move(scene.send("10/8", {"29971": 3}, silent=True, name="một"), (M.ACCEPTED, 3))
    scene.send("13/8", {"29971": 2}, name="chưa gửi")
    pairs = descents.of([scene.ids["29971"]])
    found = carried.to(scene.app_id, pairs, FIRST, LAST).sendings
    assert [(each.name, each.messaged) for each in found] == [("một", 3), ("hai", 6)]
    assert found == deliveries.sendings(scene.app_id, pairs, FIRST, LAST)


def test_what_a_carrier_reports_of_its_own_system_is_in_both(
    ordering: Ordering, land: Land
) -> None:
    at("12/8 9:00")
    order = ordering.begun(name="Đợt 1")
    entries = Entry(land.commune, "900", "800", "225000"), Entry(land.other_commune, "500")
    ordering.report(order, *entries)
    at("20/8 9:00")
    pairs, app_id = descents.of([land.district]), order.campaign.apps[0].id
    with queries() as said:
        found = carried.to(app_id, pairs, FIRST, LAST)
    assert len(said) == 2
    assert found.carriers == [Carrier("VNPT", 1400, 1400, 800, 500)]
    assert found.sendings == deliveries.sendings(app_id, pairs, FIRST, LAST)
    assert [sent.messaged for sent in found.sendings] == [1400]
