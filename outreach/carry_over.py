"""Figures of areas that became others, carried over on reading: no figure is copied.

Before an area came about its figure is the sum of what the areas it came from had, each by its last
one, and of a divided one the official share; after it, until its first own figure, that sum stands
as any last figure does. What nobody knows (a share, a figure) is left out of the sum, which is then
a lower bound. A figure that somebody entered for the area itself goes before the sum of that day,
unless the area went on under its own code: then it is one of the parts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from outreach import area_changes, areas, uptake
from outreach.area_changes import WHOLE, Origin, Origins, Part
from outreach.uptake import Carried, Course, Point


def courses(
    app_id: int, area_ids: Collection[int], first: date, last: date, came: Origins
) -> dict[int, Course]:
    """As `uptake.courses`, with what was carried over; `came` is where these areas came from
    (`area_changes.origins`). Statements grow with the generations of areas, not with the areas."""
    found = uptake.courses(app_id, area_ids, first, last)
    needed = {
        area_id: origin
        for area_id, origin in came.items()
        if area_id in found and not any(origin.day <= day <= first for day in found[area_id])
    }
    for since, origins in _by_day(needed):
        until, olds = min(last, since - timedelta(days=1)), _olds(origins)
        # What was asked for beside them, up to the same day, is here already.
        theirs = {i: found[i] for i in olds if until == last and i in found and i not in needed}
        olds -= theirs.keys()
        earlier = area_changes.origins(olds, before=since)
        theirs |= courses(app_id, olds, min(first, until), until, earlier)
        for area_id, origin in origins.items():
            own = {
                day: point
                for day, point in found[area_id].items()
                if day >= since or not origin.goes_on(area_id)
            }
            found[area_id] = _joined(area_id, origin, theirs, first) | own
    return found


def known_on(
    app_id: int, area_ids: Collection[int], days: Sequence[date], came: Origins
) -> dict[int, Course]:
    """Where each area stood on each of the days, with what was carried over; of areas that came
    from others whatever lies between them too."""
    plain = uptake.known_on(app_id, set(area_ids) - came.keys(), days)
    return plain | (courses(app_id, came, min(days), max(days), came) if came else {})


def last_known(
    app_id: int, area_ids: Collection[int], day: date, came: Origins
) -> dict[int, Point]:
    """As `uptake.last_known`, with what was carried over."""
    found = uptake.last_known(app_id, area_ids, day)
    needed = {
        area_id: origin
        for area_id, origin in came.items()
        if area_id not in found or found[area_id].day < origin.day
    }
    for since, origins in _by_day(needed):
        until, olds = min(day, since - timedelta(days=1)), _olds(origins)
        theirs = last_known(app_id, olds, until, area_changes.origins(olds, before=since))
        for area_id, origin in origins.items():
            own = found.pop(area_id, None)
            if origin.goes_on(area_id):
                own = None  # it is one of the parts
            latest = [(part, theirs.get(part.area_id)) for part in origin.parts]
            point = _sum(area_id, origin, latest)
            if own is not None and (point is None or own.day >= point.day):
                point = own
            if point is not None:
                found[area_id] = point
    return found


def rise(before: Point, after: Point) -> int | None:
    """From one figure to another; None where they are not of the same: something that was carried
    over is not known in one of them."""
    one, other = before.carried, after.carried
    if one != other and any(each is not None and each.short for each in (one, other)):
        return None
    return after.installs - before.installs


def brought(app_id: int, came: Origins, first: date, last: date) -> dict[int, Course]:
    """Only what was carried over, of the days from `first` to `last`, where anything was."""
    late = {area_id: origin for area_id, origin in came.items() if origin.day > first}
    found = courses(app_id, late, first, last, late) if late else {}
    return {
        area_id: {day: p for day, p in course.items() if p.carried and first <= day}
        for area_id, course in found.items()
    }


def leave_parts(by_day: Mapping[date, dict[int, int]], came: Origins) -> None:
    """Drop what an area had that went on under its code later: it is a part of what was carried
    over, if anybody knows of how much."""
    for area_id, origin in came.items():
        if origin.goes_on(area_id):
            for day in by_day:
                if day < origin.day:
                    by_day[day].pop(area_id, None)


def _by_day(origins: Origins) -> list[tuple[date, dict[int, Origin]]]:
    """The changes of each day together."""

    def day(each: tuple[int, Origin]) -> date:
        return each[1].day

    return [(key, dict(group)) for key, group in groupby(sorted(origins.items(), key=day), key=day)]


def _olds(origins: Origins) -> set[int]:
    """The areas of which a part is known that became these."""
    parts = (part for origin in origins.values() for part in origin.parts)
    return {part.area_id for part in parts if part.share is not None}


def _joined(area_id: int, origin: Origin, theirs: Mapping[int, Course], first: date) -> Course:
    """What an area came from, day by day; of the days before `first` the last one only."""
    parts = [(part, theirs.get(part.area_id, {})) for part in origin.parts]
    days = sorted({day for part, course in parts if part.share is not None for day in course})
    early = [day for day in days if day <= first]
    made: Course = {}
    for day in early[-1:] + [day for day in days if day > first]:
        latest = [(part, uptake.latest(course, day)) for part, course in parts]
        point = _sum(area_id, origin, latest)
        if point is not None:
            made[day] = point._replace(day=day)
    return made


def _sum(area_id: int, origin: Origin, latest: Sequence[tuple[Part, Point | None]]) -> Point | None:
    """What the parts had together; None where nothing of any is known."""
    known = [(p, part.share) for part, p in latest if p is not None and part.share is not None]
    if not known:
        return None
    points = [point for point, _share in known]
    late = {point.late for point in points}
    short = sum(point.carried is not None and point.carried.short for point in points)
    return Point(
        area_id,
        max(point.day for point in points),
        1,
        sum(_part(point.installs, share) for point, share in known),
        max(point.as_of_us for point in points),
        max(point.reported_us for point in points),
        True if True in late else None if None in late else False,
        Carried(origin.until, len(latest), len(known) - short),
    )


def _part(installs: int, share: int) -> int:
    """A share of a figure, rounded half up."""
    return (installs * share + WHOLE // 2) // WHOLE


class Below(NamedTuple):
    """What figures of areas are made of: the `communes` below each, where those and the areas
    themselves `came` from, and of the areas that had others then from how many each came."""

    communes: Mapping[int, Sequence[int]]
    came: Origins
    carried: Mapping[int, Carried]

    @property
    def ids(self) -> set[int]:
        """All the communes."""
        return set[int]().union(*self.communes.values())


def communes_below(above: Collection[int], chosen: set[int], day: date) -> Below:
    """As `areas.communes_below` of the areas `above`, which are some of the `chosen`; where one
    came about after the day, the communes of what it came from."""
    below = areas.communes_below(above) if above else {}
    ids = chosen.union(*below.values())
    came = area_changes.origins(ids)
    before = communes_before({i: came[i] for i in above if i in came}, day)
    below |= {area_id: communes for area_id, (_carried, communes) in before.items()}
    if before:
        came |= area_changes.origins(set[int]().union(*below.values()) - ids)
    carried = {area_id: each for area_id, (each, _communes) in before.items()}
    return Below(below, came, carried)


def communes_before(came: Origins, day: date) -> dict[int, tuple[Carried, list[int]]]:
    """Of the areas above communes that came about after a day from whole ones: from how many, and
    which communes those had, so that communes divided among each other leave no gap in the sum."""
    late = {id_: origin for id_, origin in came.items() if origin.day > day and origin.whole}
    olds = {part.area_id for origin in late.values() for part in origin.parts}
    below = areas.communes_below(olds) if olds else {}
    found = {}
    for area_id, origin in late.items():
        of = len(origin.parts)
        parts = [c for p in origin.parts for c in below.get(p.area_id, [p.area_id])]
        found[area_id] = Carried(origin.until, of, of), parts
    return found
