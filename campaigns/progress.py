"""How a campaign stands: the figures of its page, its list row and `campaigns show`.

Read from the counts, the plan and a few newest rows; never from all messages. Each figure says the
carrier's strongest claim: accepted is not delivered.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from campaigns import marks, order_counts, order_parts, places, route_status, standbys
from campaigns.campaigns import Campaign, Suppression
from campaigns.counts import CountRow
from campaigns.order_counts import Known
from campaigns.routes import Route
from campaigns.states import ENDED, LEFT_SYSTEM, UNDECIDED, CampaignState, MessageState
from outreach import clock
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db

WAITING = (MessageState.QUEUED, MessageState.SENDING)
# The carrier took these segments, so it bills them, whatever became of them.
BILLED = (
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
    MessageState.CARRIER_EXPIRED,
)
mark_of = marks.mark_of
RATE_OVER = timedelta(seconds=30)
SERIES_OVER = timedelta(seconds=120)
SERIES_STEP = 5


@dataclass
class Part:
    """One line of the page: an area's or a route's recipients, by state."""

    recipients: int = 0
    segments: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MessageState, 0))

    def add(self, state: MessageState, messages: int, segments: int) -> None:
        """Count messages in a state."""
        self.recipients += messages
        self.segments += segments
        self.counts[state.value] += messages

    @property
    def left(self) -> int:
        """Messages still to go."""
        return sum(self.counts[state] for state in WAITING)

    @property
    def left_system(self) -> int:
        """Messages the carrier may have."""
        return sum(self.counts[state] for state in LEFT_SYSTEM)

    @property
    def share(self) -> float:
        """Share that has left the system, 0 to 1."""
        return self.left_system / self.recipients if self.recipients else 0.0


@dataclass
class RoutePart(Part):
    """A route's line: with its price, what was billed, its speed and what its carrier reports."""

    id: int = 0
    name: str = ""
    mark: str = "other"
    price: int = 0
    billed: int = 0
    forecast: bool = True
    waiting_segments: int = 0
    rate_per_minute: int = 0
    seconds_left: int | None = None
    rate: float = 0.0
    alert: dict[str, Any] | None = None
    status: route_status.Status | None = None

    @property
    def seconds_planned(self) -> int:
        """How long everything on this route takes at the contract's rate."""
        return math.ceil(self.segments / self.rate) if self.rate else 0

    @property
    def estimate(self) -> int:
        """Đồng for everything on this route, at the contract's price."""
        return self.segments * self.price

    @property
    def cost(self) -> int:
        """Đồng: what the carrier took; the whole plan while nothing was sent and it still may."""
        return (self.billed or (self.segments if self.forecast else 0)) * self.price

    @property
    def rate_now(self) -> float:
        """Segments a second, over the last half minute."""
        each = self.segments / self.recipients if self.recipients else 0.0
        return round(self.rate_per_minute / 60 * each, 2)


@dataclass
class AreaPart(Part):
    """An area's line; `reported` by carriers that got an order, None where none said anything."""

    id: int = 0
    code: str = ""
    name: str = ""
    short_name: str = ""
    level: Level = Level.COMMUNE
    by_route: dict[int, int] = field(default_factory=dict)
    reported: Known | None = None


@dataclass
class Progress:
    """A campaign's figures at one moment."""

    campaign: Campaign
    total: Part
    by_area: list[AreaPart]
    by_route: list[RoutePart]
    suppressed: dict[str, int]
    rate_series: list[int]
    updated_at: datetime
    orders: list[order_parts.Part] = field(default_factory=list)
    handed: list[standbys.Handed] = field(default_factory=list)

    @property
    def recipients(self) -> int:
        """Messages, or before the start the people who will get one."""
        return self.total.recipients

    @property
    def reported_sent(self) -> int:
        """Messages that carriers say they sent by an order; outside `recipients`."""
        return sum(part.total.sent for part in self.orders)

    @property
    def reported_delivered(self) -> int | None:
        """Those of them that arrived; None where no carrier knows."""
        known = [p.total.delivered for p in self.orders if p.total.delivered is not None]
        return sum(known) if known else None

    @property
    def reported_untold(self) -> int:
        """Of how many of them no carrier said how many arrived."""
        return sum(part.total.unreceipted for part in self.orders)

    @property
    def cost(self) -> int:
        """Đồng."""
        return sum(route.cost for route in self.by_route)

    @property
    def estimate(self) -> int:
        """Đồng for everything that was to be sent, at the contracts' prices."""
        return sum(route.estimate for route in self.by_route)

    @property
    def seconds_planned(self) -> int:
        """The slowest route's time at the contracts' rates, for everything that was to be sent."""
        return max((route.seconds_planned for route in self.by_route), default=0)

    @property
    def rate_per_minute(self) -> int:
        """Messages a minute, over the last half minute."""
        return sum(route.rate_per_minute for route in self.by_route)

    @property
    def seconds_left(self) -> int | None:
        """The slowest route's time left; None where nobody can say."""
        known = [r.seconds_left for r in self.by_route if r.left and r.seconds_left is not None]
        return max(known) if known else None

    @property
    def finish_at(self) -> datetime | None:
        """When it will be done at this pace."""
        left = self.seconds_left
        return None if left is None else self.updated_at + timedelta(seconds=left)


def of(campaign: Campaign, within: int | None = None) -> Progress:
    """The figures of one campaign, now. Its lines by place are those of all its areas, or of those
    `within` one; see `places`."""
    now = clock.now()
    rows = places.of_campaign(campaign.id)
    forecast = campaign.state not in ENDED
    routes = {i: _route_part(r, forecast) for i, r in campaign.carried_by.items()}
    by_area: dict[int, AreaPart] = defaultdict(AreaPart)
    total = Part()
    for row in rows:
        total.add(row.state, row.messages, row.segments)
        _add_to_route(routes[row.route_id], row)
    for row in rows if within is None else places.of_campaign(campaign.id, within):
        area = by_area[row.area_id]
        area.add(row.state, row.messages, row.segments)
        area.by_route[row.route_id] = area.by_route.get(row.route_id, 0) + row.messages
    orders = order_parts.parts(campaign)
    if any(part.total.areas for part in orders):
        _add_reported(by_area, campaign.id, within)
    _name_areas(by_area)
    claimed = _claimed_lately(campaign.id, now) if campaign.state is CampaignState.SENDING else []
    _judge_routes(routes, claimed, campaign, now)
    return Progress(
        campaign,
        total,
        sorted(by_area.values(), key=lambda a: a.code),
        [r for r in routes.values() if r.recipients or r.id in campaign.route_ids],
        _suppressed(campaign.id),
        _series(claimed, now),
        now,
        orders,
        standbys.handed(campaign),
    )


def _add_reported(by_area: dict[int, AreaPart], campaign_id: int, within: int | None) -> None:
    """What carriers reported, at the places that are shown, or at the areas they named."""
    reported = order_counts.by_area(campaign_id)
    shown = places.above(set(reported), set(by_area), whole=within is None)
    for area_id, place in shown.items():
        known, before = reported[area_id], by_area[place].reported
        by_area[place].reported = known if before is None else before.plus(known)


def _route_part(route: Route, forecast: bool) -> RoutePart:
    return RoutePart(
        id=route.id,
        name=route.name,
        mark=mark_of(route.networks),
        price=route.price,
        rate=route.rate,
        forecast=forecast,
    )


def _add_to_route(route: RoutePart, row: CountRow) -> None:
    route.add(row.state, row.messages, row.segments)
    if row.state in BILLED:
        route.billed += row.segments
    if row.state in WAITING:
        route.waiting_segments += row.segments


def _name_areas(by_area: dict[int, AreaPart]) -> None:
    for area in db.session.scalars(select(Area).where(Area.id.in_(by_area))):
        part = by_area[area.id]
        part.id, part.code, part.name = area.id, area.code, area.name
        part.short_name = area.short_name
        part.level = area.level


def _suppressed(campaign_id: int) -> dict[str, int]:
    rows = select(Suppression).where(Suppression.campaign_id == campaign_id)
    return {s.reason: s.people for s in db.session.scalars(rows.order_by(Suppression.reason))}


def _claimed_lately(campaign_id: int, now: datetime) -> list[tuple[int, datetime, int]]:
    """(route, when, messages) of the claims of the last two minutes: what went to the wire."""
    rows = db.session.execute(
        text(
            "SELECT route_id, claimed_at, size FROM claims WHERE campaign_id = :id"
            " AND claimed_at >= :since ORDER BY claimed_at"
        ),
        {"id": campaign_id, "since": clock.to_microseconds(now - SERIES_OVER)},
    )
    return [(row[0], clock.from_microseconds(row[1]), row[2]) for row in rows]


def _judge_routes(
    routes: dict[int, RoutePart],
    claimed: list[tuple[int, datetime, int]],
    campaign: Campaign,
    now: datetime,
) -> None:
    running = campaign.started_at is not None and campaign.completed_at is None
    statuses = route_status.of_routes(list(routes)) if running else {}
    over = _seconds_measured(campaign, now)
    for route in routes.values():
        lately = sum(n for r, at, n in claimed if r == route.id and at >= now - RATE_OVER)
        route.rate_per_minute = round(lately * 60 / over)
        route.status = statuses.get(route.id)
        if campaign.state is CampaignState.SENDING:
            route.seconds_left = _seconds_left(route)
        elif campaign.state is CampaignState.PAUSED:  # once it goes on, at the contract's rate
            route.seconds_left = round(route.waiting_segments / route.rate) if route.rate else None
        route.alert = _alert(route.status) if route.left else None


def _seconds_measured(campaign: Campaign, now: datetime) -> float:
    begun = campaign.started_at or now
    return max(1.0, min(RATE_OVER.total_seconds(), (now - begun).total_seconds()))


def _seconds_left(route: RoutePart) -> int | None:
    """By the rate allowed now, in segments; by the pace held where that is unknown."""
    if route.left == 0:
        return 0
    if route.status is not None and route.status.rate_limit > 0:
        return max(1, round(route.waiting_segments / route.status.rate_limit))
    if route.rate_per_minute:
        return max(1, round(route.left * 60 / route.rate_per_minute))
    return None


_ALERTS = {"throttled": "throttled", "down": "down", "refused": "auth", "connecting": "down"}


def _alert(status: route_status.Status | None) -> dict[str, Any] | None:
    kind = _ALERTS.get(status.state) if status is not None else None
    if status is None or kind is None:
        return None
    return {"kind": kind, "since": status.since, "detail": status.detail}


def _series(claimed: list[tuple[int, datetime, int]], now: datetime) -> list[int]:
    buckets = [0] * (int(SERIES_OVER.total_seconds()) // SERIES_STEP)
    for _route, at, messages in claimed:
        age = int((now - at).total_seconds()) // SERIES_STEP
        if 0 <= age < len(buckets):
            buckets[-1 - age] += messages
    first = next((i for i, n in enumerate(buckets) if n), len(buckets))
    return buckets[first:]


def as_object(campaign: Campaign) -> dict[str, Any]:
    """`campaigns show`: `recipients` is the sum of `counts`; `suppressed` stands outside both."""
    p = of(campaign)
    begun = campaign.started_at is not None
    approval = approved_by(campaign)
    return {
        "id": campaign.id,
        "name": campaign.name,
        "state": campaign.state.value,
        "recipients": p.recipients,
        "suppressed": p.suppressed,
        "counts": _shown(p.total, begun),
        "segments": p.total.segments,
        "cost": p.cost,
        "by_area": [
            {"code": a.code, "name": a.name, "recipients": a.recipients, "counts": _shown(a, begun)}
            for a in p.by_area
            if a.recipients
        ],
        "by_route": [
            {
                "id": r.id,
                "name": r.name,
                "recipients": r.recipients,
                "counts": _shown(r, begun),
                "segments": r.segments,
                "cost": r.cost,
                "rate_now": r.rate_now,
            }
            for r in p.by_route
        ],
        "approved_by": approval and approval["email"],
        "digest": campaign.digest,
        "started_at": clock.iso(campaign.started_at),
        "completed_at": clock.iso(campaign.completed_at),
        "settled_at": clock.iso(campaign.settled_at),
        "orders": order_parts.as_objects(p.orders),
        "lottery": campaign.lottery_id,
        "wave": campaign.lottery_wave,
    }


def _shown(part: Part, begun: bool) -> dict[str, int]:
    # Before the start the plan stands as queued, so that recipients is always the sum of counts.
    return {str(state): n for state, n in part.counts.items() if n or begun}


def approved_by(campaign: Campaign) -> dict[str, Any] | None:
    """Who approved it as it is now, with the moment; None where nobody has, or it was changed."""
    row = db.session.execute(
        text(
            "SELECT u.email, u.name, a.at FROM approvals a JOIN users u ON u.id = a.person_id"
            " WHERE a.campaign_id = :id AND a.decision = 'approved' AND a.digest = :digest"
            " ORDER BY a.id DESC LIMIT 1"
        ),
        {"id": campaign.id, "digest": campaign.digest},
    ).first()
    if row is None or campaign.state in UNDECIDED:
        return None
    return {
        "email": row.email,
        "name": row.name or row.email,
        "at": clock.from_microseconds(row.at),
    }
