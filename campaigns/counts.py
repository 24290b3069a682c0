"""Counts by campaign × area × route × state, kept so that a page never reads the messages.

Whoever moves messages appends deltas in the same transaction; the tick folds them into totals.
Appending never waits for another writer's row, so nothing is hot and nothing can deadlock. A
reader adds totals and deltas in one statement, and is exact at every moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, bindparam, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.states import MessageState
from outreach.database import BigId, Model, words


class Count(Model):
    """Folded totals."""

    __tablename__ = "counts"
    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    route_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[MessageState] = mapped_column(words(MessageState), primary_key=True)
    messages: Mapped[int]
    segments: Mapped[int]


class CountDelta(Model):
    """A change not folded yet."""

    __tablename__ = "count_deltas"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Integer, index=True)
    area_id: Mapped[int]
    route_id: Mapped[int]
    state: Mapped[MessageState] = mapped_column(words(MessageState))
    messages: Mapped[int]
    segments: Mapped[int]


class Step(NamedTuple):
    """One message of `segments` moved from one state to another; `before` None when it is new."""

    campaign_id: int
    area_id: int
    route_id: int
    segments: int
    before: MessageState | None
    after: MessageState


def append(connection: Connection, steps: Iterable[Step]) -> None:
    """Append the deltas of these steps, summed, in the caller's transaction."""
    sums: dict[tuple[int, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for step in steps:
        place = step.campaign_id, step.area_id, step.route_id
        for state, sign in ((step.before, -1), (step.after, 1)):
            if state is not None:
                total = sums[*place, state.value]
                total[0] += sign
                total[1] += sign * step.segments
    append_sums(connection, ((*key, total[0], total[1]) for key, total in sums.items()))


def append_sums(
    connection: Connection, sums: Iterable[tuple[int, int, int, str, int, int]]
) -> None:
    """Append deltas summed already: (campaign, area, route, state, messages, segments)."""
    names = ("campaign_id", "area_id", "route_id", "state", "messages", "segments")
    rows = [dict(zip(names, row, strict=True)) for row in sums if row[4] or row[5]]
    if rows:
        connection.execute(insert(CountDelta), rows)


def fold(connection: Connection) -> int:
    """Fold all deltas there are into the totals; returns how many there were.

    Safe to run twice at once: the rows are deleted and added up in one statement's transaction,
    and on PostgreSQL `SKIP LOCKED` lets a second tick pass by.
    """
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    picked = connection.execute(
        text(
            "SELECT id, campaign_id, area_id, route_id, state, messages, segments"
            f" FROM count_deltas ORDER BY id LIMIT 20000{lock}"
        )
    ).all()
    if not picked:
        return 0
    sums: dict[tuple[int, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in picked:
        total = sums[row.campaign_id, row.area_id, row.route_id, row.state]
        total[0] += row.messages
        total[1] += row.segments
    _add_to_totals(connection, sums)
    connection.execute(
        text("DELETE FROM count_deltas WHERE id = :id"), [{"id": row.id} for row in picked]
    )
    return len(picked)


def _add_to_totals(
    connection: Connection, sums: dict[tuple[int, int, int, str], list[int]]
) -> None:
    connection.execute(
        text(
            "INSERT INTO counts (campaign_id, area_id, route_id, state, messages, segments)"
            " VALUES (:c, :a, :r, :s, :m, :g)"
            " ON CONFLICT (campaign_id, area_id, route_id, state) DO UPDATE SET"
            " messages = counts.messages + excluded.messages,"
            " segments = counts.segments + excluded.segments"
        ),
        [
            {"c": key[0], "a": key[1], "r": key[2], "s": key[3], "m": total[0], "g": total[1]}
            for key, total in sorted(sums.items())
        ],
    )


class CountRow(NamedTuple):
    """Messages and segments of one campaign in one area, on one route, in one state."""

    area_id: int
    route_id: int
    state: MessageState
    messages: int
    segments: int


_READ = text(
    "SELECT area_id, route_id, state, SUM(messages) AS messages, SUM(segments) AS segments FROM ("
    " SELECT area_id, route_id, state, messages, segments FROM counts WHERE campaign_id = :c"
    " UNION ALL"
    " SELECT area_id, route_id, state, messages, segments FROM count_deltas WHERE campaign_id = :c"
    ") AS both_of_them GROUP BY area_id, route_id, state HAVING SUM(messages) <> 0"
)


def of_campaign(session: Session | Connection, campaign_id: int) -> list[CountRow]:
    """The campaign's counts, exact now."""
    return [
        CountRow(row[0], row[1], MessageState(row[2]), int(row[3]), int(row[4]))
        for row in session.execute(_READ, {"c": campaign_id})
    ]


def mean_segments(session: Session, campaign_id: int) -> float:
    """Segments a message of the campaign takes, on average; 0 where it has none."""
    rows = of_campaign(session, campaign_id)
    messages = sum(row.messages for row in rows)
    return sum(row.segments for row in rows) / messages if messages else 0.0


def of_campaigns(session: Session, ids: list[int]) -> dict[int, dict[MessageState, int]]:
    """Messages by state for several campaigns, in one query; a campaign without any is absent."""
    statement = text(
        "SELECT campaign_id, state, SUM(messages) FROM ("
        " SELECT campaign_id, state, messages FROM counts WHERE campaign_id IN :ids"
        " UNION ALL"
        " SELECT campaign_id, state, messages FROM count_deltas WHERE campaign_id IN :ids"
        ") AS both_of_them GROUP BY campaign_id, state"
    ).bindparams(bindparam("ids", expanding=True))
    result: dict[int, dict[MessageState, int]] = defaultdict(dict)
    for campaign_id, state, messages in session.execute(statement, {"ids": ids}):
        if messages:
            result[campaign_id][MessageState(state)] = int(messages)
    return dict(result)


def from_rows(connection: Connection, campaign_id: int) -> dict[tuple[int, int, str], Any]:
    """The same counted from the messages themselves: for tests and `doctor`, never for pages."""
    result = connection.execute(
        text(
            "SELECT area_id, route_id, state, COUNT(*), SUM(segments) FROM messages"
            " WHERE campaign_id = :c GROUP BY area_id, route_id, state"
        ),
        {"c": campaign_id},
    )
    return {(row[0], row[1], row[2]): (row[3], int(row[4])) for row in result}
