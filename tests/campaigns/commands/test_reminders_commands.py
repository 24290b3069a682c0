"""`flask reminders`: what is set, what would go out now, and sending it with the same guards."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from campaigns.reminders import Kind
from outreach import reminder_agreements
from outreach.accounts import User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.reminder_agreements import Way
from tests.campaigns.commands.test_orders_commands import run
from tests.drive import at
from tests.reminded import MAIL, OWN, Reminded


def test_what_is_set_is_listed_set_and_given_back(
    runner: FlaskCliRunner, reminded: Reminded, culture: User
) -> None:
    (usual,) = run(runner, "reminders", "list")
    assert (usual["area"], usual["before"], usual["at_hour"]) == (None, 30, False)
    assert (usual["routes"], usual["open_routes"]) == ([], [reminded.route.id])
    given = ("--before", 45, "--at-hour", "--route", reminded.route.id, "--as", culture.email)
    made = run(runner, "reminders", "set", "--area", "870", *given)
    assert (made["area"], made["before"], made["at_hour"]) == ("870", 45, True)
    own = run(runner, "reminders", "list")[1]
    assert (own["routes"], own["set_by"]) == ([reminded.route.id], culture.email)
    back = run(runner, "reminders", "inherit", "--area", "870", "--as", culture.email)
    assert back == usual
    acts = db.session.scalars(select(AuditRow.act).order_by(AuditRow.id.desc()).limit(2)).all()
    assert acts == ["reminder.inherit", "reminder.set"]


def test_who_may_not_is_refused_and_what_cannot_be_is_named(
    runner: FlaskCliRunner, reminded: Reminded, culture: User
) -> None:
    one = ("reminders", "set", "--before", 5, "--area")
    assert run(runner, *one, "870", "--as", reminded.drive.staff.email, code=1)["error"]
    assert run(runner, *one, "869", "--as", culture.email, code=1)["error"]
    assert run(runner, *one, "870", "--route", 99, code=1)["field"] == "routes"
    assert run(runner, "reminders", "set", "--area", "1", "--before", 5, code=1)["field"] == "area"
    assert len(run(runner, "reminders", "list")) == 1


def test_what_would_go_out_is_told_with_the_number_masked_and_sends_nothing(
    runner: FlaskCliRunner, reminded: Reminded
) -> None:
    assert run(runner, "reminders", "due") == []
    reminded.agree()
    for within in ([], ["--area", "870"], ["--area", "87"]):
        (one,) = run(runner, "reminders", "due", *within)
    assert (one["person"], one["way"], one["what"]) == (reminded.reporter.id, "sms", "figure")
    assert (one["route"], one["reason"], one["due_at"]) == (
        reminded.route.id,
        None,
        "2020-08-20T15:00:00+07:00",
    )
    assert one["text"].startswith("Nhac: xa Long Khanh A")
    assert one["to"]
    assert OWN[1:] not in str(one)
    assert OWN[-6:] not in str(one)
    assert run(runner, "reminders", "due", "--area", "869") == []
    assert reminded.outbox() == reminded.texts() == []


@pytest.mark.parametrize("how", ["night", "reported", "withdrawn", "no mail"])
def test_the_guards_are_the_clock_s(runner: FlaskCliRunner, reminded: Reminded, how: str) -> None:
    if how == "no mail":
        reminded.set(**MAIL)
        reminded.agree(way=Way.EMAIL)
        reminded.set(smtp_url="")
    else:
        reminded.agree()
    if how == "night":
        reminded.set(notice_hours="07:00-13:00")
    elif how == "reported":
        reminded.drive.report(250, "14:10")
    elif how == "withdrawn":
        reminder_agreements.withdraw(reminded.reporter)
    due = [each["reason"] for each in run(runner, "reminders", "due")]
    assert due == {"night": ["hours"], "no mail": ["no_mail"]}.get(how, [])
    sent = run(runner, "reminders", "send", "--area", "870")
    assert [each["state"] for each in sent] == ["skipped"] * len(due)
    email = reminded.reporter.email
    assert run(runner, "reminders", "send", "--person", email, code=1)["error"]
    assert reminded.texts() == reminded.outbox() == []


def test_it_is_sent_once_by_whoever_may(runner: FlaskCliRunner, reminded: Reminded) -> None:
    reminded.agree()
    assert run(runner, "reminders", "send", code=1)["field"] == "area"
    reporter = reminded.reporter
    for whom in (("--area", "870"), ("--person", reporter.email)):
        assert run(runner, "reminders", "send", *whom, "--as", reporter.email, code=1)["error"]
    elsewhere = ("reminders", "send", "--area", "87", "--as", reminded.drive.staff.email)
    assert run(runner, *elsewhere, code=1)["error"]
    (sent,) = run(runner, "reminders", "send", "--area", "870")
    assert (sent["state"], sent["person"]) == ("handed", reporter.id)
    assert [row.kind for row in reminded.outbox()] == [Kind.HAND]
    (again,) = run(runner, "reminders", "send", "--area", "870")
    assert (again["state"], again["reason"]) == ("skipped", "by_hand")
    assert run(runner, "reminders", "send", "--person", reporter.email, code=1)["error"]
    at("21/8 14:00")
    assert run(runner, "reminders", "send", "--person", reporter.email)[0]["state"] == "handed"
    assert len(reminded.texts()) == 2
