"""Twilio's calls: signed or refused, stored before they are answered, then matched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from app import create_app
from campaigns import expansion, preparing
from campaigns.routes import Protocol
from campaigns.states import Cause, MessageState
from outreach import clock, numbers, own_numbers, sms_reports
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from outreach.settings import Settings
from tests.stage import Stage, numbers_of
from workers import answers, claims, receipts, tick
from workers.answers import Answered, PartAnswer

TOKEN = "the-auth-token"
PUBLIC = "https://tungngo.example.vn"
SID = "SM" + "0" * 32
PHONE = numbers_of("vinaphone", 1)[0]


@pytest.fixture
def route_id(stage: Stage, app: Flask, vnpt: Organisation) -> int:
    """A route to Twilio, of an installation that is reached from outside."""
    app.config["OUTREACH"] = stage.settings.model_copy(update={"public_url": PUBLIC})
    stage.subscribe(vnpt, [PHONE])
    sealed = numbers.sealer().seal_blob(TOKEN.encode())
    return stage.route(vnpt, 443, protocol=Protocol.TWILIO, password_sealed=sealed).id


@pytest.fixture
def message_id(stage: Stage, route_id: int) -> int:
    """A message that was claimed, and is on its way to Twilio."""
    campaign = stage.started([route_id])
    audience = preparing.audience_of(campaign, stage.settings)
    expansion.expand(db.engine, audience, 1, lambda: True)
    with write_connection(db.engine) as connection:
        lease = claims.lease(connection, campaign.id, route_id, "me", 60)
        assert lease is not None
        claim = claims.take(connection, lease, "me", 1, 60)
    assert claim is not None
    return claim.messages[0].message_id


@pytest.fixture
def accepted(route_id: int, message_id: int) -> int:
    """The message, once Twilio has answered with its id."""
    answer(route_id, message_id)
    return message_id


def answer(route_id: int, message_id: int) -> None:
    parts = [PartAnswer("accepted", SID)]
    answered = Answered(message_id, 1, 1, MessageState.ACCEPTED, Cause.ANSWER, parts=parts)
    with write_connection(db.engine) as connection:
        answers.store(connection, route_id, [answered], [])


def status(word: str, **more: str) -> dict[str, str]:
    fields = {"MessageSid": SID, "SmsSid": SID, "MessageStatus": word, "To": PHONE}
    return fields | {"From": "BLUEZONE", "SmsStatus": word, "AccountSid": "AC0"} | more


@pytest.fixture
def call(client: FlaskClient, route_id: int) -> Callable[..., TestResponse]:
    """Call as Twilio does, through a proxy: signed for the public address."""

    def post(fields: dict[str, str], token: str = TOKEN, **changes: Any) -> TestResponse:
        path = changes.get("path", f"/callbacks/twilio/{route_id}")
        signed = changes.get("signed", PUBLIC + path)
        signature = RequestValidator(token).compute_signature(signed, fields)
        return client.post(path, data=fields, headers={"X-Twilio-Signature": signature})

    return post


def state_of(message_id: int) -> tuple[str, str | None]:
    db.session.rollback()
    row = db.session.execute(
        text("SELECT state, reason FROM messages WHERE id = :id"), {"id": message_id}
    ).one()
    return row.state, row.reason


def raw_rows() -> list[Any]:
    db.session.rollback()
    return list(db.session.execute(text("SELECT * FROM raw_receipts ORDER BY id")))


def test_a_signed_status_is_stored_and_settles_its_message(
    call: Callable[..., TestResponse], accepted: int
) -> None:
    done = call(status("delivered"))
    assert (done.status_code, done.data) == (204, b"")
    assert state_of(accepted) == ("delivered", None)
    (row,) = raw_rows()
    assert row.matched_at is not None
    (body,) = receipts.raw_bodies(numbers.sealer(), bytes(row.sealed))
    assert b"MessageStatus=delivered" in body
    assert PHONE[1:].encode() not in bytes(row.sealed)


def test_a_failure_keeps_twilios_code(call: Callable[..., TestResponse], accepted: int) -> None:
    assert call(status("sent")).status_code == 204
    assert state_of(accepted) == ("accepted", None)
    call(status("undelivered", ErrorCode="30003"))
    assert state_of(accepted) == ("undelivered", "30003")


def test_the_same_call_twice_and_late_ones_change_nothing(
    call: Callable[..., TestResponse], accepted: int
) -> None:
    for word in ("delivered", "delivered", "sent", "undelivered"):
        assert call(status(word)).status_code == 204
    assert state_of(accepted) == ("delivered", None)
    assert len(raw_rows()) == 4


def test_a_status_that_outruns_the_answer_waits_for_it(
    call: Callable[..., TestResponse], route_id: int, message_id: int
) -> None:
    assert call(status("delivered")).status_code == 204
    answer(route_id, message_id)
    assert state_of(message_id) == ("delivered", None)


def test_a_call_that_is_not_signed_by_the_route_is_refused(
    call: Callable[..., TestResponse], client: FlaskClient, route_id: int, stage: Stage, vnpt: Any
) -> None:
    smpp = stage.route(vnpt, 2775, name="by SMPP")
    fields = status("delivered")
    assert call(fields, token="another").status_code == 403
    assert call(fields, token="").status_code == 403
    assert call(fields, signed="https://elsewhere.example.vn/callbacks/twilio/1").status_code == 403
    assert call(fields, path="/callbacks/twilio/999").status_code == 403
    smpp_path = f"/callbacks/twilio/{smpp.id}"
    assert call(fields, token="wordpass", path=smpp_path).status_code == 403
    assert client.post(f"/callbacks/twilio/{route_id}", data=fields).status_code == 403
    assert raw_rows() == []


def test_a_changed_word_breaks_the_signature(client: FlaskClient, route_id: int) -> None:
    path = f"/callbacks/twilio/{route_id}"
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, status("sent"))
    headers = {"X-Twilio-Signature": signature}
    assert client.post(path, data=status("delivered"), headers=headers).status_code == 403
    assert raw_rows() == []


def test_the_signature_may_cover_the_overrides_and_a_query(
    call: Callable[..., TestResponse], route_id: int
) -> None:
    path = f"/callbacks/twilio/{route_id}"
    signed = f"{PUBLIC}{path}#rc=3&rp=5xx,ct,rt"
    assert call(status("sent"), signed=signed).status_code == 204
    assert call(status("sent"), path=f"{path}?a=b%20c").status_code == 204


def test_no_token_of_ours_is_asked_of_a_machine(settings: Settings, route_id: int) -> None:
    app = create_app(settings.model_copy(update={"public_url": PUBLIC}))
    path = f"/callbacks/twilio/{route_id}"
    fields = status("delivered")
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, fields)
    done = app.test_client().post(path, data=fields, headers={"X-Twilio-Signature": signature})
    assert done.status_code == 204


def test_a_body_too_large_is_not_read(call: Callable[..., TestResponse]) -> None:
    assert call(status("delivered", Body="x" * 70_000)).status_code == 413
    assert raw_rows() == []


def test_what_could_not_be_matched_is_matched_by_the_tick(
    call: Callable[..., TestResponse], accepted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(receipts, "match", fail)
        assert call(status("delivered")).status_code == 204
    assert state_of(accepted)[0] == "accepted"
    clock.set_offset(tick.LEFT_BEHIND * 2)
    tick.match_left_behind()
    assert state_of(accepted) == ("delivered", None)
    assert raw_rows()[0].matched_at is not None


def test_what_a_person_wrote_back_is_kept(call: Callable[..., TestResponse], accepted: int) -> None:
    fields = {"MessageSid": "SM9", "From": PHONE, "To": "+15005550006", "Body": "TU CHOI"}
    assert call(fields).status_code == 204
    (row,) = raw_rows()
    assert b"Body=TU+CHOI" in receipts.raw_bodies(numbers.sealer(), bytes(row.sealed))[0]


def test_a_report_by_sms_waits_for_the_tick_once(
    call: Callable[..., TestResponse], route_id: int, stage: Stage
) -> None:
    own_numbers.confirm(stage.author, "+84912000999", actor_id=stage.approver.id)
    fields = {"MessageSid": "SM9", "From": "+84912000999", "To": PHONE, "Body": "BC 29971 250"}
    assert [call(fields).status_code for _ in range(2)] == [204, 204]
    db.session.rollback()
    assert len(sms_reports.waiting()) == 1
