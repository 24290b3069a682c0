"""A campaign of which too many of the first messages fail is paused by the tick, once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.orm import Session

from campaigns import canary, counts, life, showing, todo
from campaigns.campaigns import Campaign
from campaigns.canary import Failing
from campaigns.messages import Change, settle
from campaigns.states import CampaignState, Cause, MessageState
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from workers import tick
from workers.claims import Claim

M = MessageState
C = CampaignState
# Label: how the first stand, how many they are → what is said of them at 20 %; None: nothing yet.
LOOKS = {
    "nothing has an answer": ({M.SENDING: 200}, 200, None),
    "forty of the first may fail": ({M.ACCEPTED: 160, M.REJECTED: 40}, 200, None),
    "forty-one are too many": ({M.ACCEPTED: 159, M.REJECTED: 41}, 200, Failing(41, 200)),
    "also while most are not sent yet": ({M.REJECTED: 41}, 200, Failing(41, 200)),
    "three kinds of failing": (
        {M.DELIVERED: 59, M.REJECTED: 1, M.UNDELIVERED: 20, M.CARRIER_EXPIRED: 20},
        200,
        Failing(41, 200),
    ),
    "doubts prove nothing": ({M.IN_DOUBT: 200}, 200, None),
    "a small campaign is all there is": ({M.REJECTED: 3}, 10, Failing(3, 10)),
    "two of ten are not more than a fifth": ({M.REJECTED: 2}, 10, None),
}


@pytest.mark.parametrize("label", LOOKS)
def test_it_is_weighed_against_the_first(label: str) -> None:
    first, of, said = LOOKS[label]
    assert canary.failing(first, of, 20) == said


def test_it_is_passed_once_no_more_can_fail_of_the_first() -> None:
    assert not canary.arrived({M.DELIVERED: 159}, 200, 20)
    assert canary.arrived({M.DELIVERED: 160}, 200, 20)
    assert canary.arrived({M.DELIVERED: 8}, 10, 20)
    assert not canary.arrived({}, 0, 20)


@pytest.fixture
def sending(stage: Stage, vnpt: Organisation) -> Carried:
    """Ten people, watched from the first on."""
    stage.settings = stage.settings.model_copy(update={"canary_percent": 20})
    stage.app.config["OUTREACH"] = stage.settings
    return carried(stage, vnpt, 10)


def end(there: Carried, to: MessageState, most: int) -> None:
    become(there.claim(most), to)
    there.lapse()
    db.session.rollback()  # a look begins with what is so then


def now(there: Carried) -> Campaign:
    db.session.rollback()
    return life.get(there.campaign.id)


def test_what_fails_is_paused_and_everybody_reads_why(sending: Carried) -> None:
    end(sending, M.DELIVERED, 2)
    end(sending, M.UNDELIVERED, 2)
    tick.once()
    assert now(sending).state is C.SENDING
    end(sending, M.REJECTED, 1)
    tick.once()
    campaign = now(sending)
    assert campaign.state is C.PAUSED
    why = "of the first 10 messages 3 were refused or did not arrive"
    assert campaign.pause_words == f"stopped by the system, since {why}"
    (row,) = todo.under_way(sending.stage.author)
    assert row.second == campaign.pause_words
    acts = showing.history("campaign", campaign.id, showing.ACT_WORDS)
    assert (acts[-1]["who"], acts[-1]["act"]) == ("The system", "paused it")
    assert acts[-1]["detail"] == campaign.pause_words


def test_a_person_who_resumes_it_has_decided(sending: Carried) -> None:
    end(sending, M.UNDELIVERED, 3)
    tick.once()
    life.resume(now(sending), sending.stage.author.id)
    end(sending, M.UNDELIVERED, 3)
    tick.once()
    assert now(sending).state is C.SENDING


def test_another_pause_does_not_pass_it(sending: Carried) -> None:
    life.pause(now(sending), "hỏi lại nhà mạng", None)
    life.resume(now(sending), None)
    end(sending, M.UNDELIVERED, 3)
    tick.once()
    assert now(sending).state is C.PAUSED


def test_what_has_passed_is_never_stopped(sending: Carried) -> None:
    end(sending, M.DELIVERED, 8)
    tick.once()
    assert now(sending).canary_passed_at is not None
    with write_connection(db.engine) as connection:  # more than a campaign of ten could lose
        connection.exec_driver_sql("UPDATE count_deltas SET state = 'rejected'")
        connection.exec_driver_sql("UPDATE counts SET state = 'rejected' WHERE state = 'delivered'")
        connection.exec_driver_sql("UPDATE messages SET state = 'rejected' WHERE attempts > 0")
    tick.judge_canaries()
    assert now(sending).state is C.SENDING


def test_only_the_first_are_watched(sending: Carried) -> None:
    """What is known early of the others is not like them: a long text has failed with its first
    part, and arrived only with its last."""
    watch(sending, 4)
    lease = sending.lease()
    first, others = sending.take(lease, 4), sending.take(lease, 5)
    become(others, M.UNDELIVERED)
    tick.judge_canaries()
    campaign = now(sending)
    assert (campaign.state, campaign.canary_passed_at) == (C.SENDING, None)
    become(first, M.UNDELIVERED, 1)
    tick.judge_canaries()
    campaign = now(sending)
    assert (campaign.state, campaign.pause_reason) == (C.PAUSED, "canary 1/4")


def test_one_that_is_queued_again_makes_way_for_the_next(sending: Carried) -> None:
    lease = sending.lease()
    become(sending.take(lease, 2), M.QUEUED, 1, Cause.ANSWER)
    become(sending.take(lease, 3), M.DELIVERED)
    db.session.rollback()
    assert canary.states_of_first(sending.campaign.id, 2) == {M.SENDING: 1, M.DELIVERED: 1}


def become(
    claim: Claim | None, to: MessageState, most: int = 10, cause: Cause = Cause.RECEIPT
) -> None:
    assert claim is not None
    changes = [Change(each.message_id, to, "045") for each in claim.messages[:most]]
    with write_connection(db.engine) as connection:
        assert settle(connection, cause, changes) == len(changes)
    db.session.rollback()


def watch(there: Carried, first: int) -> None:
    there.stage.settings = there.stage.settings.model_copy(update={"canary_size": first})
    there.stage.app.config["OUTREACH"] = there.stage.settings


def test_what_has_left_altogether_is_not_stopped(sending: Carried) -> None:
    end(sending, M.UNDELIVERED, 10)
    tick.once()
    assert now(sending).state is C.COMPLETED
    assert sending.one("SELECT COUNT(*) FROM audit WHERE act = 'campaign.pause'") == 0


def test_what_is_sent_again_after_the_end_is_not_stopped(sending: Carried) -> None:
    end(sending, M.UNDELIVERED, 10)
    tick.once()
    life.reopen(now(sending), None)
    assert now(sending).canary_passed_at is not None


def test_two_ticks_at_once_stop_it_once(sending: Carried) -> None:
    end(sending, M.UNDELIVERED, 3)
    db.session.rollback()
    both = threading.Barrier(2)
    threads = [threading.Thread(target=_judge, args=(sending, both)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert now(sending).state is C.PAUSED
    assert sending.one("SELECT COUNT(*) FROM audit WHERE act = 'campaign.pause'") == 1


def _judge(there: Carried, both: threading.Barrier) -> None:
    with there.stage.app.app_context():
        both.wait(10)
        tick.once()


def test_a_look_that_comes_late_does_not_stop_what_a_person_resumed(
    sending: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the counts and the pause, another tick pauses it and a person resumes it."""
    end(sending, M.UNDELIVERED, 3)
    of_campaigns = counts.of_campaigns

    def read_and_wait(session: Session, ids: list[int]) -> dict[int, dict[MessageState, int]]:
        found = of_campaigns(session, ids)
        monkeypatch.setattr(counts, "of_campaigns", of_campaigns)
        tick.judge_canaries()
        life.resume(now(sending), None)
        return found

    monkeypatch.setattr(counts, "of_campaigns", read_and_wait)
    tick.judge_canaries()
    assert now(sending).state is C.SENDING


def test_two_hundred_and_more_are_written_as_their_reader_writes(sending: Carried) -> None:
    campaign = now(sending)
    campaign.pause_reason = "canary 1234/2345"
    assert "2,345" in campaign.pause_words
    campaign.pause_reason = "nhà mạng bảo dừng"
    assert campaign.pause_words == "nhà mạng bảo dừng"
    db.session.rollback()
