"""One start a data folder, and nothing left over from the one before.

Two locks on files in the data folder's run/ say so; the kernel frees them when their holders die,
so no process number of a dead process is ever believed:

start.lock     held by the start command alone
programs.lock  shared by every program it brought up (see tied.py)
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from outreach.errors import Refused
from outreach.i18n import gettext as _

START: Final = "start.lock"
PROGRAMS: Final = "programs.lock"
PATIENCE: Final = 8.0  # seconds to end in good order; being killed loses nothing either


def lock_start(run: Path, address: str) -> int:
    """Hold this data folder for the life of this process; answers the lock's file descriptor.

    Raises `Refused` where another start holds it.
    """
    holder = os.open(run / START, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(holder, 200, 0).decode(errors="replace").strip()
        os.close(holder)
        raise Refused(
            _(
                "It already runs on the data folder %(folder)s: %(who)s. Stop that one first, or "
                "set OUTREACH_DATA_DIR to another folder.",
                folder=run.parent,
                who=said,
            )
        ) from None
    os.truncate(holder, 0)
    os.pwrite(holder, f"{address}, process {os.getpid()}\n".encode(), 0)
    return holder


def programs(run: Path) -> list[int]:
    """The ids of the processes that hold the programs' lock: ours, and nobody else's."""
    lock = (run / PROGRAMS).resolve()
    numbered = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [int(process.name) for process in numbered if _holds(process, lock)]


def _holds(process: Path, lock: Path) -> bool:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:  # it ended, or belongs to another user
        return False
    return any(_target(descriptor) == lock for descriptor in descriptors)


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:  # closed in the meantime
        return None


def clear(run: Path, patience: float = PATIENCE) -> None:
    """End what is left of an earlier start: ask, wait for `patience` seconds, then kill."""
    deadline = time.monotonic() + patience
    _send(run, signal.SIGTERM)
    while not _all_gone(run):
        if time.monotonic() > deadline:
            _send(run, signal.SIGKILL)
        time.sleep(0.05)


def _send(run: Path, what: signal.Signals) -> None:
    for pid in programs(run):
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def _all_gone(run: Path) -> bool:
    holder = os.open(run / PROGRAMS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(holder)


def require_free_port(host: str, port: int) -> None:
    """Raise `Refused` where another program listens on `port` already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            raise Refused(
                _(
                    "Port %(port)s on %(host)s cannot be used (%(why)s). Stop the program that "
                    "uses it, or set OUTREACH_PORT to another port.",
                    port=port,
                    host=host,
                    why=wrong.strerror,
                ),
                field="port",
            ) from None
