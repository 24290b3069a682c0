"""Workers and ticks as processes of their own, as a supervisor would run them.

They are forked from a server that has the application imported, so that one starts in a moment: a
round of thirty deaths would take minutes of imports. That what is really started works is seen by
tests/workers/test_start.py.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from flask.cli import ScriptInfo

from app import create_app
from outreach.database import db
from outreach.settings import Settings
from workers.commands.worker import tick as tick_command
from workers.commands.worker import worker as worker_command
from workers.tied import PR_SET_PDEATHSIG

COMMANDS = {"worker": worker_command, "tick": tick_command}
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["app", "pytest", "workers.floor"])


def work(name: str, settings: Settings, log: Path) -> None:
    """The life of one process: what `flask worker` or `flask tick` does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    app = create_app(settings)
    info = ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    COMMANDS[name].main(args=[], obj=info, standalone_mode=False)
    sys.stdout.flush()


@dataclass
class Crew:
    """The processes of one installation."""

    settings: Settings
    log: Path
    processes: list[tuple[str, ForkServerProcess]] = field(default_factory=list)

    def start(self, name: str) -> ForkServerProcess:
        """Start a `worker` or a `tick`."""
        process = _forks.Process(target=work, args=(name, self.settings, self.log), daemon=True)
        process.start()
        self.processes.append((name, process))
        return process

    def of(self, name: str) -> list[ForkServerProcess]:
        """The living processes of a name."""
        return [process for kind, process in self.processes if kind == name and process.is_alive()]

    def kill(self, process: ForkServerProcess) -> None:
        """SIGKILL, and no wake."""
        process.kill()
        process.join(10)

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to what stays."""
        living = [process for _name, process in self.processes if process.is_alive()]
        for process in living:
            process.terminate()
        for process in living:
            process.join(20)
            if process.is_alive():
                self.kill(process)


@contextmanager
def at_work(crew: Crew, workers: int = 1, ticks: int = 1) -> Iterator[None]:
    """Start so many; what they logged is told with a failure."""
    db.session.rollback()
    try:
        for name in ["tick"] * ticks + ["worker"] * workers:
            crew.start(name)
        yield
    except BaseException as error:
        error.add_note(crew.log.read_text()[-6000:] if crew.log.exists() else "no log")
        raise
    finally:
        crew.stop()
