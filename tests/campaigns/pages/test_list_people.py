"""The page of a list's people: masked, one number looked up by POST, whole numbers on an ask."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text
from werkzeug.test import TestResponse

from outreach import i18n, opt_outs
from outreach.accounts import User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.organisations import Organisation
from outreach.subscribers import SubscriberList
from tests.campaigns.expanding import expand
from tests.stage import Stage, numbers_of

ClientAs = Callable[[User], FlaskClient]
FIRST = "0912000000"


@pytest.fixture
def listed(stage: Stage, vnpt: Organisation) -> int:
    """VNPT's list of 60 people."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 60))
    return stage.list_ids[vnpt.id]


@pytest.fixture
def carrier(client_as: ClientAs, liaison: User) -> FlaskClient:
    client = client_as(liaison)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def said(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def acts(act: str) -> list[AuditRow]:
    db.session.rollback()
    return list(
        db.session.scalars(select(AuditRow).where(AuditRow.act == act).order_by(AuditRow.id))
    )


@contextmanager
def queries() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_people_come_masked_and_in_pages(carrier: FlaskClient, listed: int) -> None:
    page = carrier.get(f"/lists/{listed}/people")
    assert page.text.count("09•• •••") == 50
    assert FIRST not in page.text
    further = re.search(rf"/lists/{listed}/people\?after=(\d+)", page.text)
    assert further is not None
    assert carrier.get(further[0]).text.count("09•• •••") == 10


def test_a_page_asks_as_much_of_the_database_for_many_as_for_few(
    carrier: FlaskClient, stage: Stage, vnpt: Organisation, viettel: Organisation, listed: int
) -> None:
    carrier.get(f"/lists/{listed}/people")  # what is asked once a process
    with queries() as many:
        carrier.get(f"/lists/{listed}/people")
    with transaction() as session:
        session.execute(SubscriberList.__table__.update().values(expires_on=None))
        session.execute(text("DELETE FROM subscribers WHERE id > 2"))
    with queries() as few:
        carrier.get(f"/lists/{listed}/people")
    assert len(many) == len(few)


def test_a_number_is_looked_up_and_does_not_come_back_whole(
    carrier: FlaskClient, stage: Stage, vnpt: Organisation, listed: int
) -> None:
    campaign = stage.started([stage.route(vnpt, 9).id])
    assert expand(stage, campaign)
    opt_outs.add(["+84912000001"], "answered TC", None)
    address = f"/lists/{listed}/people/find"
    page = carrier.post(address, data={"number": "0912 000 000"})
    assert page.status_code == 200
    assert "yes, on this one" in said(page)
    assert "Bluezone đợt 1" in said(page)
    assert "Opted out no" in said(page)
    assert "0912 000 000" not in page.text
    page = carrier.post(address, data={"number": "0912000001"})
    assert "answered TC" in said(page)
    assert "no, on none of your lists" in said(carrier.post(address, data={"number": "0912999999"}))
    assert carrier.post(address, data={"number": "1900"}).status_code == 422
    assert carrier.get(address).status_code == 405, "no number in an address"


def test_whole_numbers_are_shown_on_an_ask_and_that_is_recorded(
    carrier: FlaskClient, liaison: User, listed: int
) -> None:
    page = carrier.post(f"/lists/{listed}/people/numbers", data={"after": "0"})
    assert FIRST in page.text
    assert page.text.count("09120000") == 50
    (row,) = acts("list.numbers")
    assert (row.actor_id, row.object_id) == (liaison.id, listed)
    assert "looked at whole numbers: people: 50" in said(carrier.get(f"/lists/{listed}"))


def test_an_opt_out_is_recorded_from_a_search_and_from_a_typed_number(
    carrier: FlaskClient, liaison: User, listed: int
) -> None:
    found = carrier.post(f"/lists/{listed}/people/find", data={"number": FIRST})
    known = re.search(r'name="subscriber" value="(\d+)"', found.text)
    assert known is not None
    address = f"/lists/{listed}/people/opt-out"
    first = carrier.post(address, data={"subscriber": known[1], "how": "called the office"})
    assert first.status_code == 302
    typed = {"opt_out_number": "0912999999", "how": "a letter"}
    assert carrier.post(address, data=typed).status_code == 302
    db.session.rollback()
    rows = db.session.scalars(select(opt_outs.OptOut).order_by(opt_outs.OptOut.at)).all()
    assert [(row.source, row.recorded_by_id) for row in rows] == [
        ("called the office", liaison.id),
        ("a letter", liaison.id),
    ]
    wrong = carrier.post(address, data={"opt_out_number": "0912999998", "how": " "})
    assert wrong.status_code == 422
    assert 'id="how-error"' in wrong.text
    assert db.session.scalar(select(func.count()).select_from(opt_outs.OptOut)) == 2


def test_another_s_list_is_nobody_s_business(
    client_as: ClientAs, stranger: User, culture: User, listed: int
) -> None:
    for person in (stranger, culture):
        client = client_as(person)
        assert client.get(f"/lists/{listed}/people").status_code == 403
        for act in ("find", "numbers", "opt-out"):
            assert client.post(f"/lists/{listed}/people/{act}").status_code == 403
    assert acts("list.numbers") == []


def test_a_list_s_last_day_is_changed_on_its_page_and_shown_on_all(
    carrier: FlaskClient, listed: int
) -> None:
    assert "nobody has said it yet" in said(carrier.get(f"/lists/{listed}"))
    address = f"/lists/{listed}/expiry"
    wrong = carrier.post(address, data={"expires_on": "2020-01-01", "reason": ""})
    assert wrong.status_code == 422
    assert 'value="2020-01-01"' in wrong.text
    carrier.post(address, data={"expires_on": "2020-01-01", "reason": "asked to delete"})
    assert "This list may not be used any more." in said(carrier.get(f"/lists/{listed}"))
    assert "This list may not be used any more." in said(carrier.get(f"/lists/{listed}/people"))
    assert "over since 1 Jan 2020" in said(carrier.get("/lists/"))
    assert "1 Jan 2020, asked to delete" in said(carrier.get(f"/lists/{listed}"))
