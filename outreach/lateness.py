"""How areas keep to the hour: of the reports due on the last days, those late or missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Date, bindparam, text

from outreach import area_changes, board, due
from outreach.database import as_rows, db, rowset


class Lateness(NamedTuple):
    """Of the reports due on the last working days: how many came late or not at all."""

    due: int
    late: int

    @property
    def share(self) -> float | None:
        """As a share; None where none was due."""
        return self.late / self.due if self.due else None


def of(
    app_id: int, parts: Mapping[int, Sequence[int]], day: date
) -> tuple[Sequence[date], dict[int, Lateness]]:
    """The working days up to a day whose hour is over, from the first figure of any of them on, at
    most `board.DAYS`; and of each area, given by its reporters, how it reported on them: one that
    came about from others was not asked before. Three statements, one row a reporter."""
    every = sorted({part for ids in parts.values() for part in ids})
    dates = [each for each in due.working_days(day, board.DAYS) if due.past(each)]
    begun = _begun(app_id, every)
    dates = [each for each in dates if begun is not None and each >= begun]
    sent = _sent_and_late(app_id, every, dates) if dates else {}
    since = area_changes.begun(set(every))
    found = {}
    for area_id, ids in parts.items():
        asked = late = 0
        for part in ids:
            came, came_late = sent.get(part, (0, 0))
            days = dates if part not in since else [day for day in dates if day >= since[part]]
            asked += max(came, len(days))
            late += max(came, len(days)) - came + came_late
        found[area_id] = Lateness(asked, late)
    return dates, found


def _begun(app_id: int, area_ids: Sequence[int]) -> date | None:
    """The day of the first figure of any of them. By area, so that each takes the index."""
    those = rowset(db.engine.dialect.name, [("id", "integer")])
    first = text(
        "SELECT MIN(day) AS day FROM (SELECT (SELECT MIN(u.day) FROM uptake_reports u"
        f" WHERE u.app_id = :app AND u.area_id = a.id) AS day FROM {those} a) f"
    ).columns(day=Date)
    values = {"app": app_id, "rows": as_rows([[area_id] for area_id in area_ids])}
    found: date | None = db.session.scalar(first, values)
    return found


def _sent_and_late(
    app_id: int, area_ids: Sequence[int], dates: Sequence[date]
) -> dict[int, tuple[int, int]]:
    """By area: its figures of these days, and how many of them came late."""
    those = rowset(db.engine.dialect.name, [("id", "integer")])
    span = (dates[-1] - dates[0]).days
    off = {dates[0] + timedelta(days=number) for number in range(span)} - set(dates)
    # By the range of days and not by each day: an area's are next to each other in the index.
    counted = text(
        "SELECT u.area_id, COUNT(*), SUM(CASE WHEN u.late THEN 1 ELSE 0 END)"
        f" FROM {those} a JOIN uptake_reports u ON u.app_id = :app AND u.area_id = a.id"
        " AND u.day BETWEEN :first AND :last AND u.day NOT IN :off AND u.edition = 1"
        " GROUP BY u.area_id"
    ).bindparams(
        bindparam("first", type_=Date),
        bindparam("last", type_=Date),
        bindparam("off", type_=Date, expanding=True),
    )
    values = {
        "app": app_id,
        "rows": as_rows([[area_id] for area_id in area_ids]),
        "first": dates[0],
        "last": dates[-1],
        "off": sorted(off),
    }
    rows = db.session.execute(counted, values)
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}
