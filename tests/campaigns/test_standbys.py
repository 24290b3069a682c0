"""A stand-by is chosen knowingly, fixed at the submission, and part of what is approved."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns import approvals, approving, composing, life, route_editing, routes, standing
from campaigns import standbys as naming
from campaigns.campaigns import Campaign
from campaigns.routes import Route
from outreach import i18n
from outreach.accounts import User
from outreach.database import db
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of


@pytest.fixture
def second(stage: Stage, vnpt: Organisation) -> Route:
    stage.subscribe(vnpt, numbers_of("vinaphone", 10))
    return stage.route(vnpt, 2, name="second", price=300)


@pytest.fixture
def first(stage: Stage, vnpt: Organisation, second: Route) -> Route:
    return stage.route(vnpt, 1, name="first", standby_id=second.id)


def submit(stage: Stage, campaign: Campaign) -> Campaign:
    approvals.submit(life.get(campaign.id), stage.author, stage.settings)
    return life.get(campaign.id)


def name(route: Route, standby: Route | None) -> None:
    new = route_editing.as_new(route, standby_id=standby and standby.id)
    route_editing.change(route, new, confirmed=False, actor_id=None)


UNFIT = {
    "carrier": ({}, "another carrier's contract"),
    "networks": ({"networks": ["viettel"]}, "does not carry vinaphone, mobifone"),
    "senders": ({"senders": ["CDC"]}, "none of the sender names BLUEZONE"),
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_what_cannot_carry_the_same_is_refused_with_a_sentence(
    stage: Stage, vnpt: Organisation, viettel: Organisation, unfit: str
) -> None:
    changes, sentence = UNFIT[unfit]
    other = stage.route(viettel if unfit == "carrier" else vnpt, 2, name="other", **changes)
    with pytest.raises(Refused, match=sentence) as refused:
        stage.route(vnpt, 1, name="first", standby_id=other.id)
    assert refused.value.field == "standby"


def test_there_are_no_chains_and_no_circles(
    stage: Stage, vnpt: Organisation, first: Route, second: Route
) -> None:
    with pytest.raises(Refused, match="for itself"):
        name(first, first)
    with pytest.raises(Refused, match="has a stand-by of its own"):
        stage.route(vnpt, 3, name="third", standby_id=first.id)
    third = stage.route(vnpt, 4, name="fourth")
    with pytest.raises(Refused, match="stands by for “first”"):
        name(second, third)
    with pytest.raises(Refused, match="no route 999"):
        name(third, Route(id=999))


def test_it_is_fixed_at_the_submission_and_covered_by_the_digest(
    stage: Stage, first: Route, second: Route
) -> None:
    plain = submit(stage, stage.draft([second.id]))
    assert naming.of(plain) == []
    campaign = stage.approved([first.id])
    assert [str(pair) for pair in naming.of(campaign)] == ["first → second"]
    name(routes.get(first.id), None)
    campaign = life.get(campaign.id)
    assert [str(pair) for pair in naming.of(campaign)] == ["first → second"]
    assert standing.sealed_as_approved(db.session.connection(), campaign.id) is not None
    campaign.route_choices[0].standby_id = None
    db.session.flush()
    assert standing.sealed_as_approved(db.session.connection(), campaign.id) is None
    db.session.rollback()


def test_a_new_version_names_the_stand_by_of_its_day(stage: Stage, first: Route) -> None:
    campaign = submit(stage, stage.draft([first.id]))
    before = campaign.digest
    name(routes.get(first.id), None)
    draft = composing.from_object(stage.fields([first.id]))
    composing.revise(life.get(campaign.id), draft, stage.author.id, stage.settings)
    campaign = submit(stage, campaign)
    assert campaign.digest != before
    compared = approving.compared(campaign)
    assert compared is not None
    changes = {change.field: change.pieces for change in compared.changes}
    assert [piece.text for piece in changes["standbys"]] == ["first → second"]


def test_a_stand_by_without_the_campaigns_sender_is_not_named(
    stage: Stage, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    other = stage.route(vnpt, 2, name="other", senders=["CDC"])
    first = stage.route(vnpt, 1, name="first", senders=["BLUEZONE", "CDC"], standby_id=other.id)
    assert naming.of(submit(stage, stage.draft([first.id]))) == []


def test_the_approver_reads_what_would_take_over_and_what_it_would_cost(
    stage: Stage,
    first: Route,
    client_as: Callable[[User], FlaskClient],
) -> None:
    campaign = submit(stage, stage.draft([first.id]))
    said = words_of(client_as(stage.approver), f"/campaigns/{campaign.id}")
    assert OVER in said
    assert "300 đ a segment: at most 500" in said


OVER = "If first fails what still waits goes over second under the sender name BLUEZONE"


def words_of(client: FlaskClient, address: str) -> str:
    client.set_cookie(i18n.COOKIE, "en")
    page = client.get(address).text
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_who_writes_it_reads_what_would_stand_by_before_it_is_submitted(
    stage: Stage, first: Route, client_as: Callable[[User], FlaskClient]
) -> None:
    draft = stage.draft([first.id])
    said = words_of(client_as(stage.author), f"/campaigns/{draft.id}/edit")
    assert OVER in said
    assert "300 đ a segment: at most 500" in said


def test_who_writes_it_is_told_where_the_stand_by_would_be_of_no_use(
    stage: Stage, vnpt: Organisation, client_as: Callable[[User], FlaskClient]
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    other = stage.route(vnpt, 2, name="other", senders=["CDC"])
    first = stage.route(vnpt, 1, name="first", senders=["BLUEZONE", "CDC"], standby_id=other.id)
    said = words_of(client_as(stage.author), f"/campaigns/{stage.draft([first.id]).id}/edit")
    assert "what still waits keeps waiting: other is closed or may not be used" in said


def test_a_campaign_that_may_be_handed_over_keeps_the_sender_name_there(
    stage: Stage, first: Route, second: Route
) -> None:
    campaign = stage.approved([first.id])
    assert [c.id for c in route_editing.under_way(second.id)] == [campaign.id]
    new = route_editing.as_new(routes.get(second.id), senders=["CDC"])
    with pytest.raises(Refused, match="it stays"):
        route_editing.change(second, new, confirmed=True, actor_id=None)
