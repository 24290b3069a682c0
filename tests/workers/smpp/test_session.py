"""The client session against the simulator."""

import asyncio
import time

import pytest

from tests.workers.smsc import account, in_loop, simulation, sms, until
from workers.smpp import status
from workers.smpp.bodies import QueryResult
from workers.smpp.errors import NoAnswer, NotSent, Refused
from workers.smpp.message import ShortMessage
from workers.smpp.receipt_text import parse_receipt


async def outcomes(session, messages, **options) -> list[str | Exception]:
    submits = (session.submit(message, **options) for message in messages)
    return await asyncio.gather(*submits, return_exceptions=True)


@in_loop
async def test_a_submit_gives_the_carriers_message_id_which_its_receipt_names() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        message_id = await session.submit(sms())
        await until(lambda: carrier.stored)
        receipt = parse_receipt(carrier.stored[0])
        assert (receipt.carrier_id, receipt.state) == (message_id, "delivered")
        assert (receipt.msisdn, receipt.error) == ("84912345678", "000")


@in_loop
async def test_answers_are_matched_whatever_their_order() -> None:
    async with simulation(account(answer_delay=[0.0, 0.2])) as carrier:
        session = await carrier.open()
        ids = await outcomes(session, [sms(84900000000 + n) for n in range(200)])
        await until(lambda: len(carrier.stored) == 200)
        by_number = {r.msisdn: r.carrier_id for r in map(parse_receipt, carrier.stored)}
        assert [by_number[str(84900000000 + n)] for n in range(200)] == ids


@in_loop
async def test_the_window_is_kept() -> None:
    async with simulation(account(answer_delay=[0.01, 0.02], window=7)) as carrier:
        session = await carrier.open(window=7)
        answers = await outcomes(session, [sms() for _ in range(100)])
        assert all(isinstance(answer, str) for answer in answers)
        assert carrier.stat("window_most") == 7


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"password": "wrong"}, status.RINVPASWD), ({"system_id": "nobody"}, status.RINVSYSID)],
)
@in_loop
async def test_a_wrong_log_in_is_refused_and_needs_a_person(changes, code) -> None:
    async with simulation() as carrier:
        with pytest.raises(Refused) as refused:
            await carrier.open(**changes)
        assert (refused.value.kind, refused.value.code) == ("auth", code)


@in_loop
async def test_a_second_bind_over_the_limit_is_refused_for_now() -> None:
    async with simulation(account(binds=1)) as carrier:
        await carrier.open()
        with pytest.raises(Refused) as refused:
            await carrier.open()
        assert (refused.value.kind, refused.value.code) == ("temporary", status.RALYBND)


@in_loop
async def test_where_nobody_listens_nothing_is_sent() -> None:
    async with simulation() as carrier:
        await carrier.smsc.stop()
        with pytest.raises(NotSent, match="no connection"):
            await carrier.open()


@in_loop
async def test_a_closed_session_sends_nothing() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        await session.close()
        with pytest.raises(NotSent):
            await session.submit(sms())
        assert carrier.numbers() == {}
        assert session.closed.result() == "closed by us"


@in_loop
async def test_no_answer_in_time_is_in_doubt_and_the_session_goes_on() -> None:
    async with simulation() as carrier:
        session = await carrier.open(window=1)
        carrier.play(silent_share=1)
        with pytest.raises(NoAnswer):
            await session.submit(sms(), timeout=0.2)
        assert carrier.numbers() == {"84912345678": 1}
        carrier.play(silent_share=0)
        assert await session.submit(sms(84900000001))


@in_loop
async def test_an_answer_that_comes_late_is_told() -> None:
    late: list[str | Refused] = []
    async with simulation() as carrier:
        session = await carrier.open()
        carrier.play(late_share=1, late_seconds=0.5)
        with pytest.raises(NoAnswer):
            await session.submit(sms(), timeout=0.1, late=late.append)
        await until(lambda: late and carrier.stored)
        assert late == [parse_receipt(carrier.stored[0]).carrier_id]


@in_loop
async def test_after_its_last_moment_nothing_is_written() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        with pytest.raises(NotSent, match="time to be sent had passed"):
            await session.submit(sms(), not_after=time.monotonic() - 0.001)
        assert carrier.stat("submits") == 0


@in_loop
async def test_a_process_that_was_frozen_before_the_write_writes_nothing() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        submit = asyncio.create_task(session.submit(sms(), not_after=time.monotonic() + 0.1))
        asyncio.get_running_loop().call_soon(time.sleep, 0.3)
        with pytest.raises(NotSent):
            await submit
        assert carrier.stat("submits") == 0


@in_loop
async def test_a_process_that_was_frozen_after_the_write_reads_its_answer_first() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        carrier.play(late_share=1, late_seconds=0.05)
        submit = asyncio.create_task(session.submit(sms(), timeout=0.5))
        await asyncio.sleep(0.02)
        time.sleep(1.2)  # the whole process, as SIGSTOP would
        assert await submit


@in_loop
async def test_a_connection_cut_in_mid_window_leaves_each_outstanding_submit_in_doubt() -> None:
    async with simulation(account(answer_delay=[0.05, 0.1])) as carrier:
        session = await carrier.open(window=20)
        carrier.play(drop_after=30)
        answers = await outcomes(session, [sms(84900000000 + n) for n in range(60)])
        kinds = [type(answer) for answer in answers]
        assert await session.closed
        taken = set(carrier.numbers())
        answered = {str(84900000000 + n) for n in range(60) if kinds[n] is str}
        doubtful = {str(84900000000 + n) for n in range(60) if kinds[n] is NoAnswer}
        assert kinds.count(NotSent) == 60 - len(answered) - len(doubtful)
        assert 0 < len(doubtful) <= 20
        assert answered <= taken <= answered | doubtful


@in_loop
async def test_throttling_is_told_from_refusals() -> None:
    async with simulation(account(rate=5)) as carrier:
        session = await carrier.open()
        answers = await outcomes(session, [sms() for _ in range(8)])
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert [(r.kind, r.code) for r in refused] == [("throttled", status.RTHROTTLED)] * 3


@in_loop
async def test_a_refusal_carries_the_carriers_words() -> None:
    rules = [{"suffix": "13", "status": "ESME_RINVDSTADR"}]
    async with simulation(account(rules=rules)) as carrier:
        session = await carrier.open()
        with pytest.raises(Refused) as refused:
            await session.submit(sms(84900000013))
        assert refused.value.kind == "permanent"
        assert refused.value.words == "ESME_RINVDSTADR: invalid destination address"
        assert await session.submit(sms(84900000014))


@in_loop
async def test_what_cannot_be_encoded_is_refused_for_good_and_never_sent() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        with pytest.raises(Refused) as refused:
            await session.submit(ShortMessage("TỪNG NGÕ", "84912345678", b"x"))
        assert (refused.value.kind, refused.value.code) == ("permanent", -1)
        assert carrier.stat("submits") == 0


@in_loop
async def test_a_cancelled_submit_does_not_disturb_the_others() -> None:
    async with simulation(account(answer_delay=[0.1, 0.1])) as carrier:
        session = await carrier.open(window=2)
        submit = asyncio.create_task(session.submit(sms()))
        await asyncio.sleep(0.02)
        submit.cancel()
        assert all(isinstance(a, str) for a in await outcomes(session, [sms()] * 5))


@in_loop
async def test_bytes_that_are_not_smpp_end_the_session_with_the_reason() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        carrier.play(garbage_share=1)
        with pytest.raises(NoAnswer, match="not SMPP"):
            await session.submit(sms())
        assert "not SMPP" in await session.closed


@in_loop
async def test_a_carrier_that_hangs_is_noticed() -> None:
    async with simulation() as carrier:
        session = await carrier.open(enquire_every=0.1, response_timeout=0.3)
        await asyncio.sleep(0.3)
        assert session.is_open
        carrier.play(frozen=True)
        assert "enquire_link" in await session.closed
        carrier.play(frozen=False)


@in_loop
async def test_a_carrier_that_unbinds_ends_the_session() -> None:
    async with simulation() as carrier:
        session = await carrier.open()
        await carrier.smsc.stop()
        assert "unbound" in await session.closed


@in_loop
async def test_a_pair_of_binds_submits_on_one_and_receives_on_the_other() -> None:
    async with simulation() as carrier:
        session = await carrier.open(mode="pair")
        message_id = await session.submit(sms())
        await until(lambda: carrier.stored)
        assert parse_receipt(carrier.stored[0]).carrier_id == message_id
        assert carrier.stat("binds") == 2


@in_loop
async def test_a_pair_goes_down_together() -> None:
    async with simulation() as carrier:
        session = await carrier.open(mode="pair")
        next(iter(carrier.carrier().peers.values())).drop()
        await session.closed
        await until(lambda: not carrier.carrier().peers)


@in_loop
async def test_a_carrier_can_be_asked_for_a_messages_state() -> None:
    async with simulation(account(rules=[{"suffix": "66", "state": "expired"}])) as carrier:
        session = await carrier.open()
        message_id = await session.submit(sms(84900000066))
        assert await session.query(message_id, "BLUEZONE") == QueryResult(message_id, "", 3, 0)
        with pytest.raises(Refused):
            await session.query("4711", "BLUEZONE")


@in_loop
async def test_closing_waits_for_the_answers() -> None:
    async with simulation(account(answer_delay=[0.2, 0.2])) as carrier:
        session = await carrier.open()
        submit = asyncio.create_task(session.submit(sms()))
        await asyncio.sleep(0.02)
        await session.close()
        assert await submit
