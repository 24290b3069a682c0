"""Messages in doubt: their evidence, and decisions that are taken once, by who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import event, text

from campaigns import counts, deciding, life, reasons
from campaigns.campaigns import Campaign
from campaigns.deciding import Chosen, Decision
from campaigns.states import CampaignState, Cause, MessageState
from outreach import clock
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from workers import tick
from workers.answers import Answered, PartAnswer

C, M = CampaignState, MessageState
EVERY = Chosen(every=True)


@pytest.fixture
def three(stage: Stage, vnpt: Organisation) -> Carried:
    """The carrier left one unanswered, of one text took the first part; one was a silent worker's.

    The campaign is complete, as one with doubts is."""
    there = carried(stage, vnpt, 3)
    claim = there.claim()
    for index, (reason, parts) in enumerate(
        [("no_answer", [PartAnswer("no_answer")]),
         ("partial", [PartAnswer("accepted", "A1"), PartAnswer("refused", None, "0x00000058")])]
    ):  # fmt: skip
        message = claim.messages[index]
        there.store(
            Answered(
                message.message_id, claim.claim_id, 1, M.IN_DOUBT, Cause.ANSWER, reason,
                parts=parts, part_count=len(parts),
            )
        )  # fmt: skip
    there.lapse()
    db.session.rollback()
    tick.finish()
    db.session.rollback()
    assert life.get(there.campaign.id).state is C.COMPLETED
    return there


def decide(there: Carried, decision: Decision, chosen: Chosen = EVERY, why: str = "VNPT") -> int:
    db.session.rollback()
    return deciding.decide(life.get(there.campaign.id), decision, chosen, why, None)


def ids(there: Carried) -> list[int]:
    db.session.rollback()
    return [each.id for each in deciding.listed(there.campaign.id)]


def test_each_is_told_with_why_and_what_the_carrier_said(three: Carried) -> None:
    db.session.rollback()
    by_reason = {each.reason: each for each in deciding.listed(three.campaign.id)}
    assert set(by_reason) == {"no_answer", "partial", "worker_silent"}
    assert [(s.kind, s.code) for s in by_reason["partial"].said] == [
        ("answer", ""), ("answer", "0x00000058"),
    ]  # fmt: skip
    assert by_reason["worker_silent"].said == []
    assert all(each.claimed_at and "•••" in each.number for each in by_reason.values())
    assert "84912" not in json.dumps(deciding.as_objects(by_reason.values()))
    groups = deciding.groups(three.campaign.id)
    assert [(g.reason, g.messages) for g in groups] == [
        ("no_answer", 1), ("partial", 1), ("worker_silent", 1),
    ]  # fmt: skip


def test_a_receipt_under_an_unknown_id_is_evidence(three: Carried) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO unmatched_receipts (route_id, carrier_id, number_id, state, code,"
                " received_at) SELECT route_id, 'FF', number_id, 'undelivered', '027', 1"
                " FROM messages WHERE reason = 'worker_silent'"
            )
        )
    db.session.rollback()
    (silent,) = deciding.listed(three.campaign.id, "worker_silent")
    assert [(s.kind, s.code) for s in silent.said] == [("stray", "027")]


@pytest.mark.parametrize(
    ("decision", "state"),
    [(Decision.DELIVERED, "delivered"), (Decision.FAILED, "undelivered")],
)
def test_a_mark_settles_and_is_noted(three: Carried, decision: Decision, state: str) -> None:
    assert decide(three, decision) == 3
    assert three.states() == {state: 3}
    tick.finish()
    db.session.rollback()
    campaign = life.get(three.campaign.id)
    assert (campaign.state, campaign.settled_at is not None) == (C.COMPLETED, True)
    row = db.session.query(AuditRow).filter(AuditRow.act == f"campaign.doubt_{decision}").one()
    detail = json.loads(row.detail)
    assert (detail["reason"], detail["messages"]) == ("VNPT", 3)


def test_sending_again_makes_the_campaign_send_again(three: Carried) -> None:
    chosen = Chosen(ids(three)[:2])
    assert deciding.cost(life.get(three.campaign.id), list(chosen.ids)) == 500
    assert decide(three, Decision.RESEND, chosen) == 2
    campaign = life.get(three.campaign.id)
    assert (campaign.state, campaign.completed_at) == (C.SENDING, None)
    assert three.states() == {"queued": 2, "in_doubt": 1}
    assert sorted(m.message_id for m in three.claim().messages) == sorted(chosen.ids)


def test_of_two_who_decide_one_wins_and_the_other_is_told(three: Carried) -> None:
    first, second, third = ids(three)
    assert decide(three, Decision.DELIVERED, Chosen([first])) == 1
    with pytest.raises(Refused, match="Nothing was done"):
        decide(three, Decision.RESEND, Chosen([first]))
    assert decide(three, Decision.FAILED, Chosen([first, second])) == 1
    assert three.states() == {"delivered": 1, "undelivered": 1, "in_doubt": 1}
    assert ids(three) == [third]


def test_what_came_into_doubt_after_the_page_was_shown_is_not_meant(three: Carried) -> None:
    shown = clock.now() - timedelta(hours=1)
    with pytest.raises(Refused):
        decide(three, Decision.RESEND, Chosen(every=True, until=shown))


def test_all_of_a_reason_are_those_of_that_reason(three: Carried) -> None:
    assert decide(three, Decision.DELIVERED, Chosen(every=True, reason="partial")) == 1
    assert three.states() == {"delivered": 1, "in_doubt": 2}


@pytest.mark.parametrize("why", ["", "  ", "x" * 301])
def test_a_decision_needs_a_reason(three: Carried, why: str) -> None:
    with pytest.raises(Refused) as refused:
        decide(three, Decision.DELIVERED, why=why)
    assert refused.value.field == "why"
    assert three.states() == {"in_doubt": 3}


def test_messages_of_another_campaign_are_not_decided_here(
    stage: Stage, three: Carried, viettel: Organisation
) -> None:
    db.session.rollback()
    other = stage.draft([three.route.id], name="other")
    with pytest.raises(Refused):
        deciding.decide(other, Decision.DELIVERED, Chosen(ids(three)), "x", None)
    assert three.states() == {"in_doubt": 3}


def test_it_waits_for_who_may_decide_and_not_while_it_sends(
    three: Carried,
    liaison: User,
    culture: User,
    stranger: User,
    make_person: Callable[..., User],
    stage: Stage,
) -> None:
    staff = make_person(Role.STAFF, stage.owner)
    db.session.rollback()
    people = (liaison, culture, stranger, staff)
    assert [deciding.waiting_for(p) for p in people] == [3, 3, 0, 0]
    decide(three, Decision.RESEND, Chosen(ids(three)[:1]))
    assert [deciding.waiting_for(p) for p in people] == [0, 0, 0, 0]


def test_what_waits_is_counted_by_counts_with_as_many_queries_for_many(
    three: Carried, culture: User
) -> None:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    def asked() -> int:
        db.session.rollback()
        db.session.refresh(culture)
        seen.clear()
        assert deciding.waiting_for(culture) >= 3
        return len(seen)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        few = asked()
        decided = life.get(three.campaign.id)
        with db.engine.begin() as connection:
            for _ in range(8):
                copy_campaign(connection, decided.id)
        db.session.rollback()
        assert deciding.waiting_for(culture) == 27
        assert asked() == few
        assert not any("FROM messages" in statement for statement in seen)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def copy_campaign(connection: Any, campaign_id: int) -> None:
    """Another completed campaign with as many messages in doubt, by its counts alone."""
    columns = [c.name for c in Campaign.__table__.columns if c.name != "id"]
    names = ", ".join(columns)
    made = connection.execute(
        text(f"INSERT INTO campaigns ({names}) SELECT {names} FROM campaigns WHERE id = :id"
             " RETURNING id"),
        {"id": campaign_id},
    ).scalar_one()  # fmt: skip
    for table, key in (("campaign_areas", "area_id"), ("campaign_routes", "position, route_id")):
        connection.execute(
            text(f"INSERT INTO {table} (campaign_id, {key}) SELECT :new, {key} FROM {table}"
                 " WHERE campaign_id = :id"),
            {"id": campaign_id, "new": made},
        )  # fmt: skip
    reasons.append(connection, [reasons.Step(M.IN_DOUBT, made, 1, "no_answer", 1, 1)] * 3)


def test_the_command_line_lists_and_resolves(
    runner: FlaskCliRunner, three: Carried, liaison: User, stranger: User
) -> None:
    def run(*arguments: object, code: int = 0) -> Any:
        result = runner.invoke(args=["campaigns", *map(str, arguments), "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if code < 2 else None

    number = three.campaign.id
    listed = run("doubt", number)
    assert len(listed) == 3 and "•••" in listed[0]["number"]
    resolve = ("resolve", number, "--reason", "VNPT", "--decision")
    assert "error" in run(*resolve, "failed", "--all", "--as", stranger.email, code=1)
    run(*resolve, "failed", code=2)
    first = listed[0]["id"]
    done = run(*resolve, "delivered", "--message", first, "--as", liaison.email)
    assert (done["moved"], done["counts"]["delivered"]) == (1, 1)
    assert run(*resolve, "resend", "--all")["state"] == "sending"
    assert counts.of_campaigns(db.session(), [number])[number][M.QUEUED] == 2
