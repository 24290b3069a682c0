"""New installs a day of groups of areas, out of cumulative figures.

A figure says how many there are, not how many are new. What an area rose between one figure and
its next is spread evenly over the days between them, so that a day without a figure is no zero and
no leap follows it, and the days of an area add up to what it rose. Corrections count: of each day
the last edition is taken, and a fall is a negative day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Date, bindparam, column, text

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


# One row a group and pair of days, however many areas: (group, the day of the figure before, the
# day, how much all of them rose, their people, how many they are). A row is the day's last edition
# where no later one is there; LAG is then the figure before.
_RISES: Final = """
SELECT grp, before_day, day, SUM(installs - before) AS rise, SUM(people) AS people,
       COUNT(*) AS areas
FROM (
  SELECT m.grp AS grp, m.people AS people, u.day AS day, u.installs AS installs,
         LAG(u.day) OVER (PARTITION BY u.area_id ORDER BY u.day) AS before_day,
         LAG(u.installs) OVER (PARTITION BY u.area_id ORDER BY u.day) AS before
  FROM {members} m
  JOIN uptake_reports u ON u.area_id = m.area_id
  WHERE u.app_id = :app_id AND u.day BETWEEN :first AND :last
    AND NOT EXISTS (SELECT 1 FROM uptake_reports l WHERE l.app_id = u.app_id
      AND l.area_id = u.area_id AND l.day = u.day AND l.edition > u.edition)
) AS pairs
WHERE before_day IS NOT NULL
GROUP BY grp, before_day, day
"""


def of_groups(
    app_id: int, members: Sequence[Member], first: date, last: date
) -> Mapping[int, list[Day]]:
    """Each group's days from `first` to `last`, by the group's number. One statement; what comes
    back does not grow with the number of areas."""
    days = {
        group: {day: Day(day) for day in _days(first, last)}
        for group in sorted({member.group for member in members})
    }
    for group, before, day, rise, people, areas in _rises(app_id, members, first, last):
        length = (day - before).days
        for each in _days(max(before + timedelta(days=1), first), min(day, last)):
            shown = days[group][each]
            shown.new += int(rise) / length
            shown.people += int(people)
            shown.areas += areas
            shown.fresh += areas if each == day else 0
    return {group: list(by_day.values()) for group, by_day in days.items()}


def _rises(
    app_id: int, members: Sequence[Member], first: date, last: date
) -> list[tuple[int, date, date, int, int, int]]:
    if not members:
        return []
    columns = [("area_id", "integer"), ("grp", "integer"), ("people", "integer")]
    statement = (
        text(_RISES.format(members=rowset(db.engine.dialect.name, columns)))
        .bindparams(bindparam("first", type_=Date), bindparam("last", type_=Date))
        .columns(
            column("grp"),
            column("before_day", Date),
            column("day", Date),
            column("rise"),
            column("people"),
            column("areas"),
        )
    )
    rows = [[member.area_id, member.group, member.people] for member in members]
    values = {"app_id": app_id, "first": first - LOOK_BACK, "last": last, "rows": as_rows(rows)}
    return [tuple(row) for row in db.session.execute(statement, values)]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
