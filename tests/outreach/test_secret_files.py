"""Secrets in files of their own."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from outreach.secret_files import session_key


def test_a_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    key = session_key(path)
    assert len(bytes.fromhex(key)) == 32
    assert session_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(session_key, [path] * 8))
    assert len(keys) == 1
