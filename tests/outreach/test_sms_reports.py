"""Reports by SMS are kept for confirmed numbers only, once; of others only how many there were."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from campaigns.routes import Route
from outreach import clock, numbers, own_numbers, sms_reports, uptake
from outreach.accounts import Role, User
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.stage import Stage

OWN, OTHER = "+84912000999", "+84912000998"


@pytest.fixture
def route(stage: Stage, vnpt: Organisation) -> Route:
    return stage.route(vnpt, 9)


@pytest.fixture
def reporter(stage: Stage, make_person: Callable[..., User]) -> User:
    person = make_person(Role.REPORTER, stage.owner, stage.land.commune)
    own_numbers.confirm(person, OWN, actor_id=stage.author.id)
    return person


def take(route: Route, words: str, number: str = OWN) -> int:
    route_id = route.id
    db.session.rollback()
    with write_connection(db.engine) as connection:
        return sms_reports.take(connection, numbers.sealer(), route_id, [(number, words)])


def later(minutes: int) -> None:
    clock.set_offset(clock.offset() + timedelta(minutes=minutes))


def test_a_report_is_kept_sealed_and_held_by_one(route: Route, reporter: User) -> None:
    assert take(route, "BC 1250") == 1
    (report_id,) = sms_reports.waiting()
    kept = sms_reports.hold(report_id)
    assert kept is not None
    assert (kept.person_id, sms_reports.said(kept)) == (reporter.id, "BC 1250")
    assert b"1250" not in kept.sealed


def test_the_same_words_again_at_once_are_one_message_and_later_another(
    route: Route, reporter: User
) -> None:
    assert [take(route, "BC 1250") for _ in range(3)] == [1, 0, 0]
    assert take(route, "BC 1260") == 1
    assert take(route, "BC 1250") == 1, "back to the first figure: that is no echo"
    later(11)
    assert take(route, "BC 1250") == 1


def test_over_two_sessions_at_once_it_is_one_message(route: Route, reporter: User) -> None:
    route_id, engine, sealer = route.id, db.engine, numbers.sealer()
    db.session.rollback()

    def bring(words: str) -> int:
        with write_connection(engine) as connection:
            return sms_reports.take(connection, sealer, route_id, [(OWN, words)])

    with ThreadPoolExecutor(4) as sessions:
        for figure in range(5):
            assert sum(sessions.map(bring, [f"BC {figure}"] * 4)) == 1


def test_more_than_a_person_types_is_not_read(
    route: Route, reporter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms_reports, "AN_HOUR", 3)
    assert [take(route, f"BC {i}") for i in range(5)] == [1, 1, 1, 0, 0]
    later(61)
    assert take(route, "BC 9") == 1


def test_a_number_nobody_confirmed_is_counted_and_nothing_of_it_kept(
    route: Route, reporter: User, stage: Stage
) -> None:
    own_numbers.keep(stage.author, OTHER)
    assert [take(route, "BC 5", OTHER), take(route, "BC 6", "+84912000111")] == [0, 0]
    assert take(route, "xin chào", OTHER) == 0
    assert [each.texts for each in sms_reports.strangers(uptake.today())] == [2]
    assert sms_reports.waiting() == []


def test_a_number_is_believed_no_more_once_withdrawn_or_its_account_closed(
    route: Route, reporter: User, stage: Stage
) -> None:
    from outreach import accounts, closing

    own_numbers.withdraw(reporter, actor_id=stage.author.id)
    assert take(route, "BC 5") == 0
    own_numbers.confirm(reporter, OWN, actor_id=stage.author.id)
    assert take(route, "BC 5") == 1
    closing.close(accounts.by_id(reporter.id), actor_id=stage.author.id)
    assert take(route, "BC 6") == 0
