"""What each reader of a campaign's page may press, and which campaigns they are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from campaigns import approvals, life, showing
from campaigns.campaigns import Campaign
from outreach import clock
from outreach.accounts import Role, User
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of


@pytest.fixture
def draft(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    return stage.draft([stage.route(vnpt, 9).id])


def acts(campaign: Campaign, person: User) -> set[str]:
    """Those of its life; what is written is the form's own matter."""
    return showing.acts_of(life.get(campaign.id), person) - {"edit", "copy", "test"}


def test_each_role_sees_the_buttons_of_its_rights_in_the_state(
    stage: Stage,
    draft: Campaign,
    liaison: User,
    health_office: Organisation,
    make_person: Callable[..., User],
) -> None:
    health = make_person(Role.HEALTH, health_office)
    staff = make_person(Role.STAFF, stage.owner)
    admin = make_person(Role.ADMIN, stage.owner)
    people = (stage.author, stage.approver, liaison, health, staff, admin)

    def seen() -> list[set[str]]:
        return [acts(draft, person) for person in people]

    none: set[str] = set()
    write, decide = {"submit", "cancel"}, {"approve", "return", "cancel"}
    assert seen() == [write, write, none, none, none, none]
    approvals.submit(draft, stage.author, stage.settings)
    own, check = {"return", "cancel"}, {"check_facts", "return"}
    assert seen() == [own, decide - {"approve"}, none, check, none, none]
    approvals.check_facts(draft, health, draft.digest or "")
    assert seen() == [own, decide, none, {"return"}, none, none]
    approvals.approve(draft, stage.approver, draft.digest or "")
    ready = {"schedule", "start", "cancel"}
    assert seen() == [ready, ready, {"schedule", "start"}, none, none, none]
    life.schedule(draft, clock.now() + timedelta(hours=1), None)
    assert seen() == [ready, ready, {"schedule", "start"}, none, none, none]
    life.start(draft, None)
    look_after = {"doubt", "resend"}
    running = {"pause", "cancel", "stop"} | look_after
    assert seen() == [running, running, {"pause"} | look_after, none, none, none]
    life.pause(draft, "x", None)
    paused = {"resume", "cancel"} | look_after
    assert seen() == [paused, paused, look_after, none, none, none]
    life.cancel(draft, None)
    assert seen() == [{"doubt"}] * 3 + [none] * 3


def test_the_list_holds_what_a_reader_may_see_however_much_there_is_of_others(
    stage: Stage,
    draft: Campaign,
    liaison: User,
    viettel: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(showing, "ROWS_SHOWN", 2)
    for number in range(3):
        stage.draft([stage.route(viettel, 9, name=f"r{number}").id], organisation=viettel.id)
    assert [row.id for row in showing.listed(liaison, None)] == [draft.id]
    assert len(showing.listed(stage.approver, None)) == 2
    assert showing.listed(liaison, "sending") == showing.listed(liaison, "no such state") == []
    assert showing.filters(liaison, "")[0] == {"state": "", "count": 1, "current": True}
