"""Deliveries of one bind: handed over in batches, acknowledged only once they are stored."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from workers.smpp import constants as smpp
from workers.smpp import status
from workers.smpp.deliver import Deliver, decode_deliver
from workers.smpp.errors import ProtocolError
from workers.smpp.link import Link
from workers.smpp.pdu import Frame, pack

OnDeliver = Callable[[list[Deliver]], Awaitable[None]]

_log = logging.getLogger(__name__)
_STALLED_SECONDS: Final = 2.0


class InboxLimits(NamedTuple):
    """`batch` deliveries at most a call, gathered for `wait` seconds; `held` unacknowledged.

    Gathered briefly: a receipt that comes on the heels of its answer is stored with it, if it is
    there in time. Whoever stores gathers the rest again.
    """

    batch: int = 500
    wait: float = 0.005
    held: int = 2_000


class Inbox:
    """Between a link and `on_deliver`.

    Memory is bounded by back-pressure: with `held` deliveries unacknowledged the link stops
    reading. Answers to our submits come over the same connection, so when `on_deliver` has not
    come back within 2 s the link reads again, and what is over the limit is answered "temporary
    error" at once: the carrier keeps those, and nothing of ours waits for ever.
    """

    def __init__(self, on_deliver: OnDeliver, limits: InboxLimits) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_deliver = on_deliver
        self._limits = limits
        self._link: Link | None = None
        self._waiting: deque[tuple[int, Deliver]] = deque()
        self._ready = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._held = 0
        self._shedding = False
        self._stalled: asyncio.TimerHandle | None = None
        self._pump: asyncio.Task[None] | None = None
        self._storing: set[asyncio.Task[None]] = set()
        self._closed = False

    def open(self, link: Link) -> None:
        """Begin to serve `link`."""
        self._link = link
        self._pump = self._loop.create_task(self._run())

    def take(self, frame: Frame) -> None:
        """One deliver_sm. A malformed one is refused for good: sent again it would be no better."""
        if self._shedding and self._held >= self._limits.held:
            self._answer([frame.sequence], status.RX_T_APPN)
            return
        try:
            deliver = decode_deliver(frame.body)
        except ProtocolError as error:
            _log.warning("a deliver_sm cannot be read and is refused: %s", error)
            self._answer([frame.sequence], status.RX_P_APPN)
            return
        self._waiting.append((frame.sequence, deliver))
        self._held += 1
        self._idle.clear()
        self._wake()
        if self._held >= self._limits.held:
            self._hold_back()

    async def drained(self, seconds: float) -> None:
        """Wait until everything taken is acknowledged, `seconds` at most."""
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            _log.warning("%d deliveries stay unacknowledged at the close", self._held)

    def close(self) -> None:
        """Stop. What is being stored is stored; what is not handed over stays with the carrier."""
        self._closed = True
        self._waiting.clear()
        self._ready.set()
        if self._stalled is not None:
            self._stalled.cancel()

    def _wake(self) -> None:
        if len(self._waiting) >= self._limits.batch:
            self._ready.set()
        elif len(self._waiting) == 1:
            self._loop.call_later(self._limits.wait, self._ready.set)

    async def _run(self) -> None:
        while not self._closed:
            await self._ready.wait()
            self._ready.clear()
            size = min(self._limits.batch, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(size)]
            if self._waiting:
                self._ready.set()
            if batch:
                # Not waited for: what has come meanwhile may be stored together with it.
                task = self._loop.create_task(self._hand_over(batch))
                self._storing.add(task)
                task.add_done_callback(self._storing.discard)

    async def _hand_over(self, batch: list[tuple[int, Deliver]]) -> None:
        code = status.ROK
        try:
            await self._on_deliver([deliver for _, deliver in batch])
        except Exception:
            _log.exception("%d deliveries could not be stored; the carrier keeps them", len(batch))
            code = status.RX_T_APPN
        self._answer([sequence for sequence, _ in batch], code)
        self._held -= len(batch)
        if not self._held:
            self._idle.set()
        if self._held <= self._limits.held // 2:
            self._let_go()

    def _answer(self, sequences: list[int], code: int) -> None:
        if self._link is not None:
            answers = [pack(smpp.DELIVER_SM_RESP, number, b"\0", code) for number in sequences]
            self._link.send(b"".join(answers))

    def _hold_back(self) -> None:
        if self._link is not None and self._stalled is None and not self._shedding:
            self._link.pause_reading()
            self._stalled = self._loop.call_later(_STALLED_SECONDS, self._shed)

    def _shed(self) -> None:
        _log.warning("storing deliveries takes over %g s; the carrier keeps more", _STALLED_SECONDS)
        self._shedding = True
        self._resume()

    def _let_go(self) -> None:
        self._shedding = False
        self._resume()

    def _resume(self) -> None:
        if self._stalled is not None and self._link is not None:
            self._stalled.cancel()
            self._stalled = None
            self._link.resume_reading()
