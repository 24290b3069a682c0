"""An area's installs day by day: the sum of what its communes have, or what it reports itself.

A commune without a figure of a day counts with its last one, as in every sum; one that has none yet
is not in it, and each day says of how many it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from outreach import area_changes, carry_over, uptake
from outreach.area_changes import Origins
from outreach.uptake import Carried

DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Day:
    """`installs` of `counted` of the `parts`; `fresh` of those have a figure of the day itself.
    `change` is against the day before, where the same are counted. `brought`: how many figures were
    carried over from areas before; of `short` of them something is not known."""

    day: date
    installs: int | None
    change: int | None
    counted: int
    fresh: int
    parts: int
    brought: int = 0
    short: int = 0

    @property
    def partial(self) -> bool:
        """Whether something is missing, so that the true figure is higher."""
        return self.counted < self.parts or self.short > 0


def of(
    app_id: int,
    area_ids: Collection[int],
    last: date,
    days: int = DAYS,
    came: Origins | None = None,
) -> list[Day]:
    """The days up to `last`, from the first one with a figure on. Three statements, and no object a
    row: a province has thirty thousand of them."""
    return _begun(_every(app_id, area_ids, last, days, came))


def _begun(days: list[Day]) -> list[Day]:
    """From the first one with a figure on; none between is left out, whatever is known of it."""
    return days[next((at for at, each in enumerate(days) if each.counted), len(days)) :]


def _every(
    app_id: int, area_ids: Collection[int], last: date, days: int, came: Origins | None = None
) -> list[Day]:
    """All the days, those before any figure too."""
    first = last - timedelta(days=days - 1)
    came = area_changes.origins(set(area_ids)) if came is None else came
    before = carry_over.last_known(app_id, area_ids, first - timedelta(days=1), came)
    known = {area_id: point.installs for area_id, point in before.items()}
    carried = {area_id: point.carried for area_id, point in before.items() if point.carried}
    by_day = uptake.figures(app_id, area_ids, first, last)
    brought = carry_over.brought(app_id, came, first, last)
    carry_over.leave_parts(by_day, came)
    made: list[Day] = []
    now = sum(known.values())
    for number in range(days):
        day = first + timedelta(days=number)
        over = {area_id: course[day] for area_id, course in brought.items() if day in course}
        fresh = by_day.get(day, {}) | {area_id: point.installs for area_id, point in over.items()}
        counted, was, were_short = len(known), now, _short(carried)
        known |= fresh
        now = sum(known.values())
        carried = {area_id: c for area_id, c in carried.items() if area_id not in fresh}
        carried |= {area_id: point.carried for area_id, point in over.items() if point.carried}
        same = counted == len(known) and were_short == _short(carried)
        made.append(
            Day(
                day,
                now if known else None,
                now - was if same and fresh else None,
                len(known),
                len(fresh),
                len(area_ids),
                len(carried),
                len(_short(carried)),
            )
        )
    return made


def _short(carried: Mapping[int, Carried]) -> set[tuple[int, int]]:
    """Of which areas something is not known, and how much is."""
    return {(area_id, each.counted) for area_id, each in carried.items() if each.short}


def of_area(
    app_id: int,
    area_id: int,
    below: Collection[int],
    last: date,
    origins: Origins | None = None,
) -> list[Day]:
    """The days of an area: of the communes below it, or of itself. Before it came about from whole
    areas above communes, of the communes of those. `origins`: where all these came from, where it
    is known already."""
    parts, first = below or [area_id], last - timedelta(days=DAYS - 1)
    lines = {area_id, *parts}
    known = area_changes.origins(lines) if origins is None else origins
    came = {id_: origin for id_, origin in known.items() if id_ in lines}
    above = {area_id: came.pop(area_id)} if below and area_id in came else {}
    before = carry_over.communes_before(above, first)
    if area_id not in before:
        return of(app_id, parts, last, came=came)
    carried, communes = before[area_id]
    until = min(carried.until, last)
    ago = _every(app_id, communes, until, (until - first).days + 1)
    since = _every(app_id, parts, last, (last - until).days, came) if until < last else []
    return _begun([replace(day, brought=day.parts) for day in ago] + since)
