"""What each reader of a campaign's page may press, and which campaigns they are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from campaigns import approvals, life, routes, showing
from campaigns.campaigns import Campaign
from outreach import clock
from outreach.accounts import Role, User
from outreach.database import db
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand
from tests.campaigns.test_todo import note_status
from tests.counting import queries
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


def test_lists_ask_as_much_for_many_campaigns_that_are_sent_as_for_one(
    stage: Stage, draft: Campaign, vnpt: Organisation
) -> None:
    route_id = draft.route_ids[0]

    def asked(campaigns: int) -> tuple[int, int]:
        db.session.rollback()
        with queries() as listing:
            assert len(showing.listed(stage.author, "sending")) == campaigns
        db.session.rollback()
        with queries() as stopping:
            assert len(showing.running(stage.author)) == campaigns
        return len(listing), len(stopping)

    expand(stage, stage.started([route_id], name="Đợt 1"))
    one = asked(1)
    for number in range(2, 7):
        stage.subscribe(vnpt, numbers_of("vinaphone", 3, 10 * number))
        expand(stage, stage.started([route_id], name=f"Đợt {number}"))
    assert asked(6) == one
    stage.subscribe(vnpt, numbers_of("vinaphone", 3, 90))
    last = stage.started([route_id], name="Chưa tạo tin")
    left = {each["id"]: each["left"] for each in showing.running(stage.author)}
    assert (len(left), left[last.id]) == (7, last.recipients_counted)
    assert last.recipients_counted


def test_the_time_left_is_that_of_the_slowest_route(stage: Stage, draft: Campaign) -> None:
    campaign = stage.started(draft.route_ids)
    expand(stage, campaign)

    def left() -> list[int | None]:
        db.session.rollback()
        return [row.seconds_left for row in showing.listed(stage.author, None)]

    assert left() == [None, None]
    segments = db.session.execute(text("SELECT SUM(segments) FROM messages")).scalar_one()
    note_status(routes.get(draft.route_ids[0]), int(segments) / 300)
    assert left() == [300, None]


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
