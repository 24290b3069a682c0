"""The two tables of what may follow what, and that no walk reaches `sending` unapproved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from campaigns import approvals, composing, life, standing
from campaigns.campaigns import Campaign
from campaigns.states import (
    APPROVED_STATES,
    CAMPAIGN_TRANSITIONS,
    CHANGEABLE,
    ENDED,
    LEFT_SYSTEM,
    MESSAGE_TRANSITIONS,
    CampaignState,
    Cause,
    MessageState,
    may_move,
)
from outreach import accounts, clock
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

C, M = CampaignState, MessageState


def reachable(start: CampaignState, without: frozenset[CampaignState]) -> set[CampaignState]:
    seen, waiting = {start}, [start]
    while waiting:
        for following in CAMPAIGN_TRANSITIONS[waiting.pop()] - without - seen:
            seen.add(following)
            waiting.append(following)
    return seen


def test_every_state_of_a_campaign_stands_in_the_table_and_is_reached() -> None:
    assert CAMPAIGN_TRANSITIONS.keys() == set(C)
    assert reachable(C.DRAFT, frozenset()) == set(C)


def test_nothing_follows_an_end_but_sending_again_and_every_other_state_has_a_way_on() -> None:
    assert CAMPAIGN_TRANSITIONS[C.COMPLETED] == {C.SENDING}
    ends = {state for state in C if not CAMPAIGN_TRANSITIONS[state]}
    assert ends == ENDED - {C.COMPLETED}


def test_the_table_knows_no_way_to_sending_past_an_approval() -> None:
    assert reachable(C.DRAFT, frozenset({C.APPROVED})) & APPROVED_STATES == set()


def test_what_may_be_changed_has_not_begun() -> None:
    assert CHANGEABLE & {C.SENDING, C.PAUSED} == set()
    assert all(C.DRAFT in CAMPAIGN_TRANSITIONS[s] for s in CHANGEABLE - {C.DRAFT})


def test_every_state_of_a_message_is_reached() -> None:
    seen = {M.QUEUED}
    for _ in M:
        for (state, _cause), following in MESSAGE_TRANSITIONS.items():
            if state in seen:
                seen |= following
    assert seen == set(M)


def test_a_message_that_ended_with_its_campaign_stays_so() -> None:
    for state in (M.CANCELLED, M.EXPIRED, M.DELIVERED):
        assert not any(may_move(state, cause, to) for cause in Cause for to in M)


@given(st.sampled_from(sorted(LEFT_SYSTEM)), st.sampled_from(Cause), st.sampled_from(M))
def test_what_a_carrier_may_have_is_queued_again_by_a_person_or_a_proof_only(
    state: MessageState, cause: Cause, to: MessageState
) -> None:
    if may_move(state, cause, to) and to is M.QUEUED:
        assert (state, cause) in {
            (M.IN_DOUBT, Cause.PERSON),
            (M.IN_DOUBT, Cause.NOT_SENT),
            (M.IN_DOUBT, Cause.ANSWER),
            (M.UNDELIVERED, Cause.RESEND),
            (M.REJECTED, Cause.RESEND),
            (M.CARRIER_EXPIRED, Cause.RESEND),
        }


def test_a_late_failure_does_not_undo_a_delivery_but_a_late_delivery_a_failure() -> None:
    for failed in (M.UNDELIVERED, M.CARRIER_EXPIRED, M.REJECTED):
        assert may_move(failed, Cause.RECEIPT, M.DELIVERED)
        assert not may_move(M.DELIVERED, Cause.RECEIPT, failed)


# A random person, at a random moment, does a random thing.


def _submit(stage: Stage, campaign: Campaign) -> None:
    approvals.submit(campaign, stage.author, stage.settings)


def _approve(stage: Stage, campaign: Campaign) -> None:
    approvals.approve(campaign, stage.approver, campaign.digest or "")


def _approve_own(stage: Stage, campaign: Campaign) -> None:
    approvals.approve(campaign, stage.author, campaign.digest or "")


def _give_back(stage: Stage, campaign: Campaign) -> None:
    approvals.give_back(campaign, stage.approver, "Thêm số điện thoại", campaign.digest or "")


def _revise(stage: Stage, campaign: Campaign) -> None:
    said = {"vi": f"Bản {campaign.revision + 1} cho {{xa}}: {{link}}"}
    changed = composing.from_object(stage.fields(campaign.route_ids, wording=said))
    composing.revise(campaign, changed, stage.author.id, stage.settings)


def _tamper(_stage: Stage, campaign: Campaign) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE rendered_texts SET text = text || '!' WHERE campaign_id = :id"),
            {"id": campaign.id},
        )


def _schedule(stage: Stage, campaign: Campaign) -> None:
    life.schedule(campaign, clock.now() + timedelta(hours=1), stage.approver.id)


ACTS: dict[str, Callable[[Stage, Campaign], None]] = {
    "submit": _submit,
    "approve": _approve,
    "approve_own": _approve_own,
    "give_back": _give_back,
    "revise": _revise,
    "tamper": _tamper,
    "schedule": _schedule,
    "start": lambda stage, c: life.start(c, stage.approver.id),
    "pause": lambda stage, c: life.pause(c, "wait", stage.approver.id),
    "resume": lambda stage, c: life.resume(c, stage.approver.id),
    "cancel": lambda stage, c: life.cancel(c, stage.approver.id),
    "withdraw": lambda _stage, c: life.withdraw(c, "too many"),
}
CHECK = "check_facts"


def _check_facts(_stage: Stage, campaign: Campaign) -> None:
    approvals.check_facts(campaign, accounts.system(), campaign.digest or "")


# Weighted towards the way forward, so that half the walks get somewhere.
LIKELY = ["submit", "approve", "start", "pause", "resume"] * 3 + list(ACTS)


@pytest.fixture
def route_id(stage: Stage, vnpt: Organisation) -> int:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    return stage.route(vnpt, 9).id


@hypothesis_settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(walk=st.lists(st.sampled_from(LIKELY), min_size=4, max_size=14))
def test_no_walk_reaches_sending_without_an_approval_of_what_is_sent(
    stage: Stage, route_id: int, walk: list[str]
) -> None:
    campaign = stage.draft([route_id])
    before = campaign.state
    for name in walk:
        try:
            ACTS[name](stage, life.get(campaign.id))
        except Refused:
            assert life.get(campaign.id).state is before, f"{name} was refused and half done"
        now = life.get(campaign.id).state
        assert now is before or now in CAMPAIGN_TRANSITIONS[before], f"{before} {name} {now}"
        if now is C.SENDING and before is not C.SENDING:
            covered = standing.sealed_as_approved(db.session.connection(), campaign.id)
            assert covered is not None, f"sending without an approval after {walk}"
        before = now


@hypothesis_settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(walk=st.lists(st.sampled_from([*LIKELY, CHECK, CHECK, CHECK]), min_size=4, max_size=14))
def test_no_walk_is_approved_before_a_health_office_checked_what_is_sent(
    stage: Stage, route_id: int, health_office: Organisation, walk: list[str]
) -> None:
    campaign = stage.draft([route_id])
    before, checked = campaign.state, set[str]()
    for name in walk:
        now = life.get(campaign.id)
        try:
            (ACTS | {CHECK: _check_facts})[name](stage, now)
        except Refused:
            assert life.get(campaign.id).state is before, f"{name} was refused and half done"
        else:
            now = life.get(campaign.id)
            if name == CHECK:
                assert now.state is before is C.SUBMITTED
                checked.add(now.digest or "")
            if name == "give_back":
                checked.clear()
        now = life.get(campaign.id)
        if now.state in APPROVED_STATES:
            assert now.digest in checked, f"approved unchecked after {walk}"
        before = now.state
