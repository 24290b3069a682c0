"""What was delivered where: messages about one app, by commune, beside which uptake can stand.

Read from the counts (`campaigns.counts`), never from the messages. A campaign belongs to the period
its first message could leave in: the day in Vietnam on which it started, however long it sent.
A carrier that sends by an order reports sums, not days: they belong to the day it says it began.
So the figures of periods that follow each other add up, and what began before a period and was
still being sent in it is named apart: how much of it left within, neither counts nor carriers say.
People listed under a hamlet count to its commune; who is listed under a district without saying
which commune counts to none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    case,
    column,
    exists,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import aliased

from campaigns import orders
from campaigns.campaigns import Campaign, CampaignApp
from campaigns.counts import Count, CountDelta
from campaigns.order_counts import OrderCount
from campaigns.orders import BroadcastOrder
from campaigns.progress import BILLED
from campaigns.routes import Route
from campaigns.states import MessageState
from outreach import clock
from outreach.database import among, as_rows, db, rowset
from outreach.descents import Pairs
from outreach.organisations import Organisation

TAKEN: Final = BILLED
"""The carrier took these: they are messaged, whatever became of them afterwards."""


@dataclass(slots=True)  # not frozen, as `rates.Standing`
class Delivery:
    """Messages of one area within a period. `messaged` were taken by a carrier, `delivered` are
    the receipts that say so; None where no route used here gives receipts. `cost` in đồng, as far
    as it is known; None where it is of none of the messages. `first_day`: when the first campaign
    that messaged here started. `unreceipted` of the messaged went where no receipts come from.
    `earlier` were messaged by campaigns before the period; of these `across` by such as were still
    being sent in it, and nobody counts how many left then. `reported_by_carrier`: how many of the
    messaged a carrier reports to have sent itself; of `uncosted` of them it told no cost."""

    messaged: int = 0
    delivered: int | None = 0
    cost: int | None = 0
    first_day: date | None = None
    unreceipted: int = 0
    earlier: int = 0
    reported_by_carrier: int = 0
    uncosted: int = 0
    across: int = 0


NONE: Final = Delivery()


class Sending(NamedTuple):
    """A campaign that messaged some of the areas: when it started, how many it messaged, in how
    many of them, and by which `rule` it chose areas, in its author's words. Of what a carrier sent
    `by_order` the days are its word; `last` is None where it did not say that all was sent."""

    campaign_id: int
    name: str
    day: date
    messaged: int
    areas: int
    rule: str
    by_order: bool = False
    last: date | None = None


def by_area(app_id: int, pairs: Pairs, start: date, end: date) -> dict[int, Delivery]:
    """What campaigns about the app delivered in each area (as pairs, of `descents`), those started
    from the day `start` to the day `end`; an area nobody messaged is absent. Three statements,
    however many there are."""
    found = _through_routes(app_id, pairs, start, end)
    for area_id, reported in _reported_by_carriers(app_id, pairs, start, end).items():
        found[area_id] = _joined(found.get(area_id, NONE), reported)
    return found


def sendings(app_id: int, pairs: Pairs, start: date, end: date) -> list[Sending]:
    """The campaigns that messaged these areas and were being sent within the days, by the day they
    started, which may be one before `start`; a carrier's part that it sent itself, by the day it
    began, with its name. Two statements."""
    begin = midnight(start)
    found = taken(about_app(app_id, end), pairs)
    rows = db.session.execute(
        select(
            Campaign.id,
            Campaign.name,
            Campaign.started_at,
            func.sum(found.c.messaged),
            func.count(),
            Campaign.selection_rule,
        )
        .join(found, found.c.campaign_id == Campaign.id)
        .where(since(begin))
        .group_by(Campaign.id, Campaign.name, Campaign.started_at, Campaign.selection_rule)
        .order_by(Campaign.started_at, Campaign.id)
    )
    ours = [
        Sending(id_, name, day_of(at), int(count), places, rule)
        for id_, name, at, count, places, rule in rows
    ]
    theirs = map(by_order, orders_within(app_id, pairs, start, end))
    return sorted([*ours, *theirs], key=in_order)


def in_order(sent: Sending) -> tuple[date, int]:
    """The key by which sendings follow each other."""
    return sent.day, sent.campaign_id


def since(moment: datetime) -> ColumnElement[bool]:
    """Whether a campaign started after the moment or was still being sent then."""
    return or_(Campaign.started_at >= moment, lasting(moment))


def lasting(moment: datetime) -> ColumnElement[bool]:
    """Whether a campaign was not completed, cancelled or expired before the moment."""
    return or_(Campaign.completed_at.is_(None), Campaign.completed_at >= moment)


def orders_within(app_id: int, pairs: Pairs, start: date, end: date) -> list[Any]:
    """What carriers report to have sent of each campaign from their own systems and were still
    sending within the days: `sent`, `delivered`, of how many they say nothing of that (`silent`),
    in how many `places`. One statement."""
    line, begin = line_of(pairs), midnight(start)
    order = BroadcastOrder
    silent = case((OrderCount.delivered.is_(None), OrderCount.sent), else_=0)
    named = (
        Campaign.id,
        Campaign.name,
        Campaign.selection_rule,
        Campaign.not_after,
        Organisation.name.label("carrier"),
        order.started_at,
        order.state,
        order.changed_at,
        order.finished_at,
    )
    rows = db.session.execute(
        select(
            *named,
            func.sum(OrderCount.sent).label("sent"),
            func.sum(OrderCount.delivered).label("delivered"),
            func.sum(silent).label("silent"),
            func.count(line.c.start.distinct()).label("places"),
        )
        .select_from(line)
        .join(OrderCount, OrderCount.area_id == line.c.id)
        .join(order, order.id == OrderCount.order_id)
        .join(Organisation, Organisation.id == order.carrier_id)
        .join(Campaign, Campaign.id == order.campaign_id)
        .join(CampaignApp, CampaignApp.campaign_id == Campaign.id)
        .where(CampaignApp.app_id == app_id, counting())
        .where(or_(order.started_at >= begin, Campaign.not_after >= begin))
        .where(order.started_at < midnight(end + timedelta(days=1)))
        .group_by(order.id, *named)
        .having(func.sum(OrderCount.sent) > 0)
    )
    return [row for row in rows.all() if row.started_at >= begin or over(row) >= begin]


def counting() -> ColumnElement[bool]:
    """Whether an area's counts of an order are their last edition, the one that counts."""
    later = aliased(OrderCount)
    return ~exists().where(
        later.order_id == OrderCount.order_id,
        later.area_id == OrderCount.area_id,
        later.edition > OrderCount.edition,
    )


def over(row: Any) -> datetime:
    """When an order was over: as its carrier says, at the latest when its window closed."""
    ended = orders.ended_at(row.state, row.changed_at, row.finished_at, row.not_after)
    return ended or row.not_after


def by_order(row: Any) -> Sending:
    """One of `orders_within`, as what was sent."""
    ended = orders.ended_at(row.state, row.changed_at, row.finished_at, row.not_after)
    return Sending(
        row.id,
        f"{row.name} ({row.carrier})",
        day_of(row.started_at),
        int(row.sent),
        row.places,
        row.selection_rule,
        by_order=True,
        last=None if ended is None else day_of(max(row.started_at, ended)),
    )


def _through_routes(app_id: int, pairs: Pairs, start: date, end: date) -> dict[int, Delivery]:
    """What went over our own routes."""
    found, begin = taken(about_app(app_id, end), pairs), midnight(start)
    within = Campaign.started_at >= begin

    def total(column: Any) -> Any:
        return func.sum(case((within, column), else_=0))

    rows = db.session.execute(
        select(
            found.c.area_id,
            total(found.c.messaged),
            total(found.c.delivered),
            total(found.c.cost),
            func.min(case((within, Campaign.started_at))),
            total(found.c.unreceipted),
            func.sum(case((within, 0), else_=found.c.messaged)),
            func.sum(case((~within & lasting(begin), found.c.messaged), else_=0)),
        )
        .join(Campaign, Campaign.id == found.c.campaign_id)
        .group_by(found.c.area_id)
    )
    return {area_id: _delivery(*counts) for area_id, *counts in rows.all()}


def _delivery(
    messaged: int,
    delivered: int,
    cost: int,
    first: datetime | None,
    silent: int,
    earlier: int,
    across: int,
) -> Delivery:
    known = None if messaged and messaged == silent else int(delivered)
    return Delivery(
        int(messaged),
        known,
        int(cost),
        None if first is None else day_of(first),
        int(silent),
        int(earlier),
        across=int(across),
    )


def _reported_by_carriers(app_id: int, pairs: Pairs, start: date, end: date) -> dict[int, Delivery]:
    """What carriers report of sending from their own systems: two statements, of the period and of
    what came before it."""
    found = {
        area_id: Delivery(
            messaged=said.sent,
            delivered=said.delivered,
            cost=known_cost(said.cost, said.sent, said.uncosted),
            first_day=said.first_day,
            unreceipted=said.unreceipted,
            reported_by_carrier=said.sent,
            uncosted=said.uncosted,
        )
        for area_id, said in orders.reported_by_area(app_id, pairs, start, end).items()
    }
    before = start - timedelta(days=1)
    for area_id, said in orders.reported_by_area(app_id, pairs, date.min, before).items():
        mine = found.get(area_id, NONE)
        found[area_id] = replace(mine, earlier=said.sent, across=said.lasting)
    return found


def known_cost(cost: int | None, messaged: int, uncosted: int) -> int | None:
    """The cost as far as it is known; None where it is of none of the messages."""
    return None if uncosted and uncosted == messaged else cost or 0


def _joined(one: Delivery, other: Delivery) -> Delivery:
    days = [day for day in (one.first_day, other.first_day) if day is not None]
    receipts = [d.delivered for d in (one, other) if d.messaged and d.delivered is not None]
    messaged, uncosted = one.messaged + other.messaged, one.uncosted + other.uncosted
    return Delivery(
        messaged,
        sum(receipts) if receipts or not messaged else None,
        known_cost((one.cost or 0) + (other.cost or 0), messaged, uncosted),
        min(days, default=None),
        one.unreceipted + other.unreceipted,
        one.earlier + other.earlier,
        one.reported_by_carrier + other.reported_by_carrier,
        uncosted,
        one.across + other.across,
    )


def taken(about: Select[int], pairs: Pairs) -> Subquery:
    """(campaign_id, area_id, messaged, delivered, unreceipted, cost) of each of these campaigns (a
    SELECT of ids), in each area with all below it (`descents`) where a carrier took any of
    its messages."""
    both = counted(about, pairs)
    delivered = case((both.c.state == MessageState.DELIVERED, both.c.messages), else_=0)
    silent = case((Route.gives_receipts, 0), else_=both.c.messages)
    messaged = func.sum(both.c.messages)
    return (
        select(
            both.c.campaign_id,
            both.c.start.label("area_id"),
            messaged.label("messaged"),
            func.sum(delivered).label("delivered"),
            func.sum(silent).label("unreceipted"),
            func.sum(both.c.segments * Route.price).label("cost"),
        )
        .join(Route, Route.id == both.c.route_id)
        .group_by(both.c.campaign_id, both.c.start)
        .having(messaged != 0)
        .subquery()
    )


def about_app(app_id: int, end: date) -> Select[int]:
    """The campaigns about the app that started by `end`."""
    return (
        select(Campaign.id)
        .join(CampaignApp, CampaignApp.campaign_id == Campaign.id)
        .where(CampaignApp.app_id == app_id)
        .where(Campaign.started_at < midnight(end + timedelta(days=1)))
    )


def counted(about: Select[int], pairs: Pairs) -> Subquery:
    """(campaign_id, start, route_id, state, messages, segments): the counts of these campaigns that
    a carrier took, in each of the areas and all below it."""
    line, ids = line_of(pairs), {id_ for _start, id_ in pairs}

    def of(table: type[Count] | type[CountDelta]) -> Select[int, int, int, MessageState, int, int]:
        # All filters within each half, so that either table is read by its index on campaigns; and
        # the areas by name too, of which the database knows how many they are.
        return (
            select(
                table.campaign_id,
                line.c.start,
                table.route_id,
                table.state,
                table.messages,
                table.segments,
            )
            .join(line, line.c.id == table.area_id)
            .where(table.campaign_id.in_(about), table.state.in_(sorted(TAKEN)))
            .where(among(table.area_id, ids))
        )

    return union_all(of(Count), of(CountDelta)).subquery()


def line_of(pairs: Pairs) -> CTE:
    """(start, id): each area with itself and with all below it."""
    those = rowset(db.engine.dialect.name, [("start", "integer"), ("id", "integer")], "those")
    given = text(f"SELECT start, id FROM {those} t").bindparams(those=as_rows(pairs))
    return given.columns(column("start", Integer), column("id", Integer)).cte("line")


def midnight(day: date) -> datetime:
    """The moment a day begins in Vietnam."""
    return datetime.combine(day, time(), clock.VIETNAM)


@lru_cache(1 << 12)
def day_of(moment: datetime) -> date:
    """The day in Vietnam."""
    return clock.local(moment).date()


def days_of(sent: Sequence[Sending]) -> dict[date, int]:
    """Messages by the day their campaigns started, the first day first."""
    days: dict[date, int] = {}
    for each in sent:
        days[each.day] = days.get(each.day, 0) + each.messaged
    return days
