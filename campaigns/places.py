"""By which places a campaign's figures are shown: its communes, or where there are more than a
person reads, their districts, or their provinces; and then those within one of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from campaigns.counts import ABOVE, LINE, CountRow
from campaigns.states import MessageState
from outreach.database import db
from outreach.kept import Kept

MOST: Final = 150
"""Lines of a table that somebody looks through."""

_COLUMNS: Final = "area_id, route_id, state, messages, segments"
_TOTALS: Final = f"SELECT {_COLUMNS} FROM counts WHERE campaign_id = :c"
_DELTAS: Final = f"SELECT {_COLUMNS} FROM count_deltas WHERE campaign_id = :c"
_PLANNED: Final = (
    "SELECT area_id, route_id, 'queued' AS state, people AS messages, segments"
    " FROM planned_counts WHERE campaign_id = :c"
)
# An area and all within it.
_WITHIN: Final = (
    " AND area_id IN (SELECT id FROM areas WHERE id = :within UNION SELECT id FROM areas"
    " WHERE parent_id = :within UNION SELECT b.id FROM areas b JOIN areas m ON b.parent_id = m.id"
    " WHERE m.parent_id = :within)"
)
# From the finest: the area itself, what it lies in, what that lies in.
_PLACES: Final = ("f.area_id", *ABOVE)
# Where a campaign goes does not change while it runs; a draft's places may be a minute old.
_chosen: Kept[int] = Kept(60)


def of_campaign(campaign_id: int, within: int | None = None) -> list[CountRow]:
    """The campaign's counts, exact now, or before its start as they were planned; summed by the
    finest places of which there are at most `MOST`, of all its areas or those `within` one."""
    begun = _has_begun(campaign_id)
    sources: tuple[str, ...] = (_TOTALS, _DELTAS) if begun else (_PLANNED,)
    if within is not None:
        sources = tuple(source + _WITHIN for source in sources)
    height = _chosen.get(
        (campaign_id, begun, within), lambda: _finest(sources, campaign_id, within)
    )
    if begun and within is None and height:  # what is folded is added up already
        above = f"SELECT {_COLUMNS} FROM counts_above WHERE campaign_id = :c AND height = {height}"
        source = f"{above} UNION ALL {_placed((_DELTAS,), height)}"
    else:
        source = _placed(sources, height)
    rows = db.session.execute(
        text(
            f"SELECT area_id, route_id, state, SUM(messages), SUM(segments) FROM ({source}) s"
            " GROUP BY area_id, route_id, state HAVING SUM(messages) <> 0"
        ),
        {"c": campaign_id, "within": within},
    )
    return [
        CountRow(row[0], row[1], MessageState(row[2]), int(row[3]), int(row[4])) for row in rows
    ]


def _placed(sources: tuple[str, ...], height: int) -> str:
    """SQL of the counts of these sources by the place each belongs to."""
    place, line = _PLACES[height], LINE if height else ""
    return (
        f"SELECT {place} AS area_id, f.route_id, f.state, f.messages, f.segments"
        f" FROM ({' UNION ALL '.join(sources)}) f{line}"
    )


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
    query = text(
        "SELECT EXISTS (SELECT 1 FROM counts WHERE campaign_id = :c)"
        " OR EXISTS (SELECT 1 FROM count_deltas WHERE campaign_id = :c)"
    )
    return bool(db.session.execute(query, {"c": campaign_id}).scalar_one())


def _finest(sources: tuple[str, ...], campaign_id: int, within: int | None) -> int:
    """How high the places lie: the lowest height at which there are few enough."""
    for height in range(len(_PLACES) - 1):
        some = f"SELECT DISTINCT area_id FROM ({_placed(sources, height)}) s LIMIT {MOST + 1}"
        query = text(f"SELECT COUNT(*) FROM ({some}) d")
        values = {"c": campaign_id, "within": within}
        if db.session.execute(query, values).scalar_one() <= MOST:
            return height
    return len(_PLACES) - 1
