"""A report by SMS is entered and answered once, whatever breaks; its answer goes at any hour."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from campaigns.routes import Route
from campaigns.test_sends import TestSend, TestState
from outreach import clock, numbers, opt_outs, own_numbers
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db, transaction, write_connection
from outreach.organisations import Organisation
from outreach.sms_reports import SmsReport
from outreach.uptake import Source, UptakeReport
from tests.stage import Stage
from tests.workers.smsc import account, simulator_process
from workers import receipts, reports
from workers import test_sends as carrying
from workers.gateways.base import Inbound

OWN = "+84912000999"


@pytest.fixture
def reporter(stage: Stage, make_person: Callable[..., User]) -> User:
    person = make_person(Role.REPORTER, stage.owner, stage.land.commune)
    own_numbers.confirm(person, OWN, actor_id=stage.author.id)
    return person


@pytest.fixture
def route(stage: Stage, vnpt: Organisation) -> Route:
    return stage.route(vnpt, 9)


def receive(route: Route, words: str, number: str = OWN) -> None:
    route_id, inbound = route.id, [Inbound(words.encode(), None, number, words)]
    db.session.rollback()
    with write_connection(db.engine) as connection:
        raw = receipts.store_raw(connection, numbers.sealer(), route_id, inbound)
        receipts.match(connection, numbers.sealer(), route_id, raw, inbound)


def answered() -> list[TestSend]:
    db.session.rollback()
    rows = select(TestSend).where(TestSend.answers_id.is_not(None)).order_by(TestSend.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def figures() -> list[UptakeReport]:
    return list(db.session.scalars(select(UptakeReport).order_by(UptakeReport.id)))


def take(stage: Stage, route: Route) -> carrying.Taken | None:
    route_id = route.id
    db.session.rollback()
    with write_connection(db.engine) as connection:
        return carrying.take(connection, route_id, "me", stage.settings, time.monotonic())


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_text_becomes_a_figure_and_its_answer_arrives(
    stage: Stage, reporter: User, vnpt: Organisation, tmp_path: Path
) -> None:
    text = {"account": "vnpt", "source": OWN[1:], "destination": "BLUEZONE", "text": "BC 29971 250"}
    with simulator_process(tmp_path, account()) as carrier:
        stage.route(vnpt, carrier.port)
        with stage.crew():
            deadline = time.monotonic() + 40
            carrier.ask("POST", "/mo", text)
            while not any(each.state is TestState.DELIVERED for each in answered()):
                assert time.monotonic() < deadline
                time.sleep(0.2)
            carrier.ask("POST", "/mo", text)  # the carrier brings it once more
            time.sleep(2)
        seen = carrier.ask("GET", "/numbers")["numbers"]
    assert seen[OWN[1:]]["messages"] == 1
    assert [(row.installs, row.source) for row in figures()] == [(250, Source.SMS)]
    assert db.session.scalar(select(func.count()).where(AuditRow.act == "uptake.enter")) == 1


def test_the_answer_and_the_figure_are_one_transaction(
    stage: Stage, reporter: User, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(route, "BC 29971 250")
    with monkeypatch.context() as broken:
        broken.setattr(reports.test_sends, "answer", lambda *_: 1 / 0)
        reports.answer_waiting()
    assert (figures(), answered()) == ([], [])
    reports.answer_waiting()
    reports.answer_waiting()
    assert [row.installs for row in figures()] == [250]
    (answer,) = answered()
    assert "250" in answer.text
    assert (answer.sender, answer.route_id) == ("BLUEZONE", route.id)


def test_a_stranger_is_not_answered(stage: Stage, reporter: User, route: Route) -> None:
    receive(route, "BC 29971 250", "+84912000111")
    reports.answer_waiting()
    assert (figures(), answered()) == ([], [])


def test_an_answer_goes_at_any_hour_and_a_test_does_not(
    stage: Stage, reporter: User, route: Route
) -> None:
    from campaigns import life, test_sends

    test_sends.request(
        stage.author, route, "Cài", stage.settings, sender="BLUEZONE", number="0912000998"
    )
    receive(route, "BC 29971 250")
    reports.answer_waiting()
    hour = clock.local(clock.now()).hour
    closed = "01:00-02:00" if hour > 12 else "22:00-23:00"
    stage.settings = stage.settings.model_copy(update={"notice_hours": closed})
    life.stop_everything("thử", stage.approver.id)
    assert take(stage, route) is None, "the emergency stop holds"
    life.lift_stop(stage.approver.id)
    taken = take(stage, route)
    assert taken is not None
    assert taken.id == answered()[0].id
    assert taken.validity == 3600
    assert take(stage, route) is None, "the test waits for the hours"


def test_an_answer_nobody_waits_for_any_more_keeps_to_the_hours(
    stage: Stage, reporter: User, route: Route
) -> None:
    """The tick stood still since the evening: nobody is woken by what it catches up with."""
    receive(route, "BC 29971 250")
    with transaction() as session:
        session.execute(update(SmsReport).values(received_at=clock.now() - carrying.ANSWERS_FOR))
    reports.answer_waiting()
    hour = clock.local(clock.now()).hour
    closed = "01:00-02:00" if hour > 12 else "22:00-23:00"
    stage.settings = stage.settings.model_copy(update={"notice_hours": closed})
    assert take(stage, route) is None
    stage.settings = stage.settings.model_copy(update={"notice_hours": "00:00-24:00"})
    taken = take(stage, route)
    assert taken is not None
    assert taken.id == answered()[0].id


def test_a_sign_no_database_takes_does_not_hold_a_report_up_for_ever(
    stage: Stage, reporter: User, route: Route
) -> None:
    receive(route, "BC Blue\0zone 29971 250")
    reports.answer_waiting()
    (answer,) = answered()
    assert "Blue zone" in answer.text


def test_who_opted_out_has_the_figure_taken_and_is_not_answered(
    stage: Stage, reporter: User, route: Route
) -> None:
    opt_outs.add([OWN], "called", None)
    receive(route, "BC 29971 250")
    reports.answer_waiting()
    assert take(stage, route) is None
    assert [each.code for each in answered()] == ["opted_out"]
    assert [row.installs for row in figures()] == [250]


def test_an_answer_is_no_test_of_the_person_s(stage: Stage, reporter: User, route: Route) -> None:
    from campaigns import test_sends

    receive(route, "BC 29971 250")
    reports.answer_waiting()
    assert test_sends.latest(reporter) == []
