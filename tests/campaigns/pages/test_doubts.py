"""The pages of doubts and of sending again: forms that refuse lose nothing and do nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from campaigns import deciding, life
from campaigns.messages import Change, settle
from campaigns.states import CampaignState, Cause, MessageState
from outreach import i18n, once
from outreach.accounts import User
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from workers import tick

C, M = CampaignState, MessageState
ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def doubtful(stage: Stage, vnpt: Organisation) -> Carried:
    """A completed campaign: two are in doubt, one phone was off."""
    there = carried(stage, vnpt, 3)
    claim = there.claim()
    there.answer(claim, 2, "A2")
    with write_connection(db.engine) as connection:
        change = Change(claim.messages[2].message_id, M.UNDELIVERED, "027")
        assert settle(connection, Cause.RECEIPT, [change]) == 1
    there.lapse()
    db.session.rollback()
    tick.finish()
    db.session.rollback()
    return there


@pytest.fixture
def reader(client_as: ClientAs, liaison: User) -> FlaskClient:
    client = client_as(liaison)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def said(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def form(there: Carried, **changes: Any) -> dict[str, Any]:
    db.session.rollback()
    values = {
        "once": once.word(),
        "reason": "worker_silent",
        "which": "ticked",
        "message": [each.id for each in deciding.listed(there.campaign.id)],
        "decision": "delivered",
        "why": "VNPT",
    }
    return {k: v for k, v in (values | changes).items() if v is not None}


def address(there: Carried, page: str = "doubt") -> str:
    return f"/campaigns/{there.campaign.id}/{page}"


def test_the_page_shows_each_masked_with_its_evidence(
    doubtful: Carried, reader: FlaskClient
) -> None:
    page = reader.get(address(doubtful))
    assert "Our own sender fell silent" in said(page)
    assert "09•• ••• 000" in page.text
    assert "84912" not in page.text
    assert "no answer and no receipt is stored" in said(page)


def test_a_refused_decision_keeps_what_was_typed_and_does_nothing(
    doubtful: Carried, reader: FlaskClient
) -> None:
    without = reader.post(address(doubtful), data=form(doubtful, why=""))
    assert without.status_code == 422
    assert "Say what you know" in said(without)
    assert without.text.count(" checked") >= 2
    nobody = reader.post(address(doubtful), data=form(doubtful, message=None))
    assert nobody.status_code == 422
    assert "Tick the messages" in said(nobody)
    assert ">VNPT</textarea>" in nobody.text
    for wrong in ({"decision": "x"}, {"message": ["x", "9" * 30]}, {"until": "9" * 30}):
        assert reader.post(address(doubtful), data=form(doubtful, **wrong)).status_code in {
            302,
            422,
        }
    assert doubtful.states()["undelivered"] == 1


def test_a_double_click_decides_once(doubtful: Carried, reader: FlaskClient) -> None:
    filled = form(doubtful)
    first = reader.post(address(doubtful), data=filled)
    second = reader.post(address(doubtful), data=filled)
    assert (first.status_code, second.status_code) == (302, 302)
    assert doubtful.states() == {"delivered": 2, "undelivered": 1}
    late = reader.post(address(doubtful), data=filled | {"once": once.word()})
    assert late.status_code == 422
    assert "None of these is in doubt any more" in said(late)


def test_sending_again_asks_for_the_number_first(doubtful: Carried, reader: FlaskClient) -> None:
    filled = form(doubtful, decision="resend")
    asked = reader.post(address(doubtful), data=filled)
    assert "may get the same message twice" in said(asked)
    assert doubtful.states() == {"in_doubt": 2, "undelivered": 1}
    wrong = reader.post(address(doubtful), data=filled | {"number": "3", "shown": "2"})
    assert wrong.status_code == 422
    assert "You typed “3”" in said(wrong)
    done = reader.post(address(doubtful), data=filled | {"number": "2", "shown": "2"})
    assert done.status_code == 302
    assert doubtful.states() == {"queued": 2, "undelivered": 1}
    assert life.get(doubtful.campaign.id).state is C.SENDING


def test_who_may_not_decide_reaches_nothing(
    doubtful: Carried, client_as: ClientAs, stranger: User
) -> None:
    other = client_as(stranger)
    for page in ("doubt", "resend"):
        assert other.get(address(doubtful, page)).status_code == 403
        assert other.post(address(doubtful, page), data=form(doubtful)).status_code == 403
    assert doubtful.states() == {"in_doubt": 2, "undelivered": 1}


def test_to_whom_it_failed_for_now_it_is_sent_again_once_confirmed(
    doubtful: Carried, reader: FlaskClient
) -> None:
    page = reader.get(address(doubtful, "resend"))
    assert "It costs 250 đ more" in said(page).replace("\u00a0", " ")
    filled = {"once": once.word(), "shown": "1", "number": "2"}
    wrong = reader.post(address(doubtful, "resend"), data=filled)
    assert wrong.status_code == 422
    for _ in range(2):
        done = reader.post(address(doubtful, "resend"), data=filled | {"number": "1"})
        assert done.status_code == 302
    assert doubtful.states() == {"in_doubt": 2, "queued": 1}
    assert "Nobody to send to again" in said(reader.get(address(doubtful, "resend")))


def test_the_campaign_s_page_leads_to_both(doubtful: Carried, reader: FlaskClient) -> None:
    page = reader.get(f"/campaigns/{doubtful.campaign.id}")
    assert "The phone was switched off or out of reach" in said(page)
    for to in ("doubt", "unreached", "resend"):
        assert f'href="{address(doubtful, to)}"' in page.text
    assert '<span class="count n waits">2' in page.text


def test_a_page_of_many_asks_as_much_as_one_of_few(
    stage: Stage, vnpt: Organisation, reader: FlaskClient
) -> None:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    there = carried(stage, vnpt, 40)
    there.claim(2)
    there.lapse()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        pages = (address(there), f"/campaigns/{there.campaign.id}")

        def asked() -> list[int]:
            counted = []
            for page in pages:
                seen.clear()
                assert reader.get(page).status_code == 200
                counted.append(len(seen))
            return counted

        asked()
        few = asked()
        there.claim(40)
        there.lapse()
        assert there.states() == {"in_doubt": 40}
        assert asked() == few
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
