"""Secrets that lie in a file of their own, made at first use, readable by nobody else."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def session_key(path: Path) -> str:
    """The key that signs sessions: 64 hexadecimal digits.

    Several processes may ask at the first start; all get the one that was there first.
    """
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(descriptor)
        # A link, unlike a rename, never replaces what another process has just put there.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="ascii")
