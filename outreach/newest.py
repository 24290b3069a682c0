"""What differs once anything that figures are made of has changed: it ends a kept answer."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from sqlalchemy import text

from outreach import clock, due
from outreach.area_names import Level
from outreach.database import db

WITHIN: Final = 100_000
"""So many ids may lie between a row and one that is written later."""


def figures() -> Hashable:
    """Of install figures, people, areas and targets: reports and the acts of people are added and
    never taken away. The newest rows are counted too, since a transaction that ends late brings a
    lower id; and what is late is late from its hour on."""
    added = ", ".join(
        f"(SELECT MAX(id) FROM {table}), (SELECT COUNT(*) FROM {table}"
        f" WHERE id > (SELECT MAX(id) FROM {table}) - {WITHIN})"
        for table in ("uptake_reports", "audit")
    )
    today = clock.local(clock.now()).date()
    hours = tuple(due.past(today, level) for level in Level)
    return today, hours, *db.session.execute(text(f"SELECT {added}")).one()
