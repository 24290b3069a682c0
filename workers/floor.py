"""The shop floor of one worker process: its event loop, its held seats, and the RQ workers.

RQ runs jobs; sessions outlive them. So the process keeps one asyncio loop with a holder for every
seat it has leased, and one thread an RQ queue: `house`, and one a held route. Nothing is forked:
no connection crosses a fork.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import threading
import time

import structlog
import uvloop
from flask import Flask
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from outreach import clock, store
from outreach.database import db
from outreach.numbers import sealer
from outreach.settings import Settings
from workers import queues, seats
from workers.bell import Bell
from workers.gateways import registry
from workers.holding import Holder
from workers.sender import Ending, SenderSession
from workers.writer import Writer

log = structlog.get_logger()

_current: Floor | None = None


def current() -> Floor:
    """The floor of this process, for jobs. Raises RuntimeError outside a worker process."""
    if _current is None:
        raise RuntimeError("this is no worker process")
    return _current


class Floor:
    """Everything a worker process runs; `run` returns after SIGTERM, with all in order."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.settings: Settings = app.config["OUTREACH"]
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.stopping = threading.Event()
        self.loop = uvloop.new_event_loop()
        self._holders: dict[seats.Held, Holder] = {}
        self._hanging_up: dict[seats.Held, asyncio.Task[None]] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._bells: dict[str, threading.Thread] = {}
        with app.app_context():
            self._engine = db.engine
            self._sealer = sealer()
        self._writer = Writer(self._engine)

    def run(self) -> None:
        """Work until `stopping` is set."""
        global _current  # noqa: PLW0603 - one floor a process is the point
        _current = self
        loop_thread = threading.Thread(target=self._run_loop, name="carriers", daemon=True)
        loop_thread.start()
        self.stopping.wait()
        for thread in list(self._bells.values()):
            thread.join(timeout=15)
        asyncio.run_coroutine_threadsafe(self._leave(), self.loop).result(timeout=15)
        self.loop.call_soon_threadsafe(self.loop.stop)
        loop_thread.join(timeout=5)
        self._writer.close()

    def holder_of(self, route_id: int) -> Holder | None:
        """The holder of one of this process's seats of a route; None where it has none."""
        return next((h for s, h in self._holders.items() if s.route_id == route_id), None)

    async def serve(self, holder: Holder) -> Ending:
        """One sender session."""
        owner = f"{self.name}-{secrets.token_hex(3)}"
        lease = self.settings.lease_seconds
        return await SenderSession(holder, owner, lease, self.stopping.is_set).run()

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self.loop)
        self._keeping = self.loop.create_task(self._keep_seats())
        self.loop.run_forever()

    async def _keep_seats(self) -> None:
        redis = Redis.from_url(
            self.settings.redis_address,
            socket_timeout=store.ANSWER_TIMEOUT,
            retry=Retry(NoBackoff(), 1),  # a server that was restarted; one that hangs is gone
        )
        lease = self.settings.lease_seconds
        while not self.stopping.is_set():
            begun = clock.monotonic()
            try:
                held = await self._writer.write(lambda c: seats.hold(c, self.name, lease))
                await self._fill(held, redis, begun + lease)
                spare = await self._writer.write(lambda c: seats.one_too_many(c, self.name))
                if spare is not None and spare in self._holders:
                    closing = self._make_room(spare, self._holders.pop(spare))
                    self._hanging_up[spare] = asyncio.create_task(closing)
            except (DBAPIError, RedisError) as error:
                log.warning("seats not renewed", error=type(error).__name__)
            except Exception:
                # Whatever it was, the seats of other routes must not lapse for it.
                log.exception("seats not renewed")
            await asyncio.sleep(min(1.0, lease / 4))

    async def _fill(self, held: list[seats.Held], redis: Redis, until: float) -> None:
        """Sit down on what is held, `until` a moment of clock.monotonic(); leave what is not."""
        for seat in [s for s in self._holders if s not in held]:
            # Not waited for: hanging up may take seconds, and the other seats must be renewed.
            self._hanging_up[seat] = asyncio.create_task(self._holders.pop(seat).close())
        self._hanging_up = {s: task for s, task in self._hanging_up.items() if not task.done()}
        for seat in held:
            if seat in self._hanging_up:
                continue  # one bind a seat: the next once this one is gone
            if seat not in self._holders:
                self._holders[seat] = await self._sit_down(seat.route_id, redis)
            self._holders[seat].seated_until = until
            self._listen(queues.of_route(seat.route_id))
        self._listen(queues.HOUSE)

    async def _make_room(self, seat: seats.Held, holder: Holder) -> None:
        await holder.close()  # first: the carrier must never see one bind too many
        await self._writer.write(lambda c: seats.give_up(c, self.name, seat))

    async def _sit_down(self, route_id: int, redis: Redis) -> Holder:
        contract = await self._writer.write(lambda c: registry.read(c, route_id, self._sealer))
        return Holder(contract, redis, self._writer, self._sealer, self.settings)

    def _listen(self, queue: str) -> None:
        """See that a thread of ours works on a queue, now and after Redis was away."""
        thread = self._bells.get(queue)
        if thread is None or not thread.is_alive():
            thread = threading.Thread(target=self._work, args=(queue,), name=queue, daemon=True)
            self._bells[queue] = thread
            thread.start()

    def _work(self, queue: str) -> None:
        while self._wanted(queue):
            # A name of its own each time: where Redis was away at the end of the last, RQ still
            # takes that one for alive.
            owner = f"{self.name}-{secrets.token_hex(3)}"
            try:
                Bell.of(self.app, queue, owner, lambda: not self._wanted(queue)).work()
            except RedisError as error:
                log.warning("redis is away", queue=queue, error=type(error).__name__)
            except Exception:
                log.exception("a bell failed", queue=queue)
            time.sleep(0.5)

    def _wanted(self, queue: str) -> bool:
        if self.stopping.is_set():
            return False
        routes = {queues.of_route(seat.route_id) for seat in self._holders}
        return queue == queues.HOUSE or queue in routes

    async def _leave(self) -> None:
        if self._keeping is not None:
            await self._keeping  # or it might sit down again on what is being left
        closing = [holder.close() for holder in self._holders.values()]
        await asyncio.gather(*closing, *self._hanging_up.values(), return_exceptions=True)
        try:
            await self._writer.write(lambda c: seats.leave(c, self.name))
        except DBAPIError as error:
            log.warning("seats not given up; they lapse", error=type(error).__name__)
