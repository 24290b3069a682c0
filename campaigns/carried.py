"""What was carried to an area: which campaigns and orders messaged it, and what each carrier
delivered of them, over our routes and from its own system."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import case, func, select

from campaigns import deliveries
from campaigns.campaigns import Campaign
from campaigns.deliveries import Sending, about_app, counted, midnight, since
from campaigns.routes import Route
from campaigns.states import MessageState
from outreach.database import db
from outreach.descents import Pairs
from outreach.organisations import Organisation


class Carrier(NamedTuple):
    """What one carrier did within a period: messages over our routes and, `by_order`, from its own
    system; the receipts of both, None where it gives none, and of how many it gives none."""

    name: str
    messaged: int
    by_order: int
    delivered: int | None
    unreceipted: int


class Carried(NamedTuple):
    """`sendings` as `deliveries.sendings` of the area; of those that began within the days, what
    each carrier did, the largest first."""

    sendings: list[Sending]
    carriers: list[Carrier]


def to(app_id: int, pairs: Pairs, start: date, end: date) -> Carried:
    """What campaigns about the app brought to one area and below it (as pairs, of `descents`) from
    the day `start` to the day `end`. Two statements."""
    begin = midnight(start)
    sent: dict[int, Sending] = {}
    sums: dict[str, list[int]] = {}
    for row in _over_routes(app_id, pairs, begin, end):
        before = sent[row.id].messaged if row.id in sent else 0
        day, messaged = deliveries.day_of(row.started_at), before + int(row.messaged)
        sent[row.id] = Sending(row.id, row.name, day, messaged, 1, row.selection_rule)
        if row.started_at >= begin:
            _add(sums, row.carrier, row.messaged, 0, row.delivered, row.silent)
    orders = deliveries.orders_within(app_id, pairs, start, end)
    for row in orders:
        if row.started_at >= begin:
            _add(sums, row.carrier, row.sent, row.sent, row.delivered, row.silent)
    carriers = [
        Carrier(name, messaged, by_order, None if messaged == silent else delivered, silent)
        for name, (messaged, by_order, delivered, silent) in sums.items()
        if messaged
    ]
    every = [*(each for each in sent.values() if each.messaged), *map(deliveries.by_order, orders)]
    return Carried(
        sorted(every, key=deliveries.in_order),
        sorted(carriers, key=lambda each: (-each.messaged, each.name)),
    )


def _add(sums: dict[str, list[int]], carrier: str, *counts: int | None) -> None:
    mine = sums.setdefault(carrier, [0] * len(counts))
    sums[carrier] = [one + int(other or 0) for one, other in zip(mine, counts, strict=True)]


def _over_routes(app_id: int, pairs: Pairs, begin: datetime, end: date) -> Any:
    """By campaign and carrier: what it took, of campaigns that were being sent since `begin`."""
    both = counted(about_app(app_id, end).where(since(begin)), pairs)
    delivered = case((both.c.state == MessageState.DELIVERED, both.c.messages), else_=0)
    silent = case((Route.gives_receipts, 0), else_=both.c.messages)
    by = (Campaign.id, Campaign.name, Campaign.started_at, Campaign.selection_rule)
    carrier = Organisation.name.label("carrier")
    return db.session.execute(
        select(
            *by,
            carrier,
            func.sum(both.c.messages).label("messaged"),
            func.sum(delivered).label("delivered"),
            func.sum(silent).label("silent"),
        )
        .select_from(both)
        .join(Campaign, Campaign.id == both.c.campaign_id)
        .join(Route, Route.id == both.c.route_id)
        .join(Organisation, Organisation.id == Route.organisation_id)
        .group_by(*by, carrier)
    ).all()
