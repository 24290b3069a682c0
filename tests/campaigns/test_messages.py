"""Moving messages: only where the table allows it, counted once however the wishes come."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from campaigns.campaigns import Campaign
from campaigns.messages import Change, settle
from campaigns.states import Cause, MessageState
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand
from tests.stage import Stage, numbers_of

M = MessageState


@pytest.fixture
def sending(stage: Stage, vnpt: Organisation) -> Campaign:
    """Four messages on their way, by claim 7."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 4))
    campaign = stage.started([stage.route(vnpt, 9).id])
    assert expand(stage, campaign)
    assert move(Cause.CLAIMED, *(Change(i, M.SENDING) for i in ids())) == 4
    with write_connection(db.engine) as connection:
        connection.execute(text("UPDATE messages SET claim_id = 7"))
    return campaign


def ids() -> list[int]:
    db.session.rollback()
    return list(db.session.execute(text("SELECT id FROM messages ORDER BY id")).scalars())


def move(cause: Cause, *changes: Change) -> int:
    with write_connection(db.engine) as connection:
        return settle(connection, cause, changes)


def test_what_the_table_does_not_allow_stays(stage: Stage, sending: Campaign) -> None:
    first, second, *_ = ids()
    assert move(Cause.RECEIPT, Change(first, M.DELIVERED), Change(second, M.UNDELIVERED)) == 2
    late = [Change(first, M.UNDELIVERED), Change(second, M.DELIVERED), Change(10**6, M.DELIVERED)]
    assert move(Cause.RECEIPT, *late) == 1
    assert stage.states(sending) == {"delivered": 2, "sending": 2}
    stage.assert_counts_are_rows(sending)


def test_only_the_claim_that_sent_it_may_answer(stage: Stage, sending: Campaign) -> None:
    first, second, *_ = ids()
    answers = [Change(first, M.ACCEPTED, claim_id=6), Change(second, M.ACCEPTED, claim_id=7)]
    assert move(Cause.ANSWER, *answers) == 1
    assert stage.states(sending) == {"accepted": 1, "sending": 3}


def test_wishes_for_one_message_are_judged_one_after_another(
    stage: Stage, sending: Campaign
) -> None:
    first, second, third, fourth = ids()
    moved = move(
        Cause.RECEIPT,
        Change(first, M.UNDELIVERED),
        Change(first, M.DELIVERED),
        Change(first, M.UNDELIVERED, "late"),
        Change(second, M.DELIVERED),
        Change(second, M.DELIVERED),
        Change(third, M.REJECTED, "0x0B"),
        Change(third, M.ACCEPTED),
        Change(fourth, M.ACCEPTED),
    )
    assert moved == 4
    assert stage.states(sending) == {"delivered": 2, "rejected": 1, "accepted": 1}
    stage.assert_counts_are_rows(sending)
    reasons = db.session.execute(text("SELECT reason FROM messages ORDER BY id")).scalars()
    assert list(reasons) == [None, None, "0x0B", None]
