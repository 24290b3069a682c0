"""Deliveries: stored first, acknowledged after; bounded, and never in the way of answers."""

import asyncio

from tests.workers.smsc import account, in_loop, simulation, sms, until
from workers.simulator.outgoing import Reply
from workers.smpp.bodies import Address
from workers.smpp.deliver import Deliver
from workers.smpp.inbox import InboxLimits
from workers.smpp.receipt_text import parse_receipt

SUBSCRIBER, SENDER = Address(1, 1, "84912345678"), Address(0, 1, "8088")


@in_loop
async def test_a_receipt_is_acknowledged_only_after_it_is_stored() -> None:
    stored = asyncio.Event()
    handed_over = asyncio.Event()

    async def store(_: list[Deliver]) -> None:
        handed_over.set()
        await stored.wait()

    async with simulation() as carrier:
        session = await carrier.open(store)
        await session.submit(sms())
        await handed_over.wait()
        await asyncio.sleep(0.1)
        assert carrier.stat("deliveries_acknowledged") == 0
        stored.set()
        await until(lambda: carrier.stat("deliveries_acknowledged") == 1)


@in_loop
async def test_a_receipt_that_could_not_be_stored_comes_again() -> None:
    tries: list[Deliver] = []

    async def store(batch: list[Deliver]) -> None:
        tries.extend(batch)
        if len(tries) == 1:
            raise RuntimeError("the disk is full")

    async with simulation(account(receipts={"retry_after": 0.05})) as carrier:
        session = await carrier.open(store)
        message_id = await session.submit(sms())
        await until(lambda: carrier.stat("deliveries_acknowledged") == 1)
        assert [parse_receipt(d).carrier_id for d in tries] == [message_id] * 2
        assert carrier.stat("deliveries_put_off") == 1


@in_loop
async def test_a_receipt_unacknowledged_at_the_end_comes_over_the_next_bind() -> None:
    never = asyncio.Event()

    async def hang(_: list[Deliver]) -> None:
        await never.wait()

    async with simulation() as carrier:
        first = await carrier.open(hang)
        message_id = await first.submit(sms())
        await until(lambda: carrier.stat("deliveries_sent") == 1)
        await first.close(drain=0.05)
        await carrier.open()
        await until(lambda: carrier.stored)
        assert parse_receipt(carrier.stored[0]).carrier_id == message_id
        never.set()


@in_loop
async def test_many_deliveries_come_in_few_batches() -> None:
    sizes: list[int] = []

    async def store(batch: list[Deliver]) -> None:
        sizes.append(len(batch))

    async with simulation() as carrier:
        session = await carrier.open(store)
        await asyncio.gather(*(session.submit(sms()) for _ in range(1_500)))
        await until(lambda: sum(sizes) == 1_500)
        assert max(sizes) <= 500
        assert len(sizes) <= 30


@in_loop
async def test_storing_that_hangs_bounds_memory_and_does_not_hold_up_answers() -> None:
    never = asyncio.Event()
    handed_over: list[Deliver] = []

    async def hang(batch: list[Deliver]) -> None:
        handed_over.extend(batch)
        await never.wait()

    async with simulation(account(receipts={"retry_after": 0.1})) as carrier:
        session = await carrier.open(hang, inbox=InboxLimits(batch=5, wait=0.0, held=10), window=5)
        for _ in range(12):
            carrier.carrier().write_in(Reply(SUBSCRIBER, SENDER, "TC"))
        await until(lambda: len(handed_over) >= 5)
        submits = [asyncio.create_task(session.submit(sms(), timeout=1.0)) for _ in range(30)]
        assert all(await asyncio.gather(*submits))
        assert carrier.stat("deliveries_put_off") > 0
        assert carrier.stat("deliveries_acknowledged") == 0
        assert len(handed_over) <= 12  # what lay in the socket when the limit was reached
        never.set()
        await until(lambda: carrier.stat("deliveries_acknowledged") == 42)


@in_loop
async def test_a_persons_message_is_no_receipt_and_keeps_its_words() -> None:
    async with simulation() as carrier:
        await carrier.open()
        for text in ("TC", "Từ chối nhận tin", "dài " * 80):
            carrier.carrier().write_in(Reply(SUBSCRIBER, SENDER, text))
        await until(lambda: len(carrier.stored) == 3)
        assert [d.text for d in carrier.stored] == ["TC", "Từ chối nhận tin", "dài " * 80]
        assert not any(d.is_receipt for d in carrier.stored)
        assert {(d.source, d.destination) for d in carrier.stored} == {("84912345678", "8088")}
