"""A campaign's orders as its own page shows them: each carrier's part, beside the routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from campaigns import order_areas, order_counts
from campaigns.campaigns import Campaign
from campaigns.marks import mark_of
from campaigns.order_counts import Total
from campaigns.orders import BroadcastOrder
from campaigns.states import OrderState
from outreach import clock
from outreach.database import db
from outreach.organisations import Organisation


def mark(carrier: Organisation) -> str:
    """The carrier's colour and shape."""
    return mark_of([carrier.network] if carrier.network else [])


@dataclass(frozen=True)
class Part:
    """A carrier's part of a campaign, on the campaign's page; `id` None before it was approved."""

    id: int | None
    carrier_id: int
    name: str
    mark: str
    state: OrderState
    areas: int
    total: Total
    next_report_at: datetime | None
    reason: str


def parts(campaign: Campaign) -> list[Part]:
    """The campaign's orders, and those its present version names that do not exist yet."""
    wanted = select(BroadcastOrder).where(BroadcastOrder.campaign_id == campaign.id)
    made = {order.carrier_id: order for order in db.session.scalars(wanted)}
    named = {carrier.id: carrier for carrier in campaign.order_carriers}
    carriers = named | {order.carrier_id: order.carrier for order in made.values()}
    if not carriers:
        return []
    totals = order_counts.totals([order.id for order in made.values()])
    count = order_areas.count(campaign.area_ids)
    return [
        _part(carrier, made.get(id_), count, totals) for id_, carrier in sorted(carriers.items())
    ]


def _part(
    carrier: Organisation, order: BroadcastOrder | None, count: int, totals: Mapping[int, Total]
) -> Part:
    return Part(
        id=None if order is None else order.id,
        carrier_id=carrier.id,
        name=carrier.name,
        mark=mark(carrier),
        state=OrderState.PLANNED if order is None else order.state,
        areas=count,
        total=Total() if order is None else totals.get(order.id, Total()),
        next_report_at=None if order is None else order.next_report_at,
        reason="" if order is None else order.reason,
    )


def confirms_by_areas(campaign: Campaign) -> int | None:
    """The number of areas to confirm by, where nobody of our lists is messaged; None otherwise."""
    if campaign.recipients_counted or not campaign.order_carriers:
        return None
    return order_areas.count(campaign.area_ids)


def as_objects(parts: list[Part]) -> list[dict[str, Any]]:
    """`campaigns show`, key `orders`."""
    return [
        {
            "id": part.id,
            "carrier": part.carrier_id,
            "name": part.name,
            "state": part.state.value,
            "areas": part.areas,
            "areas_reported": part.total.areas,
            "sent": part.total.sent,
            "delivered": part.total.delivered,
            "unreceipted": part.total.unreceipted,
            "cost": part.total.cost,
            "uncosted": part.total.uncosted,
            "last_reported_at": clock.iso(part.total.last_at),
            "next_report_at": clock.iso(part.next_report_at),
        }
        for part in parts
    ]
