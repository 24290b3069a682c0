"""The first page and the side bar."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from outreach.access import Act
from outreach.accounts import Role, User
from outreach.organisations import Organisation
from outreach.pages import guard, navigation
from tests.people import Land


def add_campaigns(app: Flask) -> None:
    """The campaign list, unless the room of campaigns has brought its own."""
    if "campaigns.index" not in app.view_functions:
        view = guard.needs(Act.CAMPAIGN_VIEW)(lambda: "all campaigns")
        app.add_url_rule("/campaigns", "campaigns.index", view)


def test_the_first_page_is_the_first_of_the_side_bar(
    app: Flask, client_as: Callable[[User], FlaskClient], liaison: User
) -> None:
    add_campaigns(app)
    assert client_as(liaison).get("/").headers["Location"].startswith("/campaigns")


def test_the_side_bar_holds_only_what_the_role_may_open(
    app: Flask,
    liaison: User,
    make_person: Callable[..., User],
    culture_office: Organisation,
    land: Land,
) -> None:
    add_campaigns(app)
    reporter = make_person(Role.REPORTER, culture_office, land.commune)
    assert "campaigns.index" in [entry.endpoint for entry in navigation.entries(liaison)]
    assert "campaigns.index" not in [entry.endpoint for entry in navigation.entries(reporter)]


def test_a_reporter_begins_with_the_figures(
    client_as: Callable[[User], FlaskClient],
    make_person: Callable[..., User],
    culture_office: Organisation,
    land: Land,
) -> None:
    reporter = make_person(Role.REPORTER, culture_office, land.commune, name="Út")
    answer = client_as(reporter).get("/")
    assert answer.status_code == 302
    assert "/figures" in answer.location
