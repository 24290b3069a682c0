"""Whom a campaign did not reach, counted by reason, so that no page counts the messages.

Kept like `campaigns.counts`: whoever moves messages appends deltas in the same transaction, the
tick folds them, a reader adds both. Apart from it, since reasons times areas would be many rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, String, bindparam, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.states import NOT_REACHED, MessageState
from outreach.database import BigId, Model, words

REASON_LENGTH = 40
AT_ONCE = 20_000


class ReasonCount(Model):
    """Folded totals. The state comes first: all campaigns with messages in doubt are one range."""

    __tablename__ = "reason_counts"
    state: Mapped[MessageState] = mapped_column(words(MessageState), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    route_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), primary_key=True)
    messages: Mapped[int]
    segments: Mapped[int]


class ReasonDelta(Model):
    """A change not folded yet."""

    __tablename__ = "reason_deltas"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[MessageState] = mapped_column(words(MessageState))
    campaign_id: Mapped[int] = mapped_column(Integer)
    route_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    messages: Mapped[int]
    segments: Mapped[int]


class Step(NamedTuple):
    """One message of `segments` that came into (`sign` 1) or left (−1) a state for a reason."""

    state: MessageState
    campaign_id: int
    route_id: int
    reason: str
    segments: int
    sign: int


class ReasonRow(NamedTuple):
    """Messages and segments of one campaign on one route, in one state for one reason."""

    route_id: int
    state: MessageState
    reason: str
    messages: int
    segments: int


_KEY = "state, campaign_id, route_id, reason"
_NAMES = ("state", "campaign_id", "route_id", "reason", "messages", "segments")


def append(connection: Connection, steps: Iterable[Step]) -> None:
    """Append the deltas of these steps, summed, in the caller's transaction; states in which
    people are reached, or still may be, are not counted here."""
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for step in steps:
        if step.state in NOT_REACHED:
            total = sums[step.state.value, step.campaign_id, step.route_id, step.reason]
            total[0] += step.sign
            total[1] += step.sign * step.segments
    rows = [dict(zip(_NAMES, (*key, *total), strict=True)) for key, total in sums.items()]
    if rows := [row for row in rows if row["messages"] or row["segments"]]:
        connection.execute(insert(ReasonDelta), rows)


def fold(connection: Connection) -> int:
    """Fold the deltas into the totals; answers how many there were. Safe to run twice at once."""
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    picked = connection.execute(
        text(
            f"SELECT id, {_KEY}, messages, segments FROM reason_deltas"
            f" ORDER BY id LIMIT {AT_ONCE}{lock}"
        )
    ).all()
    if not picked:
        return 0
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in picked:
        total = sums[tuple(row[1:5])]
        total[0] += row.messages
        total[1] += row.segments
    connection.execute(
        text(
            f"INSERT INTO reason_counts ({_KEY}, messages, segments) VALUES"
            " (:state, :campaign_id, :route_id, :reason, :messages, :segments)"
            f" ON CONFLICT ({_KEY}) DO UPDATE SET"
            " messages = reason_counts.messages + excluded.messages,"
            " segments = reason_counts.segments + excluded.segments"
        ),
        [dict(zip(_NAMES, (*key, *total), strict=True)) for key, total in sorted(sums.items())],
    )
    connection.execute(
        text("DELETE FROM reason_deltas WHERE id = :id"), [{"id": row.id} for row in picked]
    )
    return len(picked)


_BOTH = (
    "(SELECT state, campaign_id, route_id, reason, messages, segments FROM reason_counts"
    " WHERE {where} UNION ALL"
    " SELECT state, campaign_id, route_id, reason, messages, segments FROM reason_deltas"
    " WHERE {where}) AS both_of_them"
)
_OF_CAMPAIGN = text(
    "SELECT route_id, state, reason, SUM(messages), SUM(segments) FROM "
    + _BOTH.format(where="state IN :states AND campaign_id = :id")
    + " GROUP BY route_id, state, reason HAVING SUM(messages) <> 0"
    " ORDER BY route_id, state, reason"
).bindparams(bindparam("states", sorted(NOT_REACHED), expanding=True))
_IN_DOUBT = text(
    "SELECT campaign_id, SUM(messages) FROM "
    + _BOTH.format(where="state = 'in_doubt'")
    + " GROUP BY campaign_id HAVING SUM(messages) <> 0"
)


def of_campaign(session: Session | Connection, campaign_id: int) -> list[ReasonRow]:
    """The campaign's reasons, exact now."""
    return [
        ReasonRow(row[0], MessageState(row[1]), row[2], int(row[3]), int(row[4]))
        for row in session.execute(_OF_CAMPAIGN, {"id": campaign_id})
    ]


def in_doubt(session: Session | Connection) -> dict[int, int]:
    """Messages in doubt by campaign, of all campaigns that have any."""
    return {row[0]: int(row[1]) for row in session.execute(_IN_DOUBT)}


def from_rows(connection: Connection, campaign_id: int) -> dict[tuple[int, str, str], Any]:
    """The same counted from the messages themselves: for tests and `doctor`, never for pages."""
    statement = text(
        "SELECT route_id, state, COALESCE(reason, ''), COUNT(*), SUM(segments) FROM messages"
        " WHERE campaign_id = :id AND state IN :states GROUP BY route_id, state, reason"
    ).bindparams(bindparam("states", sorted(NOT_REACHED), expanding=True))
    result = connection.execute(statement, {"id": campaign_id})
    return {(row[0], row[1], row[2]): (row[3], int(row[4])) for row in result}
