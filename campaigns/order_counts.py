"""What a carrier reported of a broadcast order: sent, delivered and cost by area.

A report is one act of a person, a grid or a file; each count of it is an edition of its area's. A
correction is a new edition, never a changed one; the highest counts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, case, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.orders import BroadcastOrder
from outreach.accounts import User
from outreach.database import BigId, Model, Moment, db, find, words
from outreach.errors import Missing
from outreach.i18n import _
from outreach.lists.rejects import Reject

REASON_LENGTH: Final = 200
FILENAME_LENGTH: Final = 200


class Source(StrEnum):
    """How counts came in."""

    GRID = "grid"
    FILE = "file"


class OrderReport(Model):
    """One act of reporting. Of a file `read` = added + corrected + unchanged + rejected; `details`
    holds what was turned away."""

    __tablename__ = "order_reports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("broadcast_orders.id", ondelete="CASCADE"), index=True
    )
    source: Mapped[Source] = mapped_column(words(Source))
    filename: Mapped[str] = mapped_column(String(FILENAME_LENGTH), default="")
    reported_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    reported_at: Mapped[datetime] = mapped_column(Moment)
    added: Mapped[int] = mapped_column(default=0)
    corrected: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    details: Mapped[str] = mapped_column(Text, default="[]")

    order: Mapped[BroadcastOrder] = relationship()
    reported_by: Mapped[User] = relationship()

    @property
    def rejects(self) -> list[Reject]:
        """What was turned away."""
        return [Reject(**each) for each in json.loads(self.details)]

    @property
    def organisation_id(self) -> int:
        """As its order's, for `access`."""
        return self.order.organisation_id

    @property
    def carrier_ids(self) -> list[int]:
        """As its order's."""
        return self.order.carrier_ids

    @property
    def area_ids(self) -> list[int]:
        """As its order's."""
        return self.order.area_ids


class OrderCount(Model):
    """An area's counts in one edition; the highest counts."""

    __tablename__ = "order_counts"
    __table_args__ = (
        UniqueConstraint("order_id", "area_id", "edition"),
        Index(None, "area_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("broadcast_orders.id", ondelete="CASCADE")
    )
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    edition: Mapped[int]
    sent: Mapped[int]
    delivered: Mapped[int | None]
    cost: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    report_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("order_reports.id", ondelete="CASCADE"), index=True
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What counts now for an area, or for several: of `unreceipted` of the messages nobody said how
    many arrived, though of others it was said."""

    edition: int
    sent: int
    delivered: int | None
    cost: int | None
    unreceipted: int = 0

    @property
    def untold(self) -> int:
        """Of how many messages nobody said how many arrived."""
        return self.sent if self.delivered is None else self.unreceipted

    def plus(self, other: Known) -> Known:
        """What is known of both areas; what nobody said of one is left out."""

        def added(a: int | None, b: int | None) -> int | None:
            return b if a is None else a + (b or 0)

        delivered = added(self.delivered, other.delivered)
        untold = 0 if delivered is None else self.untold + other.untold
        return Known(0, self.sent + other.sent, delivered, added(self.cost, other.cost), untold)


def report_of(report_id: int) -> OrderReport:
    """One report, or Refused naming the id."""
    found = find(OrderReport, report_id)
    if found is None:
        raise Missing(_("There is no report %(id)s.", id=report_id), "id")
    return found


def latest(order_id: int, area_ids: Collection[int] | None = None) -> dict[int, Known]:
    """What counts now by area id; of these areas only, where given."""
    newest = (
        select(OrderCount.area_id, func.max(OrderCount.edition).label("edition"))
        .where(OrderCount.order_id == order_id)
        .group_by(OrderCount.area_id)
        .subquery()
    )
    c = OrderCount
    wanted = (
        select(c.area_id, c.edition, c.sent, c.delivered, c.cost)
        .join(newest, (newest.c.area_id == c.area_id) & (newest.c.edition == c.edition))
        .where(c.order_id == order_id)
    )
    if area_ids is not None:
        wanted = wanted.where(c.area_id.in_(area_ids))
    return {row[0]: Known(*row[1:]) for row in db.session.execute(wanted)}


@dataclass(frozen=True, slots=True)
class Total:
    """An order's counts added up: over how many areas, and when its carrier last reported. Of
    `unreceipted` of the messages it did not tell how many arrived, of `uncosted` no cost."""

    areas: int = 0
    sent: int = 0
    delivered: int | None = None
    cost: int | None = None
    uncosted: int = 0
    last_at: datetime | None = None
    unreceipted: int = 0

    @property
    def partial(self) -> bool:
        """Whether a sum of it is known of a part only."""
        arrived = self.unreceipted and self.delivered is not None
        return bool(arrived or (self.uncosted and self.cost is not None))


def totals(order_ids: Collection[int]) -> Mapping[int, Total]:
    """The counts of several orders by their id, in one query; an order without any is absent."""
    if not order_ids:
        return {}
    newest = (
        select(OrderCount.order_id, OrderCount.area_id, func.max(OrderCount.edition).label("last"))
        .where(OrderCount.order_id.in_(order_ids))
        .group_by(OrderCount.order_id, OrderCount.area_id)
        .subquery()
    )
    c = OrderCount
    reported = select(OrderReport.order_id, func.max(OrderReport.reported_at).label("at"))
    last = reported.group_by(OrderReport.order_id).subquery()
    rows = db.session.execute(
        select(
            c.order_id,
            func.count(),
            func.sum(c.sent),
            func.sum(c.delivered),
            func.sum(c.cost),
            func.sum(case((c.cost.is_(None), c.sent), else_=0)),
            last.c.at,
            func.sum(case((c.delivered.is_(None), c.sent), else_=0)),
        )
        .join(
            newest,
            (newest.c.order_id == c.order_id)
            & (newest.c.area_id == c.area_id)
            & (newest.c.last == c.edition),
        )
        .join(last, last.c.order_id == c.order_id)
        .group_by(c.order_id, last.c.at)
    )
    return {
        order_id: Total(
            areas, int(sent), _whole(arrived), _whole(cost), int(uncosted), at, int(silent)
        )
        for order_id, areas, sent, arrived, cost, uncosted, at, silent in rows
    }


def _whole(value: object) -> int | None:
    return None if value is None else int(str(value))


def reports(order_id: int, most: int = 20) -> Sequence[OrderReport]:
    """The last reports of an order, the newest first."""
    wanted = select(OrderReport).where(OrderReport.order_id == order_id)
    return db.session.scalars(wanted.order_by(OrderReport.id.desc()).limit(most)).all()


def by_area(campaign_id: int) -> dict[int, Known]:
    """What all carriers reported of a campaign by area id; `edition` is 0."""
    rows = db.session.execute(
        text(
            "SELECT c.area_id, SUM(c.sent) AS sent, SUM(c.delivered) AS delivered,"
            " SUM(c.cost) AS cost,"
            " SUM(CASE WHEN c.delivered IS NULL THEN c.sent ELSE 0 END) AS silent"
            " FROM order_counts c JOIN broadcast_orders o ON o.id = c.order_id"
            " WHERE o.campaign_id = :id AND NOT EXISTS (SELECT 1 FROM order_counts n"
            "  WHERE n.order_id = c.order_id AND n.area_id = c.area_id AND n.edition > c.edition)"
            " GROUP BY c.area_id"
        ),
        {"id": campaign_id},
    )
    return {
        row.area_id: Known(
            0,
            int(row.sent),
            _whole(row.delivered),
            _whole(row.cost),
            0 if row.delivered is None else int(row.silent),
        )
        for row in rows
    }
