"""One start a data folder, and nothing left over from the one before."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.errors import Refused
from outreach.settings import LONGEST_SOCKET_PATH, Settings
from workers import programs, running

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "run").mkdir()
    return Settings(data_dir=tmp_path)


@pytest.fixture
def left_over(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A program of an earlier start that does not heed SIGTERM."""
    command = programs.tied(settings, (sys.executable, "-c", STUBBORN))
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 10
        while running.programs(settings.data_dir / "run") != [process.pid]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)  # until it ignores the signal
        yield process
        process.kill()


def test_what_is_left_over_is_found_and_ended(settings: Settings, left_over) -> None:
    running.clear(settings.data_dir / "run", patience=0.2)
    assert left_over.wait(timeout=5) == -9
    assert running.programs(settings.data_dir / "run") == []


def test_a_process_of_somebody_else_is_left_alone(settings: Settings) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        running.clear(settings.data_dir / "run", patience=0.2)
        assert other.poll() is None
        other.kill()


def test_a_program_ends_with_its_parent_even_if_that_is_killed(settings: Settings) -> None:
    tied = programs.tied(settings, ("sleep", "600"))
    parent = f"import subprocess; subprocess.Popen({tied!r}); input()"
    run = settings.data_dir / "run"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + 10
        while not running.programs(run) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.programs(run)
        process.kill()
    while running.programs(run):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_folder_is_held_by_one_start(settings: Settings) -> None:
    run = settings.data_dir / "run"
    first = running.lock_start(run, "http://127.0.0.1:5000")
    with pytest.raises(Refused, match=r"http://127\.0\.0\.1:5000, process \d+"):
        running.lock_start(run, "http://127.0.0.1:5001")
    assert first > 0


def test_a_used_port_is_refused_with_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refused, match=f"Port {port} on 127.0.0.1 cannot be used"):
            running.require_free_port("127.0.0.1", port)


def test_a_socket_of_a_deep_folder_lies_where_its_path_fits(tmp_path: Path) -> None:
    near, deep = Settings(data_dir=Path("/srv/x")), Settings(data_dir=tmp_path / ("d" * 120))
    assert near.socket("valkey") == Path("/srv/x/run/valkey.sock")
    assert len(str(deep.socket("valkey"))) <= LONGEST_SOCKET_PATH
    assert deep.socket("valkey") == Settings(data_dir=deep.data_dir).socket("valkey")
    assert deep.socket("valkey") != near.socket("valkey")
