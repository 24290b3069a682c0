"""Who owes a report and agreed is reminded once for an hour: never twice, at night or late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from campaigns import life, reminding, segments
from campaigns.reminders import Kind, State
from campaigns.reports import editions
from campaigns.test_sends import TestState
from outreach import (
    accounts,
    area_editing,
    clock,
    closing,
    opt_outs,
    own_numbers,
    reminder_agreements,
    targets,
)
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.reminder_agreements import Way
from tests.drive import TODAY, at
from tests.moments import at_once
from tests.people import bluezone
from tests.reminded import MAIL, Reminded


def test_who_agreed_and_has_not_reported_is_reminded_once_before_the_hour(
    reminded: Reminded,
) -> None:
    reminded.set(public_url="https://tungngo.hongngu.dongthap.gov.vn")
    reminded.agree()
    assert reminded.tick("14:29") == []
    (row,) = reminded.tick("14:31")
    assert (row.kind, row.state, row.person_id) == (
        Kind.BEFORE,
        State.HANDED,
        reminded.reporter.id,
    )
    assert clock.local(row.due_at).strftime("%H:%M") == "15:00"
    (text,) = reminded.texts()
    link = f"/figures/{reminded.drive.land.commune}/enter?day=2020-08-20"
    assert text.text.startswith("Nhac: xa Long Khanh A chua co so Bluezone ngay 20/8, han 15:00.")
    assert text.text.endswith(f"https://tungngo.hongngu.dongthap.gov.vn{link}")
    assert segments.count(text.text).segments == 1
    assert len(reminded.tick("14:32")) == len(reminded.tick("15:01")) == 1


def test_without_a_public_address_there_is_none_in_the_text(reminded: Reminded) -> None:
    reminded.agree()
    reminded.tick("14:31")
    assert "http" not in reminded.texts()[0].text


def test_nobody_is_reminded_who_did_not_agree_or_took_it_back(reminded: Reminded) -> None:
    reminded.set(remind_at_hour=True)
    assert reminded.tick("14:31") == []
    reminded.agree()
    reminder_agreements.withdraw(reminded.reporter)
    assert reminded.tick("15:00") == []


def test_who_agrees_after_the_set_time_waits_for_the_next(reminded: Reminded) -> None:
    reminded.set(remind_at_hour=True)
    at("14:33")
    reminded.agree()
    assert reminded.tick("14:34") == []
    assert [row.kind for row in reminded.tick("15:00")] == [Kind.AT]


def test_who_has_reported_is_not_reminded(reminded: Reminded) -> None:
    reminded.set(remind_at_hour=True)
    reminded.agree()
    reminded.drive.report(250, "14:10")
    assert reminded.tick("14:31") == []
    assert reminded.tick("15:01") == []


def test_who_still_has_not_reported_is_reminded_at_the_hour_too(reminded: Reminded) -> None:
    reminded.set(remind_at_hour=True)
    reminded.agree()
    reminded.tick("14:31")
    assert [row.kind for row in reminded.tick("15:01")] == [Kind.BEFORE, Kind.AT]


@pytest.mark.parametrize(
    "changes", [{"days_off": "2020-08-20"}, {"working_days": "mon,tue"}, {"remind_before": 0}]
)
def test_on_a_day_off_nobody_is_reminded(reminded: Reminded, changes: dict[str, object]) -> None:
    reminded.set(**changes)
    reminded.agree()
    assert reminded.tick("14:31") == []


def test_where_no_drive_is_on_nobody_is_reminded(reminded: Reminded) -> None:
    reminded.agree()
    assert reminded.tick("31/8 14:31") == []


def test_nobody_is_texted_at_night(reminded: Reminded) -> None:
    reminded.set(due_communes="05:30", notice_hours="07:00-21:00")
    reminded.agree()
    (row,) = reminded.tick("21/8 05:01")
    assert (row.state, row.reason) == (State.SKIPPED, "hours")
    assert reminded.texts() == []
    assert len(reminded.tick("21/8 07:30")) == 1, "nor when the night is over"


def test_a_tick_that_comes_too_late_reminds_nobody_and_says_so(reminded: Reminded) -> None:
    reminded.agree()
    (row,) = reminded.tick("14:41")
    assert (row.state, row.reason) == (State.SKIPPED, "late")
    assert reminded.texts() == []
    assert len(reminded.tick("14:42")) == 1


def test_a_tick_that_comes_the_next_day_leaves_the_day_before_alone(reminded: Reminded) -> None:
    reminded.agree()
    assert reminded.tick("21/8 00:10") == []


def test_what_was_reported_or_withdrawn_before_a_worker_took_it_is_not_sent(
    reminded: Reminded,
) -> None:
    reminded.agree()
    reminded.tick("14:31")
    reminded.drive.report(250, "14:32")
    assert reminded.take() is None
    assert [(t.state, t.code) for t in reminded.texts()] == [(TestState.NOT_SENT, "reported")]


@pytest.mark.parametrize("how", ["commune", "role"])
def test_who_answers_for_something_else_before_a_worker_took_it_is_not_sent_it(
    reminded: Reminded, how: str
) -> None:
    reminded.agree()
    reminded.tick("14:31")
    with transaction() as session:
        person = session.get_one(User, reminded.reporter.id)
        if how == "commune":
            person.area_id = reminded.drive.land.other_commune
        else:
            person.role = Role.HEALTH
    assert reminded.take() is None
    assert [(t.state, t.code) for t in reminded.texts()] == [(TestState.NOT_SENT, "moved")]


@pytest.mark.parametrize("how", ["agreement", "number", "another number", "account"])
def test_what_was_taken_back_before_a_worker_took_it_is_not_sent(
    reminded: Reminded, how: str
) -> None:
    reminded.agree()
    reminded.tick("14:31")
    reporter, admin = reminded.reporter, reminded.stage.author
    if how == "agreement":
        reminder_agreements.withdraw(reporter)
    elif how == "number":
        own_numbers.withdraw(reporter, actor_id=admin.id)
    elif how == "another number":
        own_numbers.confirm(reporter, "0912000998", actor_id=admin.id)
    else:
        closing.close(reporter, actor_id=admin.id)
    assert reminded.take() is None
    assert [(t.state, t.code) for t in reminded.texts()] == [(TestState.NOT_SENT, "withdrawn")]


def test_an_opt_out_beats_the_agreement_before_and_after(reminded: Reminded) -> None:
    reminded.set(remind_at_hour=True)
    reminded.agree()
    reminded.tick("14:31")
    opt_outs.add(["+84912000999"], "answered", None)
    assert reminded.take() is None
    assert [t.code for t in reminded.texts()] == ["opted_out"]
    last = reminded.tick("15:01")[-1]
    assert (last.state, last.reason) == (State.SKIPPED, "opted_out")


def test_another_number_has_to_be_agreed_for_anew(reminded: Reminded) -> None:
    reminded.agree()
    own_numbers.confirm(reminded.reporter, "0912000998", actor_id=reminded.stage.author.id)
    (row,) = reminded.tick("14:31")
    assert (row.state, row.reason) == (State.SKIPPED, "number")
    reminder_agreements.agree(reminded.reporter, Way.SMS, reminded.settings)
    reminded.set(remind_at_hour=True)
    assert reminded.tick("15:01")[-1].state is State.HANDED


def test_where_no_route_carries_the_number_it_is_said(reminded: Reminded) -> None:
    reminded.agree(number="+84922000999")  # Vietnamobile
    (row,) = reminded.tick("14:31")
    assert (row.state, row.reason) == (State.SKIPPED, "no_route")


def test_while_everything_is_stopped_nobody_is_reminded(reminded: Reminded) -> None:
    reminded.agree()
    life.stop_everything("thử", reminded.stage.approver.id)
    (row,) = reminded.tick("14:31")
    assert (row.state, row.reason) == (State.SKIPPED, "stopped")


def test_the_office_is_reminded_of_its_report_until_it_is_issued(reminded: Reminded) -> None:
    officer = reminded.drive.staff
    reminded.agree(officer)
    assert reminded.tick("14:31") == [], "its hour is another"
    (row,) = reminded.tick("16:01")
    assert (row.what, row.person_id) == ("report", officer.id)
    text = reminded.texts()[0].text
    assert text.startswith("Nhac: huyen Hong Ngu chua co bao cao ngay 20/8, han 16:30.")
    at("16:02")
    district = area_editing.by_id(reminded.drive.land.district)
    editions.issue(district, TODAY, officer)
    assert reminded.take() is None
    assert [t.code for t in reminded.texts()] == ["reported"]


def test_two_ticks_at_once_remind_once(reminded: Reminded) -> None:
    reminded.agree()
    at("14:31")
    settings = reminded.settings

    def step() -> None:
        reminding.go_on(settings)

    assert at_once(step, step, step) == ["done"] * 3
    assert [row.state for row in reminded.outbox()] == [State.HANDED]
    assert len(reminded.texts()) == 1


@pytest.mark.parametrize("back", ["14:29", "13:00", "19/8 14:31"])
def test_a_clock_that_steps_back_reminds_nobody_again(reminded: Reminded, back: str) -> None:
    reminded.set(remind_at_hour=True)
    reminded.agree()
    assert len(reminded.tick("14:31")) == 1
    reminded.tick(back)
    assert len(reminded.tick("14:31")) == len(reminded.tick("14:35")) == 1
    assert len(reminded.tick("15:01")) == 2
    reminded.tick("14:31")
    assert len(reminded.tick("15:01")) == len(reminded.texts()) == 2


def test_on_a_national_day_nobody_is_reminded_nor_can_be(reminded: Reminded) -> None:
    reminded.set(days_off="holidays", remind_at_hour=True)
    reminded.agree()
    app, land = bluezone(), area_editing.by_id(reminded.drive.land.district)
    targets.add(land, app, 2000, date(2020, 9, 30), group="population", letter="12", actor_id=None)
    assert reminded.tick("2/9 14:31") == reminded.tick("2/9 15:01") == []
    with pytest.raises(Refused, match="owes nothing"):
        reminding.by_hand(reminded.reporter, reminded.drive.staff, reminded.settings)
    assert len(reminded.tick("4/9 14:31")) == 1, "a day after it is"


def test_who_answers_for_two_communes_by_two_accounts_has_one_phone(
    reminded: Reminded, make_person: Callable[..., User]
) -> None:
    """An account answers for one area; the number of a person is one account's."""
    reminded.agree()
    land, owner = reminded.drive.land, reminded.stage.owner
    second = make_person(Role.REPORTER, owner, land.other_commune)
    with pytest.raises(Refused, match="another person's"):
        reminded.agree(second)
    with pytest.raises(Refused, match="No number is confirmed"):
        reminder_agreements.agree(second, Way.SMS, reminded.settings)
    assert len(reminded.tick("14:31")) == len(reminded.texts()) == 1


def test_who_goes_over_to_another_commune_is_reminded_of_that_alone(reminded: Reminded) -> None:
    reminded.agree()
    with transaction() as session:
        person = session.get_one(User, reminded.reporter.id)
        person.area_id = reminded.drive.land.other_commune
    (row,) = reminded.tick("14:31")
    assert row.area_id == reminded.drive.land.other_commune
    assert reminded.take() is not None
    with transaction() as session:
        session.get_one(User, reminded.reporter.id).area_id = reminded.drive.land.commune
    reminded.set(due_communes="15:15")
    assert len(reminded.tick("14:46")) == 1, "one a day, of whatever"


def test_a_round_goes_on_from_where_it_was_killed(
    reminded: Reminded, make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminding, "AT_ONCE", 2)
    land = reminded.drive.land
    for number in range(5):
        person = make_person(Role.REPORTER, reminded.stage.owner, land.commune)
        reminded.agree(person, f"+8491200010{number}")
    with monkeypatch.context() as broken:
        broken.setattr(reminding.test_sends, "remind", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reminded.tick("14:31")
    assert reminded.outbox() == [], "the reminders and how far it came are one transaction"
    assert [len(reminded.tick("14:32")) for _ in range(4)] == [2, 4, 5, 5]
    assert len({text.person_id for text in reminded.texts()}) == 5


def test_another_hour_of_the_same_day_reminds_nobody_again(reminded: Reminded) -> None:
    reminded.agree()
    assert [row.state for row in reminded.tick("14:31")] == [State.HANDED]
    reminded.set(due_communes="15:30")
    assert len(reminded.tick("15:01")) == 1
    assert len(reminded.texts()) == 1
    assert len(reminded.tick("21/8 15:01")) == 2, "the next day is another"


def test_who_was_not_reminded_before_the_hour_was_changed_is_by_the_new_one(
    reminded: Reminded,
) -> None:
    reminded.agree()
    reminded.set(notice_hours="15:00-21:00")
    assert [row.reason for row in reminded.tick("14:31")] == ["hours"]
    reminded.set(due_communes="15:30")
    assert [row.state for row in reminded.tick("15:01")] == [State.SKIPPED, State.HANDED]


def test_by_hand_counts_for_the_day_whatever_the_hour_becomes(reminded: Reminded) -> None:
    reminded.agree()
    staff = reminded.drive.staff
    at("14:20")
    reminding.by_hand(reminded.reporter, staff, reminded.settings)
    reminded.set(due_communes="15:30")
    assert reminded.tick("15:01")[-1].reason == "by_hand"
    with pytest.raises(Refused, match="reminded by hand"):
        reminding.by_hand(reminded.reporter, staff, reminded.settings)
    assert len(reminded.texts()) == 1


def test_processes_that_know_two_hours_remind_once(reminded: Reminded) -> None:
    """As while a restart with another due time is under way."""
    reminded.agree()
    at("14:36")
    old, new = reminded.settings, reminded.settings.model_copy(update={"due_communes": "15:05"})
    at_once(lambda: reminding.go_on(old), lambda: reminding.go_on(new))
    reminding.go_on(old)
    reminding.go_on(new)
    assert len(reminded.texts()) == 1


def test_by_hand_once_and_then_not_by_the_clock(reminded: Reminded) -> None:
    reminded.agree()
    staff = reminded.drive.staff
    at("14:20")
    row = reminding.by_hand(reminded.reporter, staff, reminded.settings)
    assert (row.kind, row.asked_by_id) == (Kind.HAND, staff.id)
    with pytest.raises(Refused, match="reminded by hand"):
        reminding.by_hand(reminded.reporter, staff, reminded.settings)
    last = reminded.tick("14:31")[-1]
    assert (last.state, last.reason) == (State.SKIPPED, "by_hand")
    assert len(reminded.texts()) == 1
    assert db.session.scalars(select(AuditRow.act).order_by(AuditRow.id.desc())).first() == (
        "reminder.hand"
    )


def test_by_hand_anew_where_the_first_certainly_never_left(reminded: Reminded) -> None:
    """A route that was away for ten minutes is no reason to leave somebody without."""
    reminded.agree()
    staff = reminded.drive.staff
    at("14:00")
    reminding.by_hand(reminded.reporter, staff, reminded.settings)
    at("14:11")
    assert reminded.take() is None
    (row,) = reminded.outbox()
    assert (row.state, row.reason) == (State.SKIPPED, "no_worker")
    reminding.by_hand(reminded.reporter, staff, reminded.settings)
    assert reminded.take() is not None
    with pytest.raises(Refused, match="reminded by hand"):
        reminding.by_hand(reminded.reporter, staff, reminded.settings)


def test_the_clock_and_an_officer_at_the_same_moment_remind_once(reminded: Reminded) -> None:
    """Who presses first; an office that presses after the clock means it."""
    reminded.agree()
    at("14:31")
    settings = reminded.settings
    reporter_id, staff_id = reminded.reporter.id, reminded.drive.staff.id

    def press() -> None:
        reporter, staff = accounts.by_id(reporter_id), accounts.by_id(staff_id)
        reminding.by_hand(reporter, staff, settings)

    assert at_once(press, lambda: reminding.go_on(settings)) == ["done", "done"]
    by_hand = [row for row in reminded.outbox() if row.kind is Kind.HAND]
    clock_s = [row for row in reminded.outbox() if row.kind is Kind.BEFORE]
    assert by_hand[0].state is State.HANDED
    later = clock_s[0].id > by_hand[0].id
    assert clock_s[0].reason == ("by_hand" if later else None)


def test_two_officers_who_press_at_once_remind_once(reminded: Reminded) -> None:
    reminded.agree()
    reporter_id, staff_id = reminded.reporter.id, reminded.drive.staff.id

    def press() -> None:
        reporter, staff = accounts.by_id(reporter_id), accounts.by_id(staff_id)
        reminding.by_hand(reporter, staff, reminded.settings)

    told = at_once(press, press)
    assert told.count("done") == 1
    assert "was reminded by hand already" in "".join(told)
    assert len(reminded.texts()) == 1


def test_by_hand_too_only_who_agreed_owes_and_may_be_texted(reminded: Reminded) -> None:
    staff, reporter = reminded.drive.staff, reminded.reporter

    def refused(sentence: str) -> None:
        with pytest.raises(Refused, match=sentence):
            reminding.by_hand(reporter, staff, reminded.settings)
        assert reminded.outbox() == []

    refused("has not agreed")
    reminded.agree()
    opt_outs.add(["+84912000999"], "answered", None)
    refused("opted out")
    opt_outs.remove("+84912000999", "by mistake", None)
    reminded.set(notice_hours="07:00-13:00")
    refused("outside the hours")
    reminded.set(notice_hours="00:00-24:00")
    reminded.drive.report(250, "14:10")
    refused("owes nothing")


def test_by_e_mail_it_waits_for_the_mail_server(reminded: Reminded) -> None:
    reminded.set(**MAIL, public_url="https://tungngo.example.vn")
    reminded.agree(way=Way.EMAIL)
    (row,) = reminded.tick("14:31")
    assert row.state is State.WAITING
    assert row.text.startswith("Nhắc: xã Long Khánh A chưa có số Bluezone ngày 20/8, hạn 15:00.")
    assert "https://tungngo.example.vn/figures/" in row.text
    assert reminded.texts() == []
    reminded.set(smtp_url="", remind_at_hour=True)
    last = reminded.tick("15:01")[-1]
    assert (last.state, last.reason) == (State.SKIPPED, "no_mail")
