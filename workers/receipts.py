"""Receipts: stored raw and sealed before the carrier is answered, matched to attempts after.

They may come before the answer, twice, out of order, under an id written in hex or decimal, for a
number we know or not. What cannot be matched stays in `unmatched_receipts`, counted, and is asked
again after each flush of answers.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from campaigns.messages import Change, settle
from campaigns.states import Cause, MessageState
from outreach import clock, numbers
from outreach.database import as_rows, rowset
from outreach.sealing import Sealer
from workers import replies
from workers.gateways.base import Inbound, Receipt

# A receipt that settles nothing: noted with its attempt, and the message stays accepted.
PASSING = frozenset({"accepted", "enroute", "unknown"})
# How far a part's receipt has come: only a higher word replaces a lower one, so that late and
# repeated receipts change nothing; DELIVRD after UNDELIV is believed, not the other way round.
RANK = {
    "unknown": 0,
    "enroute": 1,
    "accepted": 2,
    "undelivered": 3,
    "rejected": 3,
    "carrier_expired": 3,
    "delivered": 4,
}
WAITING_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Known:
    """A receipt with its number as a row of `numbers`; None where we have no such number."""

    receipt: Receipt
    number_id: int | None
    waiting_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Hit:
    attempt_id: int
    message_id: int
    number_id: int


def store_raw(
    connection: Connection, sealer: Sealer, route_id: int, inbound: Sequence[Inbound]
) -> int:
    """Store what came in as one sealed blob; answers its id. Then the carrier is answered."""
    blob = json.dumps([b64encode(each.raw).decode() for each in inbound]).encode()
    return int(
        connection.execute(
            text(
                "INSERT INTO raw_receipts (route_id, received_at, receipts, sealed)"
                " VALUES (:route, :now, :count, :sealed) RETURNING id"
            ),
            {
                "route": route_id,
                "now": clock.to_microseconds(clock.now()),
                "count": len(inbound),
                "sealed": sealer.seal_blob(blob),
            },
        ).scalar_one()
    )


def raw_bodies(sealer: Sealer, sealed: bytes) -> list[bytes]:
    """The raw bodies in a stored blob."""
    return [b64decode(each) for each in json.loads(sealer.open_blob(sealed))]


def match(
    connection: Connection, sealer: Sealer, route_id: int, raw_id: int, inbound: Sequence[Inbound]
) -> None:
    """Match stored receipts to their attempts and move their messages; the rest waits. What
    people wrote back is looked through for refusals.

    Marks the raw row as matched in the same transaction, so that a worker killed in between only
    makes the tick do it again.
    """
    said = [i.receipt for i in inbound if i.receipt is not None]
    ids = numbers.find(connection, sealer, [receipt.number for receipt in said if receipt.number])
    known = [Known(receipt, ids.get(receipt.number)) for receipt in said]
    missed = _apply(connection, route_id, known)
    _keep_waiting(connection, route_id, missed)
    replies.take(connection, sealer, route_id, [i for i in inbound if i.receipt is None])
    connection.execute(
        text("UPDATE raw_receipts SET matched_at = :now WHERE id = :id"),
        {"now": clock.to_microseconds(clock.now()), "id": raw_id},
    )


def match_waiting(connection: Connection, route_id: int) -> int:
    """Ask again for the receipts that waited; answers how many found their attempt."""
    rows = connection.execute(
        text(
            "SELECT id, carrier_id, number_id, state, code FROM unmatched_receipts"
            " WHERE route_id = :route ORDER BY id DESC LIMIT :most"
        ),
        {"route": route_id, "most": WAITING_AT_ONCE},
    ).all()
    if not rows:
        return 0
    known = [
        Known(Receipt(tuple(r.carrier_id.split()), r.state, r.code, "", None), r.number_id, r.id)
        for r in rows
    ]
    missed = {id(each) for each in _apply(connection, route_id, known)}
    found = [each.waiting_id for each in known if id(each) not in missed]
    if found:
        connection.execute(
            text("DELETE FROM unmatched_receipts WHERE id = :id"), [{"id": i} for i in found]
        )
    return len(found)


def _apply(connection: Connection, route_id: int, known: Sequence[Known]) -> list[Known]:
    """Write what matches; answers what does not."""
    hits = _find(connection, route_id, known)
    written: list[tuple[_Hit, Receipt]] = []
    missed: list[Known] = []
    lone: list[Known] = []
    for index, each in enumerate(known):
        hit = hits.get(index)
        if hit is not None:
            written.append((hit, each.receipt))
        else:
            lone.append(each)
    _write(connection, written)
    settled = _settle_in_doubt(connection, route_id, lone)
    missed.extend(each for each in lone if id(each) not in settled)
    return missed


def _find(connection: Connection, route_id: int, known: Sequence[Known]) -> dict[int, _Hit]:
    forms: list[list[int | str | None]] = [
        [index, rank, form]
        for index, each in enumerate(known)
        for rank, form in enumerate(each.receipt.forms)
    ]
    if not forms:
        return {}
    table = rowset(
        connection.dialect.name, [("place", "integer"), ("rank", "integer"), ("form", "text")]
    )
    rows = connection.execute(
        text(
            f"SELECT w.place, w.rank, a.id, a.message_id, m.number_id FROM {table} w"
            " JOIN attempts a ON a.route_id = :route AND a.carrier_id = w.form"
            " JOIN messages m ON m.id = a.message_id ORDER BY w.place, w.rank, a.id DESC"
        ),
        {"route": route_id, "rows": as_rows(forms)},
    )
    hits: dict[int, _Hit] = {}
    for place, rank, attempt_id, message_id, number_id in rows:
        number = known[place].number_id
        # An id has two readings, so a hit must agree in the number; a receipt that names no
        # number is believed only under the id exactly as the answer gave it.
        if place not in hits and (number == number_id or (number is None and rank == 0)):
            hits[place] = _Hit(attempt_id, message_id, number_id)
    return hits


def _write(connection: Connection, written: Sequence[tuple[_Hit, Receipt]]) -> None:
    best: dict[int, tuple[_Hit, Receipt]] = {}
    for hit, receipt in written:
        before = best.get(hit.attempt_id)
        if before is None or RANK[receipt.state] > RANK[before[1].state]:
            best[hit.attempt_id] = (hit, receipt)
    if not best:
        return
    table = rowset(
        connection.dialect.name,
        [("id", "integer"), ("state", "text"), ("code", "text"), ("at", "integer")],
    )
    ranks = " ".join(f"WHEN '{state}' THEN {rank}" for state, rank in RANK.items())
    now = clock.to_microseconds(clock.now())
    connection.execute(
        text(
            "UPDATE attempts SET receipt = w.state, receipt_code = w.code, receipt_at = w.at"
            f" FROM {table} w WHERE attempts.id = w.id AND (attempts.receipt IS NULL OR"
            f" CASE attempts.receipt {ranks} END < CASE w.state {ranks} END)"
        ),
        {"rows": as_rows([[h.attempt_id, r.state, r.code, now] for h, r in best.values()])},
    )
    _move_messages(connection, sorted({hit.message_id for hit, _receipt in best.values()}))


def _move_messages(connection: Connection, message_ids: Sequence[int]) -> None:
    """Fold the receipts of a message's last attempt: delivered when all its parts are, failed as
    soon as one is."""
    table = rowset(connection.dialect.name, [("id", "integer")])
    rows = connection.execute(
        text(
            "SELECT a.message_id, a.receipt, a.receipt_code, a.parts FROM attempts a"
            f" JOIN {table} w ON w.id = a.message_id JOIN messages m ON m.id = a.message_id"
            " WHERE a.number = m.attempts"
        ),
        {"rows": as_rows([[i] for i in message_ids])},
    ).all()
    parts: dict[int, list[tuple[str | None, str | None, int]]] = {}
    for message_id, receipt, code, total in rows:
        parts.setdefault(message_id, []).append((receipt, code, total))
    changes = [
        Change(message_id, *outcome)
        for message_id, seen in parts.items()
        if (outcome := _fold(seen)) is not None
    ]
    settle(connection, Cause.RECEIPT, changes)


def _fold(
    parts: Sequence[tuple[str | None, str | None, int]],
) -> tuple[MessageState, str | None] | None:
    for receipt, code, _total in parts:
        if receipt in {"undelivered", "rejected", "carrier_expired"}:
            return MessageState(receipt), code or None
    delivered = sum(receipt == "delivered" for receipt, _code, _total in parts)
    return (MessageState.DELIVERED, None) if delivered >= parts[0][2] else None


def _settle_in_doubt(connection: Connection, route_id: int, lone: Sequence[Known]) -> set[int]:
    """Receipts without a known id settle a message in doubt, if their number has exactly one on
    this route: its answer, and so its id, was lost."""
    candidates = [k for k in lone if k.number_id is not None and k.receipt.state not in PASSING]
    if not candidates:
        return set()
    table = rowset(connection.dialect.name, [("id", "integer")])
    doubtful: dict[int, list[int]] = {}
    for message_id, number_id in connection.execute(
        text(
            f"SELECT m.id, m.number_id FROM messages m JOIN {table} w ON w.id = m.number_id"
            " WHERE m.route_id = :route AND m.state = 'in_doubt' AND m.segments = 1"
        ),
        {"route": route_id, "rows": as_rows([[k.number_id] for k in candidates])},
    ):
        doubtful.setdefault(number_id, []).append(message_id)
    settled: set[int] = set()
    for each in candidates:
        messages = doubtful.get(each.number_id or 0, [])
        if len(messages) == 1:
            change = Change(
                messages[0], MessageState(each.receipt.state), each.receipt.code or None
            )
            if settle(connection, Cause.RECEIPT, [change]):
                settled.add(id(each))
    return settled


def _keep_waiting(connection: Connection, route_id: int, missed: Sequence[Known]) -> None:
    now = clock.to_microseconds(clock.now())
    rows = [
        {
            "route": route_id,
            "carrier_id": " ".join(each.receipt.forms)[:64],
            "number_id": each.number_id,
            "state": each.receipt.state,
            "code": each.receipt.code[:40],
            "now": now,
        }
        for each in missed
        if each.receipt.state not in PASSING
    ]
    if rows:
        connection.execute(
            text(
                "INSERT INTO unmatched_receipts (route_id, carrier_id, number_id, state, code,"
                " received_at) VALUES (:route, :carrier_id, :number_id, :state, :code, :now)"
            ),
            rows,
        )
