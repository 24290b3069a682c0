"""Processes die at any moment, or lie frozen past their leases: nobody gets two messages."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from campaigns import batches
from campaigns.messages import Change, settle
from campaigns.states import Cause, MessageState
from outreach import numbers
from outreach.database import transaction
from outreach.organisations import Organisation
from tests.faults.hands import freeze, hands, has_ended, thaw, until
from tests.faults.truth import Truth, assert_true, look
from tests.stage import Stage, numbers_of
from tests.workers.smsc import account, simulator_process

PEOPLE = 2_000
WINDOW = 50
NO_RECEIPTS = {"share": 0.0}


def test_workers_and_ticks_are_killed_again_and_again(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    """Nothing is lost or sent twice; in doubt is at most a window a death."""
    phones = numbers_of("vinaphone", PEOPLE)
    short.subscribe(vnpt, phones)
    chance = random.Random(1)
    with simulator_process(tmp_path, account(receipts=NO_RECEIPTS)) as carrier:
        route = short.route(vnpt, carrier.port, rate=600.0, window=WINDOW, gives_receipts=False)
        campaign = short.started([route.id])
        with hands(short, workers=2) as both:
            until(lambda: carrier.ask("GET", "/numbers?summary=1")["count"])
            for _ in range(6):
                time.sleep(chance.uniform(0.1, 0.6))
                both.kill_one(chance)
            campaign = short.wait(campaign, has_ended, 40)
            truth = assert_true(short, campaign, phones, carrier)
    assert campaign.state == "completed"
    assert len(truth.of("in_doubt")) <= both.deaths * WINDOW
    assert truth.of("accepted", "in_doubt") == set(phones)


def test_receipts_settle_what_the_deaths_left_in_doubt(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 1_200)
    short.subscribe(vnpt, phones)
    chance = random.Random(2)
    with simulator_process(tmp_path, account(receipts={"delay": [0, 1]})) as carrier:
        route = short.route(vnpt, carrier.port, rate=600.0, window=WINDOW)
        campaign = short.started([route.id])
        with hands(short, workers=2) as both:
            until(lambda: carrier.ask("GET", "/numbers?summary=1")["count"])
            for _ in range(3):
                time.sleep(chance.uniform(0.2, 0.5))
                both.kill_one(chance, ("worker",))
            campaign = short.wait(campaign, has_ended, 40)
            until(lambda: look(campaign, carrier).of("accepted") == set(), 20, every=0.5)
            until(lambda: set(look(campaign, carrier).seen) == _delivered(campaign, carrier), 10)
            assert_true(short, campaign, phones, carrier)


def _delivered(campaign: object, carrier: object) -> set[str]:
    return look(campaign, carrier).of("delivered")  # type: ignore[arg-type]


def test_a_worker_frozen_past_its_lease_sends_nothing_when_it_thaws(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 1_200)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account(receipts=NO_RECEIPTS)) as carrier:
        route = short.route(vnpt, carrier.port, rate=50.0, window=WINDOW, gives_receipts=False)
        campaign = short.started([route.id])
        with hands(short) as both:
            until(lambda: carrier.ask("GET", "/numbers?summary=1")["count"] > 20)
            (frozen,) = both.of("worker")
            both.start("worker")
            freeze(frozen)
            until(lambda: look(campaign, carrier).of("in_doubt"))
            resend_what_never_came(look(campaign, carrier))
            with transaction() as session:  # slow until here, so that much was claimed and not sent
                session.execute(text("UPDATE routes SET rate = 500"))
            time.sleep(1)
            thaw(frozen)
            campaign = short.wait(campaign, has_ended, 40)
            assert_true(short, campaign, phones, carrier)
    assert campaign.state == "completed"


def resend_what_never_came(truth: Truth) -> None:
    """A person asks the carrier, and has those sent again that it never saw."""
    with transaction() as session:
        connection = session.connection()
        unseen = sorted(truth.of("in_doubt") - set(truth.seen))
        assert unseen
        ids = numbers.find(connection, numbers.sealer(), unseen).values()
        rows = connection.execute(text("SELECT id, number_id FROM messages")).all()
        again = [row.id for row in rows if row.number_id in set(ids)]
        settle(connection, Cause.PERSON, [Change(i, MessageState.QUEUED) for i in again])
        batches.reopen(connection, again)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_that_is_stopped_in_order_leaves_nothing_in_doubt(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 1_200)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account(receipts=NO_RECEIPTS)) as carrier:
        route = short.route(vnpt, carrier.port, rate=600.0, window=WINDOW, gives_receipts=False)
        campaign = short.started([route.id])
        with hands(short) as both:
            for seen in (100, 600):
                until(lambda seen=seen: carrier.ask("GET", "/numbers?summary=1")["count"] > seen)
                (worker,) = both.of("worker")
                worker.terminate()
                worker.join(10)
                assert worker.exitcode == 0
                assert set(short.states(campaign)) == {"queued", "accepted"}
                both.keep()
            campaign = short.wait(campaign, has_ended)
            truth = assert_true(short, campaign, phones, carrier)
    assert truth.of("accepted") == set(phones)
