"""An area's installs day by day: the sum of what its communes have, or what it reports itself.

A commune without a figure of a day counts with its last one, as in every sum; one that has none yet
is not in it, and each day says of how many it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from outreach import uptake

DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Day:
    """`installs` of `counted` of the `parts`; `fresh` of those have a figure of the day itself.
    `change` is against the day before, where the same are counted."""

    day: date
    installs: int | None
    change: int | None
    counted: int
    fresh: int
    parts: int


def of(app_id: int, area_ids: Collection[int], last: date, days: int = DAYS) -> list[Day]:
    """The days up to `last`, from the first one with a figure on. Two statements, and no object a
    row: a province has thirty thousand of them."""
    first = last - timedelta(days=days - 1)
    before = uptake.last_known(app_id, area_ids, first - timedelta(days=1))
    known = {area_id: point.installs for area_id, point in before.items()}
    by_day = uptake.figures(app_id, area_ids, first, last)
    made: list[Day] = []
    now = sum(known.values())
    for number in range(days):
        day = first + timedelta(days=number)
        counted, was, fresh = len(known), now, by_day.get(day, {})
        known |= fresh
        now = sum(known.values())
        same = counted == len(known)
        made.append(
            Day(
                day,
                now if known else None,
                now - was if same and fresh else None,
                len(known),
                len(fresh),
                len(area_ids),
            )
        )
    begun = next((at for at, each in enumerate(made) if each.counted), len(made))
    return made[begun:]
