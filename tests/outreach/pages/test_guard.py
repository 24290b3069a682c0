"""How a view is guarded: nobody, the wrong role, the wrong thing, nothing there."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach import once
from outreach.access import Act, Subject
from outreach.accounts import Role, User
from outreach.errors import Refused
from outreach.organisations import Organisation
from outreach.pages import guard
from tests.people import Land

pytestmark = pytest.mark.own_app

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def views(app: Flask, liaison: User) -> Flask:
    """An application with a few views of each kind; list 1 is VNPT's."""

    def a_list(list_id: int) -> Subject:
        if list_id != 1:
            raise Refused(f"There is no list {list_id}.")
        return Subject(organisation_id=liaison.organisation_id)

    @guard.needs(Act.LIST_VIEW, of=a_list)
    def show(subject: Subject, part: str) -> str:
        return f"{guard.person().name} {subject.organisation_id} {part}"

    @guard.needs(Act.LIST_IMPORT)
    def upload() -> str:
        return "uploaded"

    app.add_url_rule("/shelf/<int:list_id>/<part>", "shelf.show", show)
    app.add_url_rule("/shelf", "shelf.upload", upload, methods=["GET", "POST"])
    app.add_url_rule("/known", "known", guard.logged_in(lambda: "known"))
    app.add_url_rule("/open", "open", guard.public("a test")(lambda: "open"))
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    return app


def test_the_view_gets_what_the_address_names(
    views: Flask, client_as: ClientAs, liaison: User
) -> None:
    answer = client_as(liaison).get("/shelf/1/rows")
    assert answer.text == f"Lan {liaison.organisation_id} rows"


def test_what_belongs_to_another_is_refused(
    views: Flask, client_as: ClientAs, stranger: User
) -> None:
    assert client_as(stranger).get("/shelf/1/rows").status_code == 403


def test_what_is_not_there_is_not_found(views: Flask, client_as: ClientAs, liaison: User) -> None:
    client = client_as(liaison)
    answer = client.get("/shelf/2/rows")
    assert answer.status_code == 404
    assert "There is no list 2." in answer.text


def test_a_role_without_the_right_learns_nothing_of_what_is_there(
    views: Flask, client_as: ClientAs, make_person: Callable[..., User]
) -> None:
    admin = client_as(make_person(Role.ADMIN))
    assert admin.get("/shelf/1/rows").status_code == 403
    assert admin.get("/shelf/2/rows").status_code == 403


def test_who_is_not_logged_in_comes_back_after_the_log_in(
    views: Flask, client: FlaskClient
) -> None:
    assert client.get("/shelf/1/rows?x=1").headers["Location"] == (
        "/login?next=/shelf/1/rows?x%3D1"
    )
    assert client.post("/shelf").headers["Location"] == "/login"


def test_a_part_of_a_page_sends_the_whole_page_to_the_log_in(
    views: Flask, client: FlaskClient
) -> None:
    answer = client.get("/shelf/1/rows", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


def test_without_an_object_the_role_decides(
    views: Flask, client_as: ClientAs, stranger: User
) -> None:
    assert client_as(stranger).post("/shelf").text == "uploaded"


def test_everybody_logged_in_and_everybody_at_all(
    views: Flask, client: FlaskClient, client_as: ClientAs, stranger: User
) -> None:
    assert client_as(stranger).get("/known").text == "known"
    assert client.get("/known").status_code == 302
    assert client.get("/open").text == "open"


def test_a_view_without_a_rule_is_never_reached(
    views: Flask, client_as: ClientAs, liaison: User
) -> None:
    views.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client_as(liaison).get("/forgotten")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("name", ["app", "areas"])
def test_an_address_that_no_database_takes_leads_nowhere(
    client_as: ClientAs, make_person: Callable[..., User], culture_office: Organisation, name: str
) -> None:
    client = client_as(make_person(Role.CULTURE, culture_office))
    assert client.get("/compare", query_string={name: ["A", "\0"]}).status_code == 404


def test_a_form_that_no_database_takes_is_turned_away(
    client_as: ClientAs, make_person: Callable[..., User], culture_office: Organisation, land: Land
) -> None:
    client = client_as(make_person(Role.CULTURE, culture_office))
    form = {"denominator": "population", "value": "5", "source": "A\0", "counted_on": "2019-04-01"}
    answer = client.post(f"/areas/{land.district}/people", data=form)
    assert answer.status_code == 400


@pytest.mark.parametrize(("purpose", "filename"), [("A\0", "ds.csv"), ("Mời", "d\0s.csv")])
def test_a_form_with_a_file_that_no_database_takes_is_turned_away(
    client_as: ClientAs, liaison: User, purpose: str, filename: str
) -> None:
    """Fields that come beside a file are encoded in another way, and a file has a name."""
    form = {"once": once.word(), "purpose": purpose, "source": "K", "obtained_on": "2020-08-01"}
    answer = client_as(liaison).post(
        "/lists/new", data=form | {"file": (io.BytesIO(b"a;b\n1;2\n"), filename)}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["d%0As.csv", "d%0Ds.csv", "d%09s.csv"])
def test_a_file_whose_name_ends_a_line_is_turned_away(
    client_as: ClientAs, liaison: User, name: str
) -> None:
    """Its name goes back in the heading of an answer, when somebody takes the file."""
    body = (
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''" + name +
        "\r\nContent-Type: text/csv\r\n\r\na;b\r\n--x--\r\n"
    )  # fmt: skip
    answer = client_as(liaison).post(
        "/lists/new", data=body, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 400
