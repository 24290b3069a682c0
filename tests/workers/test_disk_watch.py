"""A disk that fills up is told once, and once more when there is room again."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from outreach import clock
from workers.disk_watch import LOOK, DiskWatch


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """How much is free, and a clock that passes a look's time at every question."""
    disk = SimpleNamespace(free=1000, now=0.0)

    def later() -> float:
        disk.now += LOOK
        return disk.now

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: disk)
    monkeypatch.setattr(clock, "monotonic", later)
    return disk


def test_a_disk_with_room_is_not_spoken_of(free: SimpleNamespace, tmp_path: Path) -> None:
    watch = DiskWatch(tmp_path, least=100)
    assert [*watch.new(), *watch.new()] == []


def test_a_full_disk_is_told_once_and_so_is_the_room_after_it(
    free: SimpleNamespace, tmp_path: Path
) -> None:
    watch = DiskWatch(tmp_path, least=100)
    free.free = 99
    (told,) = watch.new()
    assert "nothing is sent" in told
    assert str(tmp_path) in told
    assert list(watch.new()) == []
    free.free = 100
    assert "room again" in next(watch.new())


def test_it_looks_only_now_and_then(
    free: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = DiskWatch(tmp_path, least=100)
    assert list(watch.new()) == []
    monkeypatch.setattr(clock, "monotonic", lambda: free.now + LOOK / 2)
    free.free = 0
    assert list(watch.new()) == []
