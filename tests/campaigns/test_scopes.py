"""A right as a condition of a SELECT says of every campaign what `access.allowed` says of one; and
what waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, text

from campaigns import approvals, life, scopes, showing, waiting
from campaigns.campaigns import Campaign
from outreach import access, organisations
from outreach.access import Act
from outreach.accounts import Role, User
from outreach.database import db, transaction
from outreach.organisations import Kind, Organisation
from tests.stage import Stage, numbers_of

ACTS = [act for act in Act if act.value.startswith("campaign.")]


@pytest.fixture
def everybody(
    stage: Stage,
    liaison: User,
    stranger: User,
    health_office: Organisation,
    make_person: Callable[..., User],
) -> list[User]:
    land = stage.land
    elsewhere = organisations.add("T", Kind.CULTURE, area_id=land.next_district, actor_id=None)
    everywhere = organisations.add("Sở Y tế", Kind.HEALTH, actor_id=None)
    return [
        liaison,
        stranger,
        stage.author,
        stage.approver,
        make_person(Role.CULTURE, elsewhere),
        make_person(Role.CULTURE, stage.owner, land.commune),
        make_person(Role.CULTURE, stage.owner, land.province),
        make_person(Role.HEALTH, health_office),
        make_person(Role.HEALTH, everywhere),
        make_person(Role.STAFF, elsewhere),
        make_person(Role.REPORTER, stage.owner, land.commune),
        make_person(Role.ADMIN),
    ]


@pytest.fixture
def many(stage: Stage, vnpt: Organisation, viettel: Organisation) -> list[Campaign]:
    """Campaigns of offices and carriers, over areas of every level, alone and together."""
    mine, theirs = stage.route(vnpt, 9).id, stage.route(viettel, 9).id
    made = [
        stage.draft([mine], organisation=organisation, areas=areas)
        for organisation in (stage.owner.id, vnpt.id)
        for areas in (["87"], ["870"], ["29971"], ["869"], ["870", "869"], ["29971", "29983"])
    ]
    nowhere = stage.draft([mine])
    with transaction() as session:
        gone = "DELETE FROM campaign_areas WHERE campaign_id = :id"
        session.execute(text(gone), {"id": nowhere.id})
    made += [nowhere, stage.draft([theirs], organisation=viettel.id), stage.draft([mine, theirs])]
    return [life.get(each.id) for each in made]


def test_a_select_covers_what_the_table_covers(many: list[Campaign], everybody: list[User]) -> None:
    seen = set()
    for person in everybody:
        for act in ACTS:
            rows = select(Campaign.id).where(scopes.covered(person, act))
            found = set(db.session.scalars(rows))
            wanted = {c.id for c in many if access.allowed(person, act, c)}
            assert found == wanted, f"{person.role} {act}"
            seen.add(len(found))
    assert len(seen) > 5


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    statements: list[str] = []
    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(db.engine, *listen)
    yield statements
    event.remove(db.engine, *listen)


@pytest.fixture
def route_id(stage: Stage, vnpt: Organisation) -> int:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    return stage.route(vnpt, 9).id


def submitted(stage: Stage, route_id: int, **changes: object) -> Campaign:
    campaign = stage.draft([route_id], **changes)
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def test_a_campaign_waits_for_the_health_office_then_for_the_approver_then_for_nobody(
    stage: Stage, route_id: int, everybody: list[User]
) -> None:
    health, above = everybody[7], everybody[8]
    campaign = submitted(stage, route_id)

    def waits() -> set[str]:
        return {person.email for person in everybody if waiting.count(person)}

    assert waits() == {health.email, above.email}
    approvals.check_facts(campaign, health, campaign.digest or "")
    assert waits() == {stage.approver.email, everybody[6].email}  # not for its author
    assert [row.id for row in showing.listed(stage.approver, "waits")] == [campaign.id]
    assert showing.listed(stage.author, "waits") == showing.listed(health, "waits") == []
    approvals.give_back(life.get(campaign.id), stage.approver, "why", campaign.digest or "")
    assert waits() == set()
    approvals.submit(life.get(campaign.id), stage.author, stage.settings)
    assert waits() == {health.email, above.email}


def test_where_no_check_is_needed_it_waits_for_the_approver_at_once(
    stage: Stage, route_id: int
) -> None:
    submitted(stage, route_id)
    assert (waiting.count(stage.approver), waiting.count(stage.author)) == (1, 0)


def test_the_filter_of_what_waits_is_there_for_those_who_decide(
    stage: Stage, route_id: int, everybody: list[User]
) -> None:
    submitted(stage, route_id)
    for person in everybody:
        shown = [each["state"] for each in showing.filters(person, None)]
        assert ("waits" in shown) == (person.role in {Role.CULTURE, Role.HEALTH}), person.role


def test_the_list_and_the_count_ask_as_often_however_many_there_are(
    stage: Stage, route_id: int
) -> None:
    asked = []
    for more in (1, 12):
        for number in range(more):
            submitted(stage, route_id, name=f"{more} {number}")
        db.session.rollback()
        with counted_queries() as statements:
            showing.listed(stage.approver, None)
            showing.listed(stage.approver, "waits")
            showing.filters(stage.approver, None)
            waiting.count(stage.approver)
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 20
