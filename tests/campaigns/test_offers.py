"""What a writer may choose: a carrier its own routes, an office all; health data nobody new."""

from __future__ import annotations

from campaigns import composing, offers
from outreach.accounts import User
from outreach.database import transaction
from outreach.organisations import Organisation
from tests.stage import Stage


def test_a_liaison_is_offered_its_own_carrier_s_routes_only(
    stage: Stage, vnpt: Organisation, viettel: Organisation, liaison: User
) -> None:
    own = stage.route(vnpt, 9)
    stage.route(viettel, 9)
    offered = offers.to(liaison)
    assert [route.id for route in offered.routes] == [own.id]
    assert offered.list_owners == [vnpt.id]


def test_an_office_is_offered_every_route_in_use_and_its_sender_names_once(
    stage: Stage, vnpt: Organisation, viettel: Organisation, culture: User
) -> None:
    routes = [stage.route(vnpt, 9), stage.route(viettel, 9, senders=["BLUEZONE", "UBND"])]
    switched_off = stage.route(vnpt, 9, name="old")
    with transaction():
        switched_off.enabled = False
    offered = offers.to(culture)
    assert [route.id for route in offered.routes] == [route.id for route in routes]
    assert offered.senders == ["BLUEZONE", "UBND"]
    assert offered.list_owners == sorted([culture.organisation_id or 0, vnpt.id, viettel.id])


def test_a_campaign_keeps_a_route_and_a_group_that_are_offered_no_more(
    stage: Stage, vnpt: Organisation
) -> None:
    route = stage.route(vnpt, 9)
    campaign = stage.draft([route.id], groups=["public", "quarantined"])
    with transaction():
        route.enabled = False
    assert offers.to(stage.author).routes == []
    offered = offers.to(stage.author, campaign)
    assert [r.id for r in offered.routes] == [route.id]
    assert "quarantined" in {group.code for group in offered.groups}


def test_what_was_not_offered_is_refused_at_its_field(
    stage: Stage, vnpt: Organisation, viettel: Organisation, liaison: User
) -> None:
    foreign = stage.route(viettel, 9).id
    draft = composing.from_object(stage.fields([foreign], groups=["public", "quarantined"]))
    assert {r.field for r in offers.to(liaison).refused(draft)} == {"routes", "groups"}
