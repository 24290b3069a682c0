"""Every page of the whole house: who may reach it is written, and held."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule as Route

from outreach import access, organisations
from outreach.access import Scope
from outreach.accounts import Role, User
from outreach.organisations import Kind
from outreach.pages import guard
from tests.people import Land

# Who may reach what is no matter of the store.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PUBLIC = {
    "static",
    "security.login",
    "security.logout",
    "health.healthz",
    "health.readyz",
    "metrics.metrics",
    "twilio.take_in",
    "api.figures",
    "invitations.show",
    "invitations.accept",
}
"""Whatever else may be reached without a log-in has to be added here, on purpose."""


def routes(app: Flask) -> list[Route]:
    return list(app.url_map.iter_rules())


def guarded_by_an_act(app: Flask) -> Iterator[tuple[Route, guard.Rule]]:
    for route in routes(app):
        rule = guard.rule_of(app, route.endpoint)
        if rule is not None and rule.act is not None:
            yield route, rule


def test_every_route_has_an_access_rule(app: Flask) -> None:
    without = {r.endpoint for r in routes(app) if guard.rule_of(app, r.endpoint) is None}
    assert without == set()


def test_only_known_routes_are_public(app: Flask) -> None:
    public = {r.endpoint for r in routes(app) if guard.rule_of(app, r.endpoint).public}
    assert public == PUBLIC


def test_what_an_address_names_is_what_the_right_is_demanded_on(app: Flask) -> None:
    for route, rule in guarded_by_an_act(app):
        if route.arguments:
            assert rule.of is not None, f"{route.endpoint} demands its act on nothing"
            assert route.arguments & set(inspect.signature(rule.of).parameters)


@pytest.fixture
def one_of_each_role(make_person: Callable[..., User], land: Land) -> dict[Role, User]:
    kinds = {Role.LIAISON: Kind.CARRIER, Role.HEALTH: Kind.HEALTH, Role.CULTURE: Kind.CULTURE}
    people = {}
    for role in Role:
        if role is not Role.SYSTEM:
            kind = kinds.get(role, Kind.OFFICE)
            network = "viettel" if kind is Kind.CARRIER else None
            office = organisations.add(
                f"Office of {role}", kind, network, land.next_district, actor_id=None
            )
            people[role] = make_person(role, office, land.next_district)
    return people


def test_every_route_answers_every_role_as_the_table_says(
    app: Flask,
    client_as: Callable[[User], FlaskClient],
    one_of_each_role: dict[Role, User],
) -> None:
    """On nothing that exists: a role without the right is refused before it learns that."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for role, person in one_of_each_role.items():
        client = client_as(person)
        for route, rule in guarded_by_an_act(app):
            address = re.sub(r"<[^>]*>", "999999", route.rule)
            for method in route.methods & {"GET", "POST"}:
                code = client.open(address, method=method).status_code
                forbidden = access.scope_of(role, rule.act) is Scope.NO
                said = f"{role} {method} {address} → {code}"
                assert (code == 403) == forbidden, said
                assert code < 500, said


def test_nobody_reaches_a_guarded_page_without_logging_in(app: Flask, client: FlaskClient) -> None:
    for route in routes(app):
        if guard.rule_of(app, route.endpoint).public:
            continue
        address = re.sub(r"<[^>]*>", "999999", route.rule)
        for method in route.methods & {"GET", "POST"}:
            answer = client.open(address, method=method)
            assert answer.status_code == 302, route.endpoint
            assert answer.headers["Location"].startswith("/login")
