"""A test goes to one's own number, once, over the route's real session; its end is told truly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from campaigns import stops, test_sends
from campaigns.routes import Route
from campaigns.test_sends import TestSend, TestState
from outreach import clock, numbers, opt_outs
from outreach.accounts import User
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.carried import carried
from tests.workers.smsc import account, simulator_process
from workers import receipts
from workers import test_sends as carrying
from workers.gateways.base import Inbound, Receipt
from workers.test_sends import Answer

S = TestState
OWN = "0912000999"
E164 = "+84912000999"


def ask(stage: Stage, person: User, route: Route, words: str = "Cai Bluezone", **more: str) -> int:
    more.setdefault("number", OWN)
    return test_sends.request(person, route, words, stage.settings, sender="BLUEZONE", **more).id


def now(test_id: int) -> TestSend:
    db.session.rollback()
    return db.session.get_one(TestSend, test_id, populate_existing=True)


def wait(test_id: int, done: Callable[[TestSend], bool], seconds: float = 30.0) -> TestSend:
    deadline = time.monotonic() + seconds
    while not done(test := now(test_id)):
        assert time.monotonic() < deadline, f"still {test.state} {test.code}"
        time.sleep(0.1)
    return test


def take(stage: Stage, route: Route) -> carrying.Taken | None:
    db.session.rollback()
    with write_connection(db.engine) as connection:
        return carrying.take(connection, route.id, "me", stage.settings, time.monotonic())


def answer(route: Route, test_id: int, said: Answer) -> None:
    with write_connection(db.engine) as connection:
        carrying.store(connection, route.id, test_id, "me", said)


class Waiting:
    """A seat of a route whose slot comes after something has happened."""

    may_send = True

    def __init__(self, stage: Stage, route: Route, happens: Callable[[], object]) -> None:
        self.settings, self.sealer = stage.settings, numbers.sealer()
        self.contract = SimpleNamespace(route_id=route.id)
        self.pacer, self.gateway, self.writer = self, self, self
        self.submitted: list[object] = []
        self._happens = happens

    async def write(self, work: Callable[[Connection], Any], *_more: Any, **_how: Any) -> Any:
        with write_connection(db.engine) as connection:
            return work(connection)

    async def slot(self, _segments: int) -> None:
        self._happens()
        db.session.rollback()

    def parts(self, outgoing: object) -> list[object]:
        return [outgoing]

    def cost(self, _part: object) -> int:
        return 1

    async def submit(self, part: object, _until: float) -> str:
        self.submitted.append(part)
        return "7"


def receive(route: Route, *said: Receipt) -> None:
    inbound = [Inbound(b"raw", each) for each in said]
    with write_connection(db.engine) as connection:
        sealer = numbers.sealer()
        raw = receipts.store_raw(connection, sealer, route.id, inbound)
        receipts.match(connection, sealer, route.id, raw, inbound)


def delivered(carrier_id: str, number: str = E164, state: str = "delivered") -> Receipt:
    return Receipt((carrier_id,), state, "000", number)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_test_of_two_segments_arrives_once_and_its_receipt_is_told(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with simulator_process(tmp_path, account()) as carrier:
        route = stage.route(vnpt, carrier.port)
        draft = stage.draft([route.id])
        test_id = ask(stage, stage.author, route, "Cai Bluezone " * 15, campaign_id=draft.id)
        with stage.crew(workers=2):
            test = wait(test_id, lambda t: t.state is S.DELIVERED)
            time.sleep(1.5)  # a second round, in which nothing may go out again
        seen = carrier.ask("GET", "/numbers")["numbers"]
    assert seen[E164.removeprefix("+")]["messages"] == 1
    assert test.segments == 2
    assert stage.states(draft) == {}, "no message of the campaign"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_campaign_still_reaches_who_got_its_test(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    stage.subscribe(vnpt, [E164, *numbers_of("vinaphone", 3)])
    with simulator_process(tmp_path, account()) as carrier:
        route = stage.route(vnpt, carrier.port)
        with stage.crew():
            wait(ask(stage, stage.author, route), lambda t: t.state is S.DELIVERED)
            campaign = stage.settled(stage.started([route.id], not_messaged_days=30))
    assert stage.states(campaign) == {"delivered": 4}


def test_what_the_carrier_refuses_is_told_in_its_words_and_not_tried_again(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    rules = [{"suffix": "999", "status": "ESME_RINVDSTADR"}]
    with simulator_process(tmp_path, account(rules=rules)) as carrier:
        route = stage.route(vnpt, carrier.port)
        with stage.crew():
            test = wait(
                ask(stage, stage.author, route), lambda t: t.state not in test_sends.UNDER_WAY
            )
        assert E164.removeprefix("+") not in carrier.ask("GET", "/numbers")["numbers"]
    assert (test.state, test.code) == (S.REFUSED, "0x0000000B")
    assert test.words


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_never_answered_is_in_doubt_and_stays_so(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    stage.settings = stage.settings.model_copy(update={"answer_seconds": 2.0})
    faults = {"silent_share": 1, "silent_takes": True}
    with simulator_process(tmp_path, account(faults=faults)) as carrier:
        route = stage.route(vnpt, carrier.port)
        with stage.crew():
            test = wait(ask(stage, stage.author, route), lambda t: t.state is S.IN_DOUBT)
            time.sleep(2)
        seen = carrier.ask("GET", "/numbers")["numbers"]
    assert (now(test.id).state, test.code) == (S.IN_DOUBT, "no_answer")
    assert seen[E164.removeprefix("+")]["messages"] == 1


@pytest.fixture
def route(stage: Stage, vnpt: Organisation) -> Route:
    return stage.route(vnpt, 9)


def test_a_test_is_taken_once(stage: Stage, route: Route) -> None:
    test_id = ask(stage, stage.author, route)
    taken = take(stage, route)
    assert taken is not None
    assert (taken.id, taken.sender, taken.text) == (test_id, "BLUEZONE", "Cai Bluezone")
    assert take(stage, route) is None
    answer(route, test_id, Answer(S.WAITING))
    assert take(stage, route) is not None, "what certainly never left may be tried again"


def test_nothing_is_taken_outside_the_hours_or_while_everything_is_stopped(
    stage: Stage, route: Route
) -> None:
    from campaigns import life

    ask(stage, stage.author, route)
    open_all_day = stage.settings
    stage.settings = open_all_day.model_copy(update={"notice_hours": _closed_now()})
    assert take(stage, route) is None
    stage.settings = open_all_day
    life.stop_everything("thử", stage.approver.id)
    assert take(stage, route) is None
    life.lift_stop(stage.approver.id)
    assert take(stage, route) is not None


def _closed_now() -> str:
    hour = clock.local(clock.now()).hour
    return "01:00-02:00" if hour > 12 else "22:00-23:00"


def test_who_opts_out_after_asking_gets_no_test(stage: Stage, route: Route) -> None:
    test_id = ask(stage, stage.author, route)
    opt_outs.add([E164], "called", None)
    assert take(stage, route) is None
    assert (now(test_id).state, now(test_id).code) == (S.NOT_SENT, "opted_out")


def test_who_opts_out_while_it_waits_for_its_slot_gets_no_test(stage: Stage, route: Route) -> None:
    test_id = ask(stage, stage.author, route)
    holder = Waiting(stage, route, lambda: opt_outs.add([E164], "called", None))
    asyncio.run(carrying.carry(holder, "me"))  # type: ignore[arg-type]
    assert now(test_id).state is S.WAITING
    assert holder.submitted == []
    assert take(stage, route) is None
    assert (now(test_id).state, now(test_id).code) == (S.NOT_SENT, "opted_out")


def test_nothing_leaves_at_a_slot_that_comes_after_everything_was_stopped(
    stage: Stage, route: Route
) -> None:
    test_id = ask(stage, stage.author, route)
    holder = Waiting(stage, route, lambda: stops.set_in_force("wrong text"))
    asyncio.run(carrying.carry(holder, "me"))  # type: ignore[arg-type]
    assert (now(test_id).state, holder.submitted) == (S.WAITING, [])


def test_nothing_leaves_at_a_slot_that_comes_when_the_hours_are_over(
    stage: Stage, route: Route
) -> None:
    test_id = ask(stage, stage.author, route)
    taken = take(stage, route)
    assert taken is not None
    with write_connection(db.engine) as connection:
        assert carrying.is_wanted(connection, taken)
        clock.set_offset(taken.ends - clock.real_now())
        assert not carrying.is_wanted(connection, taken)
    assert now(test_id).state is S.SENDING


def test_what_no_worker_takes_in_time_is_never_sent(stage: Stage, route: Route) -> None:
    test_id = ask(stage, stage.author, route)
    clock.set_offset(timedelta(minutes=11))
    assert take(stage, route) is None
    assert (now(test_id).state, now(test_id).code) == (S.NOT_SENT, "no_worker")


def test_a_worker_that_falls_silent_leaves_a_doubt_and_may_still_tell_when_it_thaws(
    stage: Stage, route: Route
) -> None:
    test_id = ask(stage, stage.author, route)
    take(stage, route)
    with write_connection(db.engine) as connection:
        carrying.doubt_silent(connection, 20)
    assert now(test_id).state is S.SENDING
    with write_connection(db.engine) as connection:
        connection.execute(text("UPDATE test_sends SET taken_at = 0"))
        carrying.doubt_silent(connection, 20)
    assert now(test_id).state is S.IN_DOUBT
    assert take(stage, route) is None
    answer(route, test_id, Answer(S.ACCEPTED, ["7"]))
    assert now(test_id).state is S.ACCEPTED


def test_a_test_has_arrived_when_all_its_parts_have_whatever_their_order(
    stage: Stage, route: Route
) -> None:
    test_id = ask(stage, stage.author, route)
    take(stage, route)
    receive(route, delivered("b"))  # before the answer
    answer(route, test_id, Answer(S.ACCEPTED, ["a", "b"]))
    assert now(test_id).state is S.ACCEPTED
    receive(route, delivered("a"), delivered("a", state="enroute"))
    assert now(test_id).state is S.DELIVERED
    assert db.session.scalar(text("SELECT COUNT(*) FROM unmatched_receipts")) == 0


def test_a_part_that_did_not_arrive_is_told(stage: Stage, vnpt: Organisation, route: Route) -> None:
    stage.subscribe(vnpt, ["+84912000111"])
    test_id = ask(stage, stage.author, route)
    take(stage, route)
    answer(route, test_id, Answer(S.ACCEPTED, ["a"]))
    receive(route, delivered("a", number="+84912000111"))
    assert now(test_id).state is S.ACCEPTED, "another's number"
    receive(route, delivered("a", state="undelivered"))
    assert now(test_id).state is S.UNDELIVERED


def test_a_receipt_that_may_be_the_test_s_settles_no_doubt_of_a_campaign(
    stage: Stage, vnpt: Organisation
) -> None:
    going = carried(stage, vnpt, 1)
    claim = going.claim()
    going.lapse()
    message = claim.messages[0].message_id
    assert going.state(message) == "in_doubt"
    test_id = ask(stage, stage.author, going.route, number=going.phones[0])
    take(stage, going.route)
    receive(going.route, delivered("unknown", number=going.phones[0]))
    assert going.state(message) == "in_doubt"
    answer(going.route, test_id, Answer(S.ACCEPTED, ["unknown"]))
    assert now(test_id).state is S.DELIVERED
    assert going.state(message) == "in_doubt"
    receive(going.route, delivered("another", number=going.phones[0]))
    assert going.state(message) == "delivered", "with no test open it is the message's"


def test_only_what_the_table_of_a_test_allows_is_written(stage: Stage, route: Route) -> None:
    test_id = ask(stage, stage.author, route)
    take(stage, route)
    answer(route, test_id, Answer(S.REFUSED, [], "x", "no"))
    answer(route, test_id, Answer(S.ACCEPTED, ["a"]))
    assert now(test_id).state is S.REFUSED
    assert db.session.scalars(select(TestSend.carrier_ids)).one() == "[]"
