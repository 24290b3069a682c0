"""Processes that must answer at once look through all they hold only seldom."""

from __future__ import annotations

import subprocess
import sys

import pytest

from outreach.settings import Settings
from workers import collecting, programs, web_server

# The worker and the tick begin as their command does, and end there.
_COMMAND = (
    "from app import create_app; from workers.commands import worker as w;"
    "say = lambda *_: print(gc.get_threshold(), gc.get_freeze_count() > 0) or 1/0;"
    "w.Floor = w.ticking.run = say;"
    "print(create_app().test_cli_runner().invoke(w.{name}).output)"
)


@pytest.mark.parametrize(
    "code",
    [
        "from workers import web_server; web_server.post_worker_init(None);"
        "print(gc.get_threshold(), gc.get_freeze_count() > 0)",
        _COMMAND.format(name="worker"),
        _COMMAND.format(name="tick"),
    ],
    ids=["web", "worker", "tick"],
)
def test_everything_held_is_looked_through_seldom(code: str, tmp_path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", f"import gc; {code}"],
        capture_output=True,
        text=True,
        check=True,
        env={"OUTREACH_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert f"{collecting.COLLECT} True" in said.stdout, said.stderr


def test_gunicorn_is_told_of_it(tmp_path) -> None:
    assert f"python:{web_server.__name__}" in programs._web(Settings(data_dir=tmp_path))
