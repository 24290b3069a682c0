"""Redis flushed, lost, frozen; PostgreSQL cutting connections; SQLite locked; a full disk."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from outreach import store
from outreach.database import db
from outreach.organisations import Organisation
from tests.faults.hands import Hands, cut_from_database, hands, has_ended, until
from tests.faults.truth import assert_true, look
from tests.stage import Stage, numbers_of
from tests.workers.smsc import Process, account, simulator_process
from workers import valkey

PEOPLE = 2_000
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@dataclass
class Valkey:
    """A server of our own, to be lost."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "v.sock"

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        command = valkey.arguments(valkey.find_server(), self.folder, self.socket)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self.socket.exists)

    def lose(self) -> None:
        """Killed, and all it knew is gone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        shutil.rmtree(self.folder)


@pytest.fixture
def own_valkey(short: Stage, tmp_path: Path) -> Iterator[Valkey]:
    """The stage on a Valkey of its own."""
    server = Valkey(tmp_path / "v")
    server.start()
    changes = {"redis_url": f"unix://{server.socket}"}
    short.settings = short.settings.model_copy(update=changes)
    short.app.config["OUTREACH"] = short.settings
    store.init_app(short.app)
    yield server
    if server.process is not None:
        server.process.send_signal(signal.SIGCONT)
        server.process.kill()
        server.process.wait(10)


def _seen(carrier: Process) -> int:
    return int(carrier.ask("GET", "/numbers?summary=1")["count"])


@on_sqlite
def test_redis_is_flushed_then_lost_then_frozen(
    short: Stage, vnpt: Organisation, tmp_path: Path, own_valkey: Valkey
) -> None:
    """Nothing is lost or sent twice, and without Redis nothing is sent."""
    phones = numbers_of("vinaphone", 1_000)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account()) as carrier, hands(short, workers=2) as both:
        route = short.route(vnpt, carrier.port, rate=300.0, window=50)
        campaign = short.started([route.id])
        until(lambda: _seen(carrier) > 100)
        with redis.Redis.from_url(short.settings.redis_url) as client:
            client.flushall()
        until(lambda: _seen(carrier) > 300)
        own_valkey.lose()
        time.sleep(0.3)
        before = _seen(carrier)
        time.sleep(0.7)
        assert _seen(carrier) == before
        own_valkey.start()
        until(lambda: _seen(carrier) > before + 150)
        assert own_valkey.process is not None
        os.kill(own_valkey.process.pid, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(own_valkey.process.pid, signal.SIGCONT)
        campaign = short.settled(campaign, 40)
        truth = assert_true(short, campaign, phones, carrier)
        assert len(both.of("worker")) == 2
    assert truth.of("delivered") == set(phones)


@on_postgresql
def test_every_connection_to_postgresql_is_cut_again_and_again(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", PEOPLE)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account()) as carrier, hands(short, workers=2) as both:
        route = short.route(vnpt, carrier.port, rate=500.0, window=50)
        campaign = short.started([route.id])
        until(lambda: _seen(carrier) > 100)
        for _ in range(4):
            cut_from_database(short)
            time.sleep(0.5)
        campaign = short.settled(campaign, 40)
        truth = assert_true(short, campaign, phones, carrier)
        assert both.deaths == 0
        assert len(both.of("worker")) == 2
    # A claim whose commit was cut off may stand, and nobody knows of it: those were never sent.
    assert truth.of("delivered") == set(truth.seen)


@on_sqlite
def test_a_receipt_that_could_not_be_stored_is_not_acknowledged(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    """It comes again after the worker died, since the carrier was never told that we had it."""
    phones = numbers_of("vinaphone", 200)
    short.subscribe(vnpt, phones)
    # Long enough for the lock to be there before the first one, on a busy machine too.
    quiet = {"delay": [4.0, 4.0]}
    with simulator_process(tmp_path, account(receipts=quiet)) as carrier, hands(short) as both:
        route = short.route(vnpt, carrier.port)
        campaign = short.wait(short.started([route.id]), has_ended)
        assert len(look(campaign).of("accepted")) == len(phones)
        db.session.rollback()
        with closing(sqlite3.connect(db.engine.url.database or "")) as locked:
            locked.execute("BEGIN IMMEDIATE")
            until(lambda: _stat(carrier, "deliveries_sent") == len(phones))
            time.sleep(0.3)
            assert _stat(carrier, "deliveries_acknowledged") == 0
            (worker,) = both.of("worker")
            worker.kill()
            worker.join(10)
        both.keep()
        campaign = short.settled(campaign)
        assert_true(short, campaign, phones, carrier)
        assert look(campaign).of("delivered") == set(phones)


def _stat(carrier: Process, name: str) -> int:
    return int(carrier.ask("GET", "/stats")["accounts"]["vnpt"].get(name, 0))


@on_sqlite
def test_a_database_locked_past_the_lease_lets_nothing_begin(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 600)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account()) as carrier, hands(short):
        route = short.route(vnpt, carrier.port, rate=300.0, window=50)
        campaign = short.started([route.id])
        until(lambda: _seen(carrier) > 100)
        db.session.rollback()
        with closing(sqlite3.connect(db.engine.url.database or "")) as locked:
            locked.execute("BEGIN IMMEDIATE")
            time.sleep(2)
            before = _seen(carrier)
            time.sleep(1)
            assert _seen(carrier) == before
        campaign = short.settled(campaign, 40)
        assert_true(short, campaign, phones, carrier)
        assert look(campaign).of("delivered") == set(phones)


@on_sqlite
def test_a_full_disk_stops_the_sending_and_nothing_else(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    """No process of ours may write another byte for three seconds; then there is room again."""
    phones = numbers_of("vinaphone", 1_000)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account()) as carrier, hands(short) as both:
        route = short.route(vnpt, carrier.port, rate=300.0, window=50)
        campaign = short.started([route.id])
        until(lambda: _seen(carrier) > 100)
        _limit_files(both, 4096)
        time.sleep(2)
        before = _seen(carrier)
        time.sleep(1)
        assert _seen(carrier) == before
        _limit_files(both, resource.RLIM_INFINITY)
        campaign = short.settled(campaign, 40)
        truth = assert_true(short, campaign, phones, carrier)
        assert both.deaths == 0
    assert truth.of("delivered") == set(phones)


def _limit_files(both: Hands, size: int) -> None:
    for _name, process in both.processes:
        limits = (size, resource.RLIM_INFINITY)
        resource.prlimit(process.pid or 0, resource.RLIMIT_FSIZE, limits)
