"""What a web process does about memory before its first page."""

from __future__ import annotations

import subprocess
import sys

from outreach.settings import Settings
from workers import programs, web_server


def test_everything_held_is_looked_through_seldom() -> None:
    code = (
        "import gc; from workers import web_server; web_server.post_worker_init(None);"
        "print(gc.get_threshold(), gc.get_freeze_count() > 0)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"{web_server.COLLECT} True"


def test_gunicorn_is_told_of_it(tmp_path) -> None:
    assert f"python:{web_server.__name__}" in programs._web(Settings(data_dir=tmp_path))
