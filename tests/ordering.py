"""A carrier that keeps its list to itself: campaigns with orders, by short calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from campaigns import life, order_areas, order_reporting, orders
from campaigns.campaigns import Campaign
from campaigns.order_counts import Source
from campaigns.order_reporting import Answer, Entry
from campaigns.orders import BroadcastOrder
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.stage import Stage

PEOPLE_OF = {"870": 20_000, "29971": 10_000, "29983": 8_000, "869": 5_000}


@dataclass
class Ordering:
    """Hồng Ngự orders from VNPT, whose liaison is Lan."""

    stage: Stage
    carrier: Organisation
    liaison: User

    def started(self, route_ids: list[int] | None = None, **changes: Any) -> Campaign:
        """A campaign with an order to the carrier, approved and started."""
        return self.stage.started(route_ids or [], **({"orders": [self.carrier.id]} | changes))

    def approved(self, route_ids: list[int] | None = None, **changes: Any) -> Campaign:
        """The same, approved."""
        return self.stage.approved(route_ids or [], **({"orders": [self.carrier.id]} | changes))

    def order_of(self, campaign: Campaign) -> BroadcastOrder:
        """Its order, as it stands in the database now."""
        db.session.rollback()
        wanted = select(BroadcastOrder.id).where(BroadcastOrder.campaign_id == campaign.id)
        return orders.get(db.session.scalars(wanted).one())

    def opened(self, **changes: Any) -> BroadcastOrder:
        """An order that waits for the carrier."""
        return self.order_of(self.started(**changes))

    def accepted(self, **changes: Any) -> BroadcastOrder:
        """One the carrier accepted."""
        order = self.opened(**changes)
        orders.accept(order, order.campaign.digest or "", self.liaison.id)
        return orders.get(order.id)

    def begun(self, **changes: Any) -> BroadcastOrder:
        """One the carrier began to send."""
        order = self.accepted(**changes)
        orders.start(order, order.campaign.digest or "", self.liaison.id)
        return orders.get(order.id)

    def report(self, order: BroadcastOrder, *entries: Entry) -> list[Answer]:
        """Report counts, as the grid does."""
        _made, answers = order_reporting.report(
            order,
            entries,
            Source.GRID,
            self.liaison.id,
            inside=order_areas.ids(order.area_ids),
        )
        return answers

    def ended(self, order: BroadcastOrder) -> Campaign:
        """Its campaign, as it stands now."""
        db.session.rollback()
        return life.get(order.campaign_id)


@pytest.fixture
def ordering(stage: Stage, vnpt: Organisation, liaison: User) -> Ordering:
    """People live in the communes."""
    with transaction() as session:
        for area in session.scalars(select(Area)):
            area.population = PEOPLE_OF.get(area.code)
    return Ordering(stage, vnpt, liaison)
