"""New installs a day of groups of areas, out of cumulative figures.

A figure says how many there are, not how many are new. What an area rose between one figure and
its next is spread evenly over the days between them, so that a day without a figure is no zero and
no leap follows it, and the days of an area add up to what it rose. Corrections count: of each day
the last edition is taken, and a fall is a negative day. Of one area (`new_installs`) nothing is
spread: its bars are of the days that have figures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import Date, bindparam, column, text

from outreach import area_changes, areas, carry_over
from outreach.areas import Area
from outreach.database import as_rows, db, rowset

LOOK_BACK: Final = timedelta(days=14)
"""How long before the first day its figure before is looked for."""
PER: Final = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """An area in a group, with its people."""

    area_id: int
    group: int
    people: int


@dataclass(slots=True)
class Day:
    """A group's day: new installs (a fraction where figures were spread), among how many `people`
    in how many `areas`; `fresh` of those have a figure of the day itself."""

    day: date
    new: float = 0.0
    people: int = 0
    areas: int = 0
    fresh: int = 0

    @property
    def rate(self) -> float | None:
        """New installs per 1,000 people; None where no area has figures around the day."""
        return self.new * PER / self.people if self.people else None


# The figures of each area from the last one before the first day on. Read as they are and paired
# here, since a database that pairs a country's by window functions takes four times as long.
_FIGURES: Final = """
SELECT u.area_id AS area_id, u.day AS day, u.edition AS edition, u.installs AS installs
FROM {members} m
JOIN uptake_reports u ON u.area_id = m.area_id
WHERE u.app_id = :app_id AND u.day <= :last AND u.day >= COALESCE(
  (SELECT MAX(b.day) FROM uptake_reports b WHERE b.app_id = :app_id AND b.area_id = m.area_id
   AND b.day < :first AND b.day >= :earliest), :first)
"""


def of_groups(
    app_id: int, members: Sequence[Member], first: date, last: date
) -> Mapping[int, list[Day]]:
    """Each group's days from `first` to `last`, by the group's number. One statement."""
    days = {
        group: {day: Day(day) for day in _days(first, last)}
        for group in sorted({member.group for member in members})
    }
    for (group, before, day), rise in _rises(app_id, members, first, last).items():
        length = (day - before).days
        for each in _days(max(before + timedelta(days=1), first), min(day, last)):
            shown = days[group][each]
            shown.new += rise.new / length
            shown.people += rise.people
            shown.areas += rise.areas
            shown.fresh += rise.areas if each == day else 0
    return {group: list(by_day.values()) for group, by_day in days.items()}


@dataclass(slots=True)
class _Rise:
    """By how much areas rose from one day to another, how many people they have and are."""

    new: int = 0
    people: int = 0
    areas: int = 0


def _rises(
    app_id: int, members: Sequence[Member], first: date, last: date
) -> dict[tuple[int, date, date], _Rise]:
    """By group, day of the figure before, and day."""
    courses = _courses(app_id, members, first, last)
    rises: dict[tuple[int, date, date], _Rise] = defaultdict(_Rise)
    for member in members:
        for before, day in pairwise(sorted(courses.get(member.area_id, ()))):
            course = courses[member.area_id]
            rise = rises[member.group, before, day]
            rise.new += course[day][1] - course[before][1]
            rise.people += member.people
            rise.areas += 1
    return rises


def _courses(
    app_id: int, members: Sequence[Member], first: date, last: date
) -> dict[int, dict[date, tuple[int, int]]]:
    """Each area's figures by day: (edition, installs) of the last edition."""
    found: dict[int, dict[date, tuple[int, int]]] = defaultdict(dict)
    if not members:
        return found
    those = rowset(db.engine.dialect.name, [("area_id", "integer")])
    statement = (
        text(_FIGURES.format(members=those))
        .bindparams(*(bindparam(name, type_=Date) for name in ("earliest", "first", "last")))
        .columns(column("area_id"), column("day", Date), column("edition"), column("installs"))
    )
    values = {"app_id": app_id, "first": first, "last": last, "earliest": first - LOOK_BACK}
    rows = as_rows([[member.area_id] for member in members])
    figures = db.session.execute(statement, values | {"rows": rows}).all()
    for area_id, day, edition, installs in figures:
        known = found[area_id].get(day)
        if known is None or known[0] < edition:
            found[area_id][day] = edition, installs
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Daily:
    """What one day brought to an area: `fresh` of its `parts` areas have a figure of that day, and
    only their changes count; None where none has."""

    day: date
    installs: int | None
    fresh: int
    parts: int

    @property
    def partial(self) -> bool:
        """Whether areas are missing, so that the true figure is another."""
        return self.fresh < self.parts


def new_installs(app_id: int, area: Area, last: date, days: int) -> list[Daily]:
    """What each of so many days up to `last` brought, the earliest first."""
    below = areas.communes_below([area.id]).get(area.id) or [area.id]
    first = last - timedelta(days=days - 1)
    came = area_changes.origins(set(below))
    known = carry_over.courses(app_id, below, first - timedelta(days=1), last, came)
    changes: dict[date, list[int]] = {first + timedelta(days=n): [] for n in range(days)}
    fresh = Counter(day for course in known.values() for day in course)
    for course in known.values():
        for before, after in pairwise(sorted(course)):
            rise = carry_over.rise(course[before], course[after])
            if after in changes and rise is not None:
                changes[after].append(rise)
    return [
        Daily(day, sum(counted) if counted else None, fresh[day], len(below))
        for day, counted in changes.items()
    ]
