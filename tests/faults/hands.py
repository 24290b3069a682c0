"""Workers and ticks that die, freeze and lose what they stand on, and what a test waits for."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess

from sqlalchemy import text

from campaigns.campaigns import Campaign
from campaigns.states import ENDED
from outreach.database import db
from tests.crew import Crew, at_work
from tests.databases import cut_connections
from tests.stage import Stage
from workers import tick
from workers.floor import Floor


@dataclass
class Hands(Crew):
    """A crew whose dead are brought back, as a supervisor does."""

    deaths: int = 0

    def keep(self) -> None:
        dead = [pair for pair in self.processes if not pair[1].is_alive()]
        for name, process in dead:
            self.processes.remove((name, process))
            self.start(name)

    def kill(self, process: ForkServerProcess) -> None:
        """SIGKILL, and back again."""
        self.deaths += process in self.of("worker")
        super().kill(process)
        self.keep()

    def kill_one(self, chance: random.Random, names: tuple[str, ...] = ("worker", "tick")) -> None:
        self.kill(chance.choice([process for name in names for process in self.of(name)]))

    def stop(self) -> None:
        """The end of the test, not of the work: whatever still runs is killed."""
        for _name, process in self.processes:
            process.kill()
        for _name, process in self.processes:
            process.join(10)


def freeze(process: ForkServerProcess) -> None:
    """SIGSTOP at a moment when it is in no transaction: one that freezes inside of one keeps
    everybody's writes waiting, on SQLite until it goes on, on PostgreSQL for a minute."""
    until(lambda: _frozen_outside(process.pid or 0), every=0.05)


def thaw(process: ForkServerProcess) -> None:
    """SIGCONT."""
    os.kill(process.pid or 0, signal.SIGCONT)


def _frozen_outside(pid: int) -> bool:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.3)
    if _nobody_keeps_a_transaction():
        return True
    os.kill(pid, signal.SIGCONT)
    return False


def _nobody_keeps_a_transaction() -> bool:
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        kept = text(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_xid IS NOT NULL AND clock_timestamp() - state_change > '0.2 s'"
        )
        keeping = db.session.execute(kept).scalar_one()
        db.session.rollback()
        return bool(keeping == 0)
    with closing(sqlite3.connect(db.engine.url.database or "", timeout=0.5)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


def cut_from_database(stage: Stage) -> None:
    """End every connection to PostgreSQL, as a restart of it would."""
    db.session.rollback()
    db.engine.dispose()
    cut_connections(stage.settings.database_url)


@contextmanager
def hands(stage: Stage, workers: int = 1, ticks: int = 1) -> Iterator[Hands]:
    """So many workers and ticks, already at work."""
    both = Hands(stage.settings, stage.settings.data_dir / "processes.log")
    with at_work(both, workers, ticks):
        yield both


@contextmanager
def one_floor(stage: Stage) -> Iterator[Floor]:
    """A worker in a thread of this process, for faults that are not its death."""
    db.session.rollback()
    floor = Floor(stage.app)
    thread = threading.Thread(target=floor.run)
    thread.start()
    try:
        yield floor
    finally:
        floor.stopping.set()
        thread.join(30)


def has_ended(campaign: Campaign) -> bool:
    """Whether a campaign has come to its end by itself."""
    return campaign.state in ENDED


def tick_until(
    stage: Stage, campaign: Campaign, done: Callable[[Campaign], object], seconds: float = 20.0
) -> Campaign:
    """Tick in this process until `done` is true of the campaign."""

    def ticked(now: Campaign) -> object:
        tick.once()
        return done(now)

    return stage.wait(campaign, ticked, seconds)


def until(done: Callable[[], object], seconds: float = 20.0, every: float = 0.02) -> None:
    """Wait for a moment of the test; an AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(every)
