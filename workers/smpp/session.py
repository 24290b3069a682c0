"""A bound session with a carrier: submit, query, receive; see docs/smpp.md.

Reconnecting is not in here: whoever holds the session waits for `closed` and opens another.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Final, Literal

from workers.smpp import constants as smpp
from workers.smpp import status
from workers.smpp.bodies import (
    BindBody,
    QueryBody,
    QueryResult,
    decode_id,
    decode_query_result,
    encode_bind,
    encode_query,
)
from workers.smpp.errors import NoAnswer, NotSent, ProtocolError, Refused
from workers.smpp.inbox import Inbox, InboxLimits, OnDeliver
from workers.smpp.link import Link
from workers.smpp.message import ShortMessage, encode_submit, source_address
from workers.smpp.pdu import Frame, pack

OnLate = Callable[[str | Refused], None]

_UNBIND_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.01
_SUBMITTING: Final = {"transceiver": smpp.BIND_TRANSCEIVER, "pair": smpp.BIND_TRANSMITTER}


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Where and how to bind. Times in seconds.

    `mode` "transceiver" is one connection; "pair" is a transmitter and a receiver. `window` is how
    many submits may be outstanding. `enquire_every` is the silence after which the carrier is
    asked whether it is there.
    """

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    mode: Literal["transceiver", "pair"] = "transceiver"
    window: int = 100
    tls: ssl.SSLContext | None = None
    connect_timeout: float = 10.0
    response_timeout: float = 30.0
    enquire_every: float = 30.0
    inbox: InboxLimits = field(default_factory=InboxLimits)


class Session:
    """One or two binds, used as one; made by `Session.open`.

    `closed` gives the reason (a sentence) once the session is over, whoever ended it.
    """

    def __init__(self, config: SessionConfig, on_deliver: OnDeliver) -> None:
        self.config = config
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._inbox = Inbox(on_deliver, config.inbox)
        self._window = asyncio.Semaphore(config.window)
        self._links: list[Link] = []
        self._is_open = False
        self._keepalive: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, config: SessionConfig, on_deliver: OnDeliver) -> "Session":
        """Connect and bind.

        `on_deliver(batch)` is awaited with each batch of deliveries, which are acknowledged after
        it returns; when it raises, the carrier is asked to send them again. Raises NotSent when
        there is no connection, Refused when the bind is refused, NoAnswer when it is not answered.
        """
        session = cls(config, on_deliver)
        try:
            await session._bind_all()
        except BaseException:
            session._end("the bind failed")
            raise
        session._is_open = True
        session._keepalive = asyncio.get_running_loop().create_task(session._keep_alive())
        return session

    @property
    def is_open(self) -> bool:
        """Whether submits are taken."""
        return self._is_open

    async def submit(
        self,
        message: ShortMessage,
        *,
        timeout: float | None = None,
        not_after: float = inf,
        late: OnLate | None = None,
    ) -> str:
        """Send one segment and give the carrier's message id ("" if the carrier named none).

        Waits for a place in the window. `timeout` is the seconds to wait for the answer from the
        moment of the write; `not_after` a moment of time.monotonic() after which it must not be
        written any more. Raises Refused, NoAnswer (in doubt) or NotSent (certainly not written).
        Whoever cancels a submit must take it for in doubt. `late(outcome)` is called for an answer
        that comes after its time-out was raised as NoAnswer: the carrier's id, or Refused.
        """
        try:
            body = encode_submit(message)
        except ProtocolError as error:
            raise Refused("permanent", -1, f"it cannot be encoded: {error}") from error
        async with self._window:
            if not self._is_open:
                raise NotSent(self._why_closed())
            answer = await self._links[0].request(
                smpp.SUBMIT_SM,
                body,
                timeout=self.config.response_timeout if timeout is None else timeout,
                not_after=not_after,
                late=None if late is None else partial(_tell_late, late),
            )
        return decode_id(_accepted(answer, smpp.SUBMIT_SM).body)

    async def query(self, message_id: str, source: str) -> QueryResult:
        """Ask for the state of an accepted message (query_sm).

        Raises Refused, NoAnswer or NotSent as `submit` does; ProtocolError for a malformed answer.
        """
        body = encode_query(QueryBody(message_id, source_address(source)))
        if not self._is_open:
            raise NotSent(self._why_closed())
        answer = await self._ask(self._links[0], smpp.QUERY_SM, body)
        return decode_query_result(answer.body)

    async def close(self, drain: float = 5.0) -> None:
        """Take no more submits, wait up to `drain` s for answers and storing, unbind, hang up."""
        if self._is_open:
            self._is_open = False
            await self._outstanding_done(drain)
            await self._inbox.drained(drain)
            await asyncio.gather(*map(self._unbind, self._links))
        self._end("closed by us")

    async def _bind_all(self) -> None:
        await self._bind(_SUBMITTING[self.config.mode])
        if self.config.mode == "pair":
            await self._bind(smpp.BIND_RECEIVER)

    async def _bind(self, command: int) -> None:
        link = await self._connect()
        self._links.append(link)
        link.closed.add_done_callback(lambda closed: self._end(closed.result()))
        if command != smpp.BIND_TRANSMITTER:
            self._inbox.open(link)
        config = self.config
        body = BindBody(config.system_id, config.password, config.system_type)
        await self._ask(link, command, encode_bind(body))

    async def _connect(self) -> Link:
        loop, config = asyncio.get_running_loop(), self.config
        link = Link(lambda frame: self._take_request(link, frame))
        making = loop.create_connection(lambda: link, config.host, config.port, ssl=config.tls)
        try:
            await asyncio.wait_for(making, config.connect_timeout)
        except TimeoutError as error:
            raise NotSent(f"no connection within {config.connect_timeout:g} s") from error
        except OSError as error:
            raise NotSent(f"no connection: {error}") from error
        return link

    async def _ask(self, link: Link, command: int, body: bytes = b"") -> Frame:
        answer = await link.request(command, body, timeout=self.config.response_timeout)
        return _accepted(answer, command)

    def _take_request(self, link: Link, frame: Frame) -> None:
        if frame.command == smpp.DELIVER_SM:
            self._inbox.take(frame)
        elif frame.command in (smpp.ENQUIRE_LINK, smpp.UNBIND):
            link.send(pack(frame.command | smpp.RESPONSE, frame.sequence))
            if frame.command == smpp.UNBIND:
                link.end("the carrier unbound")
        elif frame.command != smpp.ALERT_NOTIFICATION:  # which has no answer
            link.send(pack(smpp.GENERIC_NACK, frame.sequence, status=status.RINVCMDID))

    async def _keep_alive(self) -> None:
        """Both ways: what the carrier asks is answered by `_take_request`, what we ask here."""
        every = self.config.enquire_every
        while not self.closed.done():
            await asyncio.sleep(every)
            for link in self._links:
                if time.monotonic() - link.heard_at < every:
                    continue
                try:
                    await self._ask(link, smpp.ENQUIRE_LINK)
                except (NoAnswer, NotSent):
                    link.abort("the carrier does not answer enquire_link")
                except Refused:  # an answer all the same
                    continue

    async def _outstanding_done(self, seconds: float) -> None:
        give_up_at = time.monotonic() + seconds
        while self._links[0].is_busy and time.monotonic() < give_up_at:
            await asyncio.sleep(_POLL_SECONDS)

    async def _unbind(self, link: Link) -> None:
        try:
            await link.request(smpp.UNBIND, timeout=_UNBIND_SECONDS)
        except (NoAnswer, NotSent):
            return

    def _why_closed(self) -> str:
        return self.closed.result() if self.closed.done() else "the session is closing"

    def _end(self, reason: str) -> None:
        """Once: the other bind of a pair goes with this one."""
        if self.closed.done():
            return
        self.closed.set_result(reason)
        self._is_open = False
        if self._keepalive is not None:
            self._keepalive.cancel()
        self._inbox.close()
        for link in self._links:
            link.end(reason)


def _tell_late(late: OnLate, answer: Frame) -> None:
    if answer.status:
        late(_refusal(answer))
    elif answer.command == smpp.SUBMIT_SM_RESP:
        late(decode_id(answer.body))


def _accepted(answer: Frame, command: int) -> Frame:
    """The answer if it says yes to `command`. A yes to something else leaves us in doubt."""
    if answer.status:
        raise _refusal(answer)
    if answer.command != command | smpp.RESPONSE:
        raise NoAnswer(f"the carrier answered with command 0x{answer.command:08X}")
    return answer


def _refusal(answer: Frame) -> Refused:
    row = status.lookup(answer.status)
    return Refused(row.kind, row.code, f"{row.word}: {row.words}")
