"""An answer that comes after its message fell into doubt counts, if nobody decided meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from campaigns.campaigns import Campaign
from campaigns.messages import SENT_AGAIN_IN_DOUBT, Change, settle
from campaigns.states import Cause, MessageState
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.faults.hands import one_floor, tick_until
from tests.stage import Stage, numbers_of
from tests.workers.carried import Carried, carried
from tests.workers.smsc import Process, account, simulator_process
from tests.workers.test_receipts import come_in
from workers.answers import Answered, PartAnswer
from workers.claims import Claim

M = MessageState
SILENT = PartAnswer("no_answer")
ATTEMPTS = "SELECT outcome || COALESCE(carrier_id, '-') FROM attempts"


@pytest.fixture
def on_its_way(stage: Stage, vnpt: Organisation) -> Carried:
    return carried(stage, vnpt, 2)


def said(claim: Claim, to: MessageState, *parts: PartAnswer, of: int = 1) -> Answered:
    message = claim.messages[0]
    answered = Answered(message.message_id, claim.claim_id, message.attempt, to, Cause.ANSWER)
    return replace(answered, parts=list(parts), part_count=of)


def doubted(there: Carried, *parts: PartAnswer, of: int = 1) -> Claim:
    """One message whose answer did not come in time."""
    claim = there.claim(1)
    there.store(said(claim, M.IN_DOUBT, *parts, of=of), done=(claim.claim_id,))
    return claim


def again(there: Carried, claim: Claim) -> None:
    """A person has it sent again, knowingly."""
    message_id = claim.messages[0].message_id
    with write_connection(db.engine) as connection:
        settle(connection, Cause.PERSON, [Change(message_id, M.QUEUED, SENT_AGAIN_IN_DOUBT)])
        connection.execute(text("UPDATE batches SET leased_until = 0"))


def test_a_late_yes_gives_the_attempt_its_id_and_its_receipt_is_matched(
    on_its_way: Carried,
) -> None:
    claim = doubted(on_its_way, SILENT)
    late = said(claim, M.ACCEPTED, PartAnswer("accepted", "7B"))
    for _ in range(2):
        on_its_way.store(late)
        assert on_its_way.states() == {"accepted": 1, "queued": 1}
    assert on_its_way.one(ATTEMPTS) == "accepted7B"
    come_in(on_its_way, ("7B", "delivered", ""))  # it names no number: known by the id alone
    assert on_its_way.states() == {"delivered": 1, "queued": 1}


def test_the_silence_that_is_stored_after_it_changes_nothing(on_its_way: Carried) -> None:
    claim = on_its_way.claim(1)
    on_its_way.store(said(claim, M.ACCEPTED, PartAnswer("accepted", "7B")))
    on_its_way.store(said(claim, M.IN_DOUBT, SILENT), done=(claim.claim_id,))
    assert on_its_way.states() == {"accepted": 1, "queued": 1}
    assert on_its_way.one(ATTEMPTS) == "accepted7B"


@pytest.mark.parametrize("to", [M.REJECTED, M.QUEUED])
def test_a_late_no_goes_where_a_refusal_goes(on_its_way: Carried, to: MessageState) -> None:
    claim = doubted(on_its_way, SILENT)
    on_its_way.store(said(claim, to, PartAnswer("refused", None, "0x0B", "wrong number")))
    assert on_its_way.state(claim.messages[0].message_id) == to
    assert on_its_way.one(ATTEMPTS) == "refused-"
    assert on_its_way.one("SELECT code FROM attempts") == "0x0B"
    assert on_its_way.one("SELECT count FROM route_errors WHERE code = '0x0B'") == 1


@pytest.mark.parametrize("to", [M.DELIVERED, M.UNDELIVERED])
def test_what_a_person_marked_stays(on_its_way: Carried, to: MessageState) -> None:
    claim = doubted(on_its_way, SILENT)
    message_id = claim.messages[0].message_id
    with write_connection(db.engine) as connection:
        settle(connection, Cause.PERSON, [Change(message_id, to, "person")])
    on_its_way.store(said(claim, M.ACCEPTED, PartAnswer("accepted", "7B")))
    on_its_way.store(said(claim, M.REJECTED, PartAnswer("refused", None, "0x0B")))
    assert on_its_way.state(message_id) == to


@pytest.mark.parametrize("claimed", [False, True], ids=["waits", "claimed again"])
def test_what_a_person_sent_again_goes_its_way_and_the_old_id_is_known(
    on_its_way: Carried, claimed: bool
) -> None:
    claim = doubted(on_its_way, SILENT)
    message_id = claim.messages[0].message_id
    again(on_its_way, claim)
    if claimed:
        assert on_its_way.claim(1).messages[0].attempt == 2
    state = on_its_way.state(message_id)
    on_its_way.store(said(claim, M.ACCEPTED, PartAnswer("accepted", "7B")))
    assert on_its_way.state(message_id) == state == ("sending" if claimed else "queued")
    come_in(on_its_way, ("7B", "delivered", ""))  # a delivery by any attempt is one
    assert on_its_way.state(message_id) == "delivered"


def test_a_late_refusal_of_what_was_sent_again_is_not_the_new_one_s(on_its_way: Carried) -> None:
    claim = doubted(on_its_way, SILENT)
    again(on_its_way, claim)
    on_its_way.claim(1)
    on_its_way.store(said(claim, M.REJECTED, PartAnswer("refused", None, "0x0B")))
    assert on_its_way.states() == {"sending": 1, "queued": 1}


def test_of_two_parts_the_late_second_completes_it(on_its_way: Carried) -> None:
    first = PartAnswer("accepted", "A1")
    claim = doubted(on_its_way, first, SILENT, of=2)
    on_its_way.store(said(claim, M.ACCEPTED, first, PartAnswer("accepted", "A2"), of=2))
    assert on_its_way.states() == {"accepted": 1, "queued": 1}
    come_in(on_its_way, ("A1", "delivered", ""))
    assert on_its_way.states() == {"accepted": 1, "queued": 1}
    come_in(on_its_way, ("A2", "delivered", ""))
    assert on_its_way.states() == {"delivered": 1, "queued": 1}


# The whole way: a carrier that answers later than it may.


@contextmanager
def slow(stage: Stage, vnpt: Organisation, folder: Path, **behaviour: Any) -> Iterator[Process]:
    stage.settings = stage.settings.model_copy(update={"answer_seconds": 1.0})
    stage.app.config["OUTREACH"] = stage.settings
    stage.subscribe(vnpt, numbers_of("vinaphone", 20))
    with simulator_process(folder, account(**behaviour)) as carrier:
        yield carrier


def doubts_then(stage: Stage, campaign: Campaign, state: str) -> None:
    """First every answer is missed, then all come."""
    tick_until(stage, campaign, lambda _: stage.states(campaign).get("in_doubt") == 20)
    tick_until(stage, campaign, lambda _: stage.states(campaign) == {state: 20})
    stage.assert_counts_are_rows(campaign)


LATE = {"late_share": 1.0, "late_seconds": 2.5}
LONG = "Kính gửi bà con: " + "cài ứng dụng để bảo vệ mình và cộng đồng, " * 3 + "{link}"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_carrier_that_answers_late_is_believed(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with slow(stage, vnpt, tmp_path, receipts={"share": 0.0}, faults=LATE) as carrier:
        campaign = stage.started([stage.route(vnpt, carrier.port).id])
        with one_floor(stage):
            doubts_then(stage, campaign, "accepted")
        seen = carrier.ask("GET", "/numbers")["numbers"]
    assert {each["messages"] for each in seen.values()} == {1}
    db.session.rollback()
    named = text("SELECT COUNT(*) FROM attempts WHERE carrier_id IS NOT NULL")
    assert db.session.execute(named).scalar_one() == 20


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_carrier_that_refuses_late_is_believed(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    refusals = {"share": 1.0, "status": "ESME_RINVDSTADR"}
    with slow(stage, vnpt, tmp_path, refusals=refusals, answer_delay=[2.5, 2.5]) as carrier:
        campaign = stage.started([stage.route(vnpt, carrier.port).id])
        with one_floor(stage):
            doubts_then(stage, campaign, "rejected")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_long_text_whose_first_part_is_answered_late_stays_in_doubt_with_its_id(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with slow(stage, vnpt, tmp_path, receipts={"share": 0.0}, faults=LATE) as carrier:
        route = stage.route(vnpt, carrier.port)
        campaign = stage.started([route.id], wording={"vi": LONG})
        taken = text("SELECT COUNT(*) FROM attempts WHERE outcome = 'accepted' AND parts > 1")
        with one_floor(stage):
            tick_until(stage, campaign, lambda _: db.session.execute(taken).scalar_one() == 20)
    assert stage.states(campaign) == {"in_doubt": 20}
