"""A sender session: one route served for up to a minute, by claims of at most a window.

Written so that stopping at any line loses nothing and sends nothing twice: a message is claimed
(committed) before it is submitted, submitted only while its claim's lease surely holds, and
answered in one statement a flush. What a session cannot account for stays claimed, and the tick
puts it in doubt.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from campaigns import stops
from campaigns.states import Cause, MessageState
from outreach import clock
from workers import answers, claims
from workers.answers import Answered, PartAnswer
from workers.claims import Claim, Claimed, Lease
from workers.gateways.base import CarrierRefused, Gateway, NoAnswer, NotSent, Outgoing
from workers.holding import Holder

log = structlog.get_logger()

LONGEST = 60.0  # seconds a session runs before it makes way for its successor
FLUSH_EVERY = 0.03
FLUSH_AT = 500
CLAIM_AT_MOST = 200
# No submit begins this close to the lapse of its lease, or to the end of the hours.
LEASE_MARGIN = 2.0
HOURS_MARGIN = timedelta(seconds=1)
STORE_PATIENCE = 60.0
MOST_ATTEMPTS = 5
# Before a later part of a text is offered again that the carrier did not take at once.
PART_PAUSE = 0.5
LONGEST_BACK_OFF = 300


@dataclass
class _Open:
    """A claim under way: how many of its messages have no stored answer, and until when it holds.

    `until` is a moment of clock.monotonic(): the start of the statement that last renewed it, plus
    the lease, so it is never later than what the database says.
    """

    left: int
    until: float


@dataclass
class Ending:
    """How a session ended: whether work is left, and a campaign somebody must look at."""

    work_left: bool = False
    pause: dict[int, str] = field(default_factory=dict)


class SenderSession:
    """Serves one route through its holder; `run` on the event loop, once."""

    def __init__(
        self, holder: Holder, owner: str, lease_seconds: float, stopping: Callable[[], bool]
    ) -> None:
        self._holder = holder
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._stopping = stopping
        self._room = asyncio.Semaphore(holder.contract.window)
        self._open: dict[int, _Open] = {}
        self._done_claims: list[int] = []
        self._answered: list[Answered] = []
        self._flush_now = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._served: list[int] = []
        self._halted: set[int] = set()
        self._ends_at = time.monotonic() + LONGEST
        self._ending = Ending()
        self._over = False

    async def run(self) -> Ending:
        """Serve until nothing is due, the minute is over, or we are to stop."""
        flushing = asyncio.create_task(self._flushing())
        helpers = [asyncio.create_task(each) for each in (self._renewing(), self._watching())]
        try:
            while self._may_go_on() and (lease := await self._lease()) is not None:
                await self._serve(lease)
        except (DBAPIError, RedisError) as error:
            log.warning("session ends", route=self._route, error=type(error).__name__)
            self._ending.work_left = True
        finally:
            await self._wait_for_answers()
            self._over = True
            await flushing
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        return self._ending

    @property
    def _route(self) -> int:
        return self._holder.contract.route_id

    def _may_go_on(self) -> bool:
        if self._stopping() or self._holder.gateway is None:
            return False
        if time.monotonic() > self._ends_at:
            self._ending.work_left = True
            return False
        return True

    async def _lease(self) -> Lease | None:
        """The next batch: urgent campaigns first, then whichever was served longest ago."""
        due = await self._holder.writer.write(lambda c: claims.due_campaigns(c, self._route))
        due = [each for each in due if each[0] not in self._ending.pause]
        urgent = [each for each in due if each[1]]
        for campaign_id, _urgent in sorted(urgent or due, key=lambda each: self._turn(each[0])):
            lease = await self._lease_of(campaign_id)
            if lease is not None:
                self._served = [i for i in self._served if i != campaign_id] + [campaign_id]
                return lease
        return None

    def _turn(self, campaign_id: int) -> int:
        return self._served.index(campaign_id) if campaign_id in self._served else -1

    async def _lease_of(self, campaign_id: int) -> Lease | None:
        try:
            return await self._holder.writer.write(
                lambda c: claims.lease(
                    c, campaign_id, self._route, self._owner, self._lease_seconds
                )
            )
        except claims.DigestBroken:
            log.error("content differs from its approval", campaign=campaign_id)
            self._ending.pause[campaign_id] = "digest"
            return None

    async def _serve(self, lease: Lease) -> None:
        self._halted.discard(lease.campaign_id)
        while self._may_go_on() and lease.campaign_id not in self._halted:
            claim = await self._claim(lease)
            if claim is None:
                break
            for message in claim.messages:
                await self._room.acquire()
                task = asyncio.create_task(self._carry(lease, claim, message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        await self._holder.writer.write(
            lambda c: claims.release(c, lease.batch_id, self._owner), STORE_PATIENCE
        )

    async def _claim(self, lease: Lease) -> Claim | None:
        # About a second's worth, so that a pause finds little that is claimed and not sent.
        contract = self._holder.contract
        most = max(1, min(CLAIM_AT_MOST, contract.window, int(self._holder.pacer.rate)))
        begun = clock.monotonic()
        claim = await self._holder.writer.write(
            lambda c: claims.take(c, lease, self._owner, most, self._lease_seconds)
        )
        if claim is not None:
            self._open[claim.claim_id] = _Open(len(claim.messages), begun + self._lease_seconds)
        return claim

    async def _carry(self, lease: Lease, claim: Claim, message: Claimed) -> None:
        try:
            answered = await self._send(lease, claim, message)
        except Exception:
            # Whatever it was, the message may be on the wire: only doubt is safe.
            log.exception("a submit failed in an unknown way", message=message.message_id)
            answered = self._outcome(message, claim, MessageState.IN_DOUBT, "unknown_failure")
        finally:
            self._room.release()
        self._answered.append(answered)
        self._account(claim.claim_id)
        if len(self._answered) >= FLUSH_AT:
            self._flush_now.set()

    def _account(self, claim_id: int) -> None:
        claim = self._open[claim_id]
        claim.left -= 1
        if claim.left == 0:
            del self._open[claim_id]
            self._done_claims.append(claim_id)

    async def _send(self, lease: Lease, claim: Claim, message: Claimed) -> Answered:
        gateway = self._holder.gateway
        if gateway is None:
            return self._unsent(message, claim, "no_session")
        closes_in = (claim.closes_at - clock.now()).total_seconds()
        parts = gateway.parts(
            Outgoing(
                self._holder.sealer.open_number(message.sealed),
                lease.sender,
                lease.texts[message.text_id],
                max(60, int(closes_in)),
                message.message_id & 0xFF,
            )
        )
        said: list[PartAnswer] = []
        for part in parts:
            stop = await self._send_part(gateway, lease, claim, part, said)
            if stop is not None:
                return self._ended_early(message, claim, said, stop, len(parts))
        answered = self._outcome(message, claim, MessageState.ACCEPTED, None)
        answered.parts, answered.part_count = said, len(parts)
        self._holder.last_answer_at = clock.to_microseconds(clock.now())
        return answered

    async def _send_part(
        self, gateway: Gateway, lease: Lease, claim: Claim, part: object, said: list[PartAnswer]
    ) -> Exception | None:
        """Submit one part; answers the reason where the message cannot go on.

        A later part that the carrier does not take now is tried again while the lease holds:
        its first parts are with the carrier already, and half a text helps nobody.
        """
        while True:
            try:
                await self._reach_wire(gateway, lease, claim, part, said)
            except RedisError:
                return NotSent("no_metronome")
            except CarrierRefused as refused:
                if refused.kind == "throttled":
                    self._holder.throttle.throttled()
                if said and refused.kind in {"throttled", "temporary"}:
                    await asyncio.sleep(PART_PAUSE)
                    continue
                said.append(PartAnswer("refused", None, refused.code, refused.words))
                return refused
            except NoAnswer as silent:
                said.append(PartAnswer("no_answer"))
                return silent
            except NotSent as unsent:
                return unsent
            return None

    async def _reach_wire(
        self, gateway: Gateway, lease: Lease, claim: Claim, part: object, said: list[PartAnswer]
    ) -> None:
        await self._holder.pacer.slot(gateway.cost(part))
        # Between the parts of one message only the lease counts.
        if not said and not self._may_begin(lease, claim):
            raise NotSent("halted")
        left = self._open[claim.claim_id].until - LEASE_MARGIN - clock.monotonic()
        if left <= 0:
            raise NotSent("lease")
        said.append(PartAnswer("accepted", await gateway.submit(part, time.monotonic() + left)))

    def _may_begin(self, lease: Lease, claim: Claim) -> bool:
        return not (
            lease.campaign_id in self._halted
            or self._stopping()
            or clock.now() >= claim.closes_at - HOURS_MARGIN
        )

    def _ended_early(
        self, message: Claimed, claim: Claim, said: list[PartAnswer], why: Exception, parts: int
    ) -> Answered:
        accepted = any(part.outcome == "accepted" for part in said)
        if isinstance(why, NoAnswer):
            answered = self._outcome(message, claim, MessageState.IN_DOUBT, "no_answer")
        elif accepted:
            # Part of the text is with the carrier: sending it all again would double that part.
            answered = self._outcome(message, claim, MessageState.IN_DOUBT, "partial")
        elif isinstance(why, CarrierRefused):
            answered = self._refused(message, claim, why)
        else:
            return self._unsent(message, claim, str(why)[:40])
        answered.parts, answered.part_count = said, parts
        return answered

    def _refused(self, message: Claimed, claim: Claim, refused: CarrierRefused) -> Answered:
        self._holder.last_answer_at = clock.to_microseconds(clock.now())
        if refused.kind == "permanent":
            return self._outcome(message, claim, MessageState.REJECTED, refused.code)
        if refused.kind == "throttled":
            return self._later(message, claim, refused.code, 1)
        if refused.kind == "auth":
            self._ending.pause[claim.campaign_id] = f"{refused.code} {refused.words}"
            self._halted.add(claim.campaign_id)
            return self._later(message, claim, refused.code, 1)
        if message.attempt >= MOST_ATTEMPTS:
            return self._outcome(message, claim, MessageState.REJECTED, refused.code)
        back_off = min(5 * 2 ** (message.attempt - 1), LONGEST_BACK_OFF)
        return self._later(message, claim, refused.code, back_off)

    def _later(self, message: Claimed, claim: Claim, code: str, seconds: float) -> Answered:
        answered = self._outcome(message, claim, MessageState.QUEUED, code)
        answered.due_at = clock.now() + timedelta(seconds=seconds)
        return answered

    def _unsent(self, message: Claimed, claim: Claim, why: str) -> Answered:
        answered = self._outcome(message, claim, MessageState.QUEUED, why)
        answered.cause = Cause.NOT_SENT
        return answered

    def _outcome(
        self, message: Claimed, claim: Claim, to: MessageState, reason: str | None
    ) -> Answered:
        return Answered(
            message.message_id, claim.claim_id, message.attempt, to, Cause.ANSWER, reason
        )

    async def _flushing(self) -> None:
        while not self._over or self._answered or self._done_claims:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._flush_now.wait(), FLUSH_EVERY)
            self._flush_now.clear()
            await self._flush()

    async def _flush(self) -> None:
        """Store what was answered, in one transaction. A database that fails is asked again for a
        minute; what could not be stored by then is in doubt once its claim lapses."""
        answered, self._answered = self._answered, []
        done, self._done_claims = self._done_claims, []
        if not answered and not done:
            return
        try:
            await self._holder.writer.write(
                lambda c: answers.store(c, self._route, answered, done), STORE_PATIENCE
            )
        except DBAPIError:
            log.exception("answers could not be stored", route=self._route, answers=len(answered))

    async def _renewing(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 4)
            begun = clock.monotonic()
            try:
                kept = await self._holder.writer.write(
                    lambda c: claims.renew(c, self._owner, self._lease_seconds)
                )
            except DBAPIError:
                continue
            for claim_id in kept & self._open.keys():
                self._open[claim_id].until = begun + self._lease_seconds

    async def _watching(self) -> None:
        """Look twice a second whether what we send may still be sent: pause, cancel, stop."""
        while True:
            await asyncio.sleep(0.5)
            try:
                self._halted |= await self._holder.writer.write(self._no_longer_sending)
            except DBAPIError:
                continue

    def _no_longer_sending(self, connection: Connection) -> set[int]:
        if stops.in_force_on(connection):
            return set(self._served)
        return claims.not_sending(connection, self._served)

    async def _wait_for_answers(self) -> None:
        while self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1.0)
