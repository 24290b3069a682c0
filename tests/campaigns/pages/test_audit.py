"""The audit page and the page of rules: sentences, filters, pages by key, the chain verified."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from campaigns import audit_words, rule_book
from campaigns.rules import Kind
from outreach import accounts, audit, audit_pages, closing, i18n
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.audit_pages import Wanted
from outreach.database import db, transaction
from outreach.settings import Settings
from tests.counting import queries
from tests.ordering import Ordering

ClientAs = Callable[[User], FlaskClient]
ROOT = Path(__file__).parents[3]
RECORDED = re.compile(
    r'(?:audit\.record\(\s*|act=|_leave_uploaded\([^)]*?|work\.end\([^)]*?)"([a-z_]+\.[a-z_]+)"'
)


@pytest.fixture
def admin(client_as: ClientAs, make_person: Callable[..., User]) -> FlaskClient:
    client = client_as(make_person(Role.ADMIN, name="An"))
    client.set_cookie(i18n.COOKIE, "en")
    return client


def note(act: str, count: int, actor_id: int | None = None) -> None:
    for number in range(count):
        with transaction():
            audit.record(act, "list", number + 1, {"reason": "gọi 0912345678"}, actor_id)


def test_every_act_that_is_recorded_somewhere_has_its_words() -> None:
    rooms = ("outreach", "campaigns", "workers")
    sources = [path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py")]
    recorded = {act for source in sources for act in RECORDED.findall(source)}
    assert len(recorded) > 20
    assert {act for act in recorded if audit_words.act(act) == act} == set()


def test_an_act_is_a_sentence_with_its_details_folded(
    admin: FlaskClient, liaison: User, culture: User
) -> None:
    closing.close(liaison, actor_id=culture.id)
    page = " ".join(re.sub(r"<[^>]*>", " ", admin.get("/admin/audit/").text).split())
    assert "Cúc (Phòng VH&amp;TT Hồng Ngự) closed an account: Lan" in page


def test_an_order_goes_by_its_campaign_and_the_command_line_by_its_own_word(
    admin: FlaskClient, ordering: Ordering
) -> None:
    order = ordering.opened(name="Đợt của nhà mạng")
    note("list.import", 1, accounts.system().id)
    page = admin.get("/admin/audit/").text
    assert f'<a href="/orders/{order.id}">Đợt của nhà mạng</a>' in page
    assert "The operator (command line)" in page


def test_no_page_shows_a_phone_number(admin: FlaskClient) -> None:
    note("optout.add", 1)
    page = admin.get("/admin/audit/?act=optout.add").text
    assert "0912345678" not in page
    assert "09••" in page


def test_the_trail_is_narrowed_and_paged_by_key(
    app: Flask, admin: FlaskClient, liaison: User
) -> None:
    note("list.receive", audit_pages.A_PAGE + 5, liaison.id)
    note("list.refuse", 2)
    first = audit_pages.page(Wanted(act="list.receive"))
    rest = audit_pages.page(Wanted(act="list.receive", before=first.next))
    ids = [row.row.id for row in (*first.rows, *rest.rows)]
    assert len(ids) == audit_pages.A_PAGE + 5
    assert ids == sorted(ids, reverse=True)
    assert rest.next is None
    assert len(audit_pages.page(Wanted(actor_id=liaison.id)).rows) == audit_pages.A_PAGE
    assert {r.row.act for r in audit_pages.page(Wanted(object_type="list", object_id=1)).rows} == {
        "list.receive",
        "list.refuse",
    }
    asked = admin.get("/admin/audit/?who=nobody@x.vn&act=x")
    assert asked.status_code == 422
    assert 'id="who-error"' in asked.text
    assert 'id="first-error"' in admin.get("/admin/audit/?first=31/8").text
    assert admin.get("/admin/audit/?first=2999-01-01&last=2999-01-02").status_code == 200


def test_more_rows_need_no_more_queries(admin: FlaskClient) -> None:
    note("list.receive", 2)
    admin.get("/admin/audit/")
    with queries() as few:
        admin.get("/admin/audit/")
    note("list.receive", 40)
    with queries() as many:
        admin.get("/admin/audit/")
    assert len(many) == len(few)


def test_the_chain_is_verified_by_hand_and_a_change_is_found(
    admin: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nobody has verified it yet." in admin.get("/admin/audit/").text
    note("list.receive", 5)
    monkeypatch.setattr(audit_pages, "VERIFIED_ROWS", 4)
    answer = admin.post("/admin/audit/verify", follow_redirects=True)
    assert "The chain holds: 4 rows verified." in answer.text
    assert "Verified up to row" in answer.text
    bad = db.session.query(AuditRow).order_by(AuditRow.id.desc()).first()
    bad_id = bad.id
    triggers = {
        "sqlite": "DROP TRIGGER audit_no_update",
        "postgresql": "DROP TRIGGER audit_no_change ON audit",
    }
    with transaction() as session:
        session.execute(text(triggers[db.engine.dialect.name]))
        session.execute(text("UPDATE audit SET act = 'x.y' WHERE id = :id"), {"id": bad_id})
    answer = admin.post("/admin/audit/verify", follow_redirects=True)
    assert f"Row {bad_id} does not follow" in answer.text
    chain = audit_pages.chain()
    assert chain is not None
    assert not chain.ok


def test_the_last_rows_are_verified_as_the_whole_is(app: Flask) -> None:
    note("list.receive", 5)
    whole = audit.verify()
    assert audit.verify_last(100) == whole
    part = audit.verify_last(2)
    assert (part.ok, part.rows, part.head) == (True, 2, whole.head)


def test_the_book_of_rules_says_what_the_rules_say(settings: Settings, app: Flask) -> None:
    entries = rule_book.entries(settings)
    advertising = [e for e in entries if e.kind is Kind.ADVERTISING]
    assert [(e.rules.prefix, e.rules.cap, e.now) for e in advertising] == [
        ("", 1, False),
        ("[QC]", 3, True),
    ]
    notice = next(e for e in entries if e.kind is Kind.NOTICE)
    assert (str(notice.rules.hours), notice.settings[0]) == ("07:00-21:00", "OUTREACH_NOTICE_HOURS")


def test_the_rules_are_read_by_offices_too(
    culture: User, client_as: ClientAs, admin: FlaskClient
) -> None:
    page = client_as(culture).get("/admin/rules/")
    assert page.status_code == 200
    assert "[QC]" in page.text
    assert "OUTREACH_" not in page.text  # says nothing to who cannot set it
    assert "OUTREACH_NOTICE_HOURS" in admin.get("/admin/rules/").text
