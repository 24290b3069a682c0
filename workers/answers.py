"""Storing what the carrier answered: many answers in one short transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from campaigns import batches
from campaigns.messages import Change, Row, settle_each
from campaigns.states import Cause, MessageState
from outreach import clock
from outreach.database import as_rows, rowset
from workers import claims, receipts
from workers.gateways.base import Receipt


@dataclass(slots=True)
class PartAnswer:
    """One submit's answer. `outcome`: accepted | refused | no_answer. `receipt` is the strongest
    that came before the answer was stored."""

    outcome: str
    carrier_id: str | None = None
    code: str | None = None
    words: str = ""
    receipt: Receipt | None = None


@dataclass(slots=True)
class Answered:
    """What came of one message of a claim: the state it goes to, why, and its parts' answers.
    `number` is whom it was submitted to, E.164; it is not stored here. `claimed` is the message as
    its claim took it, so that it need not be read to be moved."""

    message_id: int
    claim_id: int
    attempt: int
    to: MessageState
    cause: Cause
    reason: str | None = None
    due_at: datetime | None = None
    parts: list[PartAnswer] = field(default_factory=list)
    part_count: int = 1
    number: str = ""
    claimed: Row | None = None


def store(
    connection: Connection, route_id: int, answered: Sequence[Answered], done_claims: Sequence[int]
) -> None:
    """Store answers, move their messages, settle claims that are complete; one transaction.

    Receipts that came before their answers are matched here, as soon as there is something to
    match them with.
    """
    _insert_attempts(connection, route_id, answered)
    wishes = [wish for each in answered for wish in _wishes(each)]
    claimed = {a.message_id: a.claimed for a in answered if a.claimed is not None}
    settled = settle_each(connection, wishes, claimed)
    # Whose answer came too late to move its message may still have a receipt that does.
    late = [a.message_id for a in answered if a.message_id not in settled.moved and _has_receipt(a)]
    receipts.move_messages(connection, late)
    _forget_unsent(connection, answered)
    batches.reopen(connection, [a.message_id for a in answered if a.to is MessageState.QUEUED])
    claims.close(connection, done_claims)
    _count_errors(connection, route_id, answered)
    _match_waiting(connection, route_id, answered, settled.rows)


def _match_waiting(
    connection: Connection, route_id: int, answered: Sequence[Answered], rows: Mapping[int, Row]
) -> None:
    said = [a for a in answered if a.cause is not Cause.NOT_SENT]
    if not said:
        return
    number_ids = [rows[a.message_id].number_id for a in said if a.message_id in rows]
    carrier_ids = [p.carrier_id for a in said for p in a.parts if p.carrier_id]
    receipts.match_waiting(connection, route_id, number_ids, carrier_ids)


def _wishes(answered: Answered) -> Iterator[tuple[Cause, Change]]:
    """The answer's move and, where all that is to be known of it came with it, the receipts'."""
    claim = answered.claim_id
    to, reason, due_at = answered.to, answered.reason, answered.due_at
    yield answered.cause, Change(answered.message_id, to, reason, claim, due_at)
    if _has_receipt(answered):
        outcome = receipts.fold(
            [
                (each.receipt.state, each.receipt.code, answered.part_count)
                for each in answered.parts
                if each.receipt is not None
            ]
        )
        if outcome is not None:
            yield Cause.RECEIPT, Change(answered.message_id, *outcome, claim_id=claim)


def _has_receipt(answered: Answered) -> bool:
    return any(each.receipt is not None for each in answered.parts)


_ATTEMPT = [
    ("message_id", "integer"),
    ("number", "integer"),
    ("part", "integer"),
    ("parts", "integer"),
    ("carrier_id", "text"),
    ("outcome", "text"),
    ("code", "text"),
    ("receipt", "text"),
    ("receipt_code", "text"),
]


def _insert_attempts(connection: Connection, route_id: int, answered: Sequence[Answered]) -> None:
    rows = [
        [
            *(a.message_id, a.attempt, n, a.part_count, p.carrier_id, p.outcome, p.code),
            *((p.receipt.state, p.receipt.code) if p.receipt is not None else (None, None)),
        ]
        for a in answered
        for n, p in enumerate(a.parts, start=1)
    ]
    if not rows:
        return
    table = rowset(connection.dialect.name, _ATTEMPT)
    # A flush that is repeated after an error on the way back inserts nothing twice. An attempt may
    # be there too since a receipt was taken for it before, or since its answer came late: then
    # the silence noted makes way for it, never the other way round.
    connection.execute(
        text(
            "INSERT INTO attempts (message_id, number, part, parts, route_id, carrier_id, outcome,"
            " code, answered_at, receipt, receipt_code, receipt_at)"
            " SELECT w.message_id, w.number, w.part, w.parts, :route, w.carrier_id, w.outcome,"
            " w.code, :now, w.receipt, w.receipt_code,"
            " CASE WHEN w.receipt IS NOT NULL THEN CAST(:now AS BIGINT) END"
            f" FROM {table} w WHERE true"
            " ON CONFLICT (message_id, number, part) DO UPDATE SET outcome = excluded.outcome,"
            " carrier_id = excluded.carrier_id, code = excluded.code,"
            " answered_at = excluded.answered_at, receipt = excluded.receipt,"
            " receipt_code = excluded.receipt_code, receipt_at = excluded.receipt_at"
            " WHERE attempts.receipt IS NULL AND (excluded.receipt IS NOT NULL"
            " AND attempts.carrier_id = excluded.carrier_id"
            " OR attempts.outcome = 'no_answer' AND excluded.outcome <> 'no_answer')"
        ),
        {"route": route_id, "now": clock.to_microseconds(clock.now()), "rows": as_rows(rows)},
    )


def _forget_unsent(connection: Connection, answered: Sequence[Answered]) -> None:
    """What never left was no attempt: give the number back."""
    unsent = [[a.message_id, a.claim_id] for a in answered if a.cause is Cause.NOT_SENT]
    if not unsent:
        return
    table = rowset(connection.dialect.name, [("id", "integer"), ("claim_id", "integer")])
    connection.execute(
        text(
            f"UPDATE messages SET attempts = attempts - 1, claim_id = NULL FROM {table} w"
            " WHERE messages.id = w.id AND messages.claim_id = w.claim_id"
            " AND messages.state = 'queued'"
        ),
        {"rows": as_rows(unsent)},
    )


def _count_errors(connection: Connection, route_id: int, answered: Sequence[Answered]) -> None:
    errors: dict[tuple[str, str], int] = {}
    for each in answered:
        for part in each.parts:
            if part.code is not None:
                key = part.code, part.words[:120]
                errors[key] = errors.get(key, 0) + 1
    for (code, words), count in sorted(errors.items()):
        connection.execute(
            text(
                "INSERT INTO route_errors (route_id, code, words, count, last_at)"
                " VALUES (:route, :code, :words, :count, :now)"
                " ON CONFLICT (route_id, code) DO UPDATE SET"
                " count = route_errors.count + excluded.count, last_at = excluded.last_at"
            ),
            {
                "route": route_id,
                "code": code,
                "words": words,
                "count": count,
                "now": clock.to_microseconds(clock.now()),
            },
        )
