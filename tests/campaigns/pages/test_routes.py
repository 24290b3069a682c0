"""The pages of routes: a contract is added, changed knowingly, closed; its password never shown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from campaigns import route_editing, route_showing, routes
from campaigns.test_sends import TestSend
from outreach import clock, i18n, numbers, once, seen
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def admin(stage: Stage, client_as: ClientAs, make_person: Callable[..., User]) -> FlaskClient:
    client = client_as(make_person(Role.ADMIN, name="An"))
    client.set_cookie(i18n.COOKIE, "en")
    return client


def form(owner: Organisation | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "once": once.word(),
        "name": "VNPT Đồng Tháp",
        "protocol": "smpp",
        "organisation": "" if owner is None else str(owner.id),
        "host": "127.0.0.1",
        "port": "2775",
        "system_id": "vnpt",
        "password": "s3cret-word",
        "senders": "BLUEZONE, CDC DT",
        "networks": ["viettel", "vinaphone"],
        "rate": "99,5",
        "price": "1.250",
        "binds": "1",
        "window": "100",
        "gives_receipts": "1",
    } | changes


def every() -> list[routes.Route]:
    db.session.rollback()
    return routes.every()


def error_at(field: str, page: str) -> str:
    error = re.search(rf'id="{field}-error">(.*?)</p>', page, re.DOTALL)
    assert error is not None, f"no error at {field}"
    return html.unescape(re.sub(r"<[^>]*>", "", error[1])).strip()


def test_a_contract_is_added_once_and_its_password_is_never_shown(
    admin: FlaskClient, vnpt: Organisation
) -> None:
    typed = form(vnpt)
    first, second = (admin.post("/admin/routes/new", data=typed) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    (route,) = every()
    assert (route.rate, route.price, route.senders) == (99.5, 1250, ["BLUEZONE", "CDC DT"])
    assert numbers.sealer().open_blob(route.password_sealed) == b"s3cret-word"
    for address in ("", f"{route.id}", f"{route.id}/edit"):
        page = admin.get(f"/admin/routes/{address}")
        assert "s3cret" not in page.text
        assert route.password_sealed.hex() not in page.text
    assert "s3cret" not in " ".join(db.session.scalars(select(AuditRow.detail)))


BAD = [
    ({"name": ""}, "name"),
    ({"organisation": ""}, "organisation"),
    ({"protocol": "pigeon"}, "protocol"),
    ({"host": ""}, "host"),
    ({"port": "99999"}, "port"),
    ({"port": "x"}, "port"),
    ({"password": ""}, "password"),
    ({"senders": "Một tên dài lắm"}, "senders"),
    ({"senders": ""}, "senders"),
    ({"networks": []}, "networks"),
    ({"rate": "0"}, "rate"),
    ({"rate": "nan"}, "rate"),
    ({"price": "-1"}, "price"),
    ({"binds": "0"}, "binds"),
    ({"window": ""}, "window"),
]


@pytest.mark.parametrize(("changes", "field"), BAD, ids=[str(b[0]) for b in BAD])
def test_what_is_refused_comes_back_as_typed_with_the_sentence_at_its_field(
    admin: FlaskClient, vnpt: Organisation, changes: dict[str, Any], field: str
) -> None:
    answer = admin.post("/admin/routes/new", data=form(vnpt, **changes))
    assert answer.status_code == 422
    assert error_at(field, answer.text)
    assert "s3cret" not in answer.text
    assert 'value="vnpt"' in answer.text
    assert every() == []


def test_campaigns_under_way_are_named_and_the_change_confirmed(
    admin: FlaskClient, stage: Stage, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    route = stage.route(vnpt, 9)
    campaign = stage.approved([route.id])
    digest, route_id = campaign.digest, route.id
    address = f"/admin/routes/{route_id}/edit"
    assert campaign.name in admin.get(address).text
    mark = seen.mark(route_editing.shown(every()[0]))
    typed = form(senders="BLUEZONE", password="", rate="10", seen=mark)
    asked = admin.post(address, data=typed)
    assert asked.status_code == 422
    assert "Campaigns under way use this route: 1" in error_at("confirmed", asked.text)
    lost = admin.post(address, data=typed | {"senders": "OTHER", "confirmed": "1"})
    assert "it stays" in error_at("senders", lost.text)
    assert admin.post(address, data=typed | {"confirmed": "1"}).status_code == 302
    (changed,) = every()
    assert changed.rate == 10
    assert numbers.sealer().open_blob(changed.password_sealed) == b"wordpass", "kept"
    db.session.expire_all()
    assert campaign.digest == digest
    late = admin.post(address, data=typed | {"confirmed": "1", "price": "999"})
    assert "Somebody changed this" in late.text
    assert every()[0].price == 1250


def test_a_route_is_closed_knowingly_and_opened_again(
    admin: FlaskClient, stage: Stage, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    route_id = stage.route(vnpt, 9).id
    stage.approved([route_id])
    address = f"/admin/routes/{route_id}/enabled"
    admin.post(address, data={})
    assert every()[0].enabled
    admin.post(address, data={"confirmed": "1"})
    assert not every()[0].enabled
    admin.post(address, data={"enabled": "1"})
    assert every()[0].enabled


def test_a_carrier_s_codes_are_said_in_people_s_words(
    admin: FlaskClient, stage: Stage, vnpt: Organisation
) -> None:
    route_id = stage.route(vnpt, 9).id
    now = clock.to_microseconds(clock.now())
    with transaction() as session:
        session.execute(
            text("INSERT INTO route_errors VALUES (:r, '0x00000058', 'throttled', 12, :now)"),
            {"r": route_id, "now": now},
        )
        session.execute(
            text("INSERT INTO route_errors VALUES (:r, '0x00000481', 'its own words', 3, :now)"),
            {"r": route_id, "now": now},
        )
    errors = route_showing.of_all()[route_id].errors
    assert [each.said for each in errors] == [
        "Too fast for the contract; sending slows down by itself",
        "its own words",
    ]
    assert "Too fast for the contract" in admin.get(f"/admin/routes/{route_id}").text


def test_a_liaison_sees_the_own_route_alone_and_changes_none(
    stage: Stage, vnpt: Organisation, liaison: User, stranger: User, client_as: ClientAs
) -> None:
    route_id = stage.route(vnpt, 9, name="Tuyến của VNPT").id
    assert "Tuyến của VNPT" in client_as(liaison).get("/admin/routes/").text
    assert "Tuyến của VNPT" not in client_as(stranger).get("/admin/routes/").text
    assert client_as(stranger).get(f"/admin/routes/{route_id}").status_code == 403
    assert client_as(liaison).get(f"/admin/routes/{route_id}/edit").status_code == 403
    assert client_as(liaison).post(f"/admin/routes/{route_id}/check").status_code == 403


def test_a_test_goes_to_the_own_phone_over_this_route_once(
    admin: FlaskClient, stage: Stage, vnpt: Organisation
) -> None:
    route_id = stage.route(vnpt, 9).id
    typed = {
        "test_once": once.word(),
        "test_sender": "BLUEZONE",
        "test_text": "Tin thử",
        "test_number": "1900",
        "test_route": "",
    }
    bad = admin.post(f"/admin/routes/{route_id}/test", data=typed)
    assert bad.status_code == 422
    assert error_at("test_number", bad.text)
    assert "Tin thử" in bad.text
    typed["test_number"] = "0912345678"
    for _ in range(2):
        assert admin.post(f"/admin/routes/{route_id}/test", data=typed).status_code == 302
    db.session.rollback()
    (asked,) = db.session.scalars(select(TestSend))
    assert (asked.route_id, asked.text, asked.campaign_id) == (route_id, "Tin thử", None)
    page = admin.get(f"/admin/routes/{route_id}").text
    assert "0912345678" not in page
    assert "Waiting for its turn" in page


def test_a_stand_by_is_chosen_on_the_form_and_named_on_the_page(
    admin: FlaskClient, vnpt: Organisation, viettel: Organisation
) -> None:
    for name, owner in (("second", vnpt), ("foreign", viettel)):
        admin.post("/admin/routes/new", data=form(owner, name=name))
    second, foreign = every()
    refused = admin.post("/admin/routes/new", data=form(vnpt, standby=str(foreign.id)))
    assert refused.status_code == 422
    assert "another carrier" in error_at("standby", refused.text)
    admin.post("/admin/routes/new", data=form(vnpt, standby=str(second.id)))
    first = every()[-1]
    assert first.standby_id == second.id
    assert (
        f'href="/admin/routes/{second.id}">second</a>'
        in admin.get(f"/admin/routes/{first.id}").text
    )
    page = admin.get(f"/admin/routes/{first.id}/edit").text
    assert f'<option value="{second.id}" selected>' in page
    assert "foreign" not in page
    mark = seen.mark(route_editing.shown(first))
    changed = form(name=first.name, standby="", seen=mark, password="")
    assert admin.post(f"/admin/routes/{first.id}/edit", data=changed).status_code == 302
    assert every()[-1].standby_id is None
