"""Twilio: one HTTPS request a message; what became of it comes as signed calls to our web server.

Nothing is ever submitted twice: the library's retries are off (`max_retries` stays None), aiohttp
repeats no POST, and redirects are not followed. Whether a request that failed may have left is
known from the last look before its first octet (`_last_look`), not guessed from the error.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC
from math import inf
from types import SimpleNamespace
from typing import TypeVar, cast

from aiohttp import (
    ClientSession,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
    TraceRequestHeadersSentParams,
)
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from campaigns import segments
from workers.gateways.base import (
    CarrierRefused,
    Inbound,
    NoAnswer,
    NotSent,
    OnInbound,
    OnLate,
    Outgoing,
    Question,
)
from workers.gateways.twilio_calls import AGAIN, as_call, inbound
from workers.gateways.twilio_codes import verdict

T = TypeVar("T")

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 20.0
LONGEST_VALIDITY = 36_000  # seconds, the most Twilio keeps a message in its queue
NO_SUCH = "20404"
MOST = 20  # messages to one number that are looked at
MESSAGING_SERVICE = re.compile(r"MG[0-9a-f]{32}")

# The library tells every request to its logger, ten lines each.
_SILENT = logging.getLogger(f"{__name__}.requests")
_SILENT.setLevel(logging.WARNING)


async def _since(client: Client, question: Question) -> list[MessageInstance]:
    """The messages to a number that are no older than the question says; the newest few."""
    # The filter knows days only.
    day = question.since.astimezone(UTC).date().isoformat()
    listed = await client.messages.list_async(to=question.number, date_sent_after=day, limit=MOST)
    earliest = question.since.replace(microsecond=0)  # Twilio's moments are whole seconds
    return [
        each
        for each in listed
        if question.sender in {each.from_, each.messaging_service_sid}
        and each.date_created is not None
        and each.date_created >= earliest
    ]


def _as_call(message: MessageInstance) -> bytes:
    code = "" if message.error_code is None else str(message.error_code)
    return as_call(message.sid or "", str(message.status or ""), message.to or "", code)


@dataclass(slots=True)
class _Going:
    """One request under way: until when it may begin, its clock, and whether it has begun."""

    not_after: float
    timer: asyncio.Timeout
    begun: bool = False


_going: ContextVar[_Going] = ContextVar("twilio_request")


async def _last_look(
    _session: ClientSession, _context: SimpleNamespace, _sent: TraceRequestHeadersSentParams
) -> None:
    """Called by aiohttp when the connection is there and no octet of the request is written."""
    going = _going.get()
    if time.monotonic() >= going.not_after:
        raise NotSent("too late")
    going.begun = True
    going.timer.reschedule(asyncio.get_running_loop().time() + ANSWER_TIMEOUT)


class TwilioGateway:
    """One account. There is no session to lose: `closed` is done by `close` alone."""

    needs_id = False
    write_within = inf

    def __init__(
        self,
        host: str,
        port: int,
        tls: bool,
        account_sid: str,
        auth_token: str,
        status_address: str,
    ) -> None:
        """`status_address` is where Twilio calls us, as twilio_calls has it; "" for no calls."""
        host = f"[{host}]" if ":" in host else host
        self._address = f"{'https' if tls else 'http'}://{host}:{port}"
        self._account = (account_sid, auth_token)
        self._status_address = status_address
        self._client: Client | None = None
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def open(self, on_inbound: OnInbound) -> None:
        """Ask for the account, which proves address and token; see the contract.

        What comes in, comes to the web server (workers/pages/twilio.py), so `on_inbound` is never
        called.
        """
        self._client = self._new_client()
        try:
            context = self._client.api.v2010.accounts(self._account[0])
            account = await self._call(context.fetch_async, time.monotonic() + CONNECT_TIMEOUT)
            if account.status != "active":
                raise CarrierRefused("auth", "20005", f"the account is {account.status}")
        except NoAnswer as error:
            await self.close()
            raise NotSent(str(error)) from error
        except BaseException:
            await self.close()
            raise

    def _new_client(self) -> Client:
        look = TraceConfig()
        look.on_request_headers_sent.append(_last_look)
        http = AsyncTwilioHttpClient(pool_connections=False, logger=_SILENT)
        # As many connections as the route's window asks for: a queue here would hide the pace.
        http.session = ClientSession(
            connector=TCPConnector(limit=0), cookie_jar=DummyCookieJar(), trace_configs=[look]
        )
        # An environment of our own: the shell's TWILIO_REGION must not send us elsewhere.
        client = Client(*self._account, http_client=http, environment={"TWILIO_EDGE": ""})
        client.api.base_url = self._address
        return client

    def parts(self, message: Outgoing) -> list[object]:
        """The whole message: Twilio splits it itself."""
        return [message]

    def cost(self, part: object) -> int:
        """Segments Twilio makes of it."""
        return segments.count(cast("Outgoing", part).text).segments

    async def submit(self, part: object, not_after: float, late: OnLate | None = None) -> str:
        """Submit the message; answers Twilio's id of it. See the contract; a request that is given
        up is closed, so no answer of it is ever late."""
        client = self._client
        if client is None:
            raise NotSent("the gateway is not open")
        fields = self._fields(cast("Outgoing", part))
        message = await self._call(lambda: client.messages.create_async(**fields), not_after)
        if not message.sid:
            raise NoAnswer("an answer without an id")
        return str(message.sid)

    def _fields(self, message: Outgoing) -> dict[str, object]:
        is_service = MESSAGING_SERVICE.fullmatch(message.sender)
        fields: dict[str, object] = {
            "to": message.number,
            "body": message.text,
            "messaging_service_sid" if is_service else "from_": message.sender,
            "validity_period": min(max(message.validity, 1), LONGEST_VALIDITY),
            # What was approved goes out, letter by letter, whatever the service is set to.
            "smart_encoded": False,
        }
        if self._status_address:
            fields["status_callback"] = self._status_address + AGAIN
        return fields

    async def query(self, question: Question) -> list[Inbound]:
        """Ask for the message by its id, else for all that went to the number under the sender
        name since; see the contract."""
        client = self._client
        if client is None:
            raise NotSent("the gateway is not open")
        deadline = time.monotonic() + CONNECT_TIMEOUT
        try:
            if question.ids:
                asked = [client.messages(sid) for sid in question.ids]
                found = [await self._call(each.fetch_async, deadline) for each in asked]
            else:
                found = await self._call(lambda: _since(client, question), deadline)
        except CarrierRefused as refused:
            if refused.code == NO_SUCH:
                return []
            raise
        return [inbound(_as_call(each)) for each in found]

    async def _call(self, request: Callable[[], Awaitable[T]], not_after: float) -> T:
        """Make one request. Raises CarrierRefused, NoAnswer or NotSent, and nothing else."""
        self._under_way += 1
        self._idle.clear()
        going: _Going | None = None
        try:
            async with asyncio.timeout(max(0.0, not_after - time.monotonic())) as timer:
                going = _Going(not_after, timer)
                _going.set(going)
                return await request()
        except (TwilioRestException, TwilioServiceException) as answer:
            raise verdict(answer.status, answer.code) from None
        except NotSent:
            raise
        except Exception as error:
            # Whatever it was, all that counts is whether an octet may have left.
            words = f"{type(error).__name__}: {error}".removesuffix(": ")
            if going is not None and going.begun:
                raise NoAnswer(words) from error
            raise NotSent(words) from error
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def close(self) -> None:
        """Take no more, wait for what is outstanding, then close the connections."""
        client, self._client = self._client, None
        if client is None:
            return
        # What is under way then ends by its own clock, in doubt.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), ANSWER_TIMEOUT)
        await client.http_client.close()
        if not self.closed.done():
            self.closed.set_result("closed")
