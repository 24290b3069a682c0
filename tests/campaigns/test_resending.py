"""Sending again: one attempt more of the same row, only what failed for now, never past its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from campaigns import ends, failures, life, reasons, resending
from campaigns.messages import SENT_AGAIN_IN_DOUBT, Change, settle
from campaigns.states import CampaignState, Cause, MessageState
from outreach import clock, numbers, opt_outs
from outreach.audit import AuditRow
from outreach.database import db, transaction, write_connection
from outreach.errors import Refused
from outreach.numbers import sealer
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from workers import receipts, tick
from workers.answers import Answered
from workers.claims import Claim
from workers.gateways.base import Inbound, Receipt
from workers.smpp.receipt_text import carrier_id_forms

C, M = CampaignState, MessageState


@pytest.fixture
def three(stage: Stage, vnpt: Organisation) -> Carried:
    return carried(stage, vnpt, 3)


def receipt(there: Carried, person: int, carrier_id: str, state: str, code: str = "") -> None:
    said = Receipt(carrier_id_forms(carrier_id), state, code, there.phones[person])
    with write_connection(db.engine) as connection:
        raw = receipts.store_raw(connection, sealer(), there.route.id, [Inbound(b"raw", said)])
        receipts.match(connection, sealer(), there.route.id, raw, [Inbound(b"raw", said)])


def all_taken(there: Carried) -> Claim:
    claim = there.claim()
    for index in range(len(claim.messages)):
        there.answer(claim, index, f"A{index}")
    return claim


def completed(there: Carried, *words: tuple[str, str]) -> None:
    """All were taken, the carrier said this of each, and the campaign is complete."""
    all_taken(there)
    for person, (state, code) in enumerate(words):
        receipt(there, person, f"A{person}", state, code)
    finish()
    assert life.get(there.campaign.id).state is C.COMPLETED


def finish() -> None:
    """The tick ends what has nothing under way."""
    db.session.rollback()
    tick.finish()
    db.session.rollback()


def again(there: Carried, shown: int = 10) -> int:
    there.lapse()  # nobody holds the batch any more
    db.session.rollback()
    return resending.resend_failed(there.campaign.id, shown, None)


def doubt_again(there: Carried, *messages: int) -> int:
    db.session.rollback()
    campaign = life.get(there.campaign.id)
    return resending.queue_again(campaign, Cause.PERSON, messages, SENT_AGAIN_IN_DOUBT, None)


def test_only_what_failed_for_now_is_sent_again(stage: Stage, three: Carried) -> None:
    completed(three, ("undelivered", "027"), ("undelivered", "001"), ("delivered", "000"))
    account = failures.of(life.get(three.campaign.id))
    assert [(line.why, line.messages) for line in account.lines] == [("off", 1), ("number", 1)]
    assert (account.again, account.again_cost) == (1, 250)
    assert again(three) == 1
    campaign = life.get(three.campaign.id)
    assert campaign.state is C.SENDING
    assert (campaign.completed_at, campaign.settled_at) == (None, None)
    assert three.states() == {"queued": 1, "undelivered": 1, "delivered": 1}
    claim = three.claim()
    assert [message.attempt for message in claim.messages] == [2]
    three.answer(claim, 0, "B0")
    receipt(three, 0, "B0", "delivered", "000")
    finish()
    assert life.get(three.campaign.id).state is C.COMPLETED
    assert three.states() == {"delivered": 2, "undelivered": 1}


def test_what_the_carrier_gave_up_is_for_now_and_what_it_refused_for_good_is_not(
    three: Carried,
) -> None:
    claim = three.claim()
    for index, code in enumerate(("0x0000000B", "0x00000008")):
        message = claim.messages[index]
        three.store(
            Answered(
                message.message_id, claim.claim_id, 1, M.REJECTED, Cause.ANSWER, code, parts=[]
            )
        )
    three.answer(claim, 2, "A2")
    receipt(three, 2, "A2", "carrier_expired")
    assert again(three) == 2
    assert three.states() == {"rejected": 1, "queued": 2}


def test_who_opted_out_meanwhile_is_left_in_peace(three: Carried) -> None:
    completed(three, *[("undelivered", "027")] * 3)
    with write_connection(db.engine) as connection:
        ids = numbers.find(connection, sealer(), [three.phones[0]])
        opt_outs.record(connection, ids.values(), "call", None)
    assert again(three) == 2
    assert three.states() == {"undelivered": 1, "queued": 2}


def test_no_more_are_sent_again_than_were_confirmed(three: Carried) -> None:
    completed(three, *[("undelivered", "027")] * 3)
    assert again(three, shown=2) == 2


def test_a_second_press_finds_nobody(three: Carried) -> None:
    completed(three, *[("undelivered", "027")] * 3)
    assert again(three) == 3
    with pytest.raises(Refused, match="somebody sent it again"):
        again(three)
    acts = db.session.query(AuditRow).filter(AuditRow.act == "campaign.resend").count()
    assert acts == 1


@pytest.mark.parametrize("why", ["window", "stop", "digest", "cancelled"])
def test_nothing_is_sent_again_that_may_not_be_sent(three: Carried, why: str) -> None:
    completed(three, *[("undelivered", "027")] * 3)
    campaign_id = three.campaign.id
    if why == "window":
        clock.set_offset(three.campaign.not_after + timedelta(minutes=1) - clock.real_now())
    elif why == "stop":
        life.stop_everything("halt", None)
    elif why == "digest":
        with transaction() as session:
            session.execute(text("UPDATE rendered_texts SET text = text || '!'"))
    else:
        with transaction() as session:
            session.execute(text("UPDATE campaigns SET state = 'cancelled'"))
    with pytest.raises(Refused):
        again(three)
    db.session.rollback()
    assert life.get(campaign_id).state in {C.COMPLETED, C.CANCELLED}
    assert three.states() == {"undelivered": 3}


def test_a_paused_campaign_stays_paused(three: Carried) -> None:
    claim = all_taken(three)
    receipt(three, 0, "A0", "undelivered", "027")
    life.pause(life.get(three.campaign.id), "wait", None)
    assert again(three) == 1
    assert life.get(three.campaign.id).state is C.PAUSED
    assert len(claim.messages) == 3


def test_what_was_in_doubt_and_is_delivered_after_all_is_not_sent_again(three: Carried) -> None:
    """The late receipt of the first attempt comes while the second waits in the queue."""
    claim = three.claim(2)
    three.lapse()
    first, second = (message.message_id for message in claim.messages)
    assert doubt_again(three, first, second) == 2
    receipt(three, 0, "FF", "delivered")
    receipt(three, 1, "FE", "undelivered", "027")
    assert three.states() == {"delivered": 1, "queued": 2}
    assert [message.attempt for message in three.claim().messages] == [2, 1]


def test_a_late_failure_of_the_first_attempt_says_nothing_of_the_second(three: Carried) -> None:
    completed(three, ("undelivered", "027"), ("delivered", ""), ("delivered", ""))
    assert again(three) == 1
    claim = three.claim()
    three.answer(claim, 0, "B0")
    receipt(three, 0, "A0", "rejected", "034")
    assert three.states() == {"accepted": 1, "delivered": 2}
    receipt(three, 0, "A0", "delivered")
    assert three.states() == {"delivered": 3}
    receipt(three, 0, "B0", "undelivered", "001")
    assert three.states() == {"delivered": 3}


def test_a_failure_without_a_known_id_settles_no_second_attempt(three: Carried) -> None:
    """Both attempts were lost: it may be the first one's failure."""
    claim = three.claim(1)
    three.lapse()
    assert doubt_again(three, claim.messages[0].message_id) == 1
    three.claim(1)
    three.lapse()
    receipt(three, 0, "FF", "undelivered", "027")
    assert three.states() == {"in_doubt": 1, "queued": 2}
    receipt(three, 0, "FE", "delivered")
    assert three.states() == {"delivered": 1, "queued": 2}


def test_a_worker_that_thaws_after_the_decision_moves_nothing(three: Carried) -> None:
    claim = three.claim(1)
    three.lapse()
    message = claim.messages[0]
    assert doubt_again(three, message.message_id) == 1
    second = three.claim(1)
    three.answer(claim, 0, "A0")
    assert three.state(message.message_id) == "sending"
    three.answer(second, 0, "B0")
    assert three.state(message.message_id) == "accepted"


def test_the_tick_does_not_end_what_was_just_queued_again(three: Carried) -> None:
    completed(three, *[("undelivered", "027")] * 3)
    again(three)
    with write_connection(db.engine) as connection:
        assert ends.end_queued(connection, three.campaign.id, C.COMPLETED) == 0
    db.session.rollback()
    tick.end_leftovers()
    finish()
    assert three.states() == {"queued": 3}
    assert len(three.claim().messages) == 3


def test_reasons_stay_the_rows_however_they_are_folded(three: Carried) -> None:
    completed(three, ("undelivered", "027"), ("rejected", "034"), ("delivered", ""))
    tick.fold_counts()
    again(three)
    tick.fold_counts()
    assert three.one("SELECT COUNT(*) FROM reason_deltas") == 0
    three.states()  # which asks that counts, reasons and doubts are the rows
    assert reasons.in_doubt(db.session()) == {}


def test_a_message_that_was_rejected_for_now_keeps_one_try(three: Carried) -> None:
    claim = three.claim(1)
    with write_connection(db.engine) as connection:
        connection.execute(text("UPDATE messages SET attempts = 5 WHERE state = 'sending'"))
        change = Change(claim.messages[0].message_id, M.REJECTED, "0x00000058")
        assert settle(connection, Cause.ANSWER, [change]) == 1
    assert again(three) == 1
    assert three.claim(1).messages[0].attempt == 6
