"""Broadcast orders: how each state is reached, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from campaigns import approvals, composing, life, order_reporting, orders, preparing, stops
from campaigns.campaigns import Campaign
from campaigns.order_counts import OrderCount, Source
from campaigns.order_reporting import Entry
from campaigns.orders import BroadcastOrder, Reported
from campaigns.states import CampaignState, OrderState
from outreach import clock, descents
from outreach.accounts import User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.errors import Missing, Refused
from outreach.organisations import Organisation
from tests.moments import at_once
from tests.ordering import Ordering
from tests.stage import Stage, numbers_of
from workers import tick

S = OrderState
C = CampaignState


def acts_of(order: BroadcastOrder) -> list[str]:
    rows = select(AuditRow).where(AuditRow.object_type == "order", AuditRow.object_id == order.id)
    return [row.act for row in db.session.scalars(rows.order_by(AuditRow.id))]


def test_an_order_lives_from_the_approval_to_the_last_message(ordering: Ordering) -> None:
    campaign = ordering.approved()
    order = ordering.order_of(campaign)
    assert order.state is S.PLANNED
    life.schedule(campaign, clock.now() + timedelta(hours=1), ordering.stage.author.id)
    order = ordering.order_of(campaign)
    assert order.state is S.OPEN and order.opened_at is not None
    orders.accept(order, campaign.digest or "", ordering.liaison.id)
    life.start(life.get(campaign.id), ordering.stage.author.id)
    orders.start(orders.get(order.id), campaign.digest or "", ordering.liaison.id)
    orders.finish(orders.get(order.id), ordering.liaison.id)
    assert ordering.order_of(campaign).state is S.FINISHED
    assert acts_of(order) == [
        *("order.plan", "order.open", "order.accept", "order.start", "order.finish")
    ]


def test_what_is_not_there_is_missing(ordering: Ordering) -> None:
    for order_id in (999, 0, -1, 10**30):
        with pytest.raises(Missing, match=f"no order {order_id}"):
            orders.get(order_id)


def test_each_act_is_refused_where_the_table_does_not_know_it(ordering: Ordering) -> None:
    order = ordering.opened()
    digest, lan = order.campaign.digest or "", ordering.liaison.id
    for act in (lambda: orders.start(order, digest, lan), lambda: orders.finish(order, lan)):
        with pytest.raises(Refused, match="waiting for the carrier") as refused:
            act()
        assert refused.value.field == "state"
    orders.give_back(order, "Tên người gửi chưa đăng ký", lan)
    for act in (
        lambda: orders.accept(order, digest, lan),
        lambda: orders.give_back(order, "x", lan),
    ):
        with pytest.raises(Refused, match="returned"):
            act()


def test_an_order_is_returned_with_a_reason_only(ordering: Ordering) -> None:
    order = ordering.opened()
    for reason, wrong in (("  ", "Say why"), ("x" * 501, "at most 500")):
        with pytest.raises(Refused, match=wrong) as refused:
            orders.give_back(order, reason, ordering.liaison.id)
        assert refused.value.field == "reason"
    orders.give_back(order, " Sai tên người gửi ", ordering.liaison.id)
    assert orders.get(order.id).reason == "Sai tên người gửi"


def test_nobody_accepts_what_they_did_not_read(ordering: Ordering) -> None:
    order = ordering.opened()
    with pytest.raises(Refused, match="changed after you opened it") as refused:
        orders.accept(order, "0" * 64, ordering.liaison.id)
    assert refused.value.field == "digest"
    with transaction() as session:
        session.execute(text("UPDATE rendered_texts SET text = 'khac'"))
    with pytest.raises(Refused, match="not what was approved"):
        orders.accept(order, order.campaign.digest or "", ordering.liaison.id)
    assert orders.get(order.id).state is S.OPEN


def test_who_read_the_order_before_somebody_moved_it_is_told(ordering: Ordering) -> None:
    order = ordering.opened()
    digest, lan = order.campaign.digest or "", ordering.liaison.id
    db.session.expunge(order)  # what this reader saw stays as it was
    with transaction() as session:
        session.execute(text("UPDATE broadcast_orders SET state = 'withdrawn'"))
    with pytest.raises(Refused, match="Somebody has just changed"):
        orders.accept(order, digest, lan)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (life.cancel, "cancelled"),
        (lambda campaign, _who: life.expire(campaign), "expired"),
    ],
)
def test_a_campaign_that_ends_takes_its_orders_back(
    ordering: Ordering, end: Callable[[Campaign, int], None], reason: str
) -> None:
    order = ordering.begun()
    end(order.campaign, ordering.stage.author.id)
    order = orders.get(order.id)
    assert (order.state, order.reason) == (S.WITHDRAWN, reason)
    assert order.started_at is not None  # what had left may still be reported
    assert acts_of(order)[-1] == "order.withdraw"


def test_a_change_takes_the_order_back_until_it_is_approved_anew(ordering: Ordering) -> None:
    stage, carrier = ordering.stage, ordering.carrier
    campaign = ordering.approved()
    life.schedule(campaign, clock.now() + timedelta(hours=1), stage.author.id)
    order = ordering.order_of(campaign)
    orders.accept(order, campaign.digest or "", ordering.liaison.id)
    changed = composing.from_object(stage.fields([], orders=[carrier.id], sender="NCOVI"))
    composing.revise(life.get(campaign.id), changed, stage.author.id, stage.settings)
    order = ordering.order_of(campaign)
    assert (order.state, order.reason) == (S.WITHDRAWN, "draft")
    campaign = life.get(campaign.id)
    approvals.submit(campaign, stage.author, stage.settings)
    approvals.approve(campaign, stage.approver, campaign.digest or "")
    order = ordering.order_of(campaign)
    assert (order.state, order.reason, order.accepted_at) == (S.PLANNED, "", None)
    life.start(life.get(campaign.id), stage.author.id)
    assert ordering.order_of(campaign).state is S.OPEN


def test_a_returned_order_stays_so_when_the_campaign_starts(ordering: Ordering) -> None:
    campaign = ordering.approved()
    life.schedule(campaign, clock.now() + timedelta(hours=1), ordering.stage.author.id)
    orders.give_back(ordering.order_of(campaign), "không gửi được", ordering.liaison.id)
    life.start(life.get(campaign.id), ordering.stage.author.id)
    assert ordering.order_of(campaign).state is S.RETURNED


def test_a_carrier_no_longer_named_gets_no_new_order(
    ordering: Ordering, viettel: Organisation
) -> None:
    stage = ordering.stage
    campaign = ordering.approved()
    changed = composing.from_object(stage.fields([], orders=[viettel.id]))
    composing.revise(life.get(campaign.id), changed, stage.author.id, stage.settings)
    campaign = life.get(campaign.id)
    approvals.submit(campaign, stage.author, stage.settings)
    approvals.approve(campaign, stage.approver, campaign.digest or "")
    made = db.session.execute(select(BroadcastOrder.carrier_id, BroadcastOrder.state)).all()
    assert set(made) == {(ordering.carrier.id, S.WITHDRAWN), (viettel.id, S.PLANNED)}


def test_a_carrier_begins_within_the_window_only(ordering: Ordering) -> None:
    now = clock.now()
    order = ordering.accepted(not_after=clock.iso(now + timedelta(hours=2)))
    digest, lan = order.campaign.digest or "", ordering.liaison.id
    for at, wrong in (
        (now + timedelta(hours=1), "not come yet"),
        (now - timedelta(minutes=30), "not before the campaign began"),
    ):
        with pytest.raises(Refused, match=wrong) as refused:
            orders.start(order, digest, lan, at)
        assert refused.value.field == "at"
    life.pause(order.campaign, "x", None)
    with pytest.raises(Refused, match="not being sent now"):
        orders.start(orders.get(order.id), digest, lan)
    life.resume(life.get(order.campaign_id), None)
    with transaction():
        stops.set_in_force("sai")
    with pytest.raises(Refused, match="emergency stop"):
        orders.start(orders.get(order.id), digest, lan)
    with transaction():
        stops.lift()
    began = life.get(order.campaign_id).started_at
    clock.set_offset(timedelta(hours=3))  # the window has closed; it began before that
    with pytest.raises(Refused, match="Say when the carrier began"):
        orders.start(orders.get(order.id), digest, lan)
    orders.start(orders.get(order.id), digest, lan, began)
    assert orders.get(order.id).started_at == began


def test_a_campaign_with_routes_too_waits_for_its_own_check(
    ordering: Ordering, viettel: Organisation
) -> None:
    ordering.stage.subscribe(viettel, numbers_of("viettel", 3))
    route = ordering.stage.route(viettel, 9)
    order = ordering.order_of(ordering.started([route.id]))
    orders.accept(order, order.campaign.digest or "", ordering.liaison.id)
    assert order.campaign.recipients_counted == 3
    with pytest.raises(Refused, match="still being prepared"):
        orders.start(orders.get(order.id), order.campaign.digest or "", ordering.liaison.id)


def test_a_campaign_of_orders_only_completes_when_its_carrier_is_done(ordering: Ordering) -> None:
    order = ordering.begun()
    assert ordering.ended(order).expanded_at is not None
    tick.finish()
    assert ordering.ended(order).state is C.SENDING
    orders.finish(orders.get(order.id), ordering.liaison.id)
    tick.finish()
    assert ordering.ended(order).state is C.COMPLETED
    tick.finish()
    assert ordering.ended(order).settled_at is not None


def test_the_window_s_end_completes_what_a_carrier_took_on(ordering: Ordering) -> None:
    order = ordering.begun(not_after=clock.iso(clock.now() + timedelta(hours=2)))
    clock.set_offset(timedelta(hours=3))
    tick.finish()
    assert ordering.ended(order).state is C.COMPLETED
    order = orders.get(order.id)
    assert order.state is S.STARTED
    orders.finish(order, ordering.liaison.id)


def test_the_window_s_end_expires_what_nobody_answered(ordering: Ordering) -> None:
    order = ordering.opened(not_after=clock.iso(clock.now() + timedelta(hours=2)))
    clock.set_offset(timedelta(hours=3))
    tick.finish()
    assert ordering.ended(order).state is C.EXPIRED
    assert orders.get(order.id).state is S.WITHDRAWN


def test_the_digest_names_the_carriers_and_nothing_where_there_are_none(
    ordering: Ordering, viettel: Organisation
) -> None:
    campaign = ordering.approved()
    with db.engine.connect() as connection:
        assert preparing.seal(connection, campaign.id).digest == campaign.digest
    with transaction() as session:
        session.execute(
            text("UPDATE campaign_orders SET organisation_id = :other"), {"other": viettel.id}
        )
    with db.engine.connect() as connection:
        assert preparing.seal(connection, campaign.id).digest != campaign.digest
    with pytest.raises(Refused, match="not what was approved"):
        life.start(life.get(campaign.id), ordering.stage.author.id)


def test_with_an_order_every_commune_has_its_text_and_no_list_is_read(
    ordering: Ordering,
) -> None:
    ordering.stage.subscribe(ordering.stage.owner, numbers_of("viettel", 5))
    campaign = ordering.approved()
    rows = db.session.execute(
        text("SELECT area_id FROM rendered_texts WHERE campaign_id = :id"), {"id": campaign.id}
    )
    land = ordering.stage.land
    assert {row.area_id for row in rows} == {land.commune, land.other_commune}
    assert campaign.recipients_counted == 0


def test_which_carriers_may_get_an_order(
    ordering: Ordering, viettel: Organisation, stage: Stage, liaison: User
) -> None:
    route = stage.route(ordering.carrier, 9)
    for ids, route_ids, wrong in (
        ([999], [], "no organisation 999"),
        ([stage.owner.id], [], "is no carrier"),
        ([ordering.carrier.id], [route.id], "messaged twice"),
    ):
        with pytest.raises(Refused, match=wrong) as refused:
            stage.draft(route_ids, orders=ids)
        assert refused.value.field == "orders"
    with pytest.raises(Refused, match="at least one route") as refused:
        stage.draft([], orders=[])
    assert refused.value.field == "routes"
    with pytest.raises(Refused, match="nobody but itself"):
        stage.draft([], orders=[viettel.id], organisation=ordering.carrier.id)
    own = stage.draft([], orders=[ordering.carrier.id], organisation=ordering.carrier.id)
    assert [carrier.id for carrier in own.order_carriers] == [ordering.carrier.id]


def test_what_carriers_reported_is_added_up_by_area_and_period(ordering: Ordering) -> None:
    land = ordering.stage.land
    clock.set_offset(clock.parse_moment("2020-08-19T10:00+07:00") - clock.real_now())
    order = ordering.begun()
    app_id = order.campaign.apps[0].id
    ordering.report(
        order, Entry(land.commune, "1000", "900"), Entry(land.other_commune, "500", cost="7000")
    )
    ordering.report(orders.get(order.id), Entry(land.commune, "1200", "1000"))
    day = date(2020, 8, 19)
    ids = [land.commune, land.other_commune, land.next_district, land.district]
    pairs = descents.of(ids)
    assert orders.reported_by_area(app_id, pairs, day, day) == {
        land.commune: Reported(1200, 1000, None, day, 0, 1200, 1200),
        land.other_commune: Reported(500, None, 7000, day, 500, 0, 500),
        land.district: Reported(1700, 1000, 7000, day, 500, 1200, 1700),
    }
    for start, end in ((date(2020, 8, 1), date(2020, 8, 18)), (date(2020, 8, 20), day)):
        assert orders.reported_by_area(app_id, pairs, start, end) == {}
    assert orders.reported_by_area(app_id + 1, pairs, day, day) == {}


def test_of_two_liaisons_at_the_same_moment_one_wins(ordering: Ordering) -> None:
    order, lan = ordering.opened(), ordering.liaison.id
    order_id, digest = order.id, order.campaign.digest or ""
    told = at_once(
        lambda order: orders.accept(order, digest, lan),
        lambda order: orders.give_back(order, "không gửi được", lan),
        read=lambda: orders.get(order_id),
    )
    assert told.count("done") == 1, told
    order = orders.get(order_id)
    assert acts_of(order)[2:] in (["order.accept"], ["order.return"])


def test_an_answer_and_a_cancellation_at_the_same_moment_leave_one_truth(
    ordering: Ordering,
) -> None:
    order, lan = ordering.opened(), ordering.liaison.id
    order_id, campaign_id, digest = order.id, order.campaign_id, order.campaign.digest or ""
    told = at_once(
        lambda order: orders.accept(order, digest, lan),
        lambda _order: life.cancel(life.get(campaign_id), None),
        read=lambda: orders.get(order_id),
    )
    assert told[1] == "done", told
    assert orders.get(order_id).state is S.WITHDRAWN


def test_two_reports_at_the_same_moment_are_two_editions(ordering: Ordering) -> None:
    order, commune, lan = ordering.begun(), ordering.stage.land.commune, ordering.liaison.id
    order_id = order.id

    def report(order: BroadcastOrder, sent: str) -> None:
        entries = [Entry(commune, sent)]
        order_reporting.report(order, entries, Source.GRID, lan, inside={commune})

    told = at_once(
        lambda order: report(order, "100"),
        lambda order: report(order, "200"),
        read=lambda: orders.get(order_id),
    )
    assert told == ["done", "done"]
    editions = select(OrderCount.edition).order_by(OrderCount.edition)
    assert db.session.scalars(editions).all() == [1, 2]
