"""Receipts, ids and faults of one account, seen by our own client."""

import asyncio

import pytest

from tests.workers.smsc import account, in_loop, simulation, sms, until
from workers.smpp.errors import NoAnswer, Refused
from workers.smpp.receipt_text import carrier_id_forms, parse_receipt


@pytest.mark.parametrize(
    ("answer", "receipt", "answered", "receipted"),
    [
        ("decimal", "same", "700001", "700001"),
        ("hex", "decimal", "aae61", "700001"),
        ("decimal", "HEX", "700001", "AAE61"),
        ("HEX", "hex", "AAE61", "aae61"),
        ("decimal", "padded", "700001", "00000000000000700001"),
    ],
)
@in_loop
async def test_ids_are_written_as_the_account_says(answer, receipt, answered, receipted) -> None:
    ids = {"answer": answer, "receipt": receipt}
    async with simulation(account(ids=ids), first_id=700_001) as carrier:
        session = await carrier.open()
        message_id = await session.submit(sms())
        await until(lambda: carrier.stored)
        named = parse_receipt(carrier.stored[0]).carrier_id
        assert (message_id, named) == (answered, receipted)
        assert carrier_id_forms(message_id)[0] in carrier_id_forms(named)


@pytest.mark.parametrize("style", ["text", "tlv", "both"])
@in_loop
async def test_each_style_of_receipt_says_the_same(style: str) -> None:
    rules = [{"suffix": "66", "state": "expired"}]
    async with simulation(account(rules=rules, receipts={"style": style})) as carrier:
        session = await carrier.open()
        message_id = await session.submit(sms(84900000066))
        await until(lambda: carrier.stored)
        receipt = parse_receipt(carrier.stored[0])
        assert (receipt.carrier_id, receipt.state) == (message_id, "carrier_expired")
        assert (receipt.done_at is None) == (style == "tlv")


@in_loop
async def test_a_receipt_can_come_before_its_answer() -> None:
    async with simulation(account(faults={"receipts_first_share": 1})) as carrier:
        session = await carrier.open()
        submit = asyncio.create_task(session.submit(sms()))
        await until(lambda: carrier.stored)
        assert not submit.done()
        assert await submit == parse_receipt(carrier.stored[0]).carrier_id


@in_loop
async def test_a_receipt_can_come_twice_or_name_an_id_nobody_knows() -> None:
    faults = {"receipts_twice_share": 1, "receipts_unknown_share": 1}
    async with simulation(account(faults=faults)) as carrier:
        session = await carrier.open()
        message_id = await session.submit(sms())
        await until(lambda: len(carrier.stored) == 2)
        one, two = (parse_receipt(deliver).carrier_id for deliver in carrier.stored)
        assert one == two != message_id


@in_loop
async def test_receipts_can_go_to_the_wrong_bind() -> None:
    wrong: list[str] = []

    async def store_wrong(batch) -> None:
        wrong.extend(parse_receipt(deliver).carrier_id for deliver in batch)

    async with simulation(account(), account("viettel")) as carrier:
        session = await carrier.open()
        await carrier.open(store_wrong)
        await carrier.open(store_wrong, system_id="viettel")
        sent = []
        for where in ("other", "foreign"):
            carrier.play(receipts_bind=where)
            sent.append(await session.submit(sms()))
            await until(lambda: wrong == sent)
        assert not carrier.stored


@in_loop
async def test_a_share_is_throttled_and_a_share_refused() -> None:
    faults, refusals = {"throttle_share": 0.5}, {"share": 0.5, "status": "ESME_RSYSERR"}
    async with simulation(account(faults=faults, refusals=refusals)) as carrier:
        session = await carrier.open()
        answers = await asyncio.gather(
            *(session.submit(sms()) for _ in range(400)), return_exceptions=True
        )
        kinds = [answer.kind for answer in answers if isinstance(answer, Refused)]
        assert 150 < kinds.count("throttled") < 250
        assert 50 < kinds.count("temporary") < 150
        assert carrier.numbers() == {"84912345678": 400 - len(kinds)}


@pytest.mark.parametrize("takes", [True, False])
@in_loop
async def test_a_dropped_submit_was_taken_or_not_as_told(takes: bool) -> None:
    async with simulation(account(faults={"drop_after": 1, "drop_takes": takes})) as carrier:
        session = await carrier.open()
        with pytest.raises(NoAnswer):
            await session.submit(sms())
        assert carrier.numbers() == ({"84912345678": 1} if takes else {})
        again = await carrier.open()
        assert await again.submit(sms(84900000001))
        await until(lambda: len(carrier.stored) == 1 + takes)


@in_loop
async def test_binds_are_refused_while_told() -> None:
    async with simulation(account(faults={"refuse_binds": True})) as carrier:
        with pytest.raises(Refused):
            await carrier.open()
        carrier.play(refuse_binds=False)
        assert (await carrier.open()).is_open


@in_loop
async def test_the_rate_is_the_most_that_arrived_in_a_second() -> None:
    async with simulation(account(rate=50)) as carrier:
        session = await carrier.open()
        await asyncio.gather(*(session.submit(sms()) for _ in range(60)), return_exceptions=True)
        ledger = carrier.carrier().ledger
        assert (ledger.offered.most, ledger.offered.over) == (60, 10)
        assert (ledger.taken.most, ledger.taken.over) == (50, 0)
