"""The list of those not reached: masked for all, whole for who owns the number and asked for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from campaigns import failures, life, unreached
from campaigns.failures import Do, Why
from campaigns.messages import Change, settle
from campaigns.routes import Protocol
from campaigns.states import Cause, MessageState
from outreach.access import Forbidden
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db, transaction, write_connection
from outreach.organisations import Organisation
from outreach.subscribers import Group, Subscriber
from tests.stage import Stage, numbers_of
from tests.workers.carried import Carried, carried

M = MessageState
ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def failed(stage: Stage, vnpt: Organisation) -> Carried:
    """Of four, two phones were off, one number is wrong, one is in doubt."""
    there = carried(stage, vnpt, 4)
    claim = there.claim()
    words = [(M.UNDELIVERED, "027"), (M.UNDELIVERED, "027"), (M.REJECTED, "001")]
    for index, (state, code) in enumerate(words):
        there.answer(claim, index, f"A{index}")
        with write_connection(db.engine) as connection:
            change = Change(claim.messages[index].message_id, state, code)
            assert settle(connection, Cause.RECEIPT, [change]) == 1
    there.lapse()
    db.session.rollback()
    return there


def rows(file: BinaryIO) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(file).active.iter_rows(min_row=2, values_only=True))


def test_each_row_says_where_who_why_and_when(failed: Carried) -> None:
    listed = rows(unreached.masked(life.get(failed.campaign.id)))
    assert [row[:2] + row[3:6] for row in listed] == [
        ("Xã Long Khánh A", "09•• ••• 000", "The phone was switched off or out of reach",
         "not delivered", "027"),
        ("Xã Long Khánh A", "09•• ••• 001", "The phone was switched off or out of reach",
         "not delivered", "027"),
        ("Xã Long Khánh A", "09•• ••• 002", "The number is wrong, or nobody uses it any more",
         "refused", "001"),
        ("Xã Long Khánh A", "09•• ••• 003", "In doubt: the carrier may have it or not",
         "no answer known", None),
    ]  # fmt: skip
    assert all(isinstance(row[6], datetime) for row in listed)


def test_whole_numbers_are_for_the_own_list_only_and_noted(
    stage: Stage, failed: Carried, liaison: User, stranger: User, viettel: Organisation
) -> None:
    stage.subscribe(viettel, failed.phones[:1])
    campaign = life.get(failed.campaign.id)
    own = [row[1] for row in rows(unreached.whole(campaign, liaison))]
    assert own == [f"091200000{i}" for i in range(4)]
    others = [row[1] for row in rows(unreached.whole(campaign, stranger))]
    assert others == ["0912000000"] + [f"09•• ••• 00{i}" for i in (1, 2, 3)]
    noted = db.session.query(AuditRow).filter(AuditRow.act == "campaign.list_unreached")
    assert [row.actor_id for row in noted.order_by(AuditRow.id)] == [liaison.id, stranger.id]


def test_who_may_not_see_numbers_gets_none(
    stage: Stage, failed: Carried, make_person: Callable[..., User]
) -> None:
    staff = make_person(Role.STAFF, stage.owner)
    assert not unreached.may_see_numbers(staff)
    with pytest.raises(Forbidden):
        unreached.whole(life.get(failed.campaign.id), staff)
    assert db.session.query(AuditRow).filter_by(act="campaign.list_unreached").count() == 0


def test_health_groups_are_not_named(failed: Carried) -> None:
    with transaction() as session:
        hidden = session.query(Group).filter(Group.restricted).first()
        assert hidden is not None
        session.query(Subscriber).update({Subscriber.group_bits: 1 | 1 << hidden.bit})
    assert {row[2] for row in rows(unreached.masked(life.get(failed.campaign.id)))} == {"Người dân"}


def test_the_pages_give_the_files_to_who_may(
    failed: Carried, liaison: User, stranger: User, client_as: ClientAs
) -> None:
    address = f"/campaigns/{failed.campaign.id}/unreached.xlsx"
    answer = client_as(liaison).get(address)
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"0912000" not in answer.data
    assert client_as(liaison).post(address).status_code == 200
    assert client_as(stranger).get(address).status_code == 403
    assert client_as(stranger).post(address).status_code == 403


def test_the_reasons_of_a_page_are_read_from_counts(failed: Carried) -> None:
    campaign = life.get(failed.campaign.id)
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        account = failures.of(campaign)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert [(line.why, line.messages, line.codes) for line in account.lines] == [
        (Why.OFF, 2, {"027": 2}), (Why.NUMBER, 1, {"001": 1}),
    ]  # fmt: skip
    assert (account.people, account.again) == (3, 2)
    assert not any("FROM messages" in statement for statement in seen)


TABLE = {
    "a phone that is off": (M.UNDELIVERED, "027", "smpp", Why.OFF, Do.RESEND),
    "the same without zeros": (M.UNDELIVERED, "27", "smpp", Why.OFF, Do.RESEND),
    "an unknown number": (M.UNDELIVERED, "001", "smpp", Why.NUMBER, Do.VISIT),
    "a full inbox": (M.UNDELIVERED, "032", "smpp", Why.FULL, Do.RESEND),
    "a barred subscriber": (M.UNDELIVERED, "013", "smpp", Why.BLOCKED, Do.VISIT),
    "refused at the submit": (M.REJECTED, "0x0000000B", "smpp", Why.NUMBER, Do.VISIT),
    "throttled to the end": (M.REJECTED, "0x00000058", "smpp", Why.BUSY, Do.RESEND),
    "our name refused": (M.REJECTED, "0x0000000A", "smpp", Why.SENDER, Do.CARRIER),
    "not to be encoded": (M.REJECTED, "encoding", "smpp", Why.CONTENT, Do.CARRIER),
    "given up": (M.CARRIER_EXPIRED, "001", "smpp", Why.GAVE_UP, Do.RESEND),
    "no code": (M.UNDELIVERED, "", "smpp", Why.UNKNOWN, Do.CARRIER),
    "a carrier's own code": (M.UNDELIVERED, "9F", "smpp", Why.UNKNOWN, Do.CARRIER),
    "Twilio's landline": (M.UNDELIVERED, "30006", "twilio", Why.NUMBER, Do.VISIT),
    "Twilio's filter": (M.UNDELIVERED, "30007", "twilio", Why.CONTENT, Do.CARRIER),
    "unsubscribed at Twilio": (M.REJECTED, "21610", "twilio", Why.OPTED_OUT, Do.NOTHING),
    "marked by a person": (M.UNDELIVERED, "person", "smpp", Why.PERSON, Do.VISIT),
    "opted out": (M.CANCELLED, "opted_out", "smpp", Why.OPTED_OUT, Do.NOTHING),
    "the window ended": (M.EXPIRED, "window_closed", "smpp", Why.WINDOW, Do.WRITE),
    "cancelled": (M.CANCELLED, "campaign_ended", "smpp", Why.CANCELLED, Do.WRITE),
}


@pytest.mark.parametrize("label", TABLE)
def test_a_code_is_told_in_people_s_words_with_what_to_do(label: str) -> None:
    state, reason, protocol, why, what = TABLE[label]
    assert failures.why(state, reason, Protocol(protocol)) is why
    assert failures.do(why) is what


def test_every_reason_has_words_and_advice() -> None:
    assert set(failures.WORDS) == set(Why)
    assert {failures.do(why) for why in Why} <= set(failures.ADVICE)


def test_a_long_list_is_read_in_parts(
    stage: Stage, vnpt: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.expansion.BATCH", 2)
    monkeypatch.setattr(unreached, "BATCHES_AT_ONCE", 1)
    there = carried(stage, vnpt, 5)
    life.cancel(life.get(there.campaign.id), None)
    with write_connection(db.engine) as connection:
        from campaigns import ends
        from campaigns.states import CampaignState

        assert ends.end_queued(connection, there.campaign.id, CampaignState.CANCELLED) == 5
    db.session.rollback()
    listed = rows(unreached.masked(life.get(there.campaign.id)))
    assert len(listed) == len(numbers_of("vinaphone", 5))
    assert {row[3] for row in listed} == {"The campaign was ended before"}
