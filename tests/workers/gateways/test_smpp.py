"""Asking an SMPP carrier for its messages by query_sm, however it writes its ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from outreach import clock
from tests.workers.smsc import PASSWORD, Simulation, account, in_loop, simulation
from workers.gateways import smpp
from workers.gateways.base import CarrierRefused, Inbound, NoAnswer, NotSent, Outgoing, Question
from workers.gateways.smpp import SmppGateway
from workers.smpp.bodies import QueryResult

NUMBER = "+84912345678"


def asked(*ids: str) -> Question:
    return Question(NUMBER, "BLUEZONE", clock.real_now(), ids)


async def ignore(_inbound: object) -> None:
    return


@asynccontextmanager
async def opened(carrier: Simulation) -> AsyncIterator[SmppGateway]:
    config = smpp.config("127.0.0.1", carrier.port, "vnpt", PASSWORD, 10, tls=False)
    gateway = SmppGateway(config)
    await gateway.open(ignore)
    try:
        yield gateway
    finally:
        await gateway.close()


async def submit(gateway: SmppGateway, text: str = "Cai Bluezone") -> list[str]:
    parts = gateway.parts(Outgoing(NUMBER, "BLUEZONE", text, 3600, 1))
    return [await gateway.submit(part, float("inf")) for part in parts]


def told(said: list[Inbound]) -> list[tuple[Any, ...]]:
    return [tuple(each.receipt) for each in said if each.receipt is not None]


@pytest.mark.parametrize("form", ["decimal", "hex", "HEX", "padded"])
@in_loop
async def test_a_message_is_asked_for_under_the_id_the_carrier_wrote(form: str) -> None:
    async with simulation(account(ids={"answer": form})) as carrier, opened(carrier) as gateway:
        for _ in range(11):  # until the id has a letter in it
            ids = await submit(gateway)
        said = await gateway.query(asked(*ids))
        assert told(said) == [((ids[0],), "delivered", "", NUMBER)]
        assert smpp.stored([each.raw for each in said]) == said


@in_loop
async def test_each_part_is_asked_for() -> None:
    rules = [{"suffix": "8", "state": "expired", "error": "001"}]
    async with simulation(account(rules=rules)) as carrier, opened(carrier) as gateway:
        ids = await submit(gateway, "Cai Bluezone " * 15)
        said = await gateway.query(asked(*ids))
        assert [r[0][0] for r in told(said)] == ids
        assert {r[1] for r in told(said)} == {"carrier_expired"}


@in_loop
async def test_what_it_does_not_know_it_says_nothing_of() -> None:
    async with simulation() as carrier, opened(carrier) as gateway:
        assert await gateway.query(asked("4711")) == []
        assert await gateway.query(asked()) == []
    with pytest.raises((NotSent, NoAnswer)):
        await gateway.query(asked("4711"))


@in_loop
async def test_a_carrier_without_such_an_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from workers.simulator.peer import Peer
    from workers.smpp import status

    def no_such(self: Peer, frame: Any) -> None:
        self._answer(frame, status.RINVCMDID)

    monkeypatch.setattr(Peer, "_query", no_such)
    async with simulation() as carrier, opened(carrier) as gateway:
        with pytest.raises(CarrierRefused):
            await gateway.query(asked("4711"))


def test_every_state_of_a_query_is_one_of_a_receipt() -> None:
    states = {
        n: smpp.queried(smpp._answer_kept(NUMBER, "1", QueryResult("1", "", n, 0))).receipt
        for n in (1, 2, 3, 4, 5, 6, 7, 8, 99)
    }
    assert {n: r and r.state for n, r in states.items()} == {
        1: "enroute",
        2: "delivered",
        3: "carrier_expired",
        4: "undelivered",
        5: "undelivered",
        6: "accepted",
        7: "unknown",
        8: "rejected",
        99: "unknown",
    }
