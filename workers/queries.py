"""Asking carriers what became of messages: those in doubt, and those of which no receipt came.

Asked slowly, at slots of the route's own pace and only while nothing is to be sent over it; each
message a few times, with growing pauses, and that is remembered. What the carrier says is stored
raw and matched like a receipt; what it does not know changes nothing. A carrier that answers no
such questions is not asked again while its seat is held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DBAPIError

from campaigns import hours
from campaigns.hours import Window
from outreach import clock
from outreach.database import as_rows, rowset
from workers.gateways.base import CarrierRefused, Gateway, NoAnswer, NotSent, Question
from workers.receipts import PASSING

if TYPE_CHECKING:
    from workers.holding import Holder

log = structlog.get_logger()
LOOK_EVERY: Final = 10.0  # seconds, while there is nothing to ask
ASK_EVERY: Final = 1.0
AT_ONCE: Final = 3  # questions of one look
MOST_IN_VAIN: Final = 3  # in a row; then the carrier has no answers for us
MOST_ASKED: Final = 4
# Before the first question about a doubt, and between two; eight times as long each time.
FIRST_PAUSE: Final = timedelta(minutes=1)
GROWS: Final = 8
# After a message's validity: time for its last receipt.
QUIET: Final = timedelta(minutes=10)
# A message without a receipt is asked for after this, however long its validity.
LONGEST_WAIT: Final = timedelta(hours=24)
BATCHES_AT_ONCE: Final = 10
US = clock.to_microseconds


@dataclass
class Place:
    """How far the accepted messages of a route were looked through: the last batch."""

    after: int = 0


async def keep_asking(holder: Holder) -> None:
    """Ask for as long as the seat is held, or until the carrier shows that it answers nothing."""
    place, pause, in_vain = Place(), LOOK_EVERY, 0
    while in_vain < MOST_IN_VAIN:
        await asyncio.sleep(pause)
        pause = LOOK_EVERY
        try:
            if holder.may_send and await ask(holder, place):
                pause, in_vain = ASK_EVERY, 0
        except (CarrierRefused, NoAnswer) as error:
            throttled = isinstance(error, CarrierRefused) and error.kind == "throttled"
            in_vain += not throttled
            log.warning("a question in vain", route=holder.contract.route_id, why=str(error))
        except (NotSent, RedisError, DBAPIError) as error:
            log.info("not asked", route=holder.contract.route_id, error=type(error).__name__)


async def ask(holder: Holder, place: Place) -> int:
    """Ask about a few messages, each at a slot; answers how many."""
    gateway = holder.gateway
    if gateway is None:
        return 0
    questions = await holder.writer.write(lambda c: _questions(c, holder, gateway, place))
    for question in questions:
        await holder.pacer.slot()
        said = await gateway.query(question)
        if said:
            await holder.take_in(said)
    return len(questions)


def _questions(
    connection: Connection, holder: Holder, gateway: Gateway, place: Place
) -> list[Question]:
    contract = holder.contract
    if is_needed(connection, contract.route_id):
        return []
    ids = take(
        connection,
        contract.route_id,
        place,
        needs_id=gateway.needs_id,
        gives_receipts=contract.gives_receipts,
    )
    return [
        Question(
            holder.sealer.open_number(bytes(row.sealed)),
            row.sender,
            # Claims keep the campaigns' time; the carrier knows the real one.
            clock.from_microseconds(row.claimed_at) + (clock.real_now() - clock.now()),
            tuple(filter(None, (row.ids or "").split(" "))),
        )
        for row in _about(connection, ids)
    ]


def is_needed(connection: Connection, route_id: int) -> bool:
    """Whether anything is to be sent over the route now: then its slots are not for questions."""
    now = clock.now()
    rows = connection.execute(
        text(
            "SELECT c.not_before, c.not_after, c.hours FROM campaigns c WHERE c.state = 'sending'"
            " AND c.expanded_at IS NOT NULL AND EXISTS (SELECT 1 FROM batches b"
            " WHERE b.campaign_id = c.id AND b.route_id = :route AND b.done_at IS NULL"
            " AND b.due_at <= :now)"
        ),
        {"route": route_id, "now": US(now)},
    )
    return any(_window(row).closes_at(now) is not None for row in rows)


def _window(row: Row[Any]) -> Window:
    begins, ends = map(clock.from_microseconds, (row.not_before, row.not_after))
    return Window(begins, ends, hours.parse(row.hours))


def take(
    connection: Connection, route_id: int, place: Place, *, needs_id: bool, gives_receipts: bool
) -> list[int]:
    """The messages to ask for now, noted as asked in the caller's transaction."""
    found = _in_doubt(connection, route_id, needs_id=needs_id)
    if gives_receipts and len(found) < AT_ONCE:
        found += _without_receipt(connection, route_id, place, AT_ONCE - len(found))
    now = clock.now()
    taken = []
    for message_id, asked in found:
        row = connection.execute(
            text(
                "INSERT INTO carrier_queries (message_id, asked, next_at) VALUES (:id, 1, :next)"
                " ON CONFLICT (message_id) DO UPDATE SET asked = carrier_queries.asked + 1,"
                " next_at = excluded.next_at WHERE carrier_queries.next_at <= :now"
                " RETURNING message_id"
            ),
            {
                "id": message_id,
                "now": US(now),
                "next": US(now + FIRST_PAUSE * GROWS ** (asked + 1)),
            },
        ).first()
        if row is not None:  # another seat of the route may just have taken it
            taken.append(message_id)
    return taken


_MAY_ASK = "(q.message_id IS NULL OR q.asked < :most AND q.next_at <= :now)"
_PASSING = ", ".join(f"'{state}'" for state in sorted(PASSING))
# Parts the carrier took and has not said the last word about.
_OPEN_PARTS = (
    "a.message_id = m.id AND a.number = m.attempts AND a.carrier_id IS NOT NULL"
    f" AND (a.receipt IS NULL OR a.receipt IN ({_PASSING}))"
)


def _in_doubt(connection: Connection, route_id: int, *, needs_id: bool) -> list[tuple[int, int]]:
    known = f" AND EXISTS (SELECT 1 FROM attempts a WHERE {_OPEN_PARTS})" if needs_id else ""
    now = clock.now()
    rows = connection.execute(
        text(
            "SELECT m.id, COALESCE(q.asked, 0) AS asked FROM messages_in_doubt d"
            " JOIN messages m ON m.id = d.message_id AND m.route_id = :route"
            " JOIN campaigns c ON c.id = d.campaign_id AND c.settled_at IS NULL"
            " LEFT JOIN carrier_queries q ON q.message_id = m.id"
            f" WHERE d.since <= :before AND {_MAY_ASK}{known} ORDER BY m.id LIMIT :limit"
        ),
        {
            "route": route_id,
            "before": US(now - FIRST_PAUSE),
            "now": US(now),
            "most": MOST_ASKED,
            "limit": AT_ONCE,
        },
    )
    return [(row.id, row.asked) for row in rows]


def _without_receipt(
    connection: Connection, route_id: int, place: Place, limit: int
) -> list[tuple[int, int]]:
    """Accepted messages whose receipt is overdue, from some batches after the place; once through,
    it begins anew. No index leads to them, so no look reads more than these."""
    before = _overdue(connection, route_id)
    if not before:
        return []
    table = rowset(connection.dialect.name, [("campaign_id", "integer"), ("before", "integer")])
    batches = connection.execute(
        text(
            f"SELECT b.id, b.first_id, b.last_id, w.before FROM batches b JOIN {table} w"
            " ON w.campaign_id = b.campaign_id WHERE b.route_id = :route AND b.id > :after"
            " ORDER BY b.id LIMIT :batches"
        ),
        {
            "route": route_id,
            "after": place.after,
            "batches": BATCHES_AT_ONCE,
            "rows": as_rows(list(before.items())),
        },
    ).all()
    found: list[tuple[int, int]] = []
    for batch in batches:
        found += _of_batch(connection, batch, limit - len(found))
        if len(found) == limit:
            return found  # there may be more in it
        place.after = batch.id
    if len(batches) < BATCHES_AT_ONCE:
        place.after = 0
    return found


def _overdue(connection: Connection, route_id: int) -> dict[int, int]:
    """By campaign with accepted messages on the route: before when their receipts are overdue."""
    rows = connection.execute(
        text(
            "SELECT c.id, c.not_before, c.not_after, c.hours FROM campaigns c"
            " WHERE c.started_at IS NOT NULL AND c.settled_at IS NULL"
            " AND EXISTS (SELECT 1 FROM counts k WHERE k.campaign_id = c.id"
            " AND k.route_id = :route AND k.state = 'accepted' AND k.messages > 0)"
        ),
        {"route": route_id},
    )
    now = clock.now()
    return {row.id: US(_asked_before(_window(row), now)) for row in rows}


def _asked_before(window: Window, now: datetime) -> datetime:
    """A message's validity ends with the hours in which it was sent."""
    over = window.closes_at(now - QUIET) is None
    return now - (QUIET if over else LONGEST_WAIT)


def _of_batch(connection: Connection, batch: Row[Any], limit: int) -> Sequence[tuple[int, int]]:
    rows = connection.execute(
        text(
            "SELECT m.id, COALESCE(q.asked, 0) AS asked FROM messages m"
            " LEFT JOIN carrier_queries q ON q.message_id = m.id"
            " WHERE m.id BETWEEN :first AND :last AND m.batch_id = :batch AND m.state = 'accepted'"
            f" AND {_MAY_ASK} AND EXISTS (SELECT 1 FROM attempts a WHERE {_OPEN_PARTS}"
            " AND a.answered_at < :before) ORDER BY m.id LIMIT :limit"
        ),
        {
            "first": batch.first_id,
            "last": batch.last_id,
            "batch": batch.id,
            "before": batch.before,
            "now": US(clock.now()),
            "most": MOST_ASKED,
            "limit": limit,
        },
    )
    return [(row.id, row.asked) for row in rows]


def _about(connection: Connection, message_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """What a question needs of each message; `ids` of its open parts with blanks between."""
    table = rowset(connection.dialect.name, [("id", "integer")])
    joined = "GROUP_CONCAT(a.carrier_id, ' ')"
    if connection.dialect.name != "sqlite":
        joined = "STRING_AGG(a.carrier_id, ' ')"
    return connection.execute(
        text(
            "SELECT m.id, n.sealed, c.sender, k.claimed_at,"
            f" (SELECT {joined} FROM attempts a WHERE {_OPEN_PARTS}) AS ids"
            f" FROM messages m JOIN {table} w ON w.id = m.id"
            " JOIN numbers n ON n.id = m.number_id JOIN campaigns c ON c.id = m.campaign_id"
            " JOIN claims k ON k.id = m.claim_id ORDER BY m.id"
        ),
        {"rows": as_rows([[i] for i in message_ids])},
    ).all()
