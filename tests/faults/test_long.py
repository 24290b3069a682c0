"""The long rounds of `make faults`: 20,000 people, dozens of deaths, everything at once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from sqlalchemy import make_url

from campaigns import segments
from outreach.organisations import Organisation
from tests.faults.hands import Hands, cut_from_database, freeze, hands, has_ended, thaw, until
from tests.faults.test_stores import Valkey, own_valkey
from tests.faults.truth import assert_true, look
from tests.stage import Stage, numbers_of
from tests.workers.smsc import Process, account, simulator_process

pytestmark = pytest.mark.faults
PEOPLE = 20_000
WINDOW = 100
RATE = 500.0
__all__ = ["own_valkey"]


def _seen(carrier: Process) -> int:
    return int(carrier.ask("GET", "/numbers?summary=1")["count"])


@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_deaths(short: Stage, vnpt: Organisation, tmp_path: Path, seed: int) -> None:
    phones = numbers_of("vinaphone", PEOPLE)
    short.subscribe(vnpt, phones)
    chance = random.Random(seed)
    with simulator_process(tmp_path, account(receipts={"share": 0.0})) as carrier:
        route = short.route(vnpt, carrier.port, rate=RATE, window=WINDOW, gives_receipts=False)
        campaign = short.started([route.id])
        with hands(short, workers=2, ticks=2) as both:
            until(lambda: _seen(carrier))
            for _ in range(30):
                time.sleep(chance.uniform(0.05, 2))
                both.kill_one(chance)
            campaign = short.wait(campaign, has_ended, 300)
            truth = assert_true(short, campaign, phones, carrier)
    assert len(truth.of("in_doubt")) <= both.deaths * WINDOW
    assert truth.of("accepted", "in_doubt") == set(phones)


def test_a_minute_of_frost(short: Stage, vnpt: Organisation, tmp_path: Path) -> None:
    phones = numbers_of("vinaphone", PEOPLE)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account(receipts={"delay": [0, 2]})) as carrier:
        route = short.route(vnpt, carrier.port, rate=RATE, window=WINDOW)
        campaign = short.started([route.id])
        with hands(short) as both:
            until(lambda: _seen(carrier) > 2_000)
            (frozen,) = both.of("worker")
            both.start("worker")
            freeze(frozen)
            time.sleep(60)
            thaw(frozen)
            campaign = short.wait(campaign, has_ended, 300)
            until(lambda: not look(campaign).of("accepted"), 30, every=0.5)
            truth = assert_true(short, campaign, phones, carrier)
    assert truth.of("delivered") == set(truth.seen)


def test_everything_at_once(
    short: Stage, vnpt: Organisation, tmp_path: Path, own_valkey: Valkey
) -> None:
    """Long texts, receipts in any order, a carrier that hangs up and throttles, and a fault of ours
    every second or two: afterwards everybody is accounted for."""
    phones = numbers_of("vinaphone", PEOPLE)
    short.subscribe(vnpt, phones)
    chance = random.Random(3)
    faults = {
        "drop_share": 0.0005,
        "receipts_first_share": 0.2,
        "receipts_twice_share": 0.1,
        "receipts_disordered_share": 0.1,
    }
    behaviour = {"delay": [0, 3], "undelivered": 0.05}
    with simulator_process(tmp_path, account(receipts=behaviour, faults=faults)) as carrier:
        route = short.route(vnpt, carrier.port, rate=RATE, window=WINDOW)
        campaign = short.started([route.id])
        with hands(short, workers=2, ticks=2) as both:
            until(lambda: _seen(carrier))
            harms = _harms(short, both, own_valkey, carrier, chance)
            for _ in range(20):
                time.sleep(chance.uniform(0.2, 2))
                chance.choice(harms)()
                both.keep()
            campaign = short.wait(campaign, has_ended, 300)
            until(lambda: not look(campaign).of("accepted"), 60, every=1)
            truth = assert_true(short, campaign, phones, carrier)
    assert truth.of("delivered", "undelivered") == set(truth.seen)


def _harms(
    stage: Stage, both: Hands, server: Valkey, carrier: Process, chance: random.Random
) -> list[Callable[[], object]]:
    def flush() -> None:
        with redis.Redis.from_url(stage.settings.redis_url) as client:
            client.flushall()

    def lose_redis() -> None:
        server.lose()
        time.sleep(chance.uniform(0, 1))
        server.start()

    def freeze_redis() -> None:
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGSTOP)
        time.sleep(10)
        os.kill(server.process.pid, signal.SIGCONT)

    def frost() -> None:
        worker = chance.choice(both.of("worker"))
        freeze(worker)
        time.sleep(chance.uniform(3, 6))
        thaw(worker)

    def overload() -> None:
        carrier.ask("POST", "/fault", {"throttle_share": 0.5})
        time.sleep(1)
        carrier.ask("POST", "/fault", {"throttle_share": 0.0})

    harms: list[Callable[[], object]] = [
        *(3 * [lambda: both.kill_one(chance)]),
        *(flush, lose_redis, freeze_redis, frost, overload),
        lambda: carrier.ask("POST", "/drop", {}),
    ]
    if make_url(stage.settings.database_url).get_backend_name() == "postgresql":
        harms.append(lambda: cut_from_database(stage))
    return harms


def test_texts_of_several_parts_survive_deaths(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    """A part may be lost with its worker, but no part comes twice and no text begins twice."""
    wording = {"vi": "Kính gửi bà con {xa}: cài {ung_dung} tại {link}. " + "Cảm ơn bà con. " * 10}
    assert segments.count(wording["vi"]).segments > 2
    phones = numbers_of("vinaphone", 5_000)
    short.subscribe(vnpt, phones)
    chance = random.Random(4)
    with simulator_process(tmp_path, account(receipts={"delay": [0, 1]})) as carrier:
        route = short.route(vnpt, carrier.port, rate=RATE, window=50)
        campaign = short.started([route.id], wording=wording, strip_marks=False)
        with hands(short, workers=2) as both:
            until(lambda: _seen(carrier))
            for _ in range(10):
                time.sleep(chance.uniform(0.3, 2))
                both.kill_one(chance)
            campaign = short.wait(campaign, has_ended, 300)
            until(lambda: not look(campaign).of("accepted"), 30, every=0.5)
            truth = look(campaign, carrier)
        parts = {entry["parts"] for entry in carrier.ask("GET", "/numbers")["numbers"].values()}
    assert set(truth.seen.values()) == {1}
    whole = segments.count(
        wording["vi"].format(xa="Xã Long Khánh A", ung_dung="Bluezone", link="x")
    )
    assert max(parts) <= whole.segments + 1
    assert len(truth.of("in_doubt")) <= both.deaths * 50
