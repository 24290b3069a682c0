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

M = MessageState
C = CampaignState
# Label: counts → what is said of them with the first 200 and 20 %; None: nothing yet.
LOOKS = {
    "nothing has an answer": ({M.QUEUED: 1000}, None),
    "forty of the first may fail": ({M.QUEUED: 960, M.REJECTED: 40}, None),
    "forty-one surely are too many": ({M.QUEUED: 959, M.REJECTED: 41}, Failing(41, 41)),
    "three kinds of failing": (
        {M.QUEUED: 900, M.DELIVERED: 59, M.REJECTED: 1, M.UNDELIVERED: 20, M.CARRIER_EXPIRED: 20},
        Failing(41, 100),
    ),
    "a quick route is further at the first look": ({M.REJECTED: 300, M.DELIVERED: 1200}, None),
    "too many of all": ({M.REJECTED: 300, M.DELIVERED: 700}, Failing(300, 1000)),
    "refusals while receipts are awaited": ({M.REJECTED: 300, M.ACCEPTED: 1700}, None),
    "receipts that fail while most are awaited": (
        {M.UNDELIVERED: 50, M.DELIVERED: 10, M.ACCEPTED: 5000}, Failing(50, 60),
    ),
    "doubts prove nothing": ({M.IN_DOUBT: 500, M.QUEUED: 500}, None),
    "a small campaign is all there is": ({M.REJECTED: 3, M.QUEUED: 7}, Failing(3, 3)),
    "two of ten are not more than a fifth": ({M.REJECTED: 2, M.QUEUED: 8}, None),
}  # fmt: skip


@pytest.mark.parametrize("label", LOOKS)
def test_it_is_weighed_against_what_is_known(label: str) -> None:
    by_state, said = LOOKS[label]
    assert canary.failing(by_state, 200, 20) == said


def test_it_is_passed_once_no_more_can_fail_of_the_first() -> None:
    assert not canary.arrived({M.DELIVERED: 159, M.QUEUED: 800}, 200, 20)
    assert canary.arrived({M.DELIVERED: 160, M.QUEUED: 800}, 200, 20)
    assert canary.arrived({M.DELIVERED: 8, M.QUEUED: 2}, 200, 20)
    assert not canary.arrived({}, 200, 20)


@pytest.fixture
def sending(stage: Stage, vnpt: Organisation) -> Carried:
    """Ten people, watched from the first on."""
    stage.settings = stage.settings.model_copy(update={"canary_percent": 20})
    stage.app.config["OUTREACH"] = stage.settings
    return carried(stage, vnpt, 10)


def end(there: Carried, to: MessageState, most: int) -> None:
    claim = there.claim(most)
    changes = [Change(each.message_id, to, "045") for each in claim.messages]
    with write_connection(db.engine) as connection:
        settle(connection, Cause.RECEIPT, changes)
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
    why = "of the first 5 messages with an answer 3 were refused or did not arrive"
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
    tick.judge_canaries()
    assert now(sending).state is C.SENDING


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
