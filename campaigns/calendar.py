"""What goes out when: the campaigns of a month or of some days, on their days with their hours.

A campaign that is approved and has no start yet stands on every day it may start on; one with a
start on the days it will take at its routes' rates; one that began on the days it really took. A
carrier's part that it sends itself (`campaigns.orders`) is an entry of its own, by what the carrier
said: accepted, it may go out on every day left; begun, it stands from then to when all was sent.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from campaigns import orders
from campaigns.campaigns import Campaign, PlannedCount, RouteChoice
from campaigns.hours import Window
from campaigns.order_parts import mark
from campaigns.orders import BroadcastOrder
from campaigns.states import APPROVED_STATES, CampaignState, OrderState
from outreach import access, clock
from outreach.access import Act
from outreach.accounts import User
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _

C = CampaignState
AREAS_NAMED: Final = 3
BEGUN: Final = (C.SENDING, C.PAUSED, C.COMPLETED, C.CANCELLED, C.EXPIRED)
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True)
class Entry:
    """One campaign on the calendar, from `start` to `end`; `open` where it only may start then,
    `running` where nobody knows yet when it ends. Of a carrier's part that it sends itself also the
    order, with its state, and the carrier; `people` is None where none of ours are sent to."""

    id: int
    name: str
    state: str
    organisation_name: str
    people: int | None
    areas: list[str]
    more_areas: int
    start: datetime
    end: datetime
    window: Window
    open: bool
    running: bool
    order_id: int | None = None
    carrier: str = ""
    mark: str = ""

    def days(self, first: date, last: date) -> list[date]:
        """Its days among these."""
        begin = max(first, clock.local(self.start).date())
        end = min(last, clock.local(self.end).date())
        return [begin + timedelta(days=i) for i in range((end - begin).days + 1)]

    def hours_on(self, day: date) -> tuple[str, str]:
        """From when to when it goes out, or may, on one of its days: `15:00`, `24:00`; "" where
        the end is not known."""
        begin, end = self._moments_on(day)
        face = f"{clock.local(end):%H:%M}"
        if self.running and clock.local(self.end).date() == day:
            face = ""
        return f"{clock.local(begin):%H:%M}", "24:00" if face == "00:00" else face

    def _moments_on(self, day: date) -> tuple[datetime, datetime]:
        midnight = datetime.combine(day, time(0), clock.VIETNAM)
        opens = midnight + timedelta(minutes=self.window.hours.start)
        closes = midnight + timedelta(minutes=self.window.hours.end)
        begin, end = max(opens, self.start), min(closes, self.end)
        # What really went out is told as it was, whatever the hours say.
        return (begin, end) if begin <= end else (self.start, self.end)


@dataclass
class Day:
    """A day of the grid."""

    day: date
    in_month: bool
    today: bool
    entries: list[Entry] = field(default_factory=list)


@dataclass
class Month:
    """A month in weeks from Monday to Sunday; `entries` are all its campaigns."""

    first: date
    weeks: list[list[Day]]
    entries: list[Entry]

    @property
    def days(self) -> list[Day]:
        """The days of the month itself on which something goes out."""
        return [d for week in self.weeks for d in week if d.in_month and d.entries]

    @property
    def before(self) -> str:
        """The month before, as an address names it."""
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        """The month after."""
        return f"{self.first + timedelta(days=31):%Y-%m}"


def first_of(written: str | None) -> date:
    """The first day of a month as an address writes it (`2020-08`), of this month where it names
    none. Raises Refused for anything else."""
    if not written:
        return clock.local(clock.now()).date().replace(day=1)
    found = _MONTH.fullmatch(written)
    try:
        first = date(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        first = None
    if first is None or not 2000 <= first.year < 2200:
        raise Refused(_("“%(text)s” is no month; write it like 2020-08.", text=written), "month")
    return first


def month(person: User, first: date) -> Month:
    """What this reader may see of a month."""
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    today = clock.local(clock.now()).date()
    grid = [[Day(day, day.month == first.month, day == today) for day in week] for week in weeks]
    by_day = {day.day: day for week in grid for day in week}
    entries = during(person, weeks[0][0], weeks[-1][-1])
    for entry in entries:
        for day in entry.days(weeks[0][0], weeks[-1][-1]):
            by_day[day].entries.append(entry)
    return Month(first, grid, entries)


def during(person: User, first: date, last: date, without: int | None = None) -> list[Entry]:
    """The campaigns this reader may see that go out, or may, on these days, by their start."""
    begin = datetime.combine(first, time(0), clock.VIETNAM)
    end = datetime.combine(last, time(0), clock.VIETNAM) + timedelta(days=1)
    found = [c for c in _overlapping(begin, end) if c.id != without]
    seen = access.among(person, Act.CAMPAIGN_VIEW, found)
    lengths = _lengths([c for c in seen if c.state is C.SCHEDULED])
    carried = _orders([c.id for c in found])
    told = Counter(order.campaign_id for order in carried)
    entries = [
        _entry(campaign, lengths.get(campaign.id, timedelta(0)))
        for campaign in seen
        if not _only_orders(campaign) or told[campaign.id] < len(campaign.order_carriers)
    ]
    entries += [_entry_of(order) for order in access.among(person, Act.ORDER_VIEW, carried)]
    shown = [entry for entry in entries if entry.start < end and entry.end >= begin]
    return sorted(shown, key=lambda entry: (entry.open, entry.start, entry.id))


def _only_orders(campaign: Campaign) -> bool:
    """Whether nothing of it leaves from here; it stands there by its orders, once all are told."""
    return bool(campaign.order_carriers) and not campaign.route_choices


def _orders(campaign_ids: Sequence[int]) -> Sequence[BroadcastOrder]:
    """Of these campaigns what a carrier will send, sends or has sent from its own system."""
    ready = and_(
        BroadcastOrder.state == OrderState.ACCEPTED, Campaign.state.in_(sorted(APPROVED_STATES))
    )
    wanted = (
        select(BroadcastOrder)
        .join(Campaign, Campaign.id == BroadcastOrder.campaign_id)
        .where(BroadcastOrder.campaign_id.in_(campaign_ids))
        .where(or_(ready, BroadcastOrder.started_at.is_not(None)))
    )
    return db.session.scalars(wanted.order_by(BroadcastOrder.id)).all() if campaign_ids else []


def _overlapping(begin: datetime, end: datetime) -> Sequence[Campaign]:
    window = and_(Campaign.not_before < end, Campaign.not_after >= begin)
    wanted = or_(
        Campaign.state.in_((C.APPROVED, C.SCHEDULED)),
        and_(Campaign.state.in_(BEGUN), Campaign.started_at.is_not(None)),
    )
    statement = select(Campaign).where(window, wanted).order_by(Campaign.id)
    return db.session.scalars(
        statement.options(
            selectinload(Campaign.areas),
            selectinload(Campaign.order_carriers),
            joinedload(Campaign.organisation),
            selectinload(Campaign.route_choices).joinedload(RouteChoice.route),
        )
    ).all()


def _lengths(campaigns: Sequence[Campaign]) -> dict[int, timedelta]:
    """How long each will take: its slowest route's segments at that route's rate."""
    rates = {choice.route_id: choice.route.rate for c in campaigns for choice in c.route_choices}
    planned = (
        select(PlannedCount.campaign_id, PlannedCount.route_id, func.sum(PlannedCount.segments))
        .where(PlannedCount.campaign_id.in_([c.id for c in campaigns]))
        .group_by(PlannedCount.campaign_id, PlannedCount.route_id)
    )
    longest: dict[int, timedelta] = {}
    for campaign_id, route_id, segments in db.session.execute(planned) if campaigns else ():
        taken = timedelta(seconds=int(segments) / rates[route_id]) if route_id in rates else None
        if taken is not None:
            longest[campaign_id] = max(longest.get(campaign_id, taken), taken)
    return longest


def _entry(campaign: Campaign, length: timedelta) -> Entry:
    start, end = _period(campaign, length)
    areas, more = _named(campaign)
    return Entry(
        id=campaign.id,
        name=campaign.name,
        state=campaign.state.value,
        organisation_name=campaign.organisation.name,
        people=None if _only_orders(campaign) else campaign.recipients_counted or 0,
        areas=areas,
        more_areas=more,
        start=start,
        end=end,
        window=campaign.window,
        open=campaign.state is C.APPROVED,
        running=campaign.state in {C.SENDING, C.PAUSED},
    )


def _entry_of(order: BroadcastOrder) -> Entry:
    campaign = order.campaign
    areas, more = _named(campaign)
    start, end = _period_of(order)
    return Entry(
        id=campaign.id,
        name=campaign.name,
        state=order.state.value,
        organisation_name=campaign.organisation.name,
        people=None,
        areas=areas,
        more_areas=more,
        start=start,
        end=end,
        window=campaign.window,
        open=order.started_at is None,
        running=order.state is OrderState.STARTED and clock.now() < campaign.not_after,
        order_id=order.id,
        carrier=order.carrier.name,
        mark=mark(order.carrier),
    )


def _named(campaign: Campaign) -> tuple[list[str], int]:
    """The first areas by name, and how many more there are."""
    named = [area.short_name for area in campaign.areas]
    return named[:AREAS_NAMED], max(0, len(named) - AREAS_NAMED)


def _period(campaign: Campaign, length: timedelta) -> tuple[datetime, datetime]:
    now = clock.now()
    if campaign.state is C.APPROVED or campaign.start_at is None:
        return max(campaign.not_before, min(now, campaign.not_after)), campaign.not_after
    if campaign.state is C.SCHEDULED:
        return campaign.start_at, _finish(campaign.window, campaign.start_at, length)
    start = campaign.started_at or campaign.start_at
    return start, max(start, campaign.completed_at or now)


def _period_of(order: BroadcastOrder) -> tuple[datetime, datetime]:
    """As the carrier said; never after the window, in which alone it may send."""
    campaign = order.campaign
    if order.started_at is None:
        first = campaign.started_at or campaign.start_at or campaign.not_before
        return max(first, min(clock.now(), campaign.not_after)), campaign.not_after
    ended = orders.ended_at(
        order.state, order.changed_at, order.finished_at, campaign.not_after
    ) or min(clock.now(), campaign.not_after)
    return order.started_at, max(order.started_at, ended)


def _finish(window: Window, start: datetime, length: timedelta) -> datetime:
    """When so much sending time has passed within the hours; the window's end where it is not
    enough."""
    moment: datetime | None = start
    while moment is not None and (closes := window.closes_at(moment)) is not None:
        if moment + length <= closes:
            return moment + length
        length -= closes - moment
        moment = window.next_opening(closes)
    return max(start, window.not_after)
