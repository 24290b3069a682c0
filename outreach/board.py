"""The board of a day: who has reported, who is late and by how long, and who never does.

A row is an area right below the one that asks, or a school in it. What it reports is its communes'
figures, or its own where none lies below it. A mark a working day says how that was met: all on
time, some late or missing, none; the days counted are reports, so a district of ten communes has
ten a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, func, select, type_coerce

from outreach import area_changes, areas, clock, due, rates, schools
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, one_of
from outreach.rates import Punctuality
from outreach.uptake import UptakeReport

DAYS: Final = 14
_R: Final = UptakeReport
_URGENCY: Final = (
    Punctuality.MISSING,
    Punctuality.WAITING,
    Punctuality.LATE,
    Punctuality.UNKNOWN,
    Punctuality.ON_TIME,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A reporter. `days` are the working days of the board, the last is nearest: how many reports
    of each were on time, late, missing. `now` is the same of the board's day, `sent_at` when the
    last one of it came, `delay` how late the latest of it is."""

    area: Area
    parts: int
    days: Sequence[Counter[Punctuality]]
    now: Counter[Punctuality]
    sent_at: datetime | None
    delay: timedelta | None

    @property
    def sums(self) -> Counter[Punctuality]:
        """Of all the days together."""
        return _added(self.days)

    @property
    def never(self) -> bool:
        """Whether nothing was reported on any of the days, and something was due."""
        sums = self.sums
        return sums[Punctuality.MISSING] > 0 and not _sent(sums)

    @property
    def state(self) -> Punctuality:
        """How the day stands: the worst of its reports."""
        return next((kind for kind in _URGENCY if self.now[kind]), Punctuality.ON_TIME)

    @property
    def marks(self) -> list[str]:
        """A word a day: "full", "some", "none", "open" where it is not over, "" where it is not
        known when the figures came."""
        return [_mark(day) for day in self.days]


@dataclass(frozen=True, slots=True)
class Board:
    """Those who report to an area, whom one has to call first. `working`: whether figures are due
    on the day; `dates` are those of the rows' days."""

    area: Area
    day: date
    working: bool
    dates: Sequence[date]
    rows: Sequence[Row]

    @property
    def now(self) -> Counter[Punctuality]:
        """The day's reports of all of them."""
        return _added(row.now for row in self.rows)

    @property
    def parts(self) -> int:
        """How many figures a day there should be."""
        return sum(row.parts for row in self.rows)

    @property
    def sent(self) -> int:
        """How many of the day there are."""
        return _sent(self.now)

    @property
    def never(self) -> list[Row]:
        """Who has reported on none of the days."""
        return [row for row in self.rows if row.never]


class _Sent(NamedTuple):
    """The first figure of an area and day."""

    late: bool | None
    microseconds: int

    @property
    def at(self) -> datetime:
        """When it came: asked of the board's day alone, so not made of every figure."""
        return clock.from_microseconds(self.microseconds)


def _added(counts: Iterable[Counter[Punctuality]]) -> Counter[Punctuality]:
    total: Counter[Punctuality] = Counter()
    for each in counts:
        total.update(each)
    return total


def _sent(counts: Counter[Punctuality]) -> int:
    return counts.total() - counts[Punctuality.MISSING] - counts[Punctuality.WAITING]


def _mark(day: Counter[Punctuality]) -> str:
    if not day:
        return ""
    if day[Punctuality.WAITING]:
        return "open"
    good, bad = day[Punctuality.ON_TIME], day[Punctuality.LATE] + day[Punctuality.MISSING]
    if not bad:
        return "full" if good else ""
    return "none" if not _sent(day) else "some"


def of(app_id: int, area: Area, day: date) -> Board:
    """The board of an area on a day. Six statements, however many report."""
    rows = _rows(area, day) or [area]
    wide = [each.id for each in rows if each.level not in rates.REPORTING]
    communes = areas.communes_below(wide) if wide else {}
    parts = {each.id: communes.get(each.id, [each.id]) for each in rows}
    every = [part for ids in parts.values() for part in ids]
    last = day if due.is_working(day) else day - timedelta(days=1)
    dates = due.working_days(last, DAYS)
    there = _reports(app_id, every, {day, *dates})
    dates = _since_begun(app_id, every, dates, there)
    since = area_changes.begun(set(every))
    since |= {each.id: each.begun_on for each in rows if each.begun_on}
    made = [_row(each, parts[each.id], dates, day, there, since) for each in rows]
    return Board(area, day, due.is_working(day), dates, sorted(made, key=_urgency))


def _rows(area: Area, day: date) -> list[Area]:
    """Those that report to an area: what lies right below it, and the schools there were then."""
    if area.level in rates.REPORTING:
        return []
    return [*areas.children(area.id), *schools.asked_on(area.id, day)]


def _urgency(row: Row) -> tuple[bool, int, int]:
    return not row.never, _URGENCY.index(row.state), row.area.position


def _reports(
    app_id: int, area_ids: Collection[int], days: Collection[date]
) -> dict[tuple[int, date], _Sent]:
    """The first edition of each area and day: a correction does not make a figure late."""
    # The table's columns and not the model's: no loader's work for each of thousands of rows.
    r = _R.__table__.c
    first = select(r.area_id, r.day, r.late, type_coerce(r.reported_at, BigInteger)).where(
        r.app_id == app_id, one_of(r.area_id, area_ids), r.day.in_(days), r.edition == 1
    )
    rows = db.session.execute(first).all()
    return {(area_id, day): _Sent(late, at) for area_id, day, late, at in rows}


def _since_begun(
    app_id: int, area_ids: Collection[int], dates: list[date], there: Collection[tuple[int, date]]
) -> list[date]:
    """The days from the first figure of any of them on: before it nobody was asked."""
    if not dates:
        return []
    before = select(func.count()).select_from(
        select(_R.id)
        .where(_R.app_id == app_id, one_of(_R.area_id, area_ids), _R.day < dates[0])
        .limit(1)
        .subquery()
    )
    if db.session.scalar(before):
        return dates
    begun = min((day for _area, day in there), default=dates[-1])
    return [day for day in dates if day >= begun]


def _row(
    area: Area,
    parts: Sequence[int],
    dates: Sequence[date],
    day: date,
    there: Mapping[tuple[int, date], _Sent],
    since: Mapping[int, date],
) -> Row:
    level = area.level if list(parts) == [area.id] else Level.COMMUNE
    now = _counted(parts, day, level, there)
    came = [there[part, day].at for part in parts if (part, day) in there]
    return Row(
        area,
        len(parts),
        [_counted(_asked(parts, each, there, since), each, level, there) for each in dates],
        now,
        max(came, default=None),
        _delay(day, level, now, came),
    )


def _asked(
    parts: Sequence[int],
    day: date,
    there: Mapping[tuple[int, date], _Sent],
    since: Mapping[int, date],
) -> Sequence[int]:
    """Those of the areas that were there on a day: before one came about nobody asked it."""
    if not since:
        return parts
    return [each for each in parts if (each, day) in there or day >= since.get(each, day)]


def _counted(
    parts: Sequence[int], day: date, level: Level, there: Mapping[tuple[int, date], _Sent]
) -> Counter[Punctuality]:
    states: Counter[Punctuality] = Counter()
    without = rates.punctuality_of(day, None, level)
    for part in parts:
        sent = there.get((part, day))
        states[without if sent is None else rates.told(sent.late)] += 1
    return states


def _delay(
    day: date, level: Level, now: Counter[Punctuality], came: Sequence[datetime]
) -> timedelta | None:
    """Since the hour, of those still missing; else of the last that came after it; in minutes."""
    if now[Punctuality.MISSING]:
        until = clock.now()
    elif now[Punctuality.LATE]:
        until = max(came)
    else:
        return None
    minute = timedelta(minutes=1)
    return (until - due.at(day, level)) // minute * minute
