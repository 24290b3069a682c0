"""POST /api/figures: who may, what is taken, what twice means, and that no session is begun."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Update, select, update
from werkzeug.test import TestResponse

from outreach import accounts, api_tokens, clock, closing, figures_api, uptake_imports
from outreach.access import Forbidden
from outreach.accounts import User
from outreach.api_tokens import ApiToken
from outreach.audit import AuditRow
from outreach.database import db, write_connection
from outreach.pages import api
from outreach.uptake import Source
from tests.drive import Drive, at

Call = Callable[..., TestResponse]


@pytest.fixture
def token(drive: Drive) -> str:
    """A token of the district's staff."""
    return api_tokens.add(drive.staff, "Hệ thống huyện", actor_id=drive.staff.id)


@pytest.fixture
def call(client: FlaskClient, token: str) -> Call:
    def call(body: Any, key: str | None = None, secret: str = token) -> TestResponse:
        headers = {"Authorization": f"Bearer {secret}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post("/api/figures", data=data, headers=headers)

    return call


def figure(installs: Any = 318, **more: Any) -> dict[str, Any]:
    return {"area": "29971", "date": "2020-08-20", "installs": installs} | more


def test_figures_are_entered_in_the_person_s_name_and_answered(call: Call, drive: Drive) -> None:
    answer = call({"app": "BLUEZONE", "figures": [figure("1.234"), figure(5, area="Long Thuận")]})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {
        "id": 1,
        "app": "BLUEZONE",
        "read": 2,
        "added": 2,
        "corrected": 0,
        "unchanged": 0,
        "rejected": 0,
        "rejects": [],
        "to_check": [],
    }
    (row,) = drive.rows()
    assert (row.installs, row.source, row.late) == (1234, Source.API, False)
    assert row.reported_by_id == drive.staff.id
    audited = db.session.scalars(select(AuditRow).where(AuditRow.act == "uptake.import")).one()
    assert audited.actor_id == drive.staff.id
    assert "Hệ thống huyện" in audited.detail


def test_it_begins_no_session_and_asks_for_no_form_s_token(call: Call, drive: Drive) -> None:
    answer = call({"figures": [figure()]})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_it_is_judged_as_a_file_is(call: Call, drive: Drive) -> None:
    drive.report(400, "19/8 14:00")
    at("20/8 14:00")
    said = [figure(300), figure(area="870"), figure(area="869"), figure(date="2020-08-21")]
    answer = call({"figures": said}).json
    assert [each["row"] for each in answer["rejects"]] == [1, 3, 4]
    assert answer["rejects"][0]["code"] == "doubtful"
    assert (answer["read"], answer["rejected"]) == (4, 3)
    assert call({"figures": [figure(300, reason="kiểm đếm lại")]}).json["added"] == 1
    assert drive.rows()[-1].reason == "kiểm đếm lại"


def test_the_same_figure_twice_is_one_row(call: Call, drive: Drive) -> None:
    body = {"figures": [figure()]}
    assert [call(body).json["added"], call(body).json["unchanged"]] == [1, 1]
    assert len(drive.rows()) == 1


def test_the_same_call_with_its_key_answers_the_same_and_does_nothing(
    call: Call, drive: Drive
) -> None:
    body = {"figures": [figure()]}
    first = call(body, "k1").json
    drive.report(330, "14:30")  # somebody corrects it meanwhile
    assert call(body, "k1").json == first
    assert [row.installs for row in drive.rows()] == [318, 330]
    other = call({"figures": [figure(400)]}, "k1")
    assert (other.status_code, other.json["field"]) == (422, "Idempotency-Key")
    assert call(body, "k" * 65).json["field"] == "Idempotency-Key"
    assert len(uptake_imports.recent(drive.app_id, drive.land.district)) == 1


def test_the_same_call_twice_at_once_is_one(app: Flask, token: str, drive: Drive) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}

    def call(_number: int) -> TestResponse:
        return app.test_client().post("/api/figures", json={"figures": [figure()]}, headers=headers)

    db.session.rollback()
    with ThreadPoolExecutor(3) as programs:
        answers = list(programs.map(call, range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.json["id"] for answer in answers}) == 1
    assert {answer.json["added"] for answer in answers} == {1}
    assert len(drive.rows()) == 1


BAD = {
    "": b"\xff",
    "figures": {"app": "BLUEZONE", "figures": []},
    "figur": {"figur": []},
    "figures[0]": {"figures": [5]},
    "figures[0].area": {"figures": [figure(area=29971)]},
    "figures[0].installs": {"figures": [figure(1.5)]},
    "figures[1].installs": {"figures": [figure(), figure(True)]},
    "figures[0].day": {"figures": [figure(day="x")]},
    "app": {"app": "NONE", "figures": [figure()]},
}


@pytest.mark.parametrize("field", BAD)
def test_what_is_no_such_call_is_refused_at_its_field_and_nothing_entered(
    call: Call, drive: Drive, field: str
) -> None:
    answer = call(BAD[field])
    assert (answer.status_code, answer.json["field"]) == (422, field or None)
    assert answer.json["error"]
    assert drive.rows() == []


def test_a_list_or_too_much_is_refused_too(call: Call, drive: Drive) -> None:
    assert call([]).status_code == 422
    assert call(b" " * (api.figures_api.LARGEST + 1)).status_code == 413
    assert call({"figures": [figure()] * 2001}).json["field"] == "figures"


@pytest.mark.parametrize("sign", ["\0", "\ud800"])
def test_what_no_database_takes_is_refused_at_its_field(
    call: Call, drive: Drive, sign: str
) -> None:
    for name in ("area", "date", "installs", "reason"):
        answer = call({"figures": [figure() | {name: sign}]})
        assert (answer.status_code, answer.json["field"]) == (422, f"figures[0].{name}")
    assert call({"app": sign, "figures": [figure()]}).json["field"] == "app"
    assert drive.rows() == []


@pytest.mark.parametrize(
    "ended",
    [update(ApiToken).values(revoked_at=clock.real_now()), update(User).values(active=False)],
)
def test_a_call_that_waited_while_its_token_ended_enters_nothing(
    drive: Drive, token: str, ended: Update
) -> None:
    valid = api_tokens.valid(token)
    assert valid is not None
    with write_connection(db.engine) as elsewhere:
        elsewhere.execute(ended)
    with pytest.raises(Forbidden):
        figures_api.take(valid, json.dumps({"figures": [figure()]}).encode(), None)
    assert drive.rows() == []


def test_lists_within_lists_without_an_end_are_no_call(call: Call) -> None:
    assert call(b'{"figures": ' + b"[" * 200_000).status_code == 422


def test_only_a_token_that_stands_is_let_in(call: Call, client: FlaskClient, drive: Drive) -> None:
    body = {"figures": [figure()]}
    assert client.post("/api/figures", json=body).status_code == 401
    wrong = call(body, secret="tungngo_x")
    assert (wrong.status_code, wrong.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert wrong.json["error"] and wrong.mimetype == "application/json"
    (known,) = api_tokens.of(drive.staff)
    api_tokens.revoke(known, actor_id=drive.staff.id)
    assert call(body).status_code == 401
    assert drive.rows() == []


def test_the_token_of_a_closed_account_is_worth_nothing(
    call: Call, drive: Drive, liaison: User
) -> None:
    closing.close(accounts.by_id(drive.staff.id), actor_id=liaison.id)
    assert call({"figures": [figure()]}).status_code == 401


def test_it_may_do_what_its_person_may(call: Call, drive: Drive, liaison: User) -> None:
    own = api_tokens.add(drive.reporter, "điện thoại", actor_id=drive.staff.id)
    answer = call({"figures": [figure(), figure(area="29983")]}, secret=own).json
    assert (answer["added"], answer["rejected"]) == (1, 1)
    from outreach.access import Forbidden

    with pytest.raises(Forbidden):
        api_tokens.add(liaison, "x", actor_id=drive.staff.id)


def test_a_program_calls_only_so_often(call: Call, drive: Drive) -> None:
    body = {"figures": [figure()]}
    # However the minute turns meanwhile.
    answers = (call(body) for _ in range(125))
    taken, last = 0, next(answers)
    while last.status_code == 200 and taken < 124:
        taken, last = taken + 1, next(answers)
    assert taken >= 60
    assert (last.status_code, last.headers["Retry-After"]) == (429, "60")
    assert last.mimetype == "application/json"
    other = api_tokens.add(drive.staff, "khác", actor_id=drive.staff.id)
    assert call(body, secret=other).status_code == 200


def test_tokens_are_stored_as_hashes_and_noted(drive: Drive, token: str) -> None:
    (known,) = api_tokens.of(drive.staff)
    assert token.startswith(api_tokens.PREFIX)
    assert token not in known.token_hash
    rows = list(
        db.session.scalars(
            select(AuditRow).where(AuditRow.act == "token.add").order_by(AuditRow.id)
        )
    )
    assert len(rows) == 1
    assert token not in rows[0].detail
