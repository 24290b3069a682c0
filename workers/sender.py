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
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from campaigns import batches, pauses, stops
from campaigns.states import MessageState
from outreach import clock
from workers import claims, errands
from workers.answers import Answered
from workers.claims import Claim, Lease
from workers.errands import Errand, Ready
from workers.holding import Holder

log = structlog.get_logger()

LONGEST = 60.0  # seconds a session runs before it makes way for its successor
# Longer than a quick carrier's receipt takes, which is then stored with its answer.
FLUSH_EVERY = 0.1
FLUSH_AT = 500
# Where receipts come on the heels of their answers, the youngest answers wait so long for theirs; a
# narrow window would be held up by it.
RECEIPT_COMES = 0.01
WIDE_WINDOW = 50
CLAIM_AT_MOST = 200
# Begun without giving others a turn, where slots are due already.
TOGETHER = 16
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
        self._said = holder.unstored
        self._flush_now = asyncio.Event()
        self._receipts_are_quick = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._pacing: asyncio.Task[None] | None = None
        self._served: list[int] = []
        self._halted: set[int] = set()
        self._ends_at = time.monotonic() + LONGEST
        self._ending = Ending()
        self._metronome_gone = False
        self._over = False
        # Claimed messages that have not come to the wire yet, in their order.
        self._unbegun: deque[Errand] = deque()
        self._claimed = asyncio.Event()
        # Something moved: a message came to the wire, or answers were stored.
        self._moved = asyncio.Event()

    async def run(self) -> Ending:
        """Serve until nothing is due, the minute is over, or we are to stop."""
        flushing = asyncio.create_task(self._flushing())
        self._pacing = asyncio.create_task(self._keep_pace())
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
            self._claimed.set()
            await asyncio.gather(self._pacing, return_exceptions=True)
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
        due = await self._holder.writer.write(
            lambda c: claims.due_campaigns(c, self._route), apart=True
        )
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
                ),
                apart=True,
            )
        except claims.DigestBroken:
            log.error("content differs from its approval", campaign=campaign_id)
            self._ending.pause[campaign_id] = pauses.DIGEST
            return None

    async def _serve(self, lease: Lease) -> None:
        self._halted.discard(lease.campaign_id)
        while self._may_go_on() and lease.campaign_id not in self._halted:
            claim = await self._claim(lease, await self._room())
            if claim is None:
                break
            self._unbegun.extend(Errand(lease, claim, message) for message in claim.messages)
            self._claimed.set()
        await self._holder.writer.write(
            lambda c: batches.release(c, lease.batch_id, self._owner), STORE_PATIENCE, apart=True
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
            lambda c: claims.take(c, lease, self._owner, most, self._lease_seconds), apart=True
        )
        if claim is not None:
            self._unstored += len(claim.messages)
            self._open[claim.claim_id] = _Open(len(claim.messages), begun + self._lease_seconds)
        return claim

    async def _keep_pace(self) -> None:
        """Begin what is claimed, one message at each slot of the metronome."""
        begun_together = 0
        while not self._over:
            if not self._unbegun:
                self._claimed.clear()
                await self._claimed.wait()
                continue
            await self._begin(self._unbegun[0])
            self._unbegun.popleft()
            self._moved.set()
            begun_together += 1
            if begun_together % TOGETHER == 0:
                await asyncio.sleep(0)  # slots that are due already leave no other task a turn

    async def _begin(self, errand: Errand) -> None:
        if self._metronome_gone:
            self._note(errand, errand.unsent("no_metronome"))
            return
        try:
            ready = errands.prepare(errand, self)
            if isinstance(ready, Answered):
                self._note(errand, ready)
                return
            ready.slot_at = await self._holder.pacer.slot(ready.cost, len(self._unbegun) - 1)
        except RedisError:
            self.lose_metronome()
            self._note(errand, errand.unsent("no_metronome"))
        except Exception:
            log.exception("a message cannot be begun", message=errand.message.message_id)
            self._note(errand, errand.unsent("unknown_failure"))
        else:
            task = asyncio.create_task(self._carry(errand, ready))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, errand: Errand, ready: Ready) -> None:
        try:
            answered = await errands.run(ready, self)
        except Exception:
            # Whatever it was, the message may be on the wire: only doubt is safe.
            log.exception("a submit failed in an unknown way", message=errand.message.message_id)
            answered = errand.outcome(MessageState.IN_DOUBT, "unknown_failure")
        self._note(errand, answered)

    def _note(self, errand: Errand, answered: Answered) -> None:
        """A claimed message has its answer, or certainly never left."""
        self._said.add(answered)
        self._account(errand.claim.claim_id)
        if len(self._said) >= min(FLUSH_AT, max(1, self._window // 2)):
            self._flush_now.set()

    def _account(self, claim_id: int) -> None:
        claim = self._open[claim_id]
        claim.left -= 1
        if claim.left == 0:
            del self._open[claim_id]
            self._said.close_claim(claim_id)

    @property
    def holder(self) -> Holder:
        """Whose session, metronome and throttle the errands use."""
        return self._holder

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
        while not self._over or not self._said.is_empty:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._flush_now.wait(), FLUSH_EVERY)
            self._flush_now.clear()
            if self._receipts_are_quick:
                await asyncio.sleep(RECEIPT_COMES)
            await self._flush()

    async def _flush(self) -> None:
        """Store what was answered, in one transaction. A database that fails is asked again for a
        minute; what could not be stored by then is in doubt once its claim lapses."""
        if self._said.is_empty:
            return
        flush = self._said.take()
        self._receipts_are_quick = bool(flush.inbound) and self._window >= WIDE_WINDOW
        sealer = self._holder.sealer
        try:
            await self._holder.writer.write(
                lambda c: flush.write(c, self._route, sealer), STORE_PATIENCE
            )
            flush.stored.set_result(None)
        except Exception as error:
            number = len(flush.answered)
            log.exception("answers could not be stored", route=self._route, answers=number)
            flush.fail(error)
        finally:
            self._unstored -= len(flush.answered)
            self._moved.set()

    async def _renewing(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 4)
            begun = clock.monotonic()
            try:
                kept = await self._holder.writer.write(
                    lambda c: claims.renew(c, self._owner, self._lease_seconds), apart=True
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
                self._halted |= await self._holder.writer.write(self._no_longer_sending, apart=True)
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
        while self._tasks or self._unbegun:
            if self._stopping():
                if stopped_at is None:
                    stopped_at = time.monotonic()
                    await self._give_back_unbegun()
                if time.monotonic() > stopped_at + STOP_PATIENCE:
                    for task in self._tasks:
                        task.cancel()
            if self._pacing is not None and self._pacing.done():
                await self._give_back_unbegun()  # nobody will begin it any more
            if self._tasks:
                await asyncio.wait(set(self._tasks), timeout=0.2)
            else:
                await asyncio.sleep(0.02)

    async def _give_back_unbegun(self) -> None:
        """What waits for its slot never left; at a low rate the slot may be a long way off."""
        if self._pacing is not None:
            self._pacing.cancel()
            (ended,) = await asyncio.gather(self._pacing, return_exceptions=True)
            if isinstance(ended, Exception):
                log.error("the pace was lost", route=self._route, error=repr(ended))
        while self._unbegun:
            errand = self._unbegun.popleft()
            self._note(errand, errand.unsent("halted"))
