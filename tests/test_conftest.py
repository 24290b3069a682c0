"""The fixtures themselves: a test starts on an empty database and an empty Valkey."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from outreach import installation, schema, store
from outreach.database import db


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_wrote_is_gone_in_the_next(app: Flask, redis: Redis, turn: int) -> None:
    assert installation.get("turn") is None
    assert redis.get("turn") is None
    installation.put("turn", str(turn))
    redis.set("turn", turn)
    assert installation.get("turn") == str(turn)
    assert store.current().get("turn") == str(turn).encode()


def test_the_database_of_a_test_counts_as_migrated(app: Flask) -> None:
    assert schema.is_current(db.engine)


def test_settings_for_the_tests_reach_those_that_run_beside_each_other(tmp_path: Path) -> None:
    """Reference data that is nowhere is looked for in the place named, by every process."""
    needs_it = "tests/outreach/example/test_letters.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "1", "-rs", "-p", "no:cacheprovider", needs_it],
        cwd=Path(__file__).resolve().parents[1],
        env=os.environ | {"OUTREACH_TEST_SHARED": str(tmp_path), "CI": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert f"no reference data in {tmp_path}/data" in done.stdout
