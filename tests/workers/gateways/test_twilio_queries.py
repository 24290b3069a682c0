"""Asking Twilio what became of a message, with an id and without any."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach import clock
from tests.workers.gateways.test_twilio import NUMBER, api, opened
from tests.workers.smsc import in_loop
from workers.gateways import twilio_calls
from workers.gateways.base import Inbound, NoAnswer, NotSent, Question, Receipt

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:twilio.*")


def asked(*ids: str, sender: str = "BLUEZONE") -> Question:
    return Question(NUMBER, sender, clock.real_now() - timedelta(minutes=5), ids)


def told(said: list[Inbound]) -> list[Receipt | None]:
    assert twilio_calls.stored([each.raw for each in said]) == said
    return [each.receipt for each in said]


@in_loop
async def test_a_known_id_is_fetched() -> None:
    async with api() as server, opened(server) as gateway:
        sid = server.say(NUMBER, "undelivered", error_code=30036)["sid"]
        (said,) = told(await gateway.query(asked(sid)))
        assert said == Receipt((sid,), "carrier_expired", "30036", NUMBER)
        assert await gateway.query(asked("SMnone")) == []


@in_loop
async def test_without_an_id_all_to_the_number_since_is_looked_at() -> None:
    async with api() as server, opened(server) as gateway:
        server.say(NUMBER, "delivered", minutes_ago=30)
        server.say("+84912000000", "delivered")
        server.say(NUMBER, "delivered", **{"from": "ANOTHER"})
        ours = server.say(NUMBER, "delivered")
        (said,) = told(await gateway.query(asked()))
        assert said == Receipt((ours["sid"],), "delivered", "", NUMBER)
    (question,) = server.asked
    assert question["To"] == NUMBER
    assert question["DateSent>"] <= f"{clock.real_now():%Y-%m-%d}"


@in_loop
async def test_a_messaging_service_is_known_by_its_own_id() -> None:
    service = "MG" + "0a" * 16
    async with api() as server, opened(server) as gateway:
        server.say(NUMBER, "sent", messaging_service_sid=service, **{"from": "+1555"})
        (said,) = told(await gateway.query(asked(sender=service)))
        assert said is not None
        assert said.state == "enroute"


@in_loop
async def test_an_api_in_trouble_or_a_closed_gateway_says_nothing() -> None:
    async with api() as server, opened(server) as gateway:
        server.known = None  # type: ignore[assignment]  # so that it fails
        with pytest.raises(NoAnswer):
            await gateway.query(asked())
    with pytest.raises(NotSent):
        await gateway.query(asked())
