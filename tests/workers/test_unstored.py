"""Receipts on the heels of their answers are stored with them, and as well as any other."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from campaigns import life
from campaigns.messages import SENT_AGAIN_IN_DOUBT, Change, settle
from campaigns.states import Cause, MessageState
from outreach.database import db, write_connection
from outreach.numbers import sealer
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from tests.workers.smsc import in_loop
from workers import receipts
from workers.answers import Answered, PartAnswer
from workers.claims import Claim
from workers.gateways.base import Inbound, Receipt
from workers.smpp.receipt_text import carrier_id_forms
from workers.unstored import Unstored


@pytest.fixture
def on_its_way(stage: Stage, vnpt: Organisation) -> Carried:
    return carried(stage, vnpt, 3)


def accepted(there: Carried, claim: Claim, index: int, *ids: str, parts: int = 0) -> Answered:
    """The answer of one message of a claim, as an errand would give it."""
    message = claim.messages[index]
    said = [PartAnswer("accepted", each) for each in ids]
    answered = Answered(
        message.message_id, claim.claim_id, message.attempt, MessageState.ACCEPTED, Cause.ANSWER
    )
    answered.parts, answered.part_count = said, parts or len(said)
    answered.number = sealer().open_number(message.sealed)
    return answered


def receipt(carrier_id: str, number: str, state: str = "delivered") -> Inbound:
    return Inbound(carrier_id.encode(), Receipt(carrier_id_forms(carrier_id), state, "001", number))


def flush(there: Carried, unstored: Unstored) -> None:
    with write_connection(db.engine) as connection:
        unstored.take().write(connection, there.route.id, sealer())


@in_loop
async def test_one_transaction_stores_the_answer_and_its_receipt(on_its_way: Carried) -> None:
    claim, unstored = on_its_way.claim(2), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B")
    unstored.add(answer)
    unstored.add(accepted(on_its_way, claim, 1, "7C"))
    stored, rest = unstored.fold([receipt("123", answer.number)])  # answered in hex, 7B
    assert stored is not None
    assert rest == []
    flush(on_its_way, unstored)
    assert on_its_way.states() == {"delivered": 1, "accepted": 1, "queued": 1}
    assert on_its_way.one("SELECT receipt FROM attempts WHERE carrier_id = '7B'") == "delivered"
    assert on_its_way.one("SELECT matched_at IS NOT NULL FROM raw_receipts")
    assert on_its_way.one("SELECT receipts FROM raw_receipts") == 1


@in_loop
async def test_a_receipt_for_another_number_or_an_id_nobody_gave_is_left(
    on_its_way: Carried,
) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    unstored.add(accepted(on_its_way, claim, 0, "7B"))
    others = [
        receipt("7B", "+84919999999"),
        receipt("7D", on_its_way.phones[0]),
        receipt("123", ""),  # names no number, and another reading of the id
        Inbound(b"TC", None, on_its_way.phones[0], "TC"),
    ]
    assert unstored.fold(others) == (None, others)
    assert unstored.fold([receipt("7b", "")])[1] == []


@in_loop
async def test_of_two_receipts_the_stronger_counts_and_both_are_kept(on_its_way: Carried) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B")
    unstored.add(answer)
    both = [receipt("7B", answer.number), receipt("7B", answer.number, "undelivered")]
    assert unstored.fold(both)[1] == []
    flush(on_its_way, unstored)
    assert on_its_way.states()["delivered"] == 1
    assert on_its_way.one("SELECT receipts FROM raw_receipts") == 2


@in_loop
async def test_a_text_of_two_parts_is_delivered_when_both_are(on_its_way: Carried) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B", "7C")
    unstored.add(answer)
    unstored.fold([receipt("7B", answer.number)])
    flush(on_its_way, unstored)
    assert on_its_way.states()["accepted"] == 1
    _arrives_later(on_its_way, receipt("7C", answer.number))
    assert on_its_way.states()["delivered"] == 1


def _arrives_later(there: Carried, inbound: Inbound) -> None:
    with write_connection(db.engine) as connection:
        raw_id = receipts.store_raw(connection, sealer(), there.route.id, [inbound])
        receipts.match(connection, sealer(), there.route.id, raw_id, [inbound])


@in_loop
async def test_after_the_flush_was_taken_a_receipt_goes_the_long_way(on_its_way: Carried) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B")
    unstored.add(answer)
    unstored.take()
    said = [receipt("7B", answer.number)]
    assert unstored.fold(said) == (None, said)


@in_loop
async def test_what_fell_into_doubt_meanwhile_is_settled_by_the_receipt(
    on_its_way: Carried,
) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B")
    unstored.add(answer)
    unstored.fold([receipt("7B", answer.number)])
    life.cancel(life.get(on_its_way.campaign.id), None)
    on_its_way.lapse()
    flush(on_its_way, unstored)
    assert on_its_way.states()["delivered"] == 1


@in_loop
async def test_a_late_answer_of_an_old_claim_still_brings_its_delivery(
    on_its_way: Carried,
) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B")
    on_its_way.lapse()
    with write_connection(db.engine) as connection:
        again = Change(answer.message_id, MessageState.QUEUED, SENT_AGAIN_IN_DOUBT)
        settle(connection, Cause.PERSON, [again])
    on_its_way.claim(1)
    unstored.add(answer)
    unstored.fold([receipt("7B", answer.number)])
    flush(on_its_way, unstored)
    assert on_its_way.states()["delivered"] == 1


@in_loop
async def test_a_flush_that_fails_leaves_the_receipts_with_the_carrier(
    on_its_way: Carried,
) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B")
    unstored.add(answer)
    stored, _rest = unstored.fold([receipt("7B", answer.number)])
    assert stored is not None
    taken = unstored.take()
    taken.fail(OSError("disk full"))
    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(stored, 1)


@in_loop
async def test_an_answer_adopted_by_its_receipt_before_keeps_one_attempt(
    on_its_way: Carried,
) -> None:
    claim, unstored = on_its_way.claim(1), Unstored()
    answer = accepted(on_its_way, claim, 0, "7B")
    with write_connection(db.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO attempts (message_id, number, part, parts, route_id, carrier_id,"
                " outcome, answered_at) VALUES (:m, 1, 1, 1, :r, '7B', 'accepted', 0)"
            ),
            {"m": answer.message_id, "r": on_its_way.route.id},
        )
    unstored.add(answer)
    unstored.fold([receipt("7B", answer.number)])
    flush(on_its_way, unstored)
    assert on_its_way.one("SELECT COUNT(*) FROM attempts") == 1
    assert on_its_way.one("SELECT receipt FROM attempts") == "delivered"
