"""One TCP connection to a carrier: requests matched to answers, writes gathered, time kept."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final, cast

from workers.smpp import constants as smpp
from workers.smpp import status
from workers.smpp.errors import NoAnswer, NotSent, ProtocolError, TooLate
from workers.smpp.pdu import Frame, FrameBuffer, pack

_SWEEP_SECONDS: Final = 0.1
_FROZEN_SECONDS: Final = 0.5
_LATE_KEPT: Final = 10_000
_LAST_SEQUENCE: Final = 0x7FFFFFFF

Late = Callable[[Frame], None]


@dataclass(slots=True, eq=False)
class _Request:
    octets: bytes
    answer: asyncio.Future[Frame]
    timeout: float
    not_after: float
    late: Late | None
    deadline: float


class Link(asyncio.Protocol):
    """Carries requests both ways; knows nothing of binds, windows or receipts.

    `on_request(frame)` is called for each request of the carrier's, in order. `closed` is a future
    that gives the reason, a sentence, once the connection is gone.
    """

    def __init__(self, on_request: Callable[[Frame], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[str] = self._loop.create_future()
        self.heard_at = time.monotonic()
        self._on_request = on_request
        self._buffer = FrameBuffer()
        self._transport: asyncio.Transport | None = None
        self._sequence = 0
        self._unsent: dict[int, _Request] = {}
        self._awaited: dict[int, _Request] = {}
        self._late: OrderedDict[int, Late] = OrderedDict()
        self._outbox: list[bytes] = []
        self._flush_due = False
        self._may_write = True
        self._sweep_at = inf
        self._paused_at = inf

    # What a session calls

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited, or a request is still to be written."""
        return bool(self._unsent or self._awaited)

    def request(
        self,
        command: int,
        body: bytes = b"",
        *,
        timeout: float,
        not_after: float = inf,
        late: Late | None = None,
    ) -> asyncio.Future[Frame]:
        """Send a request with the next write; the future gives the answer's frame.

        It raises NotSent when the request certainly was not written (connection gone, full for
        `timeout` seconds, or `not_after`, on time.monotonic(), had passed at the write), and
        NoAnswer when it was and no answer came within `timeout` seconds of the write or before the
        end of the connection. An answer after the time-out goes to `late`.
        """
        answer: asyncio.Future[Frame] = self._loop.create_future()
        if self._transport is None or self.closed.done():
            answer.set_exception(NotSent("the connection is closed"))
            return answer
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        octets, now = pack(command, self._sequence, body), time.monotonic()
        request = _Request(octets, answer, timeout, not_after, late, now + timeout)
        self._unsent[self._sequence] = request
        self._flush_soon()
        self._sweep_later(now)
        return answer

    def send(self, octets: bytes) -> None:
        """Answers to the carrier's requests; silently dropped once the connection is gone."""
        if not self.closed.done():
            self._outbox.append(octets)
            self._flush_soon()

    def pause_reading(self) -> None:
        """Stop reading; time-outs of awaited answers stand still."""
        if self._transport is not None and not self._transport.is_closing():
            self._paused_at = time.monotonic()
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if self._paused_at == inf:
            return
        pause = time.monotonic() - self._paused_at
        self._paused_at = inf
        for request in self._awaited.values():
            request.deadline += pause
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self, reason: str) -> None:
        """End the connection now; what was written and not answered becomes NoAnswer."""
        self._finish(reason)
        if self._transport is not None:
            self._transport.abort()

    def end(self, reason: str) -> None:
        """End the connection after writing what is waiting."""
        self._flush()
        self._finish(reason)
        if self._transport is not None:
            self._transport.close()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limit 1: asyncio says when its own buffer is not empty, so almost nothing waits there.

        (A limit of 0 stops asyncio's TLS from writing at all.)
        """
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=1)

    def connection_lost(self, exc: Exception | None) -> None:
        """All that waited for an answer learns that none will come."""
        self._finish(f"connection lost: {exc}" if exc else "the carrier closed the connection")

    def pause_writing(self) -> None:
        """The socket is full: what is unsent stays ours, and can still be called NotSent."""
        self._may_write = False

    def resume_writing(self) -> None:
        """The socket takes bytes again."""
        self._may_write = True
        self._flush_soon()

    def data_received(self, data: bytes) -> None:
        """Take apart what came; bytes that are not SMPP end the connection."""
        self.heard_at = time.monotonic()
        try:
            for frame in self._buffer.feed(data):
                if frame.command & smpp.RESPONSE:
                    self._settle(frame)
                else:
                    self._on_request(frame)
        except ProtocolError as error:
            self.send(pack(smpp.GENERIC_NACK, 0, status=status.RINVCMDLEN))
            self.end(f"the carrier sent bytes that are not SMPP: {error}")

    # Inside

    def _settle(self, frame: Frame) -> None:
        request = self._awaited.pop(frame.sequence, None)
        if request is not None:
            if not request.answer.done():
                request.answer.set_result(frame)
            return
        late = self._late.pop(frame.sequence, None)
        if late is not None:
            late(frame)

    def _flush_soon(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        if self._transport is None or self.closed.done() or not self._may_write:
            return
        pieces, self._outbox = self._outbox, []
        if self._unsent:
            self._take_unsent(pieces)
        if pieces:
            self._transport.write(b"".join(pieces))

    def _take_unsent(self, pieces: list[bytes]) -> None:
        """Move requests to the wire; the last look at `not_after` is here, at the write itself."""
        unsent, self._unsent = self._unsent, {}
        now = time.monotonic()
        for sequence, request in unsent.items():
            if request.answer.done():  # its caller gave up while it was still ours
                continue
            if request.not_after < now:
                request.answer.set_exception(TooLate("its time to be sent had passed"))
                continue
            pieces.append(request.octets)
            request.deadline = now + request.timeout
            self._awaited[sequence] = request

    def _sweep_later(self, now: float) -> None:
        if self._sweep_at == inf and self.is_busy:
            self._sweep_at = now + _SWEEP_SECONDS
            self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Give up on overdue answers.

        Not when this very look is late: a process that was frozen has first to read what came.
        """
        now = time.monotonic()
        was_frozen = now > self._sweep_at + _FROZEN_SECONDS
        self._sweep_at = inf
        if not was_frozen and self._paused_at == inf:
            self._drop_unsent(now)
            overdue = [seq for seq, request in self._awaited.items() if request.deadline < now]
            for sequence in overdue:
                self._give_up(sequence)
        self._sweep_later(now)

    def _drop_unsent(self, now: float) -> None:
        """The socket has been full all the time: what is still ours certainly was not sent."""
        overdue = [seq for seq, request in self._unsent.items() if request.deadline < now]
        for sequence in overdue:
            answer = self._unsent.pop(sequence).answer
            if not answer.done():
                answer.set_exception(NotSent("the connection takes no more bytes"))

    def _give_up(self, sequence: int) -> None:
        request = self._awaited.pop(sequence)
        if request.late is not None:
            self._late[sequence] = request.late
            if len(self._late) > _LATE_KEPT:
                self._late.popitem(last=False)
        if not request.answer.done():
            request.answer.set_exception(NoAnswer(f"no answer within {request.timeout:g} s"))

    def _finish(self, reason: str) -> None:
        if self.closed.done():
            return
        self.closed.set_result(reason)
        unsent, self._unsent = self._unsent, {}
        awaited, self._awaited = self._awaited, {}
        for request in unsent.values():
            if not request.answer.done():
                request.answer.set_exception(NotSent(reason))
        for request in awaited.values():
            if not request.answer.done():
                request.answer.set_exception(NoAnswer(reason))
