"""By which places a campaign's figures are shown: its communes, or where there are more than a
person reads, their districts, or their provinces; and then those within one of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from campaigns.counts import CountRow
from campaigns.states import MessageState
from outreach.database import db
from outreach.kept import Kept

MOST: Final = 150
"""Lines of a table that somebody looks through."""

_NOW: Final = (
    "SELECT area_id, route_id, state, messages, segments FROM counts WHERE campaign_id = :c"
    " UNION ALL"
    " SELECT area_id, route_id, state, messages, segments FROM count_deltas WHERE campaign_id = :c"
)
_PLANNED: Final = (
    "SELECT area_id, route_id, 'queued' AS state, people AS messages, segments"
    " FROM planned_counts WHERE campaign_id = :c"
)
_LINE: Final = (
    " JOIN areas a ON a.id = f.area_id LEFT JOIN areas p ON p.id = a.parent_id"
    " LEFT JOIN areas g ON g.id = p.parent_id"
)
_WITHIN: Final = " WHERE a.id = :within OR p.id = :within OR g.id = :within"
# From the finest: the area itself, what it lies in, what that lies in.
_AREAS: Final = "f.area_id"
_PLACES: Final = (_AREAS, "COALESCE(p.id, a.id)", "COALESCE(g.id, p.id, a.id)")
# Where a campaign goes does not change while it runs; a draft's places may be a minute old.
_chosen: Kept[str] = Kept(60)


def of_campaign(campaign_id: int, within: int | None = None) -> list[CountRow]:
    """The campaign's counts, exact now, or before its start as they were planned; summed by the
    finest places of which there are at most `MOST`, of all its areas or those `within` one."""
    source = _NOW if _has_begun(campaign_id) else _PLANNED
    where = "" if within is None else _WITHIN
    places = _chosen.get((campaign_id, within), lambda: _finest(source, where, campaign_id, within))
    joined = _LINE if places != _AREAS or where else ""
    rows = db.session.execute(
        text(
            f"SELECT {places} AS place, f.route_id, f.state, SUM(f.messages), SUM(f.segments)"
            f" FROM ({source}) f{joined}{where} GROUP BY place, f.route_id, f.state"
            " HAVING SUM(f.messages) <> 0"
        ),
        {"c": campaign_id, "within": within},
    )
    return [
        CountRow(row[0], row[1], MessageState(row[2]), int(row[3]), int(row[4])) for row in rows
    ]


def above(area_ids: set[int], places: set[int], *, whole: bool) -> dict[int, int]:
    """By area the one of `places` that it is or lies in. For an area in none of them: with `whole`
    itself, or its province where there are many; without, it is absent."""
    rows = db.session.execute(
        text(
            "SELECT a.id, p.id, g.id FROM areas a LEFT JOIN areas p ON p.id = a.parent_id"
            " LEFT JOIN areas g ON g.id = p.parent_id"
        )
    )
    few = len(area_ids) <= MOST
    found = {}
    for line in rows:
        if line[0] not in area_ids:
            continue
        place = next((each for each in line if each in places), None)
        if place is None and whole:
            place = line[0] if few else next(each for each in reversed(line) if each)
        if place is not None:
            found[line[0]] = place
    return found


def _has_begun(campaign_id: int) -> bool:
    query = text(f"SELECT 1 FROM ({_NOW}) f LIMIT 1")
    return db.session.execute(query, {"c": campaign_id}).first() is not None


def _finest(source: str, where: str, campaign_id: int, within: int | None) -> str:
    areas = f"SELECT DISTINCT area_id FROM ({source}) s"
    values = {"c": campaign_id, "within": within}
    if not where:
        query = text(f"SELECT COUNT(*) FROM ({areas}) f")
        if db.session.execute(query, values).scalar_one() <= MOST:
            return _AREAS
    counted = ", ".join(f"COUNT(DISTINCT {place})" for place in _PLACES)
    query = text(f"SELECT {counted} FROM ({areas}) f{_LINE}{where}")
    numbers = db.session.execute(query, values).one()
    fitting = (place for place, n in zip(_PLACES, numbers, strict=True) if n <= MOST)
    return next(fitting, _PLACES[-1])
