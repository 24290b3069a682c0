"""Carrying test sends: taken by whoever holds a seat of the route, submitted once, never again.

The row is marked `sending` in a committed transaction before anything is written to the carrier,
and nothing takes it from there: what was not answered is in doubt and stays so. Pace, hours,
emergency stop and opt-outs hold as for any message; only the hours do not for the answer to a
report by SMS, as long as somebody waits for it. A reminder is taken only while it has its point.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from campaigns import reminders, stops, test_sends
from campaigns.test_sends import TestState
from outreach import clock
from outreach.settings import Settings
from workers import receipts
from workers.gateways.base import CarrierRefused, NoAnswer, NotSent, Outgoing

if TYPE_CHECKING:
    from workers.holding import Holder

log = structlog.get_logger()
WITHIN: Final = 60.0
"""Seconds after it was taken in which its parts may be written to the carrier."""
GRACE: Final = 10.0
ANSWERS_FOR: Final = timedelta(hours=1)
"""How long a carrier may try to deliver an answer or a reminder: after that nobody waits for it,
nor for the answer to a report that came in so long ago because the tick stood still."""
_AWAITED: Final = "answers_id IN (SELECT id FROM sms_reports WHERE received_at > :lately)"
STORE_PATIENCE: Final = 60.0
US = clock.to_microseconds
S = TestState


@dataclass(frozen=True)
class Taken:
    """A test that is ours to submit, once: `until` a moment of time.monotonic(), and while the
    hours are open, which are over at `ends`."""

    id: int
    number_id: int
    reminder_id: int | None
    sealed: bytes
    sender: str
    text: str
    validity: int
    ends: datetime
    until: float


@dataclass
class Answer:
    """What came of it; `carrier_ids` of the parts that were taken."""

    to: TestState
    carrier_ids: list[str] = field(default_factory=list)
    code: str | None = None
    words: str | None = None


def waiting(connection: Connection, route_id: int) -> bool:
    """Whether a test waits for a route."""
    row = connection.execute(
        text("SELECT 1 FROM test_sends WHERE route_id = :route AND state = 'waiting' LIMIT 1"),
        {"route": route_id},
    )
    return row.first() is not None


async def carry(holder: Holder, owner: str) -> None:
    """Submit the tests that wait for the holder's route, one after another."""
    while holder.may_send:
        taken = await _take(holder, owner)
        if taken is None:
            return
        answer = await _submit(holder, taken)
        await _store(holder, taken.id, owner, answer)
        if answer.to is S.WAITING:
            return  # it never left: the next second tries again


async def _take(holder: Holder, owner: str) -> Taken | None:
    route_id, begun = holder.contract.route_id, time.monotonic()
    return await holder.writer.write(lambda c: take(c, route_id, owner, holder.settings, begun))


async def _store(holder: Holder, test_id: int, owner: str, answer: Answer) -> None:
    route_id = holder.contract.route_id
    await holder.writer.write(lambda c: store(c, route_id, test_id, owner, answer), STORE_PATIENCE)


def take(
    connection: Connection, route_id: int, owner: str, settings: Settings, begun: float
) -> Taken | None:
    """Mark the next waiting test of a route as ours, in the caller's transaction; None where there
    is none that may be sent now. What may never be sent any more is ended here."""
    now = clock.now()
    end_lapsed(connection)
    closes_at = test_sends.open_until(settings, now)
    if stops.in_force_on(connection):
        return None
    _end_refused(connection, route_id)
    which = "" if closes_at is not None else f" AND {_AWAITED}"
    row = _next(connection, route_id, now, which)
    while (
        row is not None
        and row.reminder_id
        and reminders.end_if_pointless(connection, row.reminder_id)
    ):
        row = _next(connection, route_id, now, which)
    if row is None:
        return None
    taken = connection.execute(
        text(
            "UPDATE test_sends SET state = 'sending', owner = :owner, taken_at = :real"
            f" WHERE id = :id AND {test_sends.may_become(S.SENDING)}"
        ),
        {"owner": owner, "real": US(clock.real_now()), "id": row.id},
    )
    if taken.rowcount != 1:
        return None
    sealed = connection.execute(
        text("SELECT sealed FROM numbers WHERE id = :id"), {"id": row.number_id}
    ).scalar_one()
    # Only an answer that is awaited is taken where the hours are closed.
    ends = closes_at if closes_at and not row.awaited else now + ANSWERS_FOR
    if row.reminder_id is not None:
        ends = min(ends, now + ANSWERS_FOR)
    validity = max(60, int((ends - now).total_seconds()))
    return Taken(
        row.id,
        row.number_id,
        row.reminder_id,
        bytes(sealed),
        row.sender,
        row.text,
        validity,
        ends,
        begun + WITHIN,
    )


def _next(connection: Connection, route_id: int, now: datetime, which: str) -> Any:
    """The next that waits for a route, held; None where there is none."""
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    return connection.execute(
        text(
            f"SELECT id, number_id, reminder_id, sender, text, {_AWAITED} AS awaited"
            f" FROM test_sends WHERE route_id = :route AND state = 'waiting'{which}"
            f" ORDER BY asked_at, id LIMIT 1{lock}"
        ),
        {"route": route_id, "lately": US(now - ANSWERS_FOR)},
    ).first()


def _end_refused(connection: Connection, route_id: int) -> None:
    """Whoever opted out after asking gets no test either."""
    ended = connection.execute(
        text(
            "UPDATE test_sends SET state = 'not_sent', code = 'opted_out'"
            " WHERE route_id = :route AND state = 'waiting' AND EXISTS (SELECT 1 FROM opt_outs o"
            " WHERE o.number_id = test_sends.number_id) RETURNING reminder_id"
        ),
        {"route": route_id},
    )
    _skip(connection, ended.scalars(), "opted_out")


def _skip(connection: Connection, reminder_ids: Iterable[int | None], reason: str) -> None:
    """Of reminders whose text certainly never left, another may be sent."""
    for reminder_id in filter(None, list(reminder_ids)):
        reminders.skip(connection, reminder_id, reason)


async def _submit(holder: Holder, taken: Taken) -> Answer:
    """Put every part on the wire, each at its slot of the route's pace; answers what came of it."""
    gateway = holder.gateway
    if gateway is None:
        return Answer(S.WAITING)
    number = holder.sealer.open_number(taken.sealed)
    parts = gateway.parts(
        Outgoing(number, taken.sender, taken.text, taken.validity, taken.id & 0xFF)
    )
    said: list[str] = []
    for part in parts:
        try:
            await _reach_slot(holder, taken, gateway.cost(part), first=not said)
            said.append(await gateway.submit(part, taken.until))
        except CarrierRefused as refused:
            log.info("test send refused", test=taken.id, code=refused.code)
            if said:
                return Answer(S.IN_DOUBT, said, "partial", refused.words[:255])
            return Answer(S.REFUSED, [], refused.code[:40], refused.words[:255])
        except (NotSent, RedisError, DBAPIError):
            return Answer(S.IN_DOUBT, said, "partial") if said else Answer(S.WAITING)
        except (NoAnswer, asyncio.CancelledError):  # the process ends and waits no longer
            return Answer(S.IN_DOUBT, said, "no_answer")
        except Exception:
            log.exception("a test send failed in an unknown way", test=taken.id)
            return Answer(S.IN_DOUBT, said, "unknown_failure")
    return Answer(S.ACCEPTED, said)


def is_wanted(connection: Connection, taken: Taken) -> bool:
    """Whether the hours are open yet, nobody opted out or stopped everything, and a reminder still
    has its point."""
    if clock.now() >= taken.ends:
        return False
    refused = connection.execute(
        text("SELECT 1 FROM opt_outs WHERE number_id = :number"), {"number": taken.number_id}
    ).first()
    if refused is not None or stops.in_force_on(connection):
        return False
    return taken.reminder_id is None or not reminders.why_not(connection, taken.reminder_id)


async def _reach_slot(holder: Holder, taken: Taken, segments: int, *, first: bool) -> None:
    """Wait for the route's pace. A slot may come a minute after a test was taken: before its first
    part leaves it is asked again whether it may, and who looks for it next ends it. Raises NotSent.
    """
    try:
        await holder.pacer.slot(segments)
        may = not first or await holder.writer.write(lambda c: is_wanted(c, taken), apart=True)
    except asyncio.CancelledError:
        raise NotSent("stopped") from None
    if not may:
        raise NotSent("not wanted any more")


def store(connection: Connection, route_id: int, test_id: int, owner: str, answer: Answer) -> None:
    """Store what the carrier said; receipts that came before it are matched here."""
    number_ids = connection.execute(
        text(
            "UPDATE test_sends SET state = :to, carrier_ids = :ids, code = :code, words = :words,"
            " answered_at = :now WHERE id = :id AND owner = :owner"
            f" AND {test_sends.may_become(answer.to)} RETURNING number_id"
        ),
        {
            "to": answer.to.value,
            "ids": json.dumps(answer.carrier_ids),
            "code": answer.code,
            "words": answer.words,
            "now": None if answer.to is S.WAITING else US(clock.now()),
            "id": test_id,
            "owner": owner,
        },
    ).scalars()
    if answer.to is S.ACCEPTED:
        receipts.match_waiting(connection, route_id, number_ids.all(), answer.carrier_ids)


def end_lapsed(connection: Connection) -> None:
    """What nobody took in time is never sent."""
    ended = connection.execute(
        text(
            "UPDATE test_sends SET state = 'not_sent', code = 'no_worker'"
            " WHERE state = 'waiting' AND lapses_at < :now RETURNING reminder_id"
        ),
        {"now": US(clock.now())},
    )
    _skip(connection, ended.scalars(), "no_worker")


def doubt_silent(connection: Connection, answer_seconds: float) -> None:
    """Put in doubt what was taken by a worker that is silent since: it may be on the wire."""
    patience = timedelta(seconds=WITHIN + answer_seconds + GRACE)
    connection.execute(
        text(
            "UPDATE test_sends SET state = 'in_doubt', code = 'worker_silent'"
            " WHERE state = 'sending' AND taken_at < :before"
        ),
        {"before": US(clock.real_now() - patience)},
    )
