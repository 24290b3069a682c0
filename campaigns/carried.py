"""What each carrier delivered in an area: over our routes, and by orders from its own system."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, literal, select

from campaigns.campaigns import Campaign, CampaignApp
from campaigns.deliveries import about_app, counted, counting, line_of, midnight
from campaigns.order_counts import OrderCount
from campaigns.orders import BroadcastOrder
from campaigns.routes import Route
from campaigns.states import MessageState
from outreach.database import db
from outreach.descents import Pairs
from outreach.organisations import Organisation

_Counts = Select[Any, Any, Any, Any, Any]


class Carried(NamedTuple):
    """What one carrier did within a period: messages over our routes and, `by_order`, from its own
    system; the receipts of both, None where it gives none, and of how many it gives none."""

    carrier: str
    messaged: int
    by_order: int
    delivered: int | None
    unreceipted: int


def of(app_id: int, pairs: Pairs, start: date, end: date) -> list[Carried]:
    """What each carrier delivered in an area and below it (as pairs, of `descents`), of campaigns
    about the app that started within the days, the largest first. Two statements."""
    sums: dict[str, list[int]] = {}
    for statement in (_by_routes, _by_orders):
        for name, *counts in db.session.execute(statement(app_id, pairs, start, end)):
            mine = sums.setdefault(name, [0, 0, 0, 0])
            sums[name] = [one + int(other or 0) for one, other in zip(mine, counts, strict=True)]
    carried = [
        Carried(name, messaged, by_order, None if messaged == silent else delivered, silent)
        for name, (messaged, by_order, delivered, silent) in sums.items()
        if messaged
    ]
    return sorted(carried, key=lambda each: (-each.messaged, each.carrier))


def _by_routes(app_id: int, pairs: Pairs, start: date, end: date) -> _Counts:
    about = about_app(app_id, end).where(Campaign.started_at >= midnight(start))
    both = counted(about, pairs)
    silent = case((Route.gives_receipts, 0), else_=both.c.messages)
    delivered = case((both.c.state == MessageState.DELIVERED, both.c.messages), else_=0)
    return (
        select(
            Organisation.name,
            func.sum(both.c.messages),
            literal(0),
            func.sum(delivered),
            func.sum(silent),
        )
        .select_from(both)
        .join(Route, Route.id == both.c.route_id)
        .join(Organisation, Organisation.id == Route.organisation_id)
        .group_by(Organisation.name)
    )


def _by_orders(app_id: int, pairs: Pairs, start: date, end: date) -> _Counts:
    line, order = line_of(pairs), BroadcastOrder
    silent = case((OrderCount.delivered.is_(None), OrderCount.sent), else_=0)
    sent = func.sum(OrderCount.sent)
    return (
        select(Organisation.name, sent, sent, func.sum(OrderCount.delivered), func.sum(silent))
        .select_from(line)
        .join(OrderCount, OrderCount.area_id == line.c.id)
        .join(order, order.id == OrderCount.order_id)
        .join(Organisation, Organisation.id == order.carrier_id)
        .join(CampaignApp, CampaignApp.campaign_id == order.campaign_id)
        .where(CampaignApp.app_id == app_id, counting())
        .where(order.started_at >= midnight(start))
        .where(order.started_at < midnight(end + timedelta(days=1)))
        .group_by(Organisation.name)
    )
