"""The broadcast order: a campaign's part for a carrier that sends it from its own system.

`move` is a conditional UPDATE whose row count is checked, and one audit row. What the campaign does
moves its orders in the same transaction (`follow`). docs/orders.md tells the whole.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, exists, func, select, text
from sqlalchemy import update as update_rows
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns import standing, stops
from campaigns.campaigns import Campaign, CampaignOrder
from campaigns.states import (
    ANSWERED,
    BEGUN,
    ORDER_TRANSITIONS,
    ORDERS_FOLLOW,
    CampaignState,
    OrderState,
)
from outreach import audit, clock
from outreach.database import BigId, Model, Moment, as_rows, db, find, rowset, transaction, words
from outreach.descents import Pairs
from outreach.errors import Missing, Refused
from outreach.i18n import N_, _
from outreach.organisations import Organisation

REASON_LENGTH: Final = 500
EARLIEST: Final = date(2000, 1, 1)
"""No order is older."""
STATE_WORDS: Final[dict[OrderState, str]] = {
    OrderState.PLANNED: N_("not yet its turn"),
    OrderState.OPEN: N_("waiting for the carrier"),
    OrderState.ACCEPTED: N_("accepted"),
    OrderState.RETURNED: N_("returned"),
    OrderState.STARTED: N_("being sent by the carrier"),
    OrderState.FINISHED: N_("sent by the carrier"),
    OrderState.WITHDRAWN: N_("withdrawn"),
}


class BroadcastOrder(Model):
    """One carrier's part of a campaign. `reason`: why it was returned, in the liaison's words; of a
    withdrawn one the state its campaign came to."""

    __tablename__ = "broadcast_orders"
    __table_args__ = (
        UniqueConstraint("campaign_id", "carrier_id"),
        Index(None, "carrier_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(BigId, ForeignKey("campaigns.id", ondelete="CASCADE"))
    carrier_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id"))
    state: Mapped[OrderState] = mapped_column(words(OrderState))
    changed_at: Mapped[datetime] = mapped_column(Moment)
    opened_at: Mapped[datetime | None] = mapped_column(Moment)
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    next_report_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")

    campaign: Mapped[Campaign] = relationship(lazy="joined", innerjoin=True)
    carrier: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    @property
    def organisation_id(self) -> int:
        """Whose campaign it is: with `carrier_ids` and `area_ids` what access is judged by."""
        return self.campaign.organisation_id

    @property
    def carrier_ids(self) -> list[int]:
        """Who sends it."""
        return [self.carrier_id]

    @property
    def area_ids(self) -> list[int]:
        """The areas of its campaign, as chosen."""
        return self.campaign.area_ids


def get(order_id: int) -> BroadcastOrder:
    """The order as it stands in the database now, or Refused naming the id."""
    order = find(BroadcastOrder, order_id, populate_existing=True)
    if order is None:
        raise Missing(_("There is no order %(id)s.", id=order_id), "id")
    return order


def require(order: BroadcastOrder, to: OrderState) -> None:
    """Raise Refused unless the table lets the order become `to`."""
    if to not in ORDER_TRANSITIONS[order.state]:
        raise Refused(
            _(
                "This order is “%(state)s”; that can no longer be done. Look at it again.",
                state=_(STATE_WORDS[order.state]),
            ),
            "state",
        )


def move(
    order: BroadcastOrder,
    to: OrderState,
    actor_id: int | None,
    *,
    act: str,
    detail: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Move an order from the state it was read in to `to`, storing `values` with it. Refused where
    the table does not allow it, or where somebody moved it meanwhile."""
    require(order, to)
    before = order.state
    with transaction() as session:
        result = session.execute(
            update_rows(BroadcastOrder)
            .where(BroadcastOrder.id == order.id, BroadcastOrder.state == before)
            .values(state=to, changed_at=clock.now(), **values)
            .execution_options(synchronize_session=False)
        )
        if result.rowcount != 1:  # type: ignore[attr-defined]
            raise Refused(
                _("Somebody has just changed this order. Look at it again before you decide."),
                "state",
            )
        told = {"from": before.value, "to": to.value} | (detail or {})
        audit.record(act, "order", order.id, told, actor_id)
        session.expire(order)


def follow(campaign_id: int, became: CampaignState, actor_id: int | None) -> None:
    """Move the orders of a campaign that has just become something; inside its transaction."""
    if became not in ORDERS_FOLLOW:
        return
    to, before = ORDERS_FOLLOW[became]
    if to is OrderState.PLANNED:
        _plan_new(campaign_id, actor_id)
    chosen = select(CampaignOrder.organisation_id).where(CampaignOrder.campaign_id == campaign_id)
    wanted = select(BroadcastOrder).where(
        BroadcastOrder.campaign_id == campaign_id, BroadcastOrder.state.in_(before)
    )
    if to is OrderState.PLANNED:
        wanted = wanted.where(BroadcastOrder.carrier_id.in_(chosen))
    # Locked: a liaison who answers at this moment comes before, or is told.
    locked = wanted.with_for_update(of=BroadcastOrder).execution_options(populate_existing=True)
    for order in db.session.scalars(locked.order_by(BroadcastOrder.id)).all():
        move(order, to, actor_id, act=f"order.{_ACTS[to]}", **_with_it(to, became))


_ACTS: Final = {
    OrderState.PLANNED: "plan",
    OrderState.OPEN: "open",
    OrderState.WITHDRAWN: "withdraw",
}


def _with_it(to: OrderState, became: CampaignState) -> dict[str, Any]:
    if to is OrderState.PLANNED:
        return {"reason": "", "opened_at": None, "accepted_at": None}
    return {"opened_at": clock.now()} if to is OrderState.OPEN else {"reason": became.value}


def _plan_new(campaign_id: int, actor_id: int | None) -> None:
    known = exists().where(
        BroadcastOrder.campaign_id == campaign_id,
        BroadcastOrder.carrier_id == CampaignOrder.organisation_id,
    )
    new = select(CampaignOrder.organisation_id).where(
        CampaignOrder.campaign_id == campaign_id, ~known
    )
    for carrier_id in db.session.scalars(new.order_by(CampaignOrder.organisation_id)).all():
        order = BroadcastOrder(
            campaign_id=campaign_id,
            carrier_id=carrier_id,
            state=OrderState.PLANNED,
            changed_at=clock.now(),
        )
        db.session.add(order)
        db.session.flush()
        audit.record("order.plan", "order", order.id, {"carrier": carrier_id}, actor_id)


def accept(order: BroadcastOrder, digest: str, actor_id: int) -> None:
    """The carrier will send exactly what `digest` names: what its liaison was shown."""
    require(order, OrderState.ACCEPTED)
    with transaction():
        _refuse_unread(order, digest)
        move(
            order,
            OrderState.ACCEPTED,
            actor_id,
            act="order.accept",
            detail={"digest": digest},
            accepted_at=clock.now(),
        )


def give_back(order: BroadcastOrder, reason: str, actor_id: int) -> None:
    """The carrier will not send it, and says why. Refused without a reason."""
    require(order, OrderState.RETURNED)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why you return it: the office has to know what to change."), "reason")
    if len(reason) > REASON_LENGTH:
        raise Refused(_("The reason has at most %(most)s letters.", most=REASON_LENGTH), "reason")
    move(
        order,
        OrderState.RETURNED,
        actor_id,
        act="order.return",
        detail={"reason": reason},
        reason=reason,
    )


def start(
    order: BroadcastOrder,
    digest: str,
    actor_id: int,
    at: datetime | None = None,
    next_report_at: datetime | None = None,
) -> None:
    """The carrier began to send, now or at `at`, and reports next at `next_report_at`. Refused
    outside the window, before the campaign began, while it is paused or everything is stopped, and
    for a text that is not as approved."""
    require(order, OrderState.STARTED)
    began = at or clock.now()
    _refuse_moment(order.campaign, began)
    with transaction():
        _refuse_unread(order, digest)
        move(
            order,
            OrderState.STARTED,
            actor_id,
            act="order.start",
            detail={"digest": digest, "at": began},
            started_at=began,
            next_report_at=next_report_at,
        )


def _refuse_moment(campaign: Campaign, began: datetime) -> None:
    if began > clock.now():
        raise Refused(_("That moment has not come yet."), "at")
    if campaign.state not in {CampaignState.SENDING, CampaignState.COMPLETED}:
        raise Refused(
            _("The campaign is not being sent now; wait until it is, or ask the office."), "state"
        )
    if campaign.expanded_at is None:
        raise Refused(_("The campaign is still being prepared; try again in a minute."), "state")
    if stops.in_force():
        raise Refused(_("Everything is stopped by the emergency stop."), "state")
    before = campaign.started_at is None or began < campaign.started_at
    if before or campaign.window.closes_at(began) is None:
        raise Refused(
            _(
                "It may be sent from %(first)s to %(last)s, daily %(hours)s, and not before the "
                "campaign began. Say when the carrier began.",
                first=clock.iso(max(campaign.not_before, campaign.started_at or began)),
                last=clock.iso(campaign.not_after),
                hours=campaign.hours,
            ),
            "at",
        )


def _refuse_unread(order: BroadcastOrder, digest: str) -> None:
    sealed = standing.sealed_as_approved(db.session.connection(), order.campaign_id)
    if sealed is None:
        raise Refused(
            _("What this order would send is not what was approved. Ask the office."), "digest"
        )
    if sealed.digest != digest:
        raise Refused(
            _("This order was changed after you opened it. Read it again before you decide."),
            "digest",
        )


def finish(order: BroadcastOrder, actor_id: int) -> None:
    """The carrier has sent it all; its counts may still be corrected."""
    now = clock.now()
    move(order, OrderState.FINISHED, actor_id, act="order.finish", finished_at=now)


def ended_at(
    state: OrderState, changed_at: datetime, finished_at: datetime | None, not_after: datetime
) -> datetime | None:
    """When an order that has begun was over: when the carrier said so, or it was withdrawn; a word
    that came after the campaign's time (`not_after`) is about what left by then. None where nobody
    said so."""
    ended = changed_at if state is OrderState.WITHDRAWN else finished_at
    return None if ended is None else min(ended, not_after)


def any_awaited(campaign_id: int) -> bool:
    """Whether a carrier still has its part of the campaign to send, or to answer for."""
    return _any(campaign_id, frozenset(OrderState) - ANSWERED)


def any_begun(campaign_id: int) -> bool:
    """Whether a carrier accepted its part, and so may have sent of it."""
    return _any(campaign_id, BEGUN)


def _any(campaign_id: int, states: Collection[OrderState]) -> bool:
    wanted = select(BroadcastOrder.id).where(
        BroadcastOrder.campaign_id == campaign_id, BroadcastOrder.state.in_(states)
    )
    return db.session.scalar(wanted.limit(1)) is not None


def waiting_for(carrier_id: int | None) -> int:
    """How many orders wait for a carrier's answer."""
    wanted = select(func.count(BroadcastOrder.id)).where(
        BroadcastOrder.carrier_id == carrier_id, BroadcastOrder.state == OrderState.OPEN
    )
    return db.session.scalar(wanted) or 0


@dataclass(frozen=True, slots=True)
class Reported:
    """What carriers reported of an area: messages, those that arrived and đồng where they know
    them; the first day of an order that counts. Of the messages `unreceipted` were reported without
    saying how many arrived, `uncosted` without saying what they cost; `lasting` are those of orders
    that were not over, as far as anybody said, when the days asked about ended."""

    sent: int
    delivered: int | None
    cost: int | None
    first_day: date
    unreceipted: int
    uncosted: int
    lasting: int


# As `ended_at` says it: the end that somebody told, and the window's at the latest.
_LASTING: Final = (
    "w.not_after >= :end AND (CASE WHEN o.state = 'withdrawn' THEN o.changed_at >= :end"
    " ELSE o.finished_at IS NULL OR o.finished_at >= :end END)"
)


def reported_by_area(app_id: int, pairs: Pairs, start: date, end: date) -> dict[int, Reported]:
    """What carriers reported about an app by area id, an area with all below it (as pairs, of
    `descents`), of the orders that started from `start` to `end` (both within); an area
    without a report is absent. One query."""
    dialect = db.session.connection().dialect.name
    line = rowset(dialect, [("start", "integer"), ("id", "integer")], "pairs")
    rows = db.session.execute(
        text(
            "SELECT line.start AS area_id, SUM(c.sent) AS sent, SUM(c.delivered) AS delivered,"
            " SUM(c.cost) AS cost, MIN(o.started_at) AS first_at,"
            " SUM(CASE WHEN c.delivered IS NULL THEN c.sent ELSE 0 END) AS unreceipted,"
            " SUM(CASE WHEN c.cost IS NULL THEN c.sent ELSE 0 END) AS uncosted,"
            f" SUM(CASE WHEN {_LASTING} THEN c.sent ELSE 0 END) AS lasting"
            f" FROM {line} line JOIN order_counts c ON c.area_id = line.id"
            " JOIN broadcast_orders o ON o.id = c.order_id"
            " JOIN campaigns w ON w.id = o.campaign_id"
            " JOIN campaign_apps p ON p.campaign_id = o.campaign_id AND p.app_id = :app"
            " WHERE o.started_at >= :start AND o.started_at < :end AND NOT EXISTS ("
            "  SELECT 1 FROM order_counts n WHERE n.order_id = c.order_id"
            "  AND n.area_id = c.area_id AND n.edition > c.edition)"
            " GROUP BY line.start"
        ),
        {
            "pairs": as_rows(pairs),
            "app": app_id,
            "start": clock.to_microseconds(_midnight(max(start, EARLIEST))),
            "end": clock.to_microseconds(_midnight(end + timedelta(days=1))),
        },
    )
    return {
        row.area_id: Reported(
            int(row.sent),
            None if row.delivered is None else int(row.delivered),
            None if row.cost is None else int(row.cost),
            clock.local(clock.from_microseconds(int(row.first_at))).date(),
            int(row.unreceipted),
            int(row.uncosted),
            int(row.lasting),
        )
        for row in rows
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), clock.VIETNAM)
