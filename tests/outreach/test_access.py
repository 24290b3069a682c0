"""The table of role × act × scope, and what each scope means."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from outreach import access
from outreach.access import Act, Forbidden, Scope, Subject, allowed, demand, scope_of
from outreach.accounts import Role, User
from outreach.organisations import Organisation
from tests.people import Land

MakePerson = Callable[..., User]


@pytest.mark.parametrize("act", Act)
def test_every_act_says_yes_or_no_to_every_role(act: Act) -> None:
    assert len(access._TABLE[act]) == len(Role)
    assert all(isinstance(scope_of(role, act), Scope) for role in Role)
    assert access.NAMES[act]


def test_nothing_else_is_in_the_table() -> None:
    assert set(access._TABLE) == set(Act) == set(access.NAMES)


def test_an_administrator_approves_nothing() -> None:
    for act in Act:
        # A test goes to the administrator's own phone and moves no campaign.
        if act.startswith("campaign.") and act not in {Act.CAMPAIGN_VIEW, Act.CAMPAIGN_TEST}:
            assert scope_of(Role.ADMIN, act) is Scope.NO


def test_a_reporter_does_nothing_but_figures() -> None:
    may = {act for act in Act if scope_of(Role.REPORTER, act) is not Scope.NO}
    assert may == {Act.UPTAKE_VIEW, Act.UPTAKE_ENTER}


def test_a_liaison_neither_approves_nor_sees_figures() -> None:
    for act in (Act.CAMPAIGN_APPROVE, Act.CAMPAIGN_RETURN, Act.UPTAKE_VIEW, Act.PEOPLE_MANAGE):
        assert scope_of(Role.LIAISON, act) is Scope.NO


def test_only_the_owner_sees_whole_numbers() -> None:
    scopes = {scope_of(role, Act.LIST_SEE_NUMBERS) for role in Role if role is not Role.SYSTEM}
    assert scopes == {Scope.OWN, Scope.NO}


def test_a_liaison_sees_lists_of_the_own_carrier_only(liaison: User, stranger: User) -> None:
    own = Subject(organisation_id=liaison.organisation_id)
    assert allowed(liaison, Act.LIST_VIEW, own)
    assert not allowed(stranger, Act.LIST_VIEW, own)


def test_a_liaison_sees_what_the_own_routes_carry(
    liaison: User, stranger: User, culture: User
) -> None:
    carried = Subject(culture.organisation_id, carrier_ids={liaison.organisation_id or 0})
    assert allowed(liaison, Act.CAMPAIGN_VIEW, carried)
    assert allowed(liaison, Act.CAMPAIGN_SCHEDULE, carried)
    assert not allowed(liaison, Act.CAMPAIGN_EDIT, carried)
    assert not allowed(stranger, Act.CAMPAIGN_VIEW, carried)


def test_the_culture_office_approves_only_what_lies_within_its_area(
    culture: User, vnpt: Organisation, land: Land
) -> None:
    def may(*area_ids: int) -> bool:
        return allowed(culture, Act.CAMPAIGN_APPROVE, Subject(vnpt.id, area_ids))

    assert may(land.district)
    assert may(land.commune, land.other_commune)
    assert not may(land.commune, land.next_district)
    assert not may(land.province)
    assert not may()


def test_the_culture_office_sees_and_pauses_what_touches_its_area(
    culture: User, vnpt: Organisation, land: Land
) -> None:
    for act in (Act.CAMPAIGN_VIEW, Act.CAMPAIGN_PAUSE):
        assert allowed(culture, act, Subject(vnpt.id, {land.commune, land.next_district}))
        assert allowed(culture, act, Subject(vnpt.id, {land.province}))
        assert not allowed(culture, act, Subject(vnpt.id, {land.next_district}))
        assert allowed(culture, act, Subject(culture.organisation_id, {land.next_district}))


def test_an_office_without_an_area_answers_for_all(
    make_person: MakePerson, vnpt: Organisation, land: Land
) -> None:
    from outreach import organisations

    office = organisations.add("Sở VH&TT", organisations.Kind.CULTURE, actor_id=None)
    person = make_person(Role.CULTURE, office)
    assert allowed(person, Act.CAMPAIGN_APPROVE, Subject(vnpt.id, {land.next_district}))
    assert allowed(person, Act.CAMPAIGN_VIEW, Subject(vnpt.id, {land.next_district}))


def test_a_reporter_enters_figures_of_the_own_commune_only(
    make_person: MakePerson, culture_office: Organisation, land: Land
) -> None:
    reporter = make_person(Role.REPORTER, culture_office, land.commune)
    assert allowed(reporter, Act.UPTAKE_ENTER, Subject(area_ids={land.commune}))
    assert not allowed(reporter, Act.UPTAKE_ENTER, Subject(area_ids={land.other_commune}))
    assert not allowed(reporter, Act.UPTAKE_ENTER, Subject(area_ids={land.district}))


def test_two_without_an_organisation_are_not_of_the_same_one(make_person: MakePerson) -> None:
    admin = make_person(Role.ADMIN)
    assert not access._covers(Scope.OWN, admin, Subject())
    assert not access._covers(Scope.CARRIED, admin, Subject())


def test_without_a_subject_the_question_is_whether_on_anything(liaison: User) -> None:
    assert allowed(liaison, Act.CAMPAIGN_CREATE)
    assert not allowed(liaison, Act.CAMPAIGN_APPROVE)


def test_objects_are_subjects_by_their_attributes(
    culture: User, culture_office: Organisation
) -> None:
    class Figure:
        organisation_id = None
        area_id = culture_office.area_id

    assert allowed(culture, Act.UPTAKE_VIEW, Figure())


def test_a_refusal_says_what_and_why(app: Flask, liaison: User, stranger: User) -> None:
    with pytest.raises(Forbidden, match=r"^Your role may not approve a campaign\.$"):
        demand(liaison, Act.CAMPAIGN_APPROVE)
    own = Subject(organisation_id=liaison.organisation_id)
    with pytest.raises(Forbidden, match="another organisation or area"):
        demand(stranger, Act.LIST_VIEW, own)
    demand(liaison, Act.LIST_VIEW, own)


def test_the_culture_office_draws_for_its_own_areas_and_others_read(
    liaison: User, culture: User, land: Land
) -> None:
    inside, wider = Subject(area_ids={land.commune}), Subject(area_ids={land.province})
    assert allowed(culture, Act.LOTTERY_DRAW, inside)
    assert not allowed(culture, Act.LOTTERY_DRAW, wider)
    assert allowed(culture, Act.LOTTERY_VIEW, wider)
    assert allowed(liaison, Act.LOTTERY_VIEW, wider)
    assert not allowed(culture, Act.LOTTERY_VIEW, Subject(area_ids={land.next_district}))
    for role in Role:
        may = scope_of(role, Act.LOTTERY_DRAW) is not Scope.NO
        assert may == (role in {Role.CULTURE, Role.SYSTEM})
