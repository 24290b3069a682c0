"""The page behind an invitation link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from outreach import invitations
from outreach.accounts import User
from outreach.database import db
from tests.people import PASSWORD


@pytest.fixture
def address(liaison: User) -> str:
    return invitations.PATH + invitations.create(liaison, actor_id=None)


def form(password: str = PASSWORD, again: str | None = None, name: str = "Trần Lan"):
    again = password if again is None else again
    return {"name": name, "password": password, "password_again": again}


def test_the_invited_sets_a_password_and_is_in(
    client: FlaskClient, address: str, liaison: User
) -> None:
    assert liaison.email in client.get(address).text
    assert client.post(address, data=form()).headers["Location"] == "/"
    assert client.get("/").headers.get("Location") != "/login"
    db.session.rollback()
    assert liaison.name == "Trần Lan"
    client.post("/logout")
    data = {"email": liaison.email, "password": PASSWORD}
    assert client.post("/login", data=data).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (form(again="another password"), "password_again"),
        (form("short"), "password"),
        (form(name=" "), "name"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_the_name_is_kept(
    client: FlaskClient, address: str, wrong: dict[str, str], field: str
) -> None:
    answer = client.post(address, data=wrong)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert wrong["name"] in answer.text
    assert wrong["password"] not in answer.text
    assert client.post(address, data=form()).status_code == 302


def test_a_spent_or_guessed_link_is_a_page_that_says_what_to_do(
    client: FlaskClient, address: str
) -> None:
    client.post(address, data=form())
    client.get("/?lang=en")
    for worthless in (address, invitations.PATH + "guessed"):
        for answer in (client.get(worthless), client.post(worthless, data=form())):
            assert answer.status_code == 404
            assert "Ask the administrator" in answer.text


def test_who_sat_there_before_is_logged_out(
    client_as: Callable[[User], FlaskClient], stranger: User, address: str
) -> None:
    client = client_as(stranger)
    client.post(address, data=form())
    assert "Trần Lan" in client.get("/", follow_redirects=True).text
