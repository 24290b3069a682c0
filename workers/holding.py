"""Holding a seat: the carrier's session kept open, receipts taken in, the route's state reported.

A holder outlives sender sessions: receipts and refusals come for days after the last submit.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from redis.asyncio import Redis
from sqlalchemy import Connection, text

from campaigns.route_status import SILENT_AFTER
from outreach import clock
from outreach.sealing import Sealer
from outreach.settings import Settings
from workers import answers, queries, receipts, test_sends
from workers.answers import Answered
from workers.gateways import registry
from workers.gateways.base import CarrierRefused, Gateway, Inbound, NotSent
from workers.pacing import Pacer
from workers.throttle import Throttle
from workers.unstored import Unstored
from workers.writer import Writer

log = structlog.get_logger()
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STORE_PATIENCE = 10.0
LATE_AT_ONCE = 500
LATE_PATIENCE = 60.0
STOP_PATIENCE = 6.0  # for the answer to a test send that is on the wire


@dataclass
class Report:
    """What the route's status row says."""

    state: str = "connecting"
    detail: str = ""


@dataclass
class _Arrivals:
    """What came in together, and the task that stores it."""

    inbound: list[Inbound] = field(default_factory=list)
    storing: asyncio.Task[None] | None = None


class Holder:
    """One held seat on the event loop. `gateway` is None while there is no session."""

    def __init__(
        self,
        contract: registry.Contract,
        redis: Redis,
        writer: Writer,
        sealer: Sealer,
        settings: Settings,
    ) -> None:
        self.contract = contract
        self.settings = settings
        self.writer = writer
        self.sealer = sealer
        self.gateway: Gateway | None = None
        self.pacer = Pacer(redis, contract.route_id, contract.rate)
        self.throttle = Throttle(contract.rate)
        self.unstored = Unstored()
        self._arrivals = _Arrivals()
        self._one_store = asyncio.Lock()
        self._late: list[Answered] = []
        self._storing_late: asyncio.Task[None] | None = None
        self.report = Report()
        self.seated_until = 0.0
        self.last_answer_at: int | None = None
        self._over = False
        self._test_seen = False
        self._tests_wait = asyncio.Event()
        self._tests = asyncio.get_running_loop().create_task(self._keep_testing())
        self._questions = asyncio.get_running_loop().create_task(queries.keep_asking(self))
        self._task = asyncio.get_running_loop().create_task(self._keep_open())
        self._status = asyncio.get_running_loop().create_task(self._keep_reported())

    @property
    def may_send(self) -> bool:
        """Whether there is a session, and the seat it sits on is surely still ours: a process that
        was frozen past its lease finds its seat gone before it learns so from the database."""
        return self.gateway is not None and clock.monotonic() < self.seated_until

    async def close(self) -> None:
        """Hang up in order and stop reporting."""
        self.seated_until = 0.0  # nothing begins; what is on the wire still gets its answer
        self._over = True
        self._tests_wait.set()
        await asyncio.wait({self._tests}, timeout=STOP_PATIENCE)
        tasks = (self._task, self._status, self._tests, self._questions)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        gateway, self.gateway = self.gateway, None
        if gateway is not None:
            await gateway.close()
        if self._storing_late is not None:
            await asyncio.wait({self._storing_late}, timeout=STOP_PATIENCE)
        self.report = Report("closed")
        with contextlib.suppress(Exception):
            await self.writer.write(self._write_status)

    async def _keep_open(self) -> None:
        pause = FIRST_PAUSE
        while True:
            gateway = await self._open_one()
            if gateway is None:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = FIRST_PAUSE
            self.gateway, self.report = gateway, Report("open")
            log.info("session open", route=self.contract.route_id)
            # Shielded: the word belongs to the session, which would take a cancelled one for its
            # own end and never hang up.
            why = await asyncio.shield(gateway.closed)
            self.gateway, self.report = None, Report("down", why[:255])
            log.warning("session closed", route=self.contract.route_id, why=why)

    async def _open_one(self) -> Gateway | None:
        try:
            gateway = registry.gateway(self.contract, self.settings)
            await gateway.open(self.take_in)
        except (CarrierRefused, NotSent) as error:
            state = "refused" if isinstance(error, CarrierRefused) else "down"
            self.report = Report(state, str(error)[:255])
            log.warning("no session", route=self.contract.route_id, why=str(error))
            return None
        except Exception as error:
            # A contract that cannot even be tried, as with a name that is too long for a bind.
            self.report = Report("down", f"{type(error).__name__}: {error}"[:255])
            log.exception("no session", route=self.contract.route_id)
            return None
        return gateway

    async def take_in(self, inbound: Sequence[Inbound]) -> None:
        """Store first; when this returns the carrier is answered. Matching follows by itself; what
        is for an answer that is not stored yet is stored with it."""
        flushed, rest = self.unstored.fold(inbound)
        if rest:
            await self._store_raw(rest)
        if flushed is not None:
            await asyncio.shield(flushed)

    async def _store_raw(self, inbound: Sequence[Inbound]) -> None:
        """Store what came in, with whatever else comes while the database is busy with the last."""
        arrivals = self._arrivals
        arrivals.inbound.extend(inbound)
        if arrivals.storing is None:
            arrivals.storing = asyncio.get_running_loop().create_task(self._store(arrivals))
        await asyncio.shield(arrivals.storing)

    async def _store(self, arrivals: _Arrivals) -> None:
        route = self.contract.route_id
        async with self._one_store:
            self._arrivals = _Arrivals()
            raw_id = await self.writer.write(
                lambda c: receipts.store_raw(c, self.sealer, route, arrivals.inbound),
                STORE_PATIENCE,
            )
        task = asyncio.get_running_loop().create_task(self._match(raw_id, arrivals.inbound))
        task.add_done_callback(_log_failure)

    async def _match(self, raw_id: int, inbound: Sequence[Inbound]) -> None:
        route = self.contract.route_id
        await self.writer.write(
            lambda c: receipts.match(c, self.sealer, route, raw_id, inbound), STORE_PATIENCE
        )

    def store_late(self, answered: Answered) -> None:
        """An answer came to what was noted as unanswered: its sender session may be over, so it is
        stored from here. What a person or a receipt has decided meanwhile stays."""
        self._late.append(answered)
        if self._storing_late is None or self._storing_late.done():
            self._storing_late = asyncio.get_running_loop().create_task(self._store_late())

    async def _store_late(self) -> None:
        while self._late:
            some, self._late = self._late[:LATE_AT_ONCE], self._late[LATE_AT_ONCE:]
            await self._store_some_late(some)

    async def _store_some_late(self, some: Sequence[Answered]) -> None:
        route = self.contract.route_id
        try:
            await self.writer.write(lambda c: answers.store(c, route, some, []), LATE_PATIENCE)
        except Exception:
            # They stay in doubt, until a receipt or a person settles them.
            log.exception("late answers could not be stored", route=route, answers=len(some))

    async def _keep_reported(self) -> None:
        while True:
            with contextlib.suppress(Exception):
                self.contract = await self.writer.write(self._exchange)
                self.throttle.contract = self.contract.rate
                if self._test_seen and self.may_send:
                    self._tests_wait.set()
            self.pacer.rate = self.throttle.rate()
            await asyncio.sleep(1.0)

    async def _keep_testing(self) -> None:
        """Submit the tests people asked for, as the second's exchange finds them."""
        owner = f"test-{secrets.token_hex(8)}"
        while not self._over:
            await self._tests_wait.wait()
            self._tests_wait.clear()
            try:
                await test_sends.carry(self, owner)
            except Exception:
                # What was taken and has no stored answer, the tick puts in doubt.
                log.exception("a test send was not carried", route=self.contract.route_id)

    def _exchange(self, connection: Connection) -> registry.Contract:
        """Write the status, read the contract: a changed rate takes hold within a second."""
        self._write_status(connection)
        self._test_seen = test_sends.waiting(connection, self.contract.route_id)
        return registry.read(connection, self.contract.route_id, self.sealer)

    def _write_status(self, connection: Connection) -> None:
        state = "throttled" if self.throttle.slowed and self.gateway else self.report.state
        now = clock.now()
        connection.execute(
            text(
                "INSERT INTO route_status (route_id, state, detail, since, rate_limit,"
                " last_answer_at, reached_at, updated_at)"
                " VALUES (:route, :state, :detail, :now, :rate, :answer, :now, :now)"
                " ON CONFLICT (route_id) DO UPDATE SET since = CASE WHEN route_status.state ="
                " excluded.state THEN route_status.since ELSE excluded.since END,"
                " state = excluded.state, detail = excluded.detail,"
                " rate_limit = excluded.rate_limit, updated_at = excluded.updated_at,"
                # Another seat of the route may have a session where this one has none.
                " reached_at = CASE WHEN :open = 1 OR route_status.updated_at < :silent"
                " THEN excluded.reached_at"
                " ELSE COALESCE(route_status.reached_at, excluded.reached_at) END,"
                " last_answer_at = COALESCE(excluded.last_answer_at, route_status.last_answer_at)"
            ),
            {
                "route": self.contract.route_id,
                "state": state,
                "detail": self.report.detail,
                "now": clock.to_microseconds(now),
                "open": int(self.gateway is not None),
                "silent": clock.to_microseconds(now - SILENT_AFTER),
                "rate": self.throttle.rate(),
                "answer": self.last_answer_at,
            },
        )


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # The raw receipts are stored; the tick matches them.
        log.error("receipts wait for the tick", error=repr(task.exception()))
