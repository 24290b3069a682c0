"""Errors as pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from werkzeug.exceptions import default_exceptions

from outreach.accounts import User
from outreach.errors import Refused
from outreach.pages import guard

pytestmark = pytest.mark.own_app


def add_view(app: Flask, what: Callable[[], str]) -> None:
    app.add_url_rule("/test", "test", guard.public("a test")(what))
    app.config["PROPAGATE_EXCEPTIONS"] = False


def test_a_refusal_without_a_form_is_a_page(app: Flask, client: FlaskClient) -> None:
    def view() -> str:
        raise Refused("The window closed at 20:00; pick a later start.")

    add_view(app, view)
    answer = client.get("/test")
    assert answer.status_code == 400
    assert "pick a later start" in answer.text


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 418, 429, 500])
def test_an_error_speaks_no_werkzeug(app: Flask, client: FlaskClient, code: int) -> None:
    add_view(app, lambda: abort(code))
    answer = client.get("/test")
    assert answer.status_code == code
    assert "<html lang=" in answer.text
    assert str(default_exceptions[code].description) not in answer.text


def test_who_is_logged_in_keeps_the_side_bar(
    app: Flask, client_as: Callable[[User], FlaskClient], liaison: User
) -> None:
    answer = client_as(liaison).get("/no-such-page")
    assert answer.status_code == 404
    assert "Lan" in answer.text


def test_what_breaks_is_a_page_and_says_nothing_of_the_inside(
    app: Flask, client: FlaskClient
) -> None:
    def view() -> str:
        raise RuntimeError("inside")

    add_view(app, view)
    answer = client.get("/test")
    assert answer.status_code == 500
    assert "<html" in answer.text
    assert "inside" not in answer.text


def test_a_broken_database_still_gets_a_sentence(
    app: Flask,
    client_as: Callable[[User], FlaskClient],
    liaison: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = client_as(liaison)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def gone(*_: object, **__: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr(app.extensions["security"].datastore, "find_user", gone)
    answer = client.get("/")
    assert answer.status_code == 500
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    ("came_from", "opens"),
    [
        ("http://localhost/login?next=/x", True),
        ("http://localhost/logout", False),  # by POST alone
        ("http://localhost//elsewhere.vn/login", False),
        ("http://elsewhere.vn/login", False),
        (None, False),
    ],
)
def test_a_form_that_could_not_be_read_leads_back_to_its_page(
    app: Flask, client: FlaskClient, came_from: str | None, opens: bool
) -> None:
    app.add_url_rule("/test", "test", guard.public("a test")(lambda: abort(400)), methods=["POST"])
    answer = client.post("/test", headers={"Referer": came_from} if came_from else {})
    assert ('href="/login?next=/x"' in answer.text) is opens
    assert "elsewhere" not in answer.text
