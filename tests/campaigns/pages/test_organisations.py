"""The pages of organisations and apps: added once, changed by one at a time, counted in sets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns import holdings
from outreach import apps, i18n, once, organisations, seen
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.organisations import Kind, Organisation
from tests.counting import queries
from tests.stage import Stage

ClientAs = Callable[[User], FlaskClient]
HERE = "/admin/organisations"


@pytest.fixture
def admin(client_as: ClientAs, make_person: Callable[..., User]) -> FlaskClient:
    client = client_as(make_person(Role.ADMIN, name="An"))
    client.set_cookie(i18n.COOKIE, "en")
    return client


def mark(organisation_id: int) -> str:
    db.session.rollback()
    return seen.mark(organisations.shown(organisations.by_id(organisation_id)))


def test_an_organisation_is_added_once_and_renamed(admin: FlaskClient) -> None:
    typed = {"once": once.word(), "name": "Sở Y tế", "kind": "health", "network": "", "area": ""}
    first, second = (admin.post(f"{HERE}/new", data=typed) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    db.session.rollback()
    (made,) = organisations.every()
    made_id = made.id
    form = typed | {"name": "Sở Y tế Đồng Tháp", "phone": "0277 3837 123", "seen": mark(made_id)}
    assert admin.post(f"{HERE}/{made_id}", data=form).status_code == 302
    late = admin.post(f"{HERE}/{made_id}", data=form | {"name": "Sở khác"})
    assert late.status_code == 422
    assert "Somebody changed this" in late.text
    assert 'value="Sở khác"' in late.text
    db.session.rollback()
    made = organisations.by_id(made_id)
    assert (made.name, made.phone) == ("Sở Y tế Đồng Tháp", "0277 3837 123")
    (row,) = db.session.scalars(select(AuditRow).where(AuditRow.act == "organisation.change"))
    assert "Sở Y tế Đồng Tháp" in row.detail


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "VNPT"}, "name"),
        ({"kind": ""}, "kind"),
        ({"kind": "carrier"}, "network"),
        ({"network": "viettel"}, "network"),
        ({"area": "nowhere"}, "area"),
        ({"phone": "gọi tôi"}, "phone"),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    admin: FlaskClient, vnpt: Organisation, changes: dict[str, str], field: str
) -> None:
    typed = {"once": "", "name": "Sở Y tế", "kind": "health", "network": "", "area": ""}
    answer = admin.post(f"{HERE}/new", data=typed | changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_a_kind_stays_while_something_hangs_on_it(
    admin: FlaskClient, stage: Stage, vnpt: Organisation, culture_office: Organisation
) -> None:
    stage.route(vnpt, 9)
    for office, kind in ((vnpt, "office"), (culture_office, "health")):
        typed = {"name": office.name, "kind": kind, "network": "", "area": ""}
        answer = admin.post(f"{HERE}/{office.id}", data=typed | {"seen": mark(office.id)})
        assert answer.status_code == 422
        assert 'id="kind-error"' in answer.text


def test_what_each_has_is_counted_by_sets(
    admin: FlaskClient, stage: Stage, vnpt: Organisation, liaison: User
) -> None:
    stage.draft([stage.route(vnpt, 9).id])
    rows, _following = holdings.listed(None, 0)
    by_name = {row.organisation.name: row.holding for row in rows}
    assert by_name["VNPT"] == holdings.Holding(people=1, routes=1)
    assert by_name[stage.owner.name] == holdings.Holding(people=2, campaigns=1)
    admin.get(f"{HERE}/")
    with queries() as few:
        admin.get(f"{HERE}/")
    for number in range(holdings.A_PAGE):
        organisations.add(f"Phòng {number}", Kind.OFFICE, actor_id=None)
    with queries() as many:
        admin.get(f"{HERE}/")
    assert len(many) == len(few)
    first, following = holdings.listed(None, 0)
    rest, end = holdings.listed(None, following or 0)
    assert (len(first), len(rest), end) == (holdings.A_PAGE, 2, None)


def test_an_app_is_changed_and_keeps_its_code(admin: FlaskClient) -> None:
    typed = {"once": once.word(), "code": "ncovi", "name": "NCOVI", "link": "https://ncovi.vn"}
    typed |= {"counts": "users"}
    for _ in range(2):
        assert admin.post("/admin/apps/new", data=typed).status_code == 302
    bad = admin.post("/admin/apps/new", data=typed | {"once": once.word(), "link": "ncovi"})
    assert bad.status_code == 422
    assert 'id="link-error"' in bad.text
    db.session.rollback()
    (app,) = apps.every()
    app_id, given = app.id, seen.mark(apps.shown(app))
    form = typed | {"code": "OTHER", "name": "NCOVI 2", "seen": given}
    assert admin.post(f"/admin/apps/{app_id}", data=form).status_code == 302
    assert admin.post(f"/admin/apps/{app_id}", data=form | {"name": "x"}).status_code == 422
    db.session.rollback()
    app = apps.by_id(app_id)
    assert (app.code, app.name) == ("NCOVI", "NCOVI 2")


def test_an_app_says_what_counts_and_since_when_it_is_another_thing(admin: FlaskClient) -> None:
    typed = {"code": "NCOVI", "name": "NCOVI", "link": "https://ncovi.vn", "counts": ""}
    assert 'id="counts-error"' in admin.post("/admin/apps/new", data=typed).text
    admin.post("/admin/apps/new", data=typed | {"counts": "users"})
    db.session.rollback()
    (app,) = apps.every()
    change = {
        "counts": "downloads",
        "since": "2020-08-10",
        "reason": "CV 12",
        "seen_counts": seen.mark(apps.shown_definition(app)),
    }
    address = f"/admin/apps/{app.id}"
    for wrong, field in ({"since": ""}, "since"), ({"reason": " "}, "reason"):
        answer = admin.post(f"{address}/counts", data=change | wrong)
        assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)
        assert 'value="https://ncovi.vn"' in answer.text
    assert admin.post(f"{address}/counts", data=change).headers["Location"] == address
    late = admin.post(f"{address}/counts", data=change | {"counts": "devices"})
    assert "Somebody changed this" in late.text
    page = admin.get(address).text
    assert "From 10 Aug 2020 what counts is downloads, before that users" in page
    assert "CV 12" in page
