"""New installs a day of groups of areas, out of cumulative figures.

A figure says how many there are, not how many are new. What an area rose between one figure and
its next is spread evenly over the days between them, so that a day without a figure is no zero and
no leap follows it, and the days of an area add up to what it rose. Corrections count: of each day
the last edition is taken, and a fall is a negative day. What an area came from is carried over
(`carry_over`), and counts where all of it is known. Of one area (`new_installs`) nothing is
spread: its bars are of the days that have figures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from outreach import area_changes, areas, carry_over, uptake
from outreach.area_changes import Origins
from outreach.areas import Area
from outreach.uptake import Point

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


def of_groups(
    app_id: int, members: Sequence[Member], first: date, last: date
) -> Mapping[int, list[Day]]:
    """Each group's days from `first` to `last`, by the group's number. Statements grow with the
    generations of areas that became others, not with the areas."""
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
    if not members:
        return {}
    earlier, by_day, short = _figures(app_id, {member.area_id for member in members}, first, last)
    rises: dict[tuple[int, date, date], _Rise] = {}
    for group in {member.group for member in members}:
        people = {each.area_id: each.people for each in members if each.group == group}
        # Where the group's areas stand, by the day of their last figure.
        standing: dict[date, dict[int, int]] = defaultdict(dict)
        for point in earlier:
            if point.area_id in people and point.day >= first - LOOK_BACK:
                standing[point.day][point.area_id] = point.installs
        for day, figures in by_day:
            fresh = {each: figures[each] for each in people.keys() & figures.keys()}
            for before, stood in standing.items():
                for each in stood.keys() & short.get(day, ()):
                    del stood[each]
                if rise := _rise(stood, fresh, people):
                    rises[group, before, day] = rise
            standing[day] = fresh
    return rises


def _figures(
    app_id: int, area_ids: Set[int], first: date, last: date
) -> tuple[list[Point], list[tuple[date, dict[int, int]]], Mapping[date, Set[int]]]:
    """Where areas stood before `first`, and the figures of each day since, with what was carried
    over; and by day the areas of whose figure a part is not known: it is in neither, since nobody
    knows what they rose to or from it."""
    came = area_changes.origins(area_ids)
    points = carry_over.last_known(app_id, area_ids, first - timedelta(days=1), came).values()
    by_day = uptake.figures(app_id, area_ids, first, last)
    carry_over.leave_parts(by_day, came)
    short: dict[date, set[int]] = {}
    for area_id, course in carry_over.brought(app_id, came, first, last).items():
        for day, point in course.items():
            figures = by_day.setdefault(day, {})
            if _short(point):
                short.setdefault(day, set()).add(area_id)
            else:
                figures[area_id] = point.installs
    return [point for point in points if not _short(point)], sorted(by_day.items()), short


def _short(point: Point) -> bool:
    return point.carried is not None and point.carried.short


def _rise(stood: dict[int, int], fresh: dict[int, int], people: Mapping[int, int]) -> _Rise | None:
    """What the areas rose that stood there and have a new figure; they stand there no longer. By
    sets and not area by area: a country's month are three hundred thousand figures."""
    both = stood.keys() & fresh.keys()
    if not both:
        return None
    new = sum(map(fresh.__getitem__, both)) - sum(map(stood.__getitem__, both))
    for each in both:
        del stood[each]
    return _Rise(new, sum(map(people.__getitem__, both)), len(both))


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
    rises: dict[date, list[int]] = {day: [] for day in _days(first, last)}
    fresh = Counter[date]()
    _add_plain(app_id, set(below) - came.keys(), rises, fresh)
    if came:
        _add_carried(app_id, came, rises, fresh)
    return [
        Daily(day, sum(risen) if risen else None, fresh[day], len(below))
        for day, risen in rises.items()
    ]


def _add_plain(
    app_id: int, area_ids: Collection[int], rises: dict[date, list[int]], fresh: Counter[date]
) -> None:
    """Of areas that always were what they are: by sets and not area by area."""
    first, last = min(rises), max(rises)
    before = uptake.last_known(app_id, area_ids, first - timedelta(days=1))
    stood = {area_id: point.installs for area_id, point in before.items()}
    by_day = uptake.figures(app_id, area_ids, first, last)
    for day, risen in rises.items():
        figures = by_day.get(day, {})
        both = figures.keys() & stood.keys()
        if both:
            now, then = (sum(map(of.__getitem__, both)) for of in (figures, stood))
            risen.append(now - then)
        fresh[day] += len(figures)
        stood |= figures


def _add_carried(
    app_id: int, came: Origins, rises: dict[date, list[int]], fresh: Counter[date]
) -> None:
    """Of areas that came about from others, whose figures are carried over."""
    first, last = min(rises), max(rises)
    known = carry_over.courses(app_id, came, first - timedelta(days=1), last, came)
    for course in known.values():
        fresh.update(course.keys())
        for before, after in pairwise(sorted(course)):
            rise = carry_over.rise(course[before], course[after])
            if after in rises and rise is not None:
                rises[after].append(rise)
