"""The gateway to Twilio, against a server on loopback that plays Twilio's API."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import pytest
from aiohttp import BasicAuth, web

from campaigns import segments
from tests.workers.smsc import in_loop, until
from workers.gateways import twilio
from workers.gateways.base import CarrierRefused, NoAnswer, NotSent, Outgoing
from workers.gateways.twilio import TwilioGateway

SID, TOKEN = "AC" + "0" * 32, "the-auth-token"
ME = "https://tungngo.example.vn/callbacks/twilio/7"
NUMBER = "+84912345678"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Twilio's library still uses what aiohttp will drop in its version 4.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:twilio.*")


def says(status: int, code: int | None = None) -> Answer:
    """An error as Twilio words it: with the number in it."""

    async def answer(_request: web.Request) -> web.Response:
        body = {"status": status, "message": f"The 'To' number {NUMBER} is wrong."}
        return web.json_response(body | ({"code": code} if code else {}), status=status)

    return answer


def says_words(status: int, words: str, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=words, status=status, headers=headers)

    return answer


async def accepts(request: web.Request) -> web.Response:
    sid = f"SM{len(request.app[API].taken):032x}"
    return web.json_response({"sid": sid, "status": "queued", "account_sid": SID}, status=201)


async def hangs(_request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    raise AssertionError


async def breaks(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@dataclass
class Api:
    """Twilio's API: `taken` are the messages posted; `answers` is how each is answered."""

    port: int = 0
    answer: Answer = accepts
    account: Answer | None = None
    taken: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def say(self, number: str, status: str, minutes_ago: float = 0, **more: Any) -> dict[str, Any]:
        """The API knows a message to a number, made so long ago."""
        made = formatdate(time.time() - minutes_ago * 60)
        known = {"sid": f"SM{len(self.known)}", "to": number, "from": "BLUEZONE", "status": status}
        self.known.append(known | {"date_created": made, "error_code": None} | more)
        return self.known[-1]

    async def get_list(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        found = [each for each in self.known if each["to"] == request.query["To"]]
        return web.json_response({"messages": found, "page_size": 20, "next_page_uri": None})

    async def get_one(self, request: web.Request) -> web.StreamResponse:
        for each in self.known:
            if each["sid"] == request.match_info["sid"]:
                return web.json_response(each)
        return await says(404, 20404)(request)

    async def post(self, request: web.Request) -> web.StreamResponse:
        auth = BasicAuth.decode(request.headers["Authorization"])
        if (auth.login, auth.password) != (SID, TOKEN):
            return await says(401, 20003)(request)
        self.taken.append(dict(await request.post()))
        return await self.answer(request)

    async def get_account(self, request: web.Request) -> web.StreamResponse:
        if BasicAuth.decode(request.headers["Authorization"]).password != TOKEN:
            return await says(401, 20003)(request)
        if self.account is not None:
            return await self.account(request)
        return web.json_response({"sid": SID, "status": "active"})

    def gateway(self, **changes: Any) -> TwilioGateway:
        values = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": False,
            "account_sid": SID,
            "auth_token": TOKEN,
            "status_address": ME,
        }
        return TwilioGateway(**values | changes)


API = web.AppKey("API", Api)


@asynccontextmanager
async def api(answer: Answer = accepts, account: Answer | None = None) -> AsyncIterator[Api]:
    running = Api(answer=answer, account=account)
    app = web.Application()
    app[API] = running
    app.router.add_post(f"/2010-04-01/Accounts/{SID}/Messages.json", running.post)
    app.router.add_get(f"/2010-04-01/Accounts/{SID}/Messages.json", running.get_list)
    app.router.add_get(f"/2010-04-01/Accounts/{SID}/Messages/{{sid}}.json", running.get_one)
    app.router.add_get(f"/2010-04-01/Accounts/{SID}.json", running.get_account)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    running.port = runner.addresses[0][1]
    try:
        yield running
    finally:
        await runner.cleanup()


async def nothing(_inbound: object) -> None:
    raise AssertionError("Twilio calls the web server, never the gateway")


@asynccontextmanager
async def opened(api: Api, **changes: Any) -> AsyncIterator[TwilioGateway]:
    gateway = api.gateway(**changes)
    await gateway.open(nothing)
    try:
        yield gateway
    finally:
        await gateway.close()


def sms(text: str = "Cai dat Bluezone", **changes: Any) -> Outgoing:
    values = {"number": NUMBER, "sender": "BLUEZONE", "text": text, "validity": 3600}
    return Outgoing(**values | {"reference": 1} | changes)


async def submit(gateway: TwilioGateway, message: Outgoing | None = None, **soon: float) -> str:
    (part,) = gateway.parts(message or sms())
    return await gateway.submit(part, time.monotonic() + soon.get("within", 5.0))


async def refusal(gateway: TwilioGateway) -> CarrierRefused:
    with pytest.raises(CarrierRefused) as refused:
        await submit(gateway)
    return refused.value


@in_loop
async def test_a_message_is_submitted_whole_and_answered_by_its_id() -> None:
    async with api() as twilio_api, opened(twilio_api) as gateway:
        assert await submit(gateway, sms("Kính gửi bà con " * 9)) == f"SM{1:032x}"
    (posted,) = twilio_api.taken
    assert posted == {
        "To": NUMBER,
        "From": "BLUEZONE",
        "Body": "Kính gửi bà con " * 9,
        "ValidityPeriod": "3600",
        "SmartEncoded": "false",
        "StatusCallback": f"{ME}#rc=3&rp=5xx,ct,rt",
    }


@in_loop
async def test_one_submit_costs_all_its_segments() -> None:
    gateway = Api().gateway()
    (part,) = gateway.parts(sms("Kính gửi bà con " * 9))
    assert gateway.cost(part) == segments.count("Kính gửi bà con " * 9).segments == 3


@in_loop
async def test_a_messaging_service_is_named_as_one_and_a_name_like_one_is_not() -> None:
    service = "MG" + "0a" * 16
    async with api() as twilio_api, opened(twilio_api) as gateway:
        await submit(gateway, sms(sender=service))
        await submit(gateway, sms(sender="MGMT"))
    first, second = twilio_api.taken
    assert first["MessagingServiceSid"] == service and "From" not in first
    assert second["From"] == "MGMT" and "MessagingServiceSid" not in second


@in_loop
async def test_without_a_public_address_nobody_is_asked_to_call() -> None:
    async with api() as twilio_api, opened(twilio_api, status_address="") as gateway:
        await submit(gateway, sms(validity=900_000))
    assert "StatusCallback" not in twilio_api.taken[0]
    assert twilio_api.taken[0]["ValidityPeriod"] == "36000"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (says(400, 21211), "permanent", "21211"),
        (says(400, 21610), "permanent", "21610"),
        (says(400, 29999), "permanent", "29999"),
        (says_words(400, "<html>no</html>"), "permanent", "400"),
        (says(429, 20429), "throttled", "20429"),
        (says_words(429, "slow"), "throttled", "429"),
        (says(400, 21611), "throttled", "21611"),
        (says(401, 20003), "auth", "20003"),
        (says(403, 99), "auth", "99"),
        (says(404), "auth", "404"),
        (says(400, 21606), "auth", "21606"),
        (says(408), "temporary", "408"),
        (says_words(307, "", Location="/2010-04-01/elsewhere"), "auth", "307"),
    ],
)
def test_each_refusal_says_what_to_do_and_holds_no_number(
    answer: Answer, kind: str, code: str
) -> None:
    async def test() -> None:
        async with api(answer) as twilio_api, opened(twilio_api) as gateway:
            refused = await refusal(gateway)
        assert (refused.kind, refused.code) == (kind, code)
        assert refused.words and NUMBER[1:] not in str(refused)
        assert len(twilio_api.taken) == 1

    asyncio.run(test())


@pytest.mark.parametrize(
    "answer",
    [
        says(500, 20500),
        says(503, 20503),
        says_words(502, "<html>bad gateway</html>"),
        says_words(201, "<html>welcome</html>"),
        says_words(201, "{}"),
        breaks,
    ],
)
def test_what_may_have_been_taken_is_in_doubt_and_submitted_once(answer: Answer) -> None:
    async def test() -> None:
        async with api() as twilio_api, opened(twilio_api) as gateway:
            await submit(gateway)  # so that the next finds a connection that was used before
            twilio_api.answer = answer
            with pytest.raises(NoAnswer):
                await submit(gateway)
        assert len(twilio_api.taken) == 2

    asyncio.run(test())


@in_loop
async def test_silence_is_in_doubt_once_the_request_has_left() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twilio, "ANSWER_TIMEOUT", 0.2)
        async with api(hangs) as twilio_api, opened(twilio_api) as gateway:
            begun = time.monotonic()
            with pytest.raises(NoAnswer):
                await submit(gateway, within=0.05)
            assert time.monotonic() - begun < 2
    assert len(twilio_api.taken) == 1


@in_loop
async def test_an_answer_may_come_after_the_moment_until_which_it_may_be_written() -> None:
    async def slowly(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return await accepts(request)

    async with api(slowly) as twilio_api, opened(twilio_api) as gateway:
        assert await submit(gateway, within=0.1)


@in_loop
async def test_a_refused_connection_means_not_sent() -> None:
    async with api() as twilio_api:
        gateway = twilio_api.gateway()
        await gateway.open(nothing)
    await asyncio.sleep(0.05)  # until our end has seen that the server hung up
    with pytest.raises(NotSent, match="connect"):
        await submit(gateway)
    await gateway.close()


@in_loop
async def test_a_connection_that_is_never_made_means_not_sent() -> None:
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with api() as twilio_api, opened(twilio_api) as gateway:
        # With TLS the server would have to speak first; it never does.
        gateway._client.api.base_url = f"https://127.0.0.1:{port}"
        with pytest.raises(NotSent):
            await submit(gateway, within=0.2)
    server.close()


@in_loop
async def test_nothing_is_written_after_its_moment_has_passed() -> None:
    async with api() as twilio_api, opened(twilio_api) as gateway:
        with pytest.raises(NotSent):
            await submit(gateway, within=-1.0)
        await submit(gateway)
        # On a connection that is there already nothing waits, so only the last look can tell.
        part = gateway.parts(sms())[0]
        with pytest.raises(NotSent):
            await gateway._call(
                lambda: gateway._client.messages.create_async(**gateway._fields(part)),
                time.monotonic(),
            )
    assert len(twilio_api.taken) == 1


@in_loop
async def test_opening_proves_the_token() -> None:
    async with api() as twilio_api:
        gateway = twilio_api.gateway(auth_token="another")
        with pytest.raises(CarrierRefused) as refused:
            await gateway.open(nothing)
        assert refused.value.kind == "auth"
        with pytest.raises(NotSent):
            await submit(gateway)


@in_loop
async def test_an_account_that_is_suspended_is_refused_at_once() -> None:
    suspended = says_words(200, '{"sid": "AC", "status": "suspended"}')
    async with api(account=suspended) as twilio_api:
        with pytest.raises(CarrierRefused, match="suspended"):
            await twilio_api.gateway().open(nothing)


@pytest.mark.parametrize("account", [says(500), says_words(200, "<html>"), breaks])
def test_opening_is_tried_again_where_nothing_sensible_answers(account: Answer) -> None:
    async def test() -> None:
        async with api(account=account) as twilio_api:
            with pytest.raises(NotSent):
                await twilio_api.gateway().open(nothing)

    asyncio.run(test())


@in_loop
async def test_opening_where_nobody_listens_is_tried_again() -> None:
    async with api() as twilio_api:
        port = twilio_api.port
    with pytest.raises(NotSent):
        await Api(port=port).gateway().open(nothing)


@in_loop
async def test_closing_waits_for_the_answer_that_is_outstanding() -> None:
    go = asyncio.Event()

    async def waits(request: web.Request) -> web.StreamResponse:
        await go.wait()
        return await accepts(request)

    async with api(waits) as twilio_api:
        gateway = twilio_api.gateway()
        await gateway.open(nothing)
        submitting = asyncio.create_task(submit(gateway))
        await until(lambda: twilio_api.taken)
        closing = asyncio.create_task(gateway.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        with pytest.raises(NotSent):
            await submit(gateway)
        go.set()
        assert await submitting
        await closing
        assert await gateway.closed == "closed"


@in_loop
async def test_as_many_are_under_way_at_once_as_the_route_asks_for() -> None:
    go = asyncio.Event()

    async def waits(request: web.Request) -> web.StreamResponse:
        await go.wait()
        return await accepts(request)

    async with api(waits) as twilio_api, opened(twilio_api) as gateway:
        submitting = [asyncio.create_task(submit(gateway)) for _ in range(150)]
        await until(lambda: len(twilio_api.taken) == 150)
        go.set()
        await asyncio.gather(*submitting)


@in_loop
async def test_the_shell_does_not_decide_where_it_leads() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWILIO_REGION", "au1")
        patch.setenv("TWILIO_EDGE", "sydney")
        async with api() as twilio_api, opened(twilio_api) as gateway:
            assert await submit(gateway)


def test_no_request_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with api(says(400, 21211)) as twilio_api, opened(twilio_api) as gateway:
            await refusal(gateway)

    with caplog.at_level(logging.INFO):
        asyncio.run(test())
    assert not [r for r in caplog.records if r.name.startswith(("twilio", "workers"))]
    assert NUMBER[1:] not in caplog.text
