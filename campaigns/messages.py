"""Messages, their attempts, the batches and claims they are carried in, and how they move.

One row of `messages` is one campaign to one number. Rows are the truth: a page's counts, the
sender's work and the sweeper's judgement are all derived from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    insert,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from campaigns import counts, reasons
from campaigns.states import NOT_REACHED, Cause, MessageState, may_move
from outreach import clock
from outreach.database import BigId, Model, Moment, as_rows, rowset, words

SENT_AGAIN_IN_DOUBT = "sent_again_in_doubt"
"""The reason of a queued message that was in doubt: what it was sent under may be unknown."""


_STATES = {state.value: state for state in MessageState}


class Message(Model):
    """One campaign to one number. The unique row is what makes a second message impossible.

    PostgreSQL looks up each foreign key of each row: six of them were four fifths of an expansion.
    So only two are kept. The text holds its campaign and its area, the batch its campaign and its
    route; numbers are never deleted.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("number_id", "campaign_id"),
        # Each row changes two or three times: with room on its page no index has to follow it.
        {"postgresql_with": {"fillfactor": 50}},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(BigId)
    number_id: Mapped[int] = mapped_column(BigId)
    area_id: Mapped[int] = mapped_column(BigId)
    route_id: Mapped[int] = mapped_column(BigId)
    text_id: Mapped[int] = mapped_column(ForeignKey("rendered_texts.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    segments: Mapped[int]
    state: Mapped[MessageState] = mapped_column(words(MessageState))
    attempts: Mapped[int] = mapped_column(default=0)
    claim_id: Mapped[int | None]
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str | None] = mapped_column(String(40))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class Attempt(Model):
    """One submit of one part of one attempt, as the carrier answered it; receipts belong here."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("message_id", "number", "part"),
        Index("ix_attempts_carrier_id", "route_id", "carrier_id"),
        {"postgresql_with": {"fillfactor": 80}},  # its receipt may come later
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    number: Mapped[int]
    part: Mapped[int]
    parts: Mapped[int]
    route_id: Mapped[int]
    carrier_id: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(24))
    code: Mapped[str | None] = mapped_column(String(40))
    answered_at: Mapped[datetime] = mapped_column(Moment)
    receipt: Mapped[str | None] = mapped_column(String(24))
    receipt_code: Mapped[str | None] = mapped_column(String(40))
    receipt_at: Mapped[datetime | None] = mapped_column(Moment)


class Batch(Model):
    """A contiguous run of messages of one campaign on one route: what a worker leases."""

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_due", "route_id", "done_at", "due_at"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    size: Mapped[int]
    # Its messages lie between these ids (and name it): so no index on messages is needed.
    first_id: Mapped[int]
    last_id: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Moment)
    owner: Mapped[str | None] = mapped_column(String(80))
    # Leases are about machines: real time, not the example's.
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class Claim(Model):
    """The committed word “these are about to go on the wire”, written before the wire."""

    __tablename__ = "claims"
    __table_args__ = (
        Index("ix_claims_open", "settled_at", "lease_until"),
        Index("ix_claims_lately", "campaign_id", "claimed_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    owner: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    lease_until: Mapped[datetime] = mapped_column(Moment)
    claimed_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)


class InDoubt(Model):
    """A row a message in doubt, kept by `settle`, so that no page looks for them in all messages;
    `since` is when it came into doubt."""

    __tablename__ = "messages_in_doubt"
    __table_args__ = (Index("ix_messages_in_doubt_order", "campaign_id", "reason", "message_id"),)
    message_id: Mapped[int] = mapped_column(
        ForeignKey("messages.id"), primary_key=True, autoincrement=False
    )
    campaign_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(reasons.REASON_LENGTH))
    since: Mapped[datetime] = mapped_column(Moment)


class CarrierQuery(Model):
    """How often a carrier was asked what became of a message, and when it may be asked again."""

    __tablename__ = "carrier_queries"
    message_id: Mapped[int] = mapped_column(
        ForeignKey("messages.id"), primary_key=True, autoincrement=False
    )
    asked: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(Moment)


class RawReceipts(Model):
    """Receipts as they came, one sealed blob a flush: stored before the carrier is answered."""

    __tablename__ = "raw_receipts"
    __table_args__ = (Index("ix_raw_receipts_open", "matched_at", "id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    received_at: Mapped[datetime] = mapped_column(Moment)
    receipts: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    matched_at: Mapped[datetime | None] = mapped_column(Moment)


class UnmatchedReceipt(Model):
    """A receipt no attempt is known for yet: kept, counted, and asked again after each answer."""

    __tablename__ = "unmatched_receipts"
    __table_args__ = (
        Index("ix_unmatched_receipts_id", "route_id", "carrier_id"),
        Index("ix_unmatched_receipts_number", "route_id", "number_id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    carrier_id: Mapped[str] = mapped_column(String(64))
    number_id: Mapped[int | None] = mapped_column(ForeignKey("numbers.id"))
    state: Mapped[str] = mapped_column(String(24))
    code: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[datetime] = mapped_column(Moment)


class Change(NamedTuple):
    """A wish to move one message. `claim_id` limits it to the claim that sent it, if given."""

    message_id: int
    to: MessageState
    reason: str | None = None
    claim_id: int | None = None
    due_at: datetime | None = None


class Row(NamedTuple):
    """What decides whether a message may move, and where it is counted."""

    state: MessageState
    campaign_id: int
    area_id: int
    route_id: int
    segments: int
    claim_id: int | None
    reason: str | None
    number_id: int

    def as_reason(self, sign: int) -> reasons.Step:
        """Its coming into, or leaving, its state for its reason."""
        place = self.state, self.campaign_id, self.route_id
        return reasons.Step(*place, self.reason or "", self.segments, sign)


class Settled(NamedTuple):
    """The ids of the messages that moved, and what each message was when it was judged."""

    moved: set[int]
    rows: dict[int, Row]


def settle(connection: Connection, cause: Cause, changes: Sequence[Change]) -> int:
    """Move messages for one cause; see `settle_each`. Returns how many moved."""
    return len(settle_each(connection, [(cause, change) for change in changes]).moved)


def settle_each(
    connection: Connection,
    wishes: Sequence[tuple[Cause, Change]],
    believed: Mapping[int, Row] | None = None,
) -> Settled:
    """Move messages where the table of transitions allows it; the rest stay as they are.

    One statement and one set of count deltas for all of them, in the caller's write transaction.
    Wishes for one message are judged one after another, as if they came apart.

    `believed` is what the caller holds some of them for, so that those need not be read: a claim
    knows what it took. A message moves only where it still is, in the database, what it was judged
    as; what is not, or may not move, is read again under a lock and judged anew.
    """
    ids = {change.message_id for _cause, change in wishes}
    if not ids:
        return Settled(set(), {})
    rows = {i: row for i, row in (believed or {}).items() if i in ids}
    # SQLite lets one transaction write at a time, so what is read in it is true to its end.
    sure = ids - rows.keys() if connection.dialect.name == "sqlite" else set()
    rows |= _read(connection, ids - rows.keys())
    moved = _move(connection, wishes, rows)
    if unsure := ids - moved - sure:
        rows |= _read(connection, unsure, lock=True)
        again = [(cause, change) for cause, change in wishes if change.message_id in unsure]
        moved |= _move(connection, again, rows)
    return Settled(moved, rows)


def _move(
    connection: Connection, wishes: Sequence[tuple[Cause, Change]], rows: Mapping[int, Row]
) -> set[int]:
    """Move what may move and is what `rows` says it is; answers the ids of what moved."""
    after = dict(rows)
    moves: dict[int, Change] = {}
    for cause, change in wishes:
        row = after.get(change.message_id)
        if row is not None and _allowed(row, cause, change):
            after[change.message_id] = row._replace(state=change.to, reason=change.reason)
            moves[change.message_id] = change
    moved = _write(connection, rows, list(moves.values()))
    pairs = {i: (rows[i], after[i]) for i in moves if i in moved}
    counts.append(connection, [_step(*pair) for pair in pairs.values()])
    _tell_reasons(connection, list(pairs.values()))
    _keep_doubts(connection, pairs)
    return moved


def _step(was: Row, now: Row) -> counts.Step:
    return counts.Step(
        was.campaign_id, was.area_id, was.route_id, was.segments, was.state, now.state
    )


def _tell_reasons(connection: Connection, moved: Sequence[tuple[Row, Row]]) -> None:
    left = [was.as_reason(-1) for was, _now in moved if was.state in NOT_REACHED]
    came = [now.as_reason(1) for _was, now in moved if now.state in NOT_REACHED]
    reasons.append(connection, left + came)


def _keep_doubts(connection: Connection, moved: Mapping[int, tuple[Row, Row]]) -> None:
    """The rows of `messages_in_doubt`: hardly any message ever has one."""
    gone = [i for i, (was, _now) in moved.items() if was.state is MessageState.IN_DOUBT]
    come = [(i, now) for i, (_was, now) in moved.items() if now.state is MessageState.IN_DOUBT]
    if gone:
        connection.execute(
            text("DELETE FROM messages_in_doubt WHERE message_id = :id"), [{"id": i} for i in gone]
        )
    if come:
        since = clock.now()
        connection.execute(
            insert(InDoubt),
            [
                {
                    "message_id": i,
                    "campaign_id": now.campaign_id,
                    "reason": now.reason or "",
                    "since": since,
                }
                for i, now in come
            ],
        )


def _allowed(row: Row, cause: Cause, change: Change) -> bool:
    ours = change.claim_id is None or change.claim_id == row.claim_id
    return ours and may_move(row.state, cause, change.to)


def _read(connection: Connection, ids: Iterable[int], *, lock: bool = False) -> dict[int, Row]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    dialect = connection.dialect.name
    table = rowset(dialect, [("id", "integer")])
    # Locked in id order on PostgreSQL, so that two flushes never wait for each other in a ring.
    end = " ORDER BY m.id FOR UPDATE OF m" if lock and dialect != "sqlite" else ""
    result = connection.execute(
        text(
            "SELECT m.id, m.state, m.campaign_id, m.area_id, m.route_id, m.segments, m.claim_id,"
            f" m.reason, m.number_id FROM messages m JOIN {table} w ON w.id = m.id{end}"
        ),
        {"rows": as_rows([[i] for i in wanted])},
    )
    return {row[0]: Row(_STATES[row[1]], *row[2:]) for row in result}


def _write(connection: Connection, rows: Mapping[int, Row], moves: Sequence[Change]) -> set[int]:
    """Write the moves of those that still are what `rows` says; answers their ids."""
    if not moves:
        return set()
    columns = [
        *(("id", "integer"), ("was", "text"), ("claim_id", "integer")),
        *(("state", "text"), ("reason", "text"), ("due_at", "integer")),
    ]
    table = rowset(connection.dialect.name, columns)
    written = connection.execute(
        text(
            "UPDATE messages SET state = w.state, reason = w.reason, due_at = w.due_at,"
            f" changed_at = :now FROM {table} w WHERE messages.id = w.id"
            " AND messages.state = w.was AND messages.claim_id IS NOT DISTINCT FROM w.claim_id"
            " RETURNING messages.id"
        ),
        {
            "now": clock.to_microseconds(clock.now()),
            "rows": as_rows(
                [
                    [
                        m.message_id,
                        rows[m.message_id].state.value,
                        rows[m.message_id].claim_id,
                        m.to.value,
                        m.reason,
                        clock.to_microseconds(m.due_at) if m.due_at else None,
                    ]
                    for m in sorted(moves, key=lambda move: move.message_id)
                ]
            ),
        },
    )
    return set(written.scalars())
