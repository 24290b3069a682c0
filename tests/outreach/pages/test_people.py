"""The pages of people: who is invited, changed, closed; what is refused is said at its field."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach import accounts, closing, i18n, invitations, once, people, seen
from outreach.accounts import Role, User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.invitations import Invitation
from outreach.organisations import Organisation
from outreach.people import A_PAGE, State, Wanted
from tests.counting import queries
from tests.people import PASSWORD, Land

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def admin(make_person: Callable[..., User]) -> User:
    return make_person(Role.ADMIN, name="An", password=PASSWORD)


@pytest.fixture
def office(client_as: ClientAs, admin: User) -> FlaskClient:
    client = client_as(admin)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def error_at(field: str, text: str) -> str:
    found = re.search(rf'id="{field}-error">(.*?)</p>', text, re.DOTALL)
    assert found is not None, f"no error at {field}"
    return html.unescape(re.sub(r"<[^>]*>", "", found[1])).strip()


def link_in(text: str) -> str:
    found = re.search(r'value="http[^"]*(/invitations/[^"]+)"', text)
    assert found is not None
    return found[1]


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    db.session.rollback()
    user = accounts.by_id(user.id)
    return {
        "name": user.name,
        "role": user.role.value,
        "organisation": str(user.organisation_id or ""),
        "area": "",
        "seen": seen.mark(accounts.shown(user)),
    } | changes


def acts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditRow.act).order_by(AuditRow.id)))


def test_who_is_invited_gets_a_link_that_works_once(
    office: FlaskClient, client: FlaskClient, vnpt: Organisation
) -> None:
    form = {
        "once": once.word(),
        "email": "lan@vnpt.vn",
        "name": "Lan",
        "role": "liaison",
        "organisation": str(vnpt.id),
        "area": "",
    }
    answer = office.post("/admin/people/new", data=form)
    assert answer.status_code == 200
    again = office.post("/admin/people/new", data=form)
    assert link_in(again.text) == link_in(answer.text), "a double click shows the same link"
    assert (acts().count("user.add"), acts().count("invitation.create")) == (2, 1)
    password = {"name": "Lan", "password": PASSWORD, "password_again": PASSWORD}
    assert client.post(link_in(answer.text), data=password).status_code == 302
    assert client.get(link_in(answer.text)).status_code == 404
    page = office.get("/admin/people/?q=lan@").text
    assert "lan@vnpt.vn" in page
    assert "Can log in" in page
    assert "argon2" not in page


@pytest.mark.parametrize("typed", ["đặng", "ĐẶNG THỊ ẤT", "Đă\u0323ng thi\u0323", "ẤT", "DANG@X"])
def test_people_are_found_whatever_the_case_of_vietnamese_letters(
    office: FlaskClient, vnpt: Organisation, typed: str
) -> None:
    accounts.add("dang@x.vn", Role.LIAISON, vnpt, name="Đặng Thị Ất", actor_id=None)
    accounts.add("mai@x.vn", Role.LIAISON, vnpt, name="Dặng Thi Át", actor_id=None)
    page = office.get("/admin/people/", query_string={"q": typed}).text
    assert "Đặng Thị Ất" in page
    assert "Dặng Thi Át" not in page, "accents count as they are typed"


BAD = [
    ({"email": "no address"}, "email", "not an e-mail address"),
    ({"email": "culture@x.vn", "role": ""}, "role", "Choose a role"),
    ({"role": "culture"}, "organisation", "is of the kind"),
    ({"organisation": ""}, "organisation", "which organisation"),
    ({"area": "nowhere at all"}, "area", "No area is called"),
    ({"name": "x" * 121}, "name", "at most 120"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), BAD, ids=[b[1] + b[2] for b in BAD])
def test_what_is_refused_comes_back_as_typed_with_the_sentence_at_its_field(
    office: FlaskClient, vnpt: Organisation, changes: dict[str, str], field: str, sentence: str
) -> None:
    form = {
        "once": once.word(),
        "email": "lan@vnpt.vn",
        "name": "Lan",
        "role": "liaison",
        "organisation": str(vnpt.id),
        "area": "",
    } | changes
    answer = office.post("/admin/people/new", data=form)
    assert answer.status_code == 422
    assert sentence in error_at(field, answer.text)
    assert f'value="{form["email"]}"' in answer.text
    assert "user.add" not in acts()[-1:]
    assert office.post("/admin/people/new", data=form | {"email": ""}).status_code == 422


def test_a_name_that_several_areas_have_is_asked_about(
    office: FlaskClient, culture_office: Organisation, land: Land
) -> None:
    with transaction() as session:
        twin = Area(area_list=2020, code="29900", level=Level.COMMUNE, kind="Xã")
        twin.name, twin.parent_id = "Xã Long Thuận", land.next_district
        session.add(twin)
    form = {
        "once": once.word(),
        "email": "xa@x.vn",
        "role": "reporter",
        "organisation": str(culture_office.id),
        "area": "Long Thuận",
    }
    answer = office.post("/admin/people/new", data=form)
    assert answer.status_code == 422
    assert "29900 xã Long Thuận, huyện Tân Hồng" in error_at("area", answer.text)
    assert "29983 xã Long Thuận, huyện Hồng Ngự" in error_at("area", answer.text)
    form["area"] = "Long Thuận, Hồng Ngự"
    assert office.post("/admin/people/new", data=form).status_code == 200
    db.session.rollback()
    assert accounts.by_email("xa@x.vn").area_id == land.other_commune


def test_a_role_and_a_place_are_changed_with_an_audit_row(
    office: FlaskClient, culture: User, land: Land
) -> None:
    address = f"/admin/people/{culture.id}"
    answer = office.post(address, data=form_of(culture, role="staff", area="29983"))
    assert answer.status_code == 302
    db.session.rollback()
    changed = accounts.by_id(culture.id)
    assert (changed.role, changed.own_area_id) == (Role.STAFF, land.other_commune)
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "user.change")).one()
    assert '"role":["culture","staff"]' in row.detail


def test_of_two_administrators_the_later_is_told(office: FlaskClient, culture: User) -> None:
    first, second = form_of(culture, name="Cúc A"), form_of(culture, name="Cúc B")
    address = f"/admin/people/{culture.id}"
    assert office.post(address, data=first).status_code == 302
    answer = office.post(address, data=second)
    assert answer.status_code == 422
    assert "Somebody changed this after you opened the page" in answer.text
    assert 'value="Cúc B"' in answer.text, "what was typed is not lost"
    db.session.rollback()
    assert accounts.by_id(culture.id).name == "Cúc A"


def test_a_closed_account_is_out_at_once_and_its_link_is_worthless(
    office: FlaskClient, client_as: ClientAs, liaison: User
) -> None:
    theirs, token = client_as(liaison), invitations.create(liaison, actor_id=None)
    assert theirs.get("/campaigns/").status_code == 200
    office.post(f"/admin/people/{liaison.id}/close")
    assert theirs.get("/campaigns/").status_code == 302
    office.post(f"/admin/people/{liaison.id}/reopen")
    assert theirs.get("/campaigns/").status_code == 302, "an old session does not wake"
    assert theirs.get(f"/invitations/{token}").status_code == 404
    db.session.rollback()
    assert accounts.by_id(liaison.id).active
    assert acts()[-2:] == ["user.close", "user.reopen"]


def test_nobody_closes_themselves_nor_the_last_administrator(
    office: FlaskClient, admin: User, make_person: Callable[..., User]
) -> None:
    answer = office.post(f"/admin/people/{admin.id}/close", follow_redirects=True)
    assert "Nobody closes their own account" in html.unescape(answer.text)
    db.session.rollback()
    assert accounts.by_id(admin.id).active
    with pytest.raises(Exception, match="last administrator"):
        closing.close(admin, actor_id=None)
    answer = office.post(f"/admin/people/{admin.id}", data=form_of(admin, role="staff"))
    assert answer.status_code == 422
    other = make_person(Role.ADMIN, password=PASSWORD)
    closing.close(admin, actor_id=other.id)
    assert not accounts.by_id(admin.id).active


def test_the_last_administrator_stays_one(
    app: Any, admin: User, culture_office: Organisation
) -> None:
    with pytest.raises(Exception, match="last administrator"):
        accounts.change(admin, "An", Role.STAFF, culture_office, None, actor_id=None)


def test_a_new_link_kills_the_older_and_a_closed_account_gets_none(
    office: FlaskClient, client: FlaskClient, liaison: User
) -> None:
    address = f"/admin/people/{liaison.id}/invite"
    old = link_in(office.post(address, data={"once": once.word()}).text)
    new = link_in(office.post(address, data={"once": once.word()}).text)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    office.post(f"/admin/people/{liaison.id}/close")
    answer = office.post(address, data={"once": once.word()}, follow_redirects=True)
    assert "This account is closed" in answer.text
    db.session.rollback()
    assert db.session.scalar(select(Invitation).where(Invitation.spent_at.is_(None))) is None


def test_the_list_is_narrowed_and_paged_by_key(
    app: Any, make_person: Callable[..., User], vnpt: Organisation, culture: User
) -> None:
    made = [make_person(Role.LIAISON, vnpt).id for _ in range(A_PAGE + 3)]
    first = people.page(Wanted(organisation_id=vnpt.id))
    rest = people.page(Wanted(organisation_id=vnpt.id, before=first.next))
    listed = [row.user.id for row in (*first.rows, *rest.rows)]
    assert (listed, rest.next) == (sorted(made, reverse=True), None)
    assert [r.user.id for r in people.page(Wanted(role=Role.CULTURE)).rows] == [culture.id]
    assert people.page(Wanted(state=State.CLOSED)).rows == []
    assert [r.user.id for r in people.page(Wanted(text="CÚC")).rows] in ([], [culture.id])
    assert people.page(Wanted(text="100%")).rows == []


def test_more_people_need_no_more_queries(
    office: FlaskClient, make_person: Callable[..., User], vnpt: Organisation
) -> None:
    make_person(Role.LIAISON, vnpt)
    office.get("/admin/people/")  # the first page of a process asks for more
    with queries() as few:
        office.get("/admin/people/")
    for _ in range(20):
        invitations.create(make_person(Role.LIAISON, vnpt), actor_id=None)
    with queries() as many:
        office.get("/admin/people/")
    assert len(many) == len(few)


@pytest.mark.parametrize("wrong", ["before=9" + "9" * 30, "role=king", "state=x", "organisation=x"])
def test_an_address_that_asks_for_nonsense_still_answers(office: FlaskClient, wrong: str) -> None:
    assert office.get(f"/admin/people/?{wrong}").status_code == 200


def test_a_number_is_confirmed_and_withdrawn_on_the_person_s_page(
    office: FlaskClient, culture: User
) -> None:
    page = f"/admin/people/{culture.id}"
    answer = office.post(f"{page}/phone", data={"phone": "12"})
    assert answer.status_code == 422
    assert "no mobile number" in error_at("phone", answer.text)
    assert office.post(f"{page}/phone", data={"phone": "0912 000 999"}).status_code == 302
    shown = office.get(page).text
    assert "Believed from 09•• ••• 999" in shown
    assert "000999" not in shown
    office.post(f"{page}/phone/withdraw")
    assert "Believed from" not in office.get(page).text
    assert acts()[-2:] == ["own_number.confirm", "own_number.withdraw"]


def test_a_token_is_shown_once_and_revoked(office: FlaskClient, culture: User) -> None:
    page = f"/admin/people/{culture.id}"
    form = {"once": once.word(), "token_name": "Hệ thống huyện"}
    shown = [office.post(f"{page}/tokens", data=form).text for _ in range(2)]
    (secret, again) = (re.findall(r'value="(tungngo_\w+)"', each) for each in shown)
    assert len(secret) == 1
    assert secret == again, "a double click makes one"
    assert secret[0] not in office.get(page).text
    assert acts().count("token.add") == 1
    assert "at most 80" in error_at(
        "token_name", office.post(f"{page}/tokens", data={"token_name": " "}).text
    )
    (number,) = re.findall(r'name="token" value="(\d+)"', office.get(page).text)
    office.post(f"{page}/tokens/revoke", data={"token": number})
    assert 'name="token"' not in office.get(page).text
    assert acts()[-1] == "token.revoke"


def test_only_who_enters_figures_has_a_card_for_them(office: FlaskClient, liaison: User) -> None:
    page = office.get(f"/admin/people/{liaison.id}").text
    assert "Reports by SMS" not in page
    assert "API tokens" not in page
