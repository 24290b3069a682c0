"""What was sent on a day: campaigns over our routes and broadcast orders, with counts by area.

A campaign or an order belongs to every day on which it was being sent. Its counts are all of it up
to now: how much of it left on which day, neither our counts nor the carriers say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select

from campaigns import deliveries
from campaigns.campaigns import Campaign
from campaigns.order_counts import OrderCount
from campaigns.orders import BroadcastOrder
from outreach import areas, clock, descents
from outreach.areas import Area
from outreach.database import db
from outreach.descents import Pairs
from outreach.organisations import Organisation

Sent = dict[str, Any]


def of_day(area: Area, day: date) -> list[Sent]:
    """What was being sent in an area on a day, the first begun first; each with its counts in the
    whole area and in each one right below it. Delivered is None where nobody tells of any."""
    below = areas.children(area.id)
    pairs = descents.of([area.id, *(each.id for each in below)])
    begin, end = deliveries.midnight(day), deliveries.midnight(day + timedelta(days=1))
    ours = _gathered(_over_routes(pairs, begin, end), area, below, by_order=False)
    theirs = _gathered(_by_orders(pairs, begin, end), area, below, by_order=True)
    return sorted([*ours, *theirs], key=lambda each: (each["day"], each["by_order"], each["id"]))


def _over_routes(pairs: Pairs, begin: datetime, end: datetime) -> Any:
    about = select(Campaign.id).where(Campaign.started_at < end, deliveries.lasting(begin))
    counted = deliveries.taken(about, pairs)
    return db.session.execute(
        select(
            Campaign.id,
            Campaign.name,
            Campaign.started_at,
            counted.c.area_id,
            counted.c.messaged,
            counted.c.delivered,
            counted.c.unreceipted,
        ).join(counted, counted.c.campaign_id == Campaign.id)
    )


def _by_orders(pairs: Pairs, begin: datetime, end: datetime) -> Any:
    line, order = deliveries.line_of(pairs), BroadcastOrder
    told = (
        order.id,
        Campaign.name,
        order.started_at,
        Organisation.name.label("carrier"),
        order.state,
        order.changed_at,
        order.finished_at,
        Campaign.not_after,
    )
    rows = db.session.execute(
        select(
            *told,
            line.c.start.label("area_id"),
            func.sum(OrderCount.sent).label("messaged"),
            func.sum(func.coalesce(OrderCount.delivered, 0)).label("delivered"),
            func.sum(case((OrderCount.delivered.is_(None), OrderCount.sent), else_=0)).label(
                "unreceipted"
            ),
        )
        .select_from(line)
        .join(OrderCount, OrderCount.area_id == line.c.id)
        .join(order, order.id == OrderCount.order_id)
        .join(Organisation, Organisation.id == order.carrier_id)
        .join(Campaign, Campaign.id == order.campaign_id)
        .where(deliveries.counting(), order.started_at < end)
        .group_by(*told, line.c.start)
        .having(func.sum(OrderCount.sent) > 0)
    )
    return [row for row in rows if row.started_at >= begin or deliveries.over(row) >= begin]


def _gathered(rows: Any, area: Area, below: Sequence[Area], *, by_order: bool) -> list[Sent]:
    """One entry a campaign or order out of a row for each of its areas."""
    places = {each.id: number for number, each in enumerate(below)}
    found: dict[int, Sent] = {}
    for row in sorted(rows, key=lambda row: places.get(row.area_id, -1)):
        each = found.setdefault(row.id, {"areas": []})
        counts = _counts(int(row.messaged), int(row.delivered), int(row.unreceipted))
        if row.area_id == area.id:
            each |= {
                "id": row.id,
                "name": row.name,
                "carrier": row.carrier if by_order else "",
                "by_order": by_order,
                "day": clock.local(row.started_at).date().isoformat(),
            } | counts
        else:
            place = below[places[row.area_id]]
            each["areas"].append({"code": place.code, "name": place.name} | counts)
    return list(found.values())


def _counts(messaged: int, delivered: int, untold: int) -> Sent:
    return {
        "messaged": messaged,
        "delivered": None if untold == messaged else delivered,
        "untold": untold,
    }
