"""Run a program tied to its parent: `python -I -S workers/tied.py LOCK [--after FILE] COMMAND…`.

The program ends (SIGTERM) when the parent does, even by SIGKILL, and it holds a shared lock on the
file LOCK for as long as it or a child of its lives. So the next start can tell, without trusting
a recorded process number, whether something of the last one is still there. With `--after` the
program starts once FILE is there: the server's socket, the simulator's accounts. This file is run
on its own, before anything else is imported, and replaces itself by the command.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1  # prctl(2); survives execve


def main() -> None:
    """Tie this process, then become the command."""
    lock, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    holder = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(holder, True)
    fcntl.flock(holder, fcntl.LOCK_SH)
    if command[0] == "--after":
        _wait_for(command[1])
        command = command[2:]
    os.execvp(command[0], command)  # noqa: S606 - the command is our own configuration's


def _wait_for(path: str) -> None:
    while not os.path.exists(path):  # noqa: PTH110 - pathlib would double this program's start
        time.sleep(0.05)


if __name__ == "__main__":
    main()
