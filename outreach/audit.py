"""Who did what, when: rows that are only ever added, each bound to the one before by a hash.

A row is written at the very end of the transaction that did the act, so whoever holds the chain's
lock waits for nobody: two acts at once cannot lock each other out, and an act that was rolled back
leaves no row. A phone number in a detail is masked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, String, Text, event, insert, select, text
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from outreach import clock, phones
from outreach.database import BigId, Model, Moment, db

START = "0" * 64
"""What the first row names as the hash before it."""

# Any number will do, as long as nothing else in this database locks on it.
_CHAIN_LOCK = 7_301_220_201
_PENDING = "pending_audit_rows"
_PHONE = re.compile(r"(?<!\w)(?<!\d[ .-])(?:(?:\+?84|0)(?:[ .-]?\d){9,10}|[35789]\d{8})(?!\w)")
_PHONE_AS_INTEGER = range(84_300_000_000, 84_999_999_999 + 1)


class AuditRow(Model):
    """One act. `detail` is canonical JSON; `hash` binds the row and all before it."""

    __tablename__ = "audit"
    # The history of one object, as its page shows it.
    # What one person did, who did one kind of thing, and when, newest first: the audit page.
    __table_args__ = (
        Index(None, "object_type", "object_id"),
        Index(None, "actor_id", "id"),
        Index(None, "act", "id"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    act: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int | None] = mapped_column(BigId)
    detail: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


TRIGGERS: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit"
        " BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
        for act in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    ),
}
"""What makes the table add-only, by dialect; the migration that creates it runs the same."""

for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        event.listen(
            AuditRow.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )


@dataclass(frozen=True)
class Verification:
    """Whether the chain holds. `head` is the last row's hash: noted elsewhere (in a printed
    report), it also shows when rows were cut off at the end."""

    ok: bool
    rows: int
    first_bad_id: int | None
    head: str


def record(
    act: str,
    object_type: str,
    object_id: int | None,
    detail: Mapping[str, Any],
    actor_id: int | None,
) -> None:
    """Note an act inside `database.transaction()`; the row is written when that commits.

    `detail` holds JSON values and moments; what looks like a phone number in it is masked. Raises
    RuntimeError outside a transaction or within a savepoint of one.
    """
    session = db.session()
    if not session.info.get("in_transaction_block") or session.in_nested_transaction():
        raise RuntimeError("an act is recorded inside transaction(), not in a savepoint")
    row = {
        "at": clock.now(),
        "actor_id": actor_id,
        "act": str(act),
        "object_type": object_type,
        "object_id": object_id,
        "detail": _canonical(_without_numbers(detail)),
    }
    session.info.setdefault(_PENDING, []).append(row)


def _without_numbers(value: Any) -> Any:
    """The same, phone numbers masked: people write them into reasons and names."""
    if isinstance(value, Mapping):
        return {_without_numbers(key): _without_numbers(item) for key, item in value.items()}
    if isinstance(value, str):
        return _PHONE.sub(lambda found: _masked(found[0]), value)
    if isinstance(value, int):
        return _masked(str(value)) if value in _PHONE_AS_INTEGER else value
    if isinstance(value, Iterable):
        return [_without_numbers(item) for item in value]
    return value


def _masked(phone: str) -> str:
    return phones.mask(re.sub(r"\D", "", phone)[-9:])


def _canonical(value: object) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_moment
    )


def _moment(value: object) -> str | None:
    if isinstance(value, datetime):
        return clock.iso(value)
    raise TypeError(f"an audit row holds JSON values and moments, not {type(value).__name__}")


def _hash(previous: str, row: Mapping[str, Any]) -> str:
    bound = [
        previous,
        clock.to_microseconds(row["at"]),
        row["actor_id"],
        row["act"],
        row["object_type"],
        row["object_id"],
        row["detail"],
    ]
    return hashlib.sha256(_canonical(bound).encode()).hexdigest()


@event.listens_for(Session, "before_commit")
def _write_pending(session: Session) -> None:
    rows = session.info.get(_PENDING)
    if not rows or session.in_nested_transaction():
        return
    session.flush()  # what the rows speak of comes first
    if session.get_bind().dialect.name == "postgresql":
        # Held to the commit; SQLite's BEGIN IMMEDIATE already lets one writer in at a time.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    previous = _last_hash(session)
    for row in rows:
        row["previous_hash"] = previous
        row["hash"] = previous = _hash(previous, row)
    session.execute(insert(AuditRow), rows)
    del session.info[_PENDING]


@event.listens_for(Session, "after_transaction_end")
def _forget_pending(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_PENDING, None)


def _last_hash(session: Session) -> str:
    last = select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)
    return session.scalar(last) or START


def verify() -> Verification:
    """Walk the whole chain. `first_bad_id` is the first row that was altered or whose
    predecessor is gone; rows cut off at the end show only by comparing `head`."""
    return _walk(START, 0)


def verify_last(rows: int) -> Verification:
    """The same over the last so many rows, from the hash of the one before them: quick, however
    long the chain is."""
    table = AuditRow.__table__
    before = select(table.c.id, table.c.hash).order_by(table.c.id.desc()).offset(rows).limit(1)
    row = db.session.execute(before).first()
    return _walk(START, 0) if row is None else _walk(row.hash, row.id)


def _walk(previous: str, after: int) -> Verification:
    table = AuditRow.__table__
    rows = db.session.execute(
        select(table).where(table.c.id > after).order_by(table.c.id),
        execution_options={"yield_per": 1000},
    ).mappings()
    count, first_bad = 0, None
    for row in rows:
        count += 1
        sound = row["previous_hash"] == previous and row["hash"] == _hash(previous, dict(row))
        if not sound and first_bad is None:
            first_bad = int(row["id"])
        previous = row["hash"]
    return Verification(first_bad is None, count, first_bad, previous)
