"""What goes out when: the campaigns of a month or of some days, on their days with their hours.

A campaign that is approved and has no start yet stands on every day it may start on; one with a
start on the days it will take at its routes' rates; one that began on the days it really took.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from campaigns.campaigns import Campaign, PlannedCount, RouteChoice
from campaigns.hours import Window
from campaigns.states import CampaignState
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
    """One campaign on the calendar, from `start` to `end`; `open` where it only may start then."""

    id: int
    name: str
    state: str
    organisation_name: str
    people: int
    areas: list[str]
    more_areas: int
    start: datetime
    end: datetime
    window: Window
    open: bool

    def days(self, first: date, last: date) -> list[date]:
        """Its days among these."""
        begin = max(first, clock.local(self.start).date())
        end = min(last, clock.local(self.end).date())
        return [begin + timedelta(days=i) for i in range((end - begin).days + 1)]

    @property
    def running(self) -> bool:
        """Whether nobody knows yet when it ends."""
        return self.state in {C.SENDING, C.PAUSED}

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
    entries = [_entry(campaign, lengths.get(campaign.id, timedelta(0))) for campaign in seen]
    shown = [entry for entry in entries if entry.start < end and entry.end >= begin]
    return sorted(shown, key=lambda entry: (entry.open, entry.start, entry.id))


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
    named = [area.short_name for area in campaign.areas]
    return Entry(
        campaign.id,
        campaign.name,
        campaign.state.value,
        campaign.organisation.name,
        campaign.recipients_counted or 0,
        named[:AREAS_NAMED],
        max(0, len(named) - AREAS_NAMED),
        start,
        end,
        campaign.window,
        campaign.state is C.APPROVED,
    )


def _period(campaign: Campaign, length: timedelta) -> tuple[datetime, datetime]:
    now = clock.now()
    if campaign.state is C.APPROVED or campaign.start_at is None:
        return max(campaign.not_before, min(now, campaign.not_after)), campaign.not_after
    if campaign.state is C.SCHEDULED:
        return campaign.start_at, _finish(campaign.window, campaign.start_at, length)
    start = campaign.started_at or campaign.start_at
    return start, max(start, campaign.completed_at or now)


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
