"""What campaigns ask of people, by role and by state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from campaigns import approvals, composing, life, todo
from campaigns.campaigns import Campaign
from campaigns.routes import Route
from outreach import clock
from outreach.accounts import Role, User
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from outreach.todo import Todo
from tests.campaigns.expanding import expand
from tests.stage import Stage, numbers_of
from workers.example import finished

MakePerson = Callable[..., User]


@pytest.fixture
def route(stage: Stage, vnpt: Organisation) -> Route:
    """VNPT's route, with forty people on its list."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 40))
    return stage.route(vnpt, 2775, networks=["vinaphone"])


def submitted(stage: Stage, route: Route, **changes: object) -> Campaign:
    campaign = stage.draft([route.id], **changes)
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def rows(person: User) -> list[Todo]:
    return [row for source in todo.SOURCES for row in source(person)]


def said(person: User) -> list[str]:
    return [row.sentence for row in rows(person)]


def test_the_approver_is_told_and_nobody_else(
    stage: Stage, route: Route, liaison: User, make_person: MakePerson, culture_office: Organisation
) -> None:
    campaign = submitted(stage, route)
    (row,) = rows(stage.approver)
    assert row.sentence == "1 waiting for your approval"
    assert row.second.startswith("Bluezone đợt 1 · 40 recipients · Phòng VH&TT Hồng Ngự, submitted")
    assert (row.endpoint, row.values) == ("campaigns.show", {"campaign_id": campaign.id})
    staff = make_person(Role.STAFF, culture_office)
    elsewhere = make_person(Role.CULTURE, culture_office, stage.land.next_district)
    for person in (stage.author, liaison, staff, elsewhere):
        assert rows(person) == []


def test_several_are_one_row_that_leads_to_the_list(stage: Stage, route: Route) -> None:
    for number in range(5):
        submitted(stage, route, name=f"Đợt {number}")
    (row,) = rows(stage.approver)
    assert row.sentence == "5 waiting for your approval"
    assert row.second == "“Đợt 4”, “Đợt 3”, “Đợt 2” and 2 more"
    assert (row.endpoint, row.values) == ("campaigns.index", {"state": "submitted"})


def test_a_returned_one_comes_back_to_its_office_with_the_reason(
    stage: Stage, route: Route, liaison: User
) -> None:
    campaign = submitted(stage, route)
    approvals.give_back(campaign, stage.approver, "Thiếu số điện thoại", campaign.digest or "")
    (row,) = rows(stage.author)
    assert row.sentence == "1 returned to you"
    assert row.second == "Bluezone đợt 1 · Thiếu số điện thoại"
    assert rows(liaison) == []


def test_an_approved_one_asks_its_carrier_for_a_start(
    stage: Stage, route: Route, liaison: User, stranger: User
) -> None:
    campaign = stage.approved([route.id])
    assert said(liaison) == ["1 approved, without a start yet"]
    assert rows(stranger) == []
    life.schedule(campaign, clock.now() + timedelta(hours=1), stage.approver.id)
    assert rows(liaison) == []


def test_a_running_one_says_how_far_it_is(
    stage: Stage, route: Route, liaison: User, stranger: User
) -> None:
    campaign = stage.started([route.id])
    expand(stage, campaign)
    (row,) = rows(liaison)
    assert row.sentence == "Sending Bluezone đợt 1: 0%"
    assert row.way is not None
    assert (row.way.share, row.way.words) == (0.0, "0/40 messages")
    life.pause(life.get(campaign.id), "nhà mạng yêu cầu", liaison.id)
    (row,) = rows(liaison)
    assert row.sentence == "Paused: Bluezone đợt 1, 0%"
    assert row.second == "nhà mạng yêu cầu"
    assert rows(stranger) == []


def note_status(route: Route, rate: float, ago: timedelta = timedelta(0)) -> None:
    """What the holder of a route wrote so long ago."""
    values = {
        "route": route.id,
        "at": clock.to_microseconds(clock.now() - ago),
        "rate": rate,
    }
    db.session.rollback()
    with write_connection(db.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO route_status (route_id, state, detail, since, rate_limit, updated_at)"
                " VALUES (:route, 'open', '', :at, :rate, :at)"
            ),
            values,
        )


def test_the_time_left_is_the_slowest_routes(stage: Stage, route: Route, liaison: User) -> None:
    campaign = stage.started([route.id])
    expand(stage, campaign)
    segments = db.session.execute(text("SELECT SUM(segments) FROM messages")).scalar_one()
    note_status(route, int(segments) / 300)
    (row,) = rows(liaison)
    assert row.way is not None
    assert row.way.words == "0/40 messages · about 5 min left"


def test_messages_in_doubt_are_asked_about_where_one_may_decide(
    stage: Stage, route: Route, liaison: User, stranger: User, make_person: MakePerson
) -> None:
    began = clock.now() - timedelta(days=10)
    window = {
        "not_before": clock.iso(began - timedelta(hours=1)),
        "not_after": clock.iso(began + timedelta(days=5)),
    }
    draft = composing.from_object(stage.fields([route.id], **window))
    finished.lay(draft, stage.author, stage.approver, began, stage.settings)
    for person in (liaison, stage.approver):
        assert said(person) == ["3 in doubt: the carrier may or may not have them"]
    for person in (stranger, make_person(Role.STAFF, stage.owner)):
        assert rows(person) == []


def test_the_administrator_is_told_of_routes_that_carry_nothing(
    stage: Stage, route: Route, make_person: MakePerson
) -> None:
    admin = make_person(Role.ADMIN, stage.owner)
    assert rows(admin) == []
    note_status(route, 100, timedelta(minutes=5))
    (row,) = rows(admin)
    assert row.sentence == "1 carrying nothing now"
    assert row.second == route.name


def test_queries_do_not_grow_with_campaigns(stage: Stage, route: Route) -> None:
    def statements(person: User) -> int:
        db.session.expire_all()
        counted: list[str] = []
        listen = ("before_cursor_execute", lambda *args: counted.append(args[2]))
        event.listen(db.engine, *listen)
        try:
            rows(person)
        finally:
            event.remove(db.engine, *listen)
        return len(counted)

    stage.settings = stage.settings.model_copy(update={"notice_weekly_cap": 100})
    for number in range(4):
        submitted(stage, route, name=f"Chờ {number}")
        expand(stage, stage.started([route.id], name=f"Gửi {number}"))
    few = statements(stage.approver)
    for number in range(4, 16):
        submitted(stage, route, name=f"Chờ {number}")
        expand(stage, stage.started([route.id], name=f"Gửi {number}"))
    assert statements(stage.approver) == few
    assert few <= 20
