"""Messages in doubt whose receipts came: the answer was lost, and with it the id they are known by.

A receipt under an id nobody knows belongs to a message in doubt if its number has exactly one open
message on the route. The id is then written where the lost answer's would stand, so that the same
receipt again, or a later one, or that of another part, is matched like any other.

What a person has sent again, not knowing, may have two lost ids: of such a message only a delivery
is believed, which is true whichever attempt it was of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from campaigns import messages
from outreach import clock
from outreach.database import as_rows, rowset
from workers.gateways.base import Receipt


@dataclass(frozen=True, slots=True)
class Lone:
    """A receipt under an id nobody knows, for a number we know; `since` is when it came in."""

    receipt: Receipt
    number_id: int
    since: int


@dataclass(frozen=True, slots=True)
class _Doubt:
    message_id: int
    attempt: int
    parts: int
    open: bool
    sent_again: bool
    claimed_at: int

    def believes(self, lone: Lone) -> bool:
        """Whether the receipt may be its own, and says something sure about it."""
        sure = not self.sent_again or lone.receipt.state == "delivered"
        return self.claimed_at <= lone.since and bool(lone.receipt.forms) and sure


def adopt(
    connection: Connection, route_id: int, lone: Sequence[Lone]
) -> dict[int, tuple[int, int]]:
    """Write the ids of lone receipts to the attempts they belong to; by place in `lone` the ids of
    attempt and message.

    What finds no attempt is absent: its number has no message in doubt on this route, or another
    one on its way that the receipt may be for, or all parts are known already.
    """
    doubts = _of_numbers(connection, route_id, sorted({each.number_id for each in lone}))
    if not doubts:
        return {}
    free = _free_parts(connection, list(doubts.values()))
    parts: dict[tuple[int, str], int] = {}
    wanted: dict[int, tuple[int, str]] = {}
    for place, each in enumerate(lone):
        doubt = doubts.get(each.number_id)
        if doubt is None or not doubt.believes(each):
            continue
        key = doubt.message_id, each.receipt.forms[0]
        if key not in parts and free[doubt.message_id]:
            parts[key] = free[doubt.message_id].pop(0)
        if key in parts:
            wanted[place] = key
    attempts = _write(connection, route_id, list(doubts.values()), parts)
    return {place: (attempts[key], key[0]) for place, key in wanted.items() if key in attempts}


def _of_numbers(connection: Connection, route_id: int, numbers: Sequence[int]) -> dict[int, _Doubt]:
    """The message in doubt of each number that has one, and no other open one, on the route; or
    the one that was in doubt and waits to be sent again."""
    table = rowset(connection.dialect.name, [("id", "integer")])
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE OF m"
    rows = connection.execute(
        text(
            "SELECT m.id, m.number_id, m.attempts, m.segments, m.state, c.claimed_at, r.protocol,"
            # An attempt before the last whose answers are not all known.
            " m.state = 'queued' OR m.attempts > 1 + (SELECT COUNT(DISTINCT a.number)"
            " - COUNT(DISTINCT CASE WHEN a.outcome = 'no_answer' THEN a.number END)"
            " FROM attempts a WHERE a.message_id = m.id AND a.number < m.attempts) AS sent_again"
            f" FROM messages m JOIN {table} w ON w.id = m.number_id"
            " JOIN claims c ON c.id = m.claim_id JOIN routes r ON r.id = m.route_id"
            " WHERE m.route_id = :route AND (m.state IN ('sending', 'in_doubt')"
            f" OR m.state = 'queued' AND m.reason = :again) ORDER BY m.id{lock}"
        ),
        {
            "route": route_id,
            "again": messages.SENT_AGAIN_IN_DOUBT,
            "rows": as_rows([[i] for i in numbers]),
        },
    )
    found: dict[int, list[_Doubt]] = {}
    for row in rows:
        # Twilio splits a text itself and has one id, and one receipt, for all of it.
        parts = 1 if row.protocol == "twilio" else row.segments
        is_open = row.state != "sending"
        again = bool(row.sent_again)
        doubt = _Doubt(row.id, row.attempts, parts, is_open, again, row.claimed_at)
        found.setdefault(row.number_id, []).append(doubt)
    return {n: each[0] for n, each in found.items() if len(each) == 1 and each[0].open}


def _free_parts(connection: Connection, doubts: Sequence[_Doubt]) -> dict[int, list[int]]:
    """The parts of each message whose submit has no known end."""
    table = rowset(connection.dialect.name, [("id", "integer"), ("attempt", "integer")])
    rows = connection.execute(
        text(
            f"SELECT a.message_id, a.part FROM attempts a JOIN {table} w ON w.id = a.message_id"
            " AND w.attempt = a.number WHERE a.outcome <> 'no_answer'"
        ),
        {"rows": as_rows([[each.message_id, each.attempt] for each in doubts])},
    )
    known = {(row.message_id, row.part) for row in rows}
    return {
        each.message_id: [
            part for part in range(1, each.parts + 1) if (each.message_id, part) not in known
        ]
        for each in doubts
    }


def _write(
    connection: Connection,
    route_id: int,
    doubts: Sequence[_Doubt],
    parts: dict[tuple[int, str], int],
) -> dict[tuple[int, str], int]:
    by_message = {each.message_id: each for each in doubts}
    written = {}
    for (message_id, carrier_id), part in sorted(parts.items()):
        doubt = by_message[message_id]
        row = connection.execute(
            text(
                "INSERT INTO attempts (message_id, number, part, parts, route_id, carrier_id,"
                " outcome, answered_at) VALUES (:message, :number, :part, :parts, :route, :id,"
                " 'accepted', :now) ON CONFLICT (message_id, number, part) DO UPDATE SET"
                " carrier_id = excluded.carrier_id, outcome = excluded.outcome"
                " WHERE attempts.carrier_id IS NULL RETURNING id"
            ),
            {
                "message": message_id,
                "number": doubt.attempt,
                "part": part,
                "parts": doubt.parts,
                "route": route_id,
                "id": carrier_id,
                "now": clock.to_microseconds(clock.now()),
            },
        ).first()
        if row is not None:
            written[message_id, carrier_id] = row.id
    return written
