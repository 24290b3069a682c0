"""One claimed message on its way to the carrier: its parts, what is answered, what that means.

An errand never decides that a message is sent again; it only says which state the message goes to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from redis.exceptions import RedisError

from campaigns.states import Cause, MessageState
from outreach import clock
from workers.answers import Answered, PartAnswer
from workers.claims import Claim, Claimed, Lease
from workers.gateways.base import CarrierRefused, Gateway, NoAnswer, NotSent, Outgoing, TooLate
from workers.holding import Holder

MOST_ATTEMPTS = 5
FIRST_BACK_OFF = 5
LONGEST_BACK_OFF = 300
# Before a later part of a text is offered again that the carrier did not take at once.
PART_PAUSE = 0.5
PART_PATIENCE = 60.0
# The least validity given to a carrier, in seconds: some refuse shorter ones.
LEAST_VALIDITY = 60


@dataclass(frozen=True, slots=True)
class Errand:
    """One message of one claim."""

    lease: Lease
    claim: Claim
    message: Claimed

    def outcome(self, to: MessageState, reason: str | None) -> Answered:
        """The message goes to a state, by the carrier's answer or the lack of one."""
        message = self.message
        answered = Answered(
            message.message_id, self.claim.claim_id, message.attempt, to, Cause.ANSWER, reason
        )
        answered.claimed = message.row
        return answered

    def unsent(self, why: str) -> Answered:
        """It certainly never left: it goes back to the queue, and this was no attempt."""
        answered = self.outcome(MessageState.QUEUED, why[:40])
        answered.cause = Cause.NOT_SENT
        return answered

    def later(self, code: str, seconds: float) -> Answered:
        """The carrier did not take it now: queued again, due after a while."""
        answered = self.outcome(MessageState.QUEUED, code)
        answered.due_at = clock.now() + timedelta(seconds=seconds)
        return answered


class Sender(Protocol):
    """What an errand needs of the session it belongs to."""

    @property
    def holder(self) -> Holder: ...
    def may_begin(self, errand: Errand) -> bool: ...
    def seconds_held(self, errand: Errand) -> float: ...
    def needs_a_person(self, errand: Errand, why: str) -> None: ...
    def is_stopping(self) -> bool: ...
    def lose_metronome(self) -> None: ...


@dataclass(slots=True)
class Ready:
    """An errand whose first part waits for its slot, or has it: `slot_at`, of time.monotonic()."""

    errand: Errand
    gateway: Gateway
    parts: list[object]
    number: str
    slot_at: float = 0.0

    @property
    def cost(self) -> int:
        """Segments of the first part."""
        return self.gateway.cost(self.parts[0])


def prepare(errand: Errand, sender: Sender) -> Ready | Answered:
    """Make the message's parts; what certainly may not begin now is answered at once."""
    gateway = sender.holder.gateway
    if gateway is None:
        return errand.unsent("no_session")
    if not sender.may_begin(errand):
        return errand.unsent("halted")
    outgoing = _outgoing(errand, sender)
    return Ready(errand, gateway, gateway.parts(outgoing), outgoing.number)


async def run(ready: Ready, sender: Sender) -> Answered:
    """Submit every part, the first at the slot that has come, each other at its own; answers what
    became of the message."""
    errand, said = ready.errand, list[PartAnswer]()
    for part in ready.parts:
        why = await _submit(ready, sender, part, said)
        if why is not None:
            answered = _ended_early(errand, sender, said, why, len(ready.parts))
            answered.number = ready.number
            return answered
    return _taken(ready, sender, said)


def _taken(ready: Ready, sender: Sender, said: list[PartAnswer]) -> Answered:
    """The carrier has every part."""
    sender.holder.last_answer_at = clock.to_microseconds(clock.now())
    answered = ready.errand.outcome(MessageState.ACCEPTED, None)
    answered.parts, answered.part_count, answered.number = said, len(ready.parts), ready.number
    return answered


def _outgoing(errand: Errand, sender: Sender) -> Outgoing:
    # The carrier's own trying ends with our hours too.
    closes_in = (errand.claim.closes_at - clock.now()).total_seconds()
    return Outgoing(
        sender.holder.sealer.open_number(errand.message.sealed),
        errand.lease.sender,
        errand.lease.texts[errand.message.text_id],
        max(LEAST_VALIDITY, int(closes_in)),
        errand.message.message_id & 0xFF,
    )


async def _submit(
    ready: Ready, sender: Sender, part: object, said: list[PartAnswer]
) -> Exception | None:
    """Submit one part; answers the reason where the message cannot go on.

    A later part that the carrier does not take now is offered again for a minute: the first parts
    are with the carrier already, and half a text helps nobody.
    """
    give_up = clock.monotonic() + PART_PATIENCE
    while True:
        try:
            carrier_id = await _reach_wire(ready, sender, part, said)
        except RedisError:
            sender.lose_metronome()
            return NotSent("no_metronome")
        except CarrierRefused as refused:
            answer = _heard(sender, refused)
            again = said and clock.monotonic() < give_up and not sender.is_stopping()
            if again and refused.kind in {"throttled", "temporary"}:
                await asyncio.sleep(PART_PAUSE)
                continue
            said.append(answer)
            return refused
        except NoAnswer as silent:
            said.append(PartAnswer("no_answer"))
            return silent
        except NotSent as unsent:
            return unsent
        except asyncio.CancelledError:  # the same, before it came to the wire
            return NotSent("stopped")
        said.append(_heard(sender, carrier_id))
        return None


def _heard(sender: Sender, outcome: str | CarrierRefused) -> PartAnswer:
    """What the carrier answered to one part; the throttle learns of it."""
    if isinstance(outcome, str):
        sender.holder.throttle.answered(throttled=False)
        return PartAnswer("accepted", outcome)
    sender.holder.throttle.answered(throttled=outcome.kind == "throttled")
    return PartAnswer("refused", None, outcome.code, outcome.words)


def _hear_late(
    ready: Ready, sender: Sender, before: Sequence[PartAnswer], outcome: str | CarrierRefused
) -> None:
    """The answer to a part came after all, when its silence had ended the message: have stored what
    it would have meant in time. `before` are the parts the carrier had taken before it."""
    heard = [*before, _heard(sender, outcome)]
    if isinstance(outcome, CarrierRefused):
        answered = _ended_early(ready.errand, sender, heard, outcome, len(ready.parts))
    elif len(heard) < len(ready.parts):
        # Those behind it never left.
        unsent = NotSent("no_answer")
        answered = _ended_early(ready.errand, sender, heard, unsent, len(ready.parts))
    else:
        answered = _taken(ready, sender, heard)
    sender.holder.store_late(answered)


async def _reach_wire(ready: Ready, sender: Sender, part: object, said: list[PartAnswer]) -> str:
    slot_at = None if said else ready.slot_at
    late = partial(_hear_late, ready, sender, tuple(said))
    while True:
        if slot_at is None:
            slot_at = await sender.holder.pacer.slot(ready.gateway.cost(part))
        # Between the parts of one message only the claim counts.
        if not said and not sender.may_begin(ready.errand):
            raise NotSent("halted")
        held = sender.seconds_held(ready.errand)
        if held <= 0:
            raise NotSent("lease")
        until = min(time.monotonic() + held, slot_at + ready.gateway.write_within)
        try:
            return await ready.gateway.submit(part, until, late)
        except TooLate:
            slot_at = None  # we were held up: the slots behind it are others'
        except asyncio.CancelledError:
            # The process ends and waits no longer; see SenderSession._wait_for_answers.
            raise NoAnswer("stopped") from None


def _ended_early(
    errand: Errand, sender: Sender, said: list[PartAnswer], why: Exception, parts: int
) -> Answered:
    if isinstance(why, NoAnswer):
        answered = errand.outcome(MessageState.IN_DOUBT, "no_answer")
    elif any(part.outcome == "accepted" for part in said):
        # Part of the text is with the carrier: sending it all again would double that part.
        answered = errand.outcome(MessageState.IN_DOUBT, "partial")
    elif isinstance(why, CarrierRefused):
        answered = _refused(errand, sender, why)
    else:
        return errand.unsent(str(why))
    answered.parts, answered.part_count = said, parts
    return answered


def _refused(errand: Errand, sender: Sender, refused: CarrierRefused) -> Answered:
    sender.holder.last_answer_at = clock.to_microseconds(clock.now())
    if refused.kind == "throttled":
        return errand.later(refused.code, 1)
    if refused.kind == "auth":
        sender.needs_a_person(errand, f"{refused.code} {refused.words}")
        return errand.later(refused.code, 1)
    attempt = errand.message.attempt
    if refused.kind == "permanent" or attempt >= MOST_ATTEMPTS:
        return errand.outcome(MessageState.REJECTED, refused.code)
    return errand.later(refused.code, min(FIRST_BACK_OFF * 2 ** (attempt - 1), LONGEST_BACK_OFF))
