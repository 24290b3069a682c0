"""Answers are stored once, whatever is repeated, and move only what their claim holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.states import Cause, MessageState
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from workers.answers import Answered, PartAnswer
from workers.claims import Claim


@pytest.fixture
def on_its_way(stage: Stage, vnpt: Organisation) -> Carried:
    return carried(stage, vnpt, 2)


def word(claim: Claim, to: MessageState, cause: Cause = Cause.ANSWER, **more: object) -> Answered:
    message = claim.messages[0]
    answered = Answered(message.message_id, claim.claim_id, message.attempt, to, cause)
    return replace(answered, **more)  # type: ignore[arg-type]


def test_a_flush_that_is_repeated_changes_nothing(on_its_way: Carried) -> None:
    claim = on_its_way.claim()
    taken = word(claim, MessageState.ACCEPTED, parts=[PartAnswer("accepted", "A1")])
    for _ in range(2):
        on_its_way.store(taken, done=(claim.claim_id,))
    assert on_its_way.states() == {"accepted": 1, "sending": 1}
    assert on_its_way.one("SELECT COUNT(*) FROM attempts") == 1
    assert on_its_way.one("SELECT settled_at IS NOT NULL FROM claims")


def test_what_was_not_sent_was_no_attempt(on_its_way: Carried) -> None:
    on_its_way.store(word(on_its_way.claim(), MessageState.QUEUED, Cause.NOT_SENT, reason="halted"))
    assert on_its_way.one("SELECT MIN(attempts) FROM messages") == 0
    assert on_its_way.states() == {"queued": 1, "sending": 1}


def test_a_refusal_for_now_opens_the_batch_again_and_counts_the_code(on_its_way: Carried) -> None:
    refused = [PartAnswer("refused", None, "0x58", "throttled")]
    for _ in range(2):
        claim = on_its_way.claim(1)
        on_its_way.store(word(claim, MessageState.QUEUED, parts=refused))
        on_its_way.lapse()
    assert on_its_way.one("SELECT count FROM route_errors WHERE code = '0x58'") == 2
    assert on_its_way.one("SELECT MAX(attempts) FROM messages") == 2


def test_a_late_answer_settles_what_is_in_doubt(on_its_way: Carried) -> None:
    claim = on_its_way.claim(1)
    on_its_way.lapse()
    on_its_way.store(word(claim, MessageState.ACCEPTED, parts=[PartAnswer("accepted", "A1")]))
    assert on_its_way.states() == {"accepted": 1, "queued": 1}


def test_an_answer_to_an_older_claim_moves_nothing(on_its_way: Carried) -> None:
    old = on_its_way.claim(1)
    on_its_way.store(word(old, MessageState.QUEUED, Cause.NOT_SENT))
    on_its_way.lapse()
    assert on_its_way.claim(1).messages[0].message_id == old.messages[0].message_id
    on_its_way.store(word(old, MessageState.QUEUED, Cause.NOT_SENT))
    on_its_way.store(word(old, MessageState.REJECTED))
    assert on_its_way.states() == {"sending": 1, "queued": 1}
