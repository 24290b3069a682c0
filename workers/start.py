"""The start: brings everything up under a supervisor, says where to look, and stops it all.

The start itself stays in front: it restarts the supervisor where that dies, shows what its programs
complain about, and on Ctrl-C or SIGTERM leaves no process behind.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final

import click

from outreach import store
from outreach.errors import Refused
from outreach.i18n import gettext as _
from outreach.settings import Settings
from workers import backups, programs, running, valkey
from workers.disk_watch import DiskWatch
from workers.example import carriers
from workers.example.loading import PEOPLE
from workers.log_watch import LogWatch

LOOK: Final = 0.2  # seconds between two looks at what runs
REPORT: Final = 20.0  # seconds between two words about a start that takes long
SOON: Final = 5.0  # seconds: a supervisor that dies before never came up
TOO_OFTEN: Final = 4  # such deaths in a row
STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the start to stop."""


class Start:
    """One run of the installation, from the first folder to the last process gone."""

    def __init__(self, settings: Settings, demo: bool) -> None:
        self.settings = settings
        self.demo = demo
        self.address = f"http://{_reachable(settings.host)}:{settings.port}"
        self.run_folder = settings.data_dir / "run"
        self.log_folder = settings.data_dir / "logs"
        self._children: list[subprocess.Popen[bytes]] = []
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._brought_up_at = 0.0
        self._died_at_once = 0
        self._complaints = LogWatch(self.log_folder)
        self._disk = DiskWatch(settings.data_dir)

    def check(self) -> None:
        """Hold the data folder and look for what would stop the start; raises `Refused`."""
        make_folders(self.settings)
        running.lock_start(self.run_folder, self.address)
        backups.require_finished(self.settings)
        self._clear()
        running.require_free_port(self.settings.host, self.settings.port)
        require_store(self.settings)

    def _clear(self) -> None:
        """End what is left of an earlier start; what waits for the store waits for a new one."""
        running.clear(self.run_folder)
        self.settings.socket("valkey").unlink(missing_ok=True)

    def run(self) -> None:
        """Bring everything up and stay until somebody stops it. Call `check` before."""
        with _stopping_by_exception():
            try:
                self._bring_up()
                example = self._load_example() if self.demo else None
                self._wait_until_ready()
                if example:
                    self._wait_for_example(example)
                self._announce()
                self._stay()
            except Stopped:
                click.echo(_("Stopping."))
            finally:
                self._shut_down()

    def _bring_up(self) -> None:
        config = self.run_folder / "supervisor.conf"
        wanted = programs.all_programs(self.settings, self.demo)
        config.write_text(programs.configuration(self.settings, wanted))
        command = (sys.executable, "-m", "supervisor.supervisord", "-c", str(config))
        self._supervisor = self._spawn(command, quiet=True)
        self._brought_up_at = time.monotonic()

    def _spawn(
        self, command: Sequence[str], quiet: bool = False, after: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a child that dies with us; the terminal's Ctrl-C reaches us alone."""
        output = subprocess.DEVNULL if quiet else None
        child = subprocess.Popen(  # noqa: S603 - our own command
            programs.tied(self.settings, command, after),
            cwd=programs.HOUSE,
            env=os.environ | {"OUTREACH_DATA_DIR": str(self.settings.data_dir)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
        self._children.append(child)
        return child

    def _wait_until_ready(self) -> None:
        told = time.monotonic()
        while (health := self._health()).get("status") != "ok":
            self._nudge()
            self._keep_up()
            if time.monotonic() - told > REPORT:
                told = time.monotonic()
                click.echo(_("Not ready yet: %(health)s.", health=json.dumps(health)), err=True)

    def _nudge(self) -> None:
        """The supervisor looks about once a second, or as soon as somebody touches its socket."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as touch:
            touch.connect(str(self.settings.socket("supervisor")))

    def _health(self) -> dict[str, object]:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:  # noqa: S310
                return dict(json.load(answer))
        except urllib.error.HTTPError as unwell:
            return dict(json.load(unwell))
        except (OSError, ValueError) as away:
            return {"web": str(away)}

    def _load_example(self) -> subprocess.Popen[bytes]:
        """Load the example where it is not there yet; the command itself says what it does."""
        store = None if self.settings.redis_url else self.settings.socket("valkey")
        return self._spawn((*programs.FLASK, "example", "load"), after=store)

    def _wait_for_example(self, example: subprocess.Popen[bytes]) -> None:
        while example.poll() is None:
            self._keep_up()
        if example.returncode:
            raise Refused(_("The example could not be loaded; the lines above say why."))

    def _announce(self) -> None:
        click.echo(_("Từng Ngõ is up: %(address)s", address=self.address))
        if self.demo:
            _announce_example(self.settings)
        click.echo(_("Data and logs: %(folder)s", folder=self.settings.data_dir))
        click.echo(_("Ctrl-C stops everything."))

    def _stay(self) -> None:
        while True:
            self._keep_up()

    def _keep_up(self) -> None:
        """One look: show complaints, restart a supervisor that died."""
        time.sleep(LOOK)
        for line in (*self._disk.new(), *self._complaints.new()):
            click.echo(line, err=True)
        if self._supervisor is not None and self._supervisor.poll() is not None:
            self._revive()

    def _revive(self) -> None:
        """Bring everything up again, unless it never stays up."""
        stayed = time.monotonic() - self._brought_up_at > SOON
        self._died_at_once = 0 if stayed else self._died_at_once + 1
        if self._died_at_once == TOO_OFTEN:
            log = self.log_folder / "supervisor.log"
            raise Refused(_("The supervisor does not stay up; %(log)s says why.", log=log))
        click.echo(_("The supervisor died; bringing everything up again."), err=True)
        self._clear()
        self._bring_up()

    def _shut_down(self) -> None:
        """End every child, the supervisor's programs with it, and wait until all are gone."""
        for number in STOPPING:  # a second Ctrl-C must not interrupt the stopping
            signal.signal(number, signal.SIG_IGN)
        for child in self._children:
            child.terminate()
        for child in self._children:
            child.wait()
        running.clear(self.run_folder)


def _announce_example(settings: Settings) -> None:
    """Who may log in to the example, and what there is to look at."""
    click.echo(
        _(
            "Log-ins of the example; the password of all is %(password)s",
            password=carriers.secrets_of(settings).people,
        )
    )
    for email, role, _place, name in PEOPLE:
        click.echo(f"  {email:22} {role.value:8} {name}")
    click.echo(
        _(
            "Look at: the campaign that is being sent to Huyện Hồng Ngự; log in as %(email)s.",
            email=PEOPLE[1][0],
        )
    )
    _port, control = carriers.ports_of(settings)
    click.echo(
        _("What the simulated carriers received: http://127.0.0.1:%(port)s/stats", port=control)
    )


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _reachable(host: str) -> str:
    """Where a browser on this machine finds a server that listens on `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not listened on
    return f"[{host}]" if ":" in host else host


@contextmanager
def _stopping_by_exception() -> Iterator[None]:
    before = {number: signal.signal(number, _stop) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def make_folders(settings: Settings) -> None:
    """Make the folders of state; sockets and locks are for this user alone."""
    for name in ("run", "logs", "valkey"):
        (settings.data_dir / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_own(settings.socket("valkey").parent)


def _make_own(folder: Path) -> None:
    """A folder under the temporary one might have been laid there by somebody else."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise Refused(_("%(folder)s belongs to another user; remove it.", folder=folder))


def require_store(settings: Settings) -> None:
    """Raise `Refused` where neither a Valkey server is found nor the given Redis answers."""
    try:
        if settings.redis_url:
            store.connect(settings).ping()
        else:
            valkey.find_server()
    except valkey.NoServer as none:
        raise Refused(str(none)) from None
    except store.Unreachable as away:
        raise Refused(
            _("The Redis of OUTREACH_REDIS_URL does not answer: %(why)s.", why=away)
        ) from None
