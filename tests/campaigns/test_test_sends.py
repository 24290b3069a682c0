"""Who may send a test, where to, how often: to one's own number alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from campaigns import life, test_sends
from campaigns.routes import Route
from campaigns.test_sends import TestSend
from outreach import clock, opt_outs, own_numbers
from outreach.access import Forbidden
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.stage import Stage

OWN = "0912 000 999"


@pytest.fixture
def route(stage: Stage, vnpt: Organisation) -> Route:
    return stage.route(vnpt, 9, networks=["vinaphone"])


def ask(stage: Stage, person: User, route: Route, **more: Any) -> TestSend:
    values: dict[str, Any] = {"sender": "BLUEZONE", "number": OWN} | more
    words = values.pop("text", "Cai Bluezone")
    return test_sends.request(person, route, words, stage.settings, **values)


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(TestSend)) or 0


def test_the_number_is_typed_once_and_kept_sealed(stage: Stage, route: Route) -> None:
    ask(stage, stage.author, route)
    assert own_numbers.of(stage.author) == "+84912000999"
    assert own_numbers.masked(stage.author) == "09•• ••• 999"
    test = ask(stage, stage.author, route, number="")
    assert (test.state, test.segments) == ("waiting", 1)
    assert test_sends.route_for(stage.author, [route]) == route


def test_who_asked_for_a_test_of_what_stands_in_the_audit_rows(stage: Stage, route: Route) -> None:
    draft = stage.draft([route.id])
    test = ask(stage, stage.author, route, campaign_id=draft.id)
    db.session.rollback()
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "test_send.request")).one()
    detail = json.loads(row.detail)
    assert (row.actor_id, row.object_id) == (stage.author.id, test.id)
    assert (detail["test"], detail["campaign"]) == ("[thử]", draft.id)
    assert detail["number"] == "09•• ••• 999"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"number": "12"}, "test_number", "no mobile number"),
    ({"number": ""}, "test_number", "Type your own mobile number."),
    ({"number": "0962000001"}, "test_route", "does not carry your number's network"),
    ({"sender": "VNPT"}, "test_route", "does not have the sender name"),
    ({"text": "  "}, "test", "no text"),
    ({"text": "a" * 2000}, "test", "more than 8 segments"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), WRONG)
def test_what_cannot_be_sent_is_refused_at_its_field(
    stage: Stage, route: Route, changes: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        ask(stage, stage.author, route, **changes)
    assert refused.value.field == field
    assert sentence in refused.value.sentence
    assert how_many() == 0


def test_who_opted_out_gets_no_test(stage: Stage, route: Route) -> None:
    opt_outs.add(["+84912000999"], "called", None)
    with pytest.raises(Refused, match="opted out"):
        ask(stage, stage.author, route)


def test_nothing_is_asked_for_outside_the_hours_or_while_everything_is_stopped(
    stage: Stage, route: Route
) -> None:
    hour = clock.local(clock.now()).hour
    closed = "01:00-02:00" if hour > 12 else "22:00-23:00"
    night = stage.settings.model_copy(update={"notice_hours": closed})
    with pytest.raises(Refused, match=closed):
        test_sends.request(stage.author, route, "x", night, sender="BLUEZONE", number=OWN)
    life.stop_everything("thử", stage.approver.id)
    with pytest.raises(Refused, match="Everything is stopped"):
        ask(stage, stage.author, route)


def test_a_person_sends_five_tests_an_hour(stage: Stage, route: Route, culture: User) -> None:
    for _ in range(test_sends.AN_HOUR):
        ask(stage, stage.author, route)
    with pytest.raises(Refused, match="5 tests within the hour"):
        ask(stage, stage.author, route)
    ask(stage, culture, route)


def test_another_number_is_said_three_times_a_day_at_most(stage: Stage, route: Route) -> None:
    for last in range(own_numbers.A_DAY):
        own_numbers.keep(stage.author, f"091200000{last}")
    with pytest.raises(Refused, match="3 times today"):
        own_numbers.keep(stage.author, "0912000009")
    own_numbers.keep(stage.author, "0912000002")  # the same as now


def test_a_carrier_tests_its_own_routes_and_others_none(
    stage: Stage, route: Route, liaison: User, stranger: User, make_person: Callable[..., User],
    culture_office: Organisation,
) -> None:  # fmt: skip
    ask(stage, liaison, route)
    for person in (stranger, make_person(Role.STAFF, culture_office)):
        with pytest.raises(Forbidden):
            ask(stage, person, route)
    ask(stage, make_person(Role.ADMIN), route)


def test_a_page_sees_its_own_person_s_tests_masked(
    stage: Stage, route: Route, culture: User
) -> None:
    ask(stage, stage.author, route)
    ask(stage, culture, route, number="0912000111")
    (shown,) = test_sends.latest(stage.author)
    assert (shown.number, shown.route) == ("09•• ••• 999", route.name)
    assert test_sends.anything_expected([shown])
