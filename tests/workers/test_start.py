"""The start command, run for real: what it brings up, and what it leaves behind (nothing)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from workers import running
from workers.programs import HOUSE


class Running:
    """One `flask serve` of a test, on a folder and a port of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.output = folder.parent / "output"
        self.process = self.spawn()

    def spawn(self) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "serve"],
                cwd=HOUSE,
                env=os.environ
                | {"OUTREACH_DATA_DIR": str(self.folder), "OUTREACH_PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def health(self) -> dict[str, object]:
        try:
            address = f"http://127.0.0.1:{self.port}/healthz"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as unwell:
            return json.load(unwell)
        except OSError:
            return {}

    def programs(self) -> list[int]:
        return running.programs(self.folder / "run")

    def pid_of(self, name: str) -> int:
        for pid in self.programs():
            with suppress(OSError):  # it may end while one looks
                if name in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
                    return pid
        return 0


def wait_until(true: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(folder: Path) -> Iterator[Running]:
    started = Running(folder, free_port())
    try:
        wait_until(lambda: started.health().get("status") == "ok")
        yield started
    finally:
        if started.process.poll() is None:
            started.process.terminate()
        started.process.wait(timeout=40)


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """A data folder on a migrated database."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "outreach.db")
    return folder


def test_it_comes_up_whole_brings_back_what_dies_and_leaves_no_process(folder: Path) -> None:
    """One start for all of it, since each is six programs."""
    with started(folder) as start:
        assert start.health() == {
            "status": "ok",
            "database": "sqlite",
            "redis": "ok",
            "workers": 2,
            "migrations": "current",
        }
        wait_until(lambda: f"http://127.0.0.1:{start.port}" in start.said)

        second = start.spawn()  # on the same folder
        assert second.wait(timeout=20) == 1
        assert f"{folder}: http://127.0.0.1:{start.port}, process {start.process.pid}" in start.said
        assert start.health()["status"] == "ok"

        before = start.pid_of("supervisord")
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: start.pid_of("supervisord") not in (0, before))
        wait_until(lambda: start.health().get("status") == "ok")

        start.process.send_signal(signal.SIGINT)
        assert start.process.wait(timeout=40) == 0
        assert start.programs() == []


def test_a_killed_start_takes_everything_with_it_and_the_next_one_works(folder: Path) -> None:
    with started(folder) as start:
        start.process.kill()
        wait_until(lambda: not start.programs())
    with started(folder) as again:
        assert again.health()["workers"] == 2
        again.process.send_signal(signal.SIGTERM)
        assert again.process.wait(timeout=40) == 0
        assert again.programs() == []


def test_a_used_port_is_said_before_anything_starts(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        start = Running(folder, other.getsockname()[1])
        assert start.process.wait(timeout=20) == 1
        assert str(start.port) in start.said
        assert "OUTREACH_PORT" in start.said
        assert start.programs() == []


def test_a_supervisor_that_never_stays_up_ends_the_start_with_the_place_to_look(
    folder: Path,
) -> None:
    start = Running(folder, free_port())
    deadline = time.monotonic() + 40
    while start.process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            if supervisor := start.pid_of("supervisord"):
                os.kill(supervisor, signal.SIGKILL)
        time.sleep(0.05)
    start.process.terminate()
    assert start.process.wait(timeout=40) == 1
    assert str(folder / "logs" / "supervisor.log") in start.said
    assert start.programs() == []
