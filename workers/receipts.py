"""Receipts: stored raw and sealed before the carrier is answered, matched to attempts after.

They may come before the answer, twice, out of order, under an id written in hex or decimal, for a
number we know or not. What cannot be matched stays in `unmatched_receipts`, counted, and is asked
again once there is an answer it may belong to, or a message in doubt.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from campaigns.messages import Change, settle
from campaigns.states import Cause, MessageState
from outreach import clock, numbers
from outreach.database import as_rows, rowset
from outreach.sealing import Sealer
from workers import doubts, replies, test_receipts
from workers.doubts import Lone
from workers.gateways.base import Inbound, Receipt
from workers.ranks import RANK

# A receipt that settles nothing: noted with its attempt, and the message stays accepted.
PASSING = frozenset({"accepted", "enroute", "unknown"})
WAITING_AT_ONCE = 500
LATEST_WAITING = 5_000
# Of one number or one id; a text has at most eight parts.
WAITING_OF_ONE = 20
CROSSED_WITHIN = timedelta(seconds=60)
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Known:
    """A receipt with its number as a row of `numbers`, None where we have no such number; `since`
    is when it came in."""

    receipt: Receipt
    number_id: int | None
    since: int
    waiting_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Hit:
    attempt_id: int
    message_id: int


def store_raw(
    connection: Connection,
    sealer: Sealer,
    route_id: int,
    inbound: Sequence[Inbound],
    *,
    matched: bool = False,
) -> int:
    """Store what came in as one sealed blob; answers its id. Then the carrier is answered.
    `matched` says that this same transaction leaves nothing of it to be matched."""
    now = clock.to_microseconds(clock.now())
    blob = json.dumps([b64encode(each.raw).decode() for each in inbound]).encode()
    return int(
        connection.execute(
            text(
                "INSERT INTO raw_receipts (route_id, received_at, receipts, sealed, matched_at)"
                " VALUES (:route, :now, :count, :sealed, :matched) RETURNING id"
            ),
            {
                "route": route_id,
                "now": now,
                "matched": now if matched else None,
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
    now = clock.to_microseconds(clock.now())
    known = [Known(receipt, ids.get(receipt.number), now) for receipt in said]
    missed = _apply(connection, route_id, known)
    _keep_waiting(connection, route_id, missed)
    replies.take(connection, sealer, route_id, [i for i in inbound if i.receipt is None])
    connection.execute(
        text("UPDATE raw_receipts SET matched_at = :now WHERE id = :id"),
        {"now": now, "id": raw_id},
    )


def match_waiting(
    connection: Connection, route_id: int, number_ids: Sequence[int], carrier_ids: Sequence[str]
) -> int:
    """Ask again for the receipts that waited for what was just stored about these numbers, under
    these ids; answers how many found their attempt."""
    return _ask_again(connection, route_id, waiting(connection, route_id, number_ids, carrier_ids))


def waiting(
    connection: Connection, route_id: int, number_ids: Sequence[int], carrier_ids: Sequence[str]
) -> Sequence[Row[Any]]:
    """The receipts of a route that wait for one of these numbers, and those that name no number
    and have one of these ids; the newest few of each, and nothing of the others is read."""
    dialect = connection.dialect.name
    numbered = rowset(dialect, [("id", "integer")], "numbers")
    named = rowset(dialect, [("id", "text")], "ids")
    return connection.execute(
        text(
            "SELECT id, carrier_id, number_id, state, code, received_at FROM (SELECT u.*,"
            " ROW_NUMBER() OVER (PARTITION BY number_id, CASE WHEN number_id IS NULL"
            " THEN carrier_id END ORDER BY id DESC) AS newest FROM ("
            f" SELECT u.* FROM {numbered} w JOIN unmatched_receipts u ON u.route_id = :route"
            " AND u.number_id = w.id UNION ALL"
            f" SELECT u.* FROM {named} w JOIN unmatched_receipts u ON u.route_id = :route"
            # By the id: SQLite might take the numbers' index instead, and read all without one.
            " AND u.carrier_id = w.id AND +u.number_id IS NULL"
            ") u) u WHERE newest <= :most ORDER BY id"
        ),
        {
            "route": route_id,
            "most": WAITING_OF_ONE,
            "numbers": as_rows([[each] for each in sorted(set(number_ids))]),
            "ids": as_rows([[each] for each in sorted(set(carrier_ids))]),
        },
    ).all()


def match_crossed(connection: Connection) -> int:
    """Ask again for receipts that crossed their answer: each was stored by another process at the
    same moment, and neither saw the other. Answers how many found their attempt."""
    lately = clock.to_microseconds(clock.now() - CROSSED_WITHIN)
    columns = "u.id, u.route_id, u.carrier_id, u.number_id, u.state, u.code, u.received_at"
    newest = "u.id > (SELECT MAX(id) FROM unmatched_receipts) - :latest AND u.received_at > :lately"
    rows = connection.execute(
        text(
            f"SELECT {columns} FROM unmatched_receipts u"
            " JOIN messages m ON m.number_id = u.number_id AND m.route_id = u.route_id"
            " JOIN attempts a ON a.message_id = m.id"
            " AND ' ' || u.carrier_id || ' ' LIKE '% ' || a.carrier_id || ' %'"
            f" WHERE {newest} UNION SELECT {columns} FROM unmatched_receipts u"
            " JOIN attempts a ON a.route_id = u.route_id AND a.carrier_id = u.carrier_id"
            f" WHERE u.number_id IS NULL AND {newest} ORDER BY 1 LIMIT :most"
        ),
        {"latest": LATEST_WAITING, "lately": lately, "most": WAITING_AT_ONCE},
    ).all()
    return _ask_again_by_route(connection, rows)


def match_doubtful(connection: Connection) -> int:
    """Ask again for the receipts of messages that came into doubt while their receipts waited, as
    when a worker died: no answer will ever ask for them. Answers how many found their message."""
    rows = connection.execute(
        text(
            "SELECT u.id, u.route_id, u.carrier_id, u.number_id, u.state, u.code, u.received_at"
            " FROM unmatched_receipts u JOIN messages m ON m.number_id = u.number_id"
            " AND m.route_id = u.route_id AND m.state = 'in_doubt'"
            " JOIN claims c ON c.id = m.claim_id AND c.claimed_at <= u.received_at"
            " WHERE u.id > (SELECT MAX(id) FROM unmatched_receipts) - :latest"
            " ORDER BY u.id LIMIT :most"
        ),
        {"latest": LATEST_WAITING, "most": WAITING_AT_ONCE},
    ).all()
    return _ask_again_by_route(connection, rows)


def _ask_again_by_route(connection: Connection, rows: Sequence[Row[Any]]) -> int:
    routes = sorted({row.route_id for row in rows})
    return sum(
        _ask_again(connection, route, [row for row in rows if row.route_id == route])
        for route in routes
    )


def _ask_again(connection: Connection, route_id: int, rows: Sequence[Row[Any]]) -> int:
    if not rows:
        return 0
    known = [
        Known(
            Receipt(tuple(r.carrier_id.split()), r.state, r.code, ""),
            r.number_id,
            r.received_at,
            r.id,
        )
        for r in rows
    ]
    missed = {each.waiting_id for each in _apply(connection, route_id, known)}
    found = [each.waiting_id for each in known if each.waiting_id not in missed]
    if found:
        connection.execute(
            text("DELETE FROM unmatched_receipts WHERE id = :id"), [{"id": i} for i in found]
        )
    return len(found)


def _apply(connection: Connection, route_id: int, known: Sequence[Known]) -> list[Known]:
    """Write what matches; answers what does not."""
    hits = _find(connection, route_id, known)
    said = [(each.receipt, each.number_id) for each in known]
    tests = test_receipts.take_receipts(connection, route_id, said) - hits.keys()
    hits |= _find_in_doubt(connection, route_id, known, hits.keys() | tests)
    _write(connection, [(hit, known[place].receipt) for place, hit in sorted(hits.items())])
    return [each for place, each in enumerate(known) if place not in hits and place not in tests]


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
            hits[place] = _Hit(attempt_id, message_id)
    return hits


def _find_in_doubt(
    connection: Connection, route_id: int, known: Sequence[Known], found: Collection[int]
) -> dict[int, _Hit]:
    places = [
        place
        for place, each in enumerate(known)
        if place not in found and each.number_id and each.receipt.state not in PASSING
    ]
    if places:
        tested = test_receipts.numbers_open(connection, route_id)
        places = [place for place in places if known[place].number_id not in tested]
    lone = [Lone(known[p].receipt, known[p].number_id or 0, known[p].since) for p in places]
    adopted = doubts.adopt(connection, route_id, lone) if lone else {}
    return {places[index]: _Hit(*attempt) for index, attempt in adopted.items()}


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
    move_messages(connection, sorted({hit.message_id for hit, _receipt in best.values()}))


def move_messages(connection: Connection, message_ids: Sequence[int]) -> None:
    """Fold the receipts of a message: delivered when all parts of one attempt are, failed as soon
    as one part of the last attempt is. What a person had sent again may be delivered by the first
    attempt, and a late failure of that says nothing about the second."""
    table = rowset(connection.dialect.name, [("id", "integer")])
    rows = connection.execute(
        text(
            "SELECT a.message_id, a.number, a.number >= m.attempts AS last, a.receipt,"
            " a.receipt_code, a.parts FROM attempts a"
            f" JOIN {table} w ON w.id = a.message_id JOIN messages m ON m.id = a.message_id"
        ),
        {"rows": as_rows([[i] for i in message_ids])},
    ).all()
    tries: dict[tuple[int, int, bool], list[tuple[str | None, str | None, int]]] = {}
    for message_id, number, last, receipt, code, total in rows:
        tries.setdefault((message_id, number, bool(last)), []).append((receipt, code, total))
    changes = [
        Change(message_id, *outcome)
        for (message_id, _number, last), seen in tries.items()
        if (outcome := fold(seen)) is not None and (last or outcome[0] is MessageState.DELIVERED)
    ]
    settle(connection, Cause.RECEIPT, changes)


def fold(
    parts: Sequence[tuple[str | None, str | None, int]],
) -> tuple[MessageState, str | None] | None:
    """What the parts of one attempt say together, each (receipt, code, parts in all); None where
    they settle nothing yet."""
    for receipt, code, _total in parts:
        if receipt in {"undelivered", "rejected", "carrier_expired"}:
            return MessageState(receipt), code or None
    delivered = sum(receipt == "delivered" for receipt, _code, _total in parts)
    return (MessageState.DELIVERED, None) if delivered >= parts[0][2] else None


def _keep_waiting(connection: Connection, route_id: int, missed: Sequence[Known]) -> None:
    now = clock.to_microseconds(clock.now())
    rows = [
        {
            "route": route_id,
            "carrier_id": _as_one_word(_believed(each)),
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


def _believed(each: Known) -> Sequence[str]:
    """The forms a receipt may be found under: without a number only the id as it was answered."""
    return each.receipt.forms if each.number_id is not None else each.receipt.forms[:1]


def _as_one_word(forms: Sequence[str]) -> str:
    """The forms of an id side by side, as many as the column holds."""
    joined = ""
    for form in forms:
        longer = f"{joined} {form}".strip()
        joined = longer if len(longer) <= LONGEST_ID else joined
    return joined
