"""What the pages of install figures show: one commune's form and history, a district's grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Final

from outreach import (
    areas,
    clock,
    daily,
    due,
    formats,
    i18n,
    maps,
    rates,
    scales,
    schools,
    target_showing,
    targets,
    uptake,
)
from outreach.apps import App
from outreach.area_counts import Change
from outreach.areas import Area
from outreach.entering import Doubtful, Entry
from outreach.errors import Refused
from outreach.maps import Map, Spot
from outreach.rates import Punctuality
from outreach.target_showing import Stand
from outreach.targets import Denominator
from outreach.uptake import Course, Point, UptakeReport

EARLIER_DAYS: Final = 5
"""Days under the form: enough to see whether today's figure fits."""
HISTORY: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Earlier:
    """One of the days under the form."""

    point: Point
    change: int | None
    punctuality: Punctuality


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed for an area, and why it was refused; empty on a fresh page."""

    entry: Entry | None = None
    refused: Refused | None = None

    @property
    def asked(self) -> str:
        """The number a question is put about; "" where none is."""
        if not isinstance(self.refused, Doubtful) or self.entry is None:
            return ""
        return str(self.refused.installs)

    @property
    def wants_reason(self) -> bool:
        """Whether a reason would do."""
        return self.refused is not None and self.refused.field == "reason"

    @property
    def error(self) -> str:
        """The sentence under the field; "" where there is none."""
        return "" if self.refused is None else self.refused.sentence


NOTHING: Final = Typed()


@dataclass(frozen=True, slots=True)
class Form:
    """One area's figure of one day. `now`: whether the day is today; `overdue`: minutes since the
    hour, None before it; `off`: whether it is a day on which none is due."""

    area: Area
    app: App
    day: date
    now: bool
    of: int | None
    denominator: Denominator
    before: Point | None
    current: Point | None
    overdue: int | None
    off: bool
    earlier: Sequence[Earlier]
    typed: Typed
    stand: Stand

    @property
    def edition(self) -> int:
        """What the page has seen, for `Entry.seen`."""
        return 0 if self.current is None else self.current.edition

    @property
    def shown(self) -> str:
        """What stands in the field: what was typed, else the figure there is."""
        if self.typed.entry is not None:
            return self.typed.entry.text
        return "" if self.current is None else str(self.current.installs)

    @property
    def change(self) -> int | None:
        """The rise of the figure there is."""
        if self.current is None or self.before is None:
            return None
        return self.current.installs - self.before.installs

    @property
    def share(self) -> float | None:
        """The rate of the figure there is."""
        return None if self.current is None else rates.share(self.current.installs, self.of)

    @property
    def follows(self) -> bool:
        """Whether the figure before is the day before's."""
        return self.before is not None and self.before.day == self.day - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GridRow:
    """One area of the grid."""

    area: Area
    before: Point | None
    current: Point | None
    punctuality: Punctuality
    typed: Typed

    @property
    def edition(self) -> int:
        """What the page has seen, for `Entry.seen`."""
        return 0 if self.current is None else self.current.edition

    @property
    def change(self) -> int | None:
        """The rise of the figure there is."""
        if self.current is None or self.before is None:
            return None
        return self.current.installs - self.before.installs

    @property
    def shown(self) -> str:
        """What stands in the field."""
        if self.typed.entry is not None:
            return self.typed.entry.text
        return "" if self.current is None else str(self.current.installs)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an area's history: its editions, the last of which counts; none where nobody
    reported, which is `missed` where one was due."""

    day: date
    editions: Sequence[UptakeReport] = ()
    change: int | None = None
    share: float | None = None
    missed: bool = False

    @property
    def last(self) -> UptakeReport | None:
        """The edition that counts."""
        return self.editions[-1] if self.editions else None

    @property
    def corrections(self) -> list[tuple[UptakeReport, UptakeReport]]:
        """(before, after) of each correction, in order."""
        return list(pairwise(self.editions))


@dataclass(frozen=True, slots=True)
class History:
    """One area's days, the newest first."""

    area: Area
    app: App
    of: int | None
    denominator: Denominator
    stand: Stand
    days: Sequence[Day] = field(default=())

    @property
    def standing(self) -> rates.Standing:
        """Where it stands today."""
        return self.stand.total

    @property
    def recounted(self) -> list[Change]:
        """Where the count that its rates are shares of changed within its days."""
        return self.stand.people.changes(date.min, self.stand.day)


@dataclass(frozen=True, slots=True)
class District:
    """A day of an area above the communes: its rate against its target, the ranking and the
    map of what lies right below it, and the new installs of the last days, the day itself last."""

    area: Area
    app: App
    day: date
    table: rates.Table
    stand: Stand
    map: Map | None
    installs: Sequence[daily.Daily] = ()

    @property
    def most(self) -> int:
        """The most new installs of a day, for the height of bars."""
        return max((each.installs or 0 for each in self.installs), default=0)


def district(area: Area, app: App, day: date, *, days: int = 0) -> District:
    """A day of an area, with the new installs of so many days."""
    target = targets.in_force(area, app, day)
    table = rates.table(app.id, area, day, rates.denominator_of(target))
    stand = target_showing.stand(area, app, day, target, table.total)
    installs = daily.new_installs(app.id, area, day, days) if days else ()
    return District(area, app, day, table, stand, rate_map(table), installs)


def rate_map(table: rates.Table) -> Map | None:
    """The areas of a day's table as circles, coloured by rate; None where too few have a centre."""
    return maps.draw(
        Spot(
            row.area.short_name,
            row.area.lat,
            row.area.lon,
            row.of,
            colour=row.ramp,
            mark="" if row.rank is None else str(row.rank),
            value=formats.percent(row.share, language=i18n.language()),
            late=row.punctuality is Punctuality.MISSING,
        )
        for row in table.rows
    )


def rate_steps() -> list[str]:
    """The words under the colours of rates, from the lowest class on."""
    return scales.RATES[0].steps(i18n.language())


def form(area: Area, app: App, day: date, typed: Typed = NOTHING) -> Form:
    """The form of an area's figure of a day."""
    stand = target_showing.of_area(area, app, day)
    first = day - timedelta(days=EARLIER_DAYS + 1)
    course = uptake.courses(app.id, [area.id], first, day)[area.id]
    late = clock.now() - uptake.deadline(day, area.level)
    return Form(
        area,
        app,
        day,
        now=day == uptake.today(),
        of=stand.total.of,
        denominator=stand.denominator,
        before=uptake.latest(course, day - timedelta(days=1)),
        current=course.get(day),
        overdue=late // timedelta(minutes=1) if due.past(day, area.level) else None,
        off=not due.is_working(day),
        earlier=_earlier(course, day),
        typed=typed,
        stand=stand,
    )


def _earlier(course: Course, day: date) -> list[Earlier]:
    before = sorted(d for d in course if d < day)
    shown = []
    for place, each in enumerate(before):
        change = course[each].installs - course[before[place - 1]].installs if place else None
        point = course[each]
        shown.append(Earlier(point, change, rates.punctuality_of(each, point)))
    return shown[::-1][:EARLIER_DAYS]


def grid(area: Area, app: App, day: date, typed: Mapping[int, Typed]) -> list[GridRow]:
    """All areas right below one, in the list's order, then its schools, with what was typed for
    some."""
    below = [*areas.children(area.id), *schools.of(area.id)]
    known = uptake.courses(app.id, [each.id for each in below], day - timedelta(days=1), day)
    return [
        GridRow(
            each,
            before=uptake.latest(known[each.id], day - timedelta(days=1)),
            current=known[each.id].get(day),
            punctuality=rates.punctuality_of(day, known[each.id].get(day), each.level),
            typed=typed.get(each.id, NOTHING),
        )
        for each in below
    ]


def history(area: Area, app: App, stand: Stand | None = None) -> History:
    """The last sixty days of an area, those without a figure included; `stand`: where it stands
    today, where somebody has worked that out."""
    today = uptake.today()
    stand = stand or target_showing.of_area(area, app, today)
    rows = uptake.editions(app.id, area.id, today - HISTORY)
    by_day = {day: list(editions) for day, editions in groupby(rows, key=lambda row: row.day)}
    return History(
        area, app, stand.total.of, stand.denominator, stand, _days(by_day, area, app, stand)
    )


def _days(
    by_day: Mapping[date, Sequence[UptakeReport]], area: Area, app: App, stand: Stand
) -> list[Day]:
    if not by_day:
        return []
    days: list[Day] = []
    before: UptakeReport | None = None
    for number in range((uptake.today() - min(by_day)).days + 1):
        day = min(by_day) + timedelta(days=number)
        editions = by_day.get(day, ())
        if not editions:
            days.append(Day(day, missed=due.past(day, area.level)))
            continue
        last = editions[-1]
        change = None
        if before is not None and not app.breaks(before.day, day):
            change = last.installs - before.installs
        of = stand.people.value(day, stand.total.of)
        days.append(Day(day, editions, change, rates.share(last.installs, of)))
        before = last
    return days[::-1]
