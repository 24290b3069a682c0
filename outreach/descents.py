"""Areas with all that lies below them, as plain pairs: for statements that add up by area.

Such a statement could descend by itself, but no database foresees how many areas that finds; named
beforehand, a district's dozen is looked up and not searched for in all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import text

from outreach.database import as_rows, db, rowset

Pairs = Sequence[tuple[int, int]]
"""(An area's id, the id of itself or of one below it)."""


def of(area_ids: Iterable[int]) -> Pairs:
    """Each area with itself and with all below it, as (area's id, id). One statement."""
    dialect = db.engine.dialect.name
    asked = rowset(dialect, [("id", "integer")], "asked")
    # PostgreSQL takes any descent for a long one and would read all areas, and again at each step.
    below = (
        "areas a ON a.parent_id = line.id"
        if dialect == "sqlite"
        else "LATERAL (SELECT id FROM areas WHERE parent_id = line.id OFFSET 0) a ON true"
    )
    rows = db.session.execute(
        text(
            f"WITH RECURSIVE line(start, id) AS (SELECT id, id FROM {asked} t"
            f" UNION ALL SELECT line.start, a.id FROM line JOIN {below})"
            " SELECT start, id FROM line"
        ),
        {"asked": as_rows([[area_id] for area_id in area_ids])},
    )
    return [(start, id_) for start, id_ in rows.all()]
