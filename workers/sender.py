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

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from campaigns import batches, stops
from campaigns.states import MessageState
from outreach import clock
from workers import answers, claims, errands
from workers.answers import Answered
from workers.claims import Claim, Lease
from workers.errands import Errand
from workers.holding import Holder

log = structlog.get_logger()

LONGEST = 60.0  # seconds a session runs before it makes way for its successor
FLUSH_EVERY = 0.03
FLUSH_AT = 500
CLAIM_AT_MOST = 200
# No submit begins this close to the lapse of its lease.
LEASE_MARGIN = 2.0
STORE_PATIENCE = 60.0
# How long a stop waits for the carrier's answers: what has none by then is stored as in doubt,
# before the supervisor's patience ends.
STOP_PATIENCE = 6.0


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
        self._margin = min(LEASE_MARGIN, lease_seconds / 4)
        self._window = holder.contract.window
        # Claimed, and without a stored answer: never more than a window, so that no death leaves
        # more in doubt.
        self._unstored = 0
        self._open: dict[int, _Open] = {}
        self._done_claims: list[int] = []
        self._answered: list[Answered] = []
        self._flush_now = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._served: list[int] = []
        self._halted: set[int] = set()
        self._ends_at = time.monotonic() + LONGEST
        self._ending = Ending()
        self._metronome_gone = False
        self._over = False
        # Claimed messages that have not come to the wire yet.
        self._unbegun: set[int] = set()
        # Something moved: a message came to the wire, or answers were stored.
        self._moved = asyncio.Event()

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
        if self._stopping() or self._metronome_gone or not self._holder.may_send:
            return False
        if time.monotonic() > self._ends_at:
            self._ending.work_left = True
            return False
        return True

    async def _lease(self) -> Lease | None:
        """The next batch: urgent campaigns first, then whichever was served longest ago. An urgent
        one that may not be sent now stands in nobody's way."""
        due = await self._holder.writer.write(lambda c: claims.due_campaigns(c, self._route))
        due = [each for each in due if each[0] not in self._ending.pause]
        due.sort(key=lambda each: (not each[1], self._turn(each[0])))
        for campaign_id, _urgent in due:
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
            claim = await self._claim(lease, await self._room())
            if claim is None:
                break
            for message in claim.messages:
                self._unbegun.add(message.message_id)
                task = asyncio.create_task(self._carry(Errand(lease, claim, message)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        await self._holder.writer.write(
            lambda c: batches.release(c, lease.batch_id, self._owner), STORE_PATIENCE
        )

    def _claim_size(self) -> int:
        """Half a second's worth, so that a pause or an opt-out finds little that is claimed."""
        half_a_second = int(self._holder.pacer.rate / 2)
        return max(1, min(CLAIM_AT_MOST, self._window, half_a_second))

    async def _room(self) -> int:
        """How many may be claimed, once few wait for the metronome and there is room for a good
        part of a claim; 0 where nothing may be any more."""
        most = self._claim_size()
        worth_it = max(1, min(most, self._window // 2))
        while len(self._unbegun) > most / 2 or self._window - self._unstored < worth_it:
            if not self._may_go_on():
                return 0
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), 0.5)
        return min(most, self._window - self._unstored)

    async def _claim(self, lease: Lease, most: int) -> Claim | None:
        if most == 0:
            return None
        begun = clock.monotonic()
        claim = await self._holder.writer.write(
            lambda c: claims.take(c, lease, self._owner, most, self._lease_seconds)
        )
        if claim is not None:
            self._unstored += len(claim.messages)
            self._open[claim.claim_id] = _Open(len(claim.messages), begun + self._lease_seconds)
        return claim

    async def _carry(self, errand: Errand) -> None:
        try:
            answered = await errands.run(errand, self)
        except Exception:
            # Whatever it was, the message may be on the wire: only doubt is safe.
            log.exception("a submit failed in an unknown way", message=errand.message.message_id)
            answered = errand.outcome(MessageState.IN_DOUBT, "unknown_failure")
        finally:
            self.note_begun(errand)
        self._answered.append(answered)
        self._account(errand.claim.claim_id)
        if len(self._answered) >= min(FLUSH_AT, max(1, self._window // 2)):
            self._flush_now.set()

    def _account(self, claim_id: int) -> None:
        claim = self._open[claim_id]
        claim.left -= 1
        if claim.left == 0:
            del self._open[claim_id]
            self._done_claims.append(claim_id)

    @property
    def holder(self) -> Holder:
        """Whose session, metronome and throttle the errands use."""
        return self._holder

    def note_begun(self, errand: Errand) -> None:
        """A claimed message has come to the wire, or never will."""
        self._unbegun.discard(errand.message.message_id)
        self._moved.set()

    def may_begin(self, errand: Errand) -> bool:
        """Whether the first part of a message may still be put on the wire now."""
        return not (
            errand.lease.campaign_id in self._halted
            or self._stopping()
            or not self._holder.may_send
            or clock.now() >= errand.claim.closes_at - claims.HOURS_MARGIN
        )

    def is_stopping(self) -> bool:
        """Whether the process was asked to end."""
        return self._stopping()

    def lose_metronome(self) -> None:
        """Redis is away: claiming on would only put back what was claimed, as fast as it can."""
        self._metronome_gone = True

    def seconds_held(self, errand: Errand) -> float:
        """For how long its claim surely holds, less the margin; 0 or less: not any more."""
        claim = self._open[errand.claim.claim_id]
        return claim.until - self._margin - clock.monotonic()

    def needs_a_person(self, errand: Errand, why: str) -> None:
        """The carrier refuses the campaign as a whole: halt it, and have it paused."""
        self._ending.pause[errand.lease.campaign_id] = why
        self._halted.add(errand.lease.campaign_id)

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
        except Exception:
            log.exception("answers could not be stored", route=self._route, answers=len(answered))
        finally:
            self._unstored -= len(answered)
            self._moved.set()

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
        """Wait for all that is on its way; at a stop not for ever, since what has no answer then is
        to be stored as in doubt before the supervisor's patience ends."""
        stopped_at: float | None = None
        while self._tasks:
            if self._stopping():
                stopped_at = stopped_at or time.monotonic()
                if time.monotonic() > stopped_at + STOP_PATIENCE:
                    for task in self._tasks:
                        task.cancel()
            await asyncio.wait(set(self._tasks), timeout=0.2)
