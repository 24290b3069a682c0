"""The pages of lists: a carrier sees its own alone, masked, and one press does one thing."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from outreach import i18n, once
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.lists import importing
from outreach.organisations import Organisation
from outreach.subscribers import ListState, Subscriber, SubscriberList, list_by_id
from tests.people import Land

ClientAs = Callable[[User], FlaskClient]
ROWS = "SĐT;Họ tên;Xã\n0912345678;Nguyễn A;Long Thuận\n0912345679;Trần B;29983\n1900;C;29983\n"
COLUMNS = {"phone": "SĐT", "area": "Xã", "name": "", "group": "", "do": "import"}


@pytest.fixture
def carrier(client_as: ClientAs, liaison: User, land: Land) -> FlaskClient:
    client = client_as(liaison)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def upload(client: FlaskClient, content: str = ROWS, **changes: Any) -> TestResponse:
    form = {
        "once": once.word(),
        "purpose": "Mời cài Bluezone",
        "source": "Khách hàng VNPT",
        "obtained_on": "2020-08-01",
        "file": (io.BytesIO(content.encode()), "ds.csv"),
    }
    return client.post("/lists/new", data=form | changes)


def lists() -> list[SubscriberList]:
    db.session.rollback()
    return list(db.session.scalars(select(SubscriberList).order_by(SubscriberList.id)))


def said(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def imported(client: FlaskClient) -> SubscriberList:
    upload(client)
    (kept,) = lists()
    client.post(f"/lists/{kept.id}/columns", data=COLUMNS)
    importing.run_import(kept.id)
    return list_by_id(kept.id)


def test_an_upload_is_kept_and_its_columns_are_asked(carrier: FlaskClient, liaison: User) -> None:
    answer = upload(carrier)
    (kept,) = lists()
    assert answer.headers["Location"].endswith(f"/lists/{kept.id}/columns")
    assert (kept.state, kept.created_by_id) == (ListState.UPLOADED, liaison.id)
    page = carrier.get(f"/lists/{kept.id}/columns")
    assert "09•• ••• 678" in page.text
    assert "0912345678" not in page.text
    assert "row 4 · SĐT “1900”" in said(page)
    assert carrier.get(f"/lists/{kept.id}").status_code == 302


BAD = [
    ({"purpose": " "}, "purpose", "Say what the list is for."),
    ({"source": ""}, "source", "Say where the list comes from."),
    ({"obtained_on": "yesterday"}, "obtained_on", "Choose the day"),
    ({"obtained_on": "2999-01-01"}, "obtained_on", "in the future"),
    ({"file": (io.BytesIO(b""), "")}, "file", "Choose a file first."),
    ({"file": (io.BytesIO(b"0912345678,x\n"), "a.csv")}, "file", "first row"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), BAD, ids=[b[1] + b[2] for b in BAD])
def test_what_is_refused_comes_back_as_typed_with_the_sentence_at_the_field(
    carrier: FlaskClient, changes: dict[str, Any], field: str, sentence: str
) -> None:
    changes = {
        name: (io.BytesIO(value[0].getvalue()), value[1]) if name == "file" else value
        for name, value in changes.items()
    }
    answer = upload(carrier, **changes)
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert error is not None
    assert sentence in error[1]
    assert "Mời cài Bluezone" in answer.text or "purpose" in changes
    assert lists() == []


def test_an_upload_pressed_twice_is_one_list(carrier: FlaskClient) -> None:
    form = once.word()
    first, second = upload(carrier, once=form), upload(carrier, once=form)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(lists()) == 1


def test_columns_must_be_chosen(carrier: FlaskClient) -> None:
    upload(carrier)
    (kept,) = lists()
    address = f"/lists/{kept.id}/columns"
    answer = carrier.post(address, data=COLUMNS | {"phone": "", "area": "Họ tên"})
    assert answer.status_code == 422
    assert "Choose the column that holds the phone numbers." in said(answer)
    answer = carrier.post(address, data=COLUMNS | {"phone": "no such"})
    assert "no such" in said(answer)
    looked = {k: v for k, v in COLUMNS.items() if k != "do"}
    assert carrier.post(address, data=looked).status_code == 200
    assert list_by_id(kept.id).state is ListState.UPLOADED


def test_a_confirmed_list_is_imported_and_confirmed_only_once(carrier: FlaskClient) -> None:
    done = imported(carrier)
    assert (done.state, done.read, done.added, done.rejected) == (ListState.DONE, 3, 2, 1)
    assert db.session.scalars(select(Subscriber.name_sealed)).all() == [None, None], "not chosen"
    again = carrier.post(f"/lists/{done.id}/columns", data=COLUMNS)
    assert again.headers["Location"].endswith(f"/lists/{done.id}")
    assert list_by_id(done.id).state is ListState.DONE


def test_the_refreshed_part_is_the_page_s_own_and_stops_asking(carrier: FlaskClient) -> None:
    upload(carrier)
    (kept,) = lists()
    carrier.post(f"/lists/{kept.id}/columns", data=COLUMNS)
    part = carrier.get(f"/lists/{kept.id}/state").text.strip()
    assert "hx-get" in part
    assert part in carrier.get(f"/lists/{kept.id}").text
    assert "No worker is running." in part
    importing.run_import(kept.id)
    assert "hx-get" not in carrier.get(f"/lists/{kept.id}/state").text


def test_rows_that_failed_are_taken_whole_and_that_is_recorded(
    carrier: FlaskClient, liaison: User
) -> None:
    done = imported(carrier)
    assert "1900" not in carrier.get(f"/lists/{done.id}").text
    answer = carrier.post(f"/lists/{done.id}/rejects")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "1900" in answer.text
    db.session.rollback()
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "list.rejects")).one()
    assert (row.object_id, row.actor_id) == (done.id, liaison.id)


def test_a_discarded_file_is_gone(carrier: FlaskClient) -> None:
    upload(carrier)
    (kept,) = lists()
    assert carrier.post(f"/lists/{kept.id}/discard").headers["Location"].endswith("/lists/")
    db.session.rollback()
    assert list_by_id(kept.id).state is ListState.DISCARDED
    settings = carrier.application.config["OUTREACH"]
    assert list((settings.data_dir / "lists").iterdir()) == []
    assert carrier.post(f"/lists/{kept.id}/columns", data=COLUMNS).status_code == 302
    assert list_by_id(kept.id).state is ListState.DISCARDED
    assert carrier.post(f"/lists/{kept.id}/discard").headers["Location"].endswith(f"/{kept.id}")


def test_a_carrier_s_list_is_nobody_else_s_business(
    carrier: FlaskClient, client_as: ClientAs, stranger: User, culture: User
) -> None:
    done = imported(carrier)
    for person in (stranger, culture):
        client = client_as(person)
        assert "ds.csv" not in client.get("/lists/").text
        for address in ("", "/state", "/columns"):
            assert client.get(f"/lists/{done.id}{address}").status_code == 403
        for address in ("/columns", "/discard", "/rejects"):
            assert client.post(f"/lists/{done.id}{address}").status_code == 403


def test_only_the_health_office_may_take_groups_that_are_health_data(
    carrier: FlaskClient,
    client_as: ClientAs,
    make_person: Callable[..., User],
    health_office: Organisation,
) -> None:
    upload(carrier)
    health = client_as(make_person(Role.HEALTH, health_office))
    health.set_cookie(i18n.COOKIE, "en")
    upload(health)
    theirs, ours = lists()
    assert "health data" not in carrier.get(f"/lists/{theirs.id}/columns").text
    assert "health data" in health.get(f"/lists/{ours.id}/columns").text
    for client, kept in ((carrier, theirs), (health, ours)):
        client.post(f"/lists/{kept.id}/columns", data=COLUMNS | {"restricted": "1"})
    assert [kept.restricted_allowed for kept in lists()] == [False, True]
