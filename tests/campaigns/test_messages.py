"""Moving messages: only where the table allows it, counted once however the wishes come."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from campaigns.campaigns import Campaign
from campaigns.messages import Change, Row, settle, settle_each
from campaigns.states import Cause, MessageState
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand
from tests.counting import queries
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


def believed(sending: Campaign, message_id: int, **different: object) -> dict[int, Row]:
    """What the claim took a message for, or something else."""
    row = db.session.execute(
        text("SELECT area_id, route_id, segments, number_id FROM messages WHERE id = :id"),
        {"id": message_id},
    ).one()
    place = sending.id, row.area_id, row.route_id, row.segments
    return {message_id: Row(M.SENDING, *place, 7, None, row.number_id)._replace(**different)}


def test_what_is_known_of_a_message_is_not_read(stage: Stage, sending: Campaign) -> None:
    first, *_ = ids()
    known = believed(sending, first)
    with queries() as sent, write_connection(db.engine) as connection:
        wish = (Cause.ANSWER, Change(first, M.ACCEPTED, claim_id=7))
        assert settle_each(connection, [wish], known) == ({first}, known)
    assert not any("SELECT m." in each for each in sent)
    assert stage.states(sending) == {"accepted": 1, "sending": 3}
    stage.assert_counts_are_rows(sending)


@pytest.mark.parametrize(
    ("cause", "wrong", "to", "moves"),
    [
        (Cause.RECEIPT, {"state": M.SENDING}, M.DELIVERED, True),
        (Cause.ANSWER, {"state": M.SENDING}, M.ACCEPTED, False),
        (Cause.SWEEP, {"state": M.SENDING}, M.IN_DOUBT, False),
        (Cause.RECEIPT, {"state": M.ACCEPTED, "claim_id": 6}, M.UNDELIVERED, True),
    ],
)
def test_what_is_believed_wrongly_is_looked_up_and_judged_anew(
    stage: Stage,
    sending: Campaign,
    cause: Cause,
    wrong: dict[str, object],
    to: MessageState,
    moves: bool,
) -> None:
    first, *_ = ids()
    known = believed(sending, first, **wrong)
    assert move(Cause.ANSWER, Change(first, M.ACCEPTED)) == 1
    with write_connection(db.engine) as connection:
        settled = settle_each(connection, [(cause, Change(first, to))], known)
    assert settled.moved == ({first} if moves else set())
    assert settled.rows[first].state is M.ACCEPTED
    assert stage.states(sending) == {(to if moves else M.ACCEPTED).value: 1, "sending": 3}
    stage.assert_counts_are_rows(sending)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_moved_while_it_was_judged_is_judged_anew(stage: Stage, sending: Campaign) -> None:
    first, *_ = ids()
    with ThreadPoolExecutor(1) as pool, db.engine.connect() as answer, answer.begin():
        settle(answer, Cause.ANSWER, [Change(first, M.ACCEPTED)])
        # It reads `sending`, and waits for the answer's transaction where it would write.
        sweep = pool.submit(settle_elsewhere, db.engine, Change(first, M.IN_DOUBT), Cause.SWEEP)
        receipt = Change(first, M.DELIVERED)
        wait_for_a_lock(db.engine)
        answer.commit()
        assert sweep.result(10) == 0
        assert move(Cause.RECEIPT, receipt) == 1
    assert stage.states(sending) == {"delivered": 1, "sending": 3}
    stage.assert_counts_are_rows(sending)


def settle_elsewhere(engine: Engine, change: Change, cause: Cause) -> int:
    with write_connection(engine) as connection:
        return settle(connection, cause, [change])


def wait_for_a_lock(engine: Engine) -> None:
    """Until another session waits for one."""
    waiting = text("SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(500):
        with engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
