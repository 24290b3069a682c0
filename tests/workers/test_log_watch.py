"""The start shows what the programs complain about, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.log_watch import LogWatch


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "web.log"
    path.write_text('{"event": "of yesterday", "level": "error"}\n')
    return path


def test_errors_since_the_start_are_shown_once(log: Path) -> None:
    watch = LogWatch(log.parent)
    with log.open("a") as file:
        file.write(
            '{"event": "fine", "level": "info"}\nno json\n{"event": "bad", "level": "error"}\n'
        )
    assert list(watch.new()) == ["web: bad"]
    assert list(watch.new()) == []


def test_the_same_complaint_is_shown_once_a_minute(log: Path) -> None:
    watch = LogWatch(log.parent)
    with log.open("a") as file:
        file.write('{"event": "bad\\nTraceback", "level": "error"}\n' * 3)
    assert list(watch.new()) == [f"web: bad … see {log}"]


def test_half_a_line_waits_for_its_other_half(log: Path) -> None:
    watch = LogWatch(log.parent)
    with log.open("a") as file:
        file.write('{"event": "bad", ')
        file.flush()
        assert list(watch.new()) == []
        file.write('"level": "error"}\n')
    assert list(watch.new()) == ["web: bad"]


def test_a_rotated_log_is_read_from_its_beginning(log: Path) -> None:
    watch = LogWatch(log.parent)
    log.rename(log.with_name("web.log.1"))
    log.write_text('{"event": "new file", "level": "critical"}\n')
    assert list(watch.new()) == ["web: new file"]


def test_a_program_that_died_is_named_with_its_log(log: Path) -> None:
    watch = LogWatch(log.parent)
    supervisor = log.with_name("supervisor.log")
    supervisor.write_text("2026-01-01 WARN exited: tick (terminated by SIGKILL; not expected)\n")
    [line] = watch.new()
    assert line.startswith("tick ended (terminated by SIGKILL; not expected)")
    assert str(log.with_name("tick.log")) in line
