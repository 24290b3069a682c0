"""Which programs run, and the supervisor's configuration that keeps them running."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from outreach.settings import Settings
from workers import running, valkey
from workers.example import carriers

HOUSE: Final = Path(__file__).resolve().parent.parent
TIED: Final = Path(__file__).resolve().with_name("tied.py")
FLASK: Final = (sys.executable, "-m", "flask", "--app", "app")
SIMULATOR: Final = "simulator.json"
# One process: an office's handful of readers fit, and a second would cost a second of every start.
WEB_THREADS: Final = 16


@dataclass(frozen=True)
class Program:
    """One program: its command, how many of it, its turn (started upwards, stopped downwards)."""

    name: str
    command: tuple[str, ...]
    turn: int
    count: int = 1
    patience: int = 15  # seconds between SIGTERM and SIGKILL
    after: Path | None = None  # the file it waits for


def all_programs(settings: Settings, demo: bool) -> list[Program]:
    """What this installation runs; `demo` adds the simulated carriers."""
    ours = not settings.redis_url
    store = settings.socket("valkey") if ours else None
    worker, tick = (*FLASK, "worker"), (*FLASK, "tick")
    return [
        *([_valkey(settings)] if ours else []),
        *([_simulator(settings)] if demo else []),
        Program("worker", worker, turn=30, count=settings.workers, patience=20, after=store),
        Program("tick", tick, turn=30, after=store),
        Program("web", _web(settings), turn=40, after=store),
    ]


def _valkey(settings: Settings) -> Program:
    socket, folder = settings.socket("valkey"), settings.data_dir / "valkey"
    return Program("valkey", tuple(valkey.arguments(valkey.find_server(), folder, socket)), turn=10)


def _simulator(settings: Settings) -> Program:
    """The carriers of the example, with the accounts that loading the example writes down."""
    accounts = settings.data_dir / "run" / SIMULATOR
    port, control = (str(port) for port in carriers.ports_of(settings))
    command = (
        *(sys.executable, "-m", "workers.simulator", "--config", str(accounts)),
        *("--port", port, "--control-port", control),
    )
    return Program("simulator", command, turn=20, after=accounts)


def _web(settings: Settings) -> tuple[str, ...]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return (
        *(sys.executable, "-m", "gunicorn", "app:create_app()"),
        *("--bind", f"{host}:{settings.port}"),
        *("--worker-class", "gthread"),
        *("--workers", "1", "--threads", str(WEB_THREADS)),
        *("--graceful-timeout", "10", "--timeout", "60"),
        *("--log-level", "warning", "--no-control-socket"),
        *("--config", "python:workers.web_server"),
    )


def tied(settings: Settings, command: Sequence[str], after: Path | None = None) -> list[str]:
    """The command that runs `command`, once `after` exists, so that it ends with its parent.

    See tied.py.
    """
    lock = settings.data_dir / "run" / running.PROGRAMS
    wait = ["--after", str(after)] if after else []
    return [sys.executable, "-I", "-S", str(TIED), str(lock), *wait, *command]


def configuration(settings: Settings, programs: Iterable[Program]) -> str:
    """The supervisor's configuration file."""
    sections = [_supervisor(settings), *(_section(settings, program) for program in programs)]
    return "\n\n".join(sections) + "\n"


def _plain(value: object) -> str:
    """A value as the configuration takes it: its percent signs are not ours to expand."""
    return str(value).replace("%", "%%")


def _supervisor(settings: Settings) -> str:
    run, logs = settings.data_dir / "run", settings.data_dir / "logs"
    return f"""; Written by the start command at every start; changes are lost.
[supervisord]
nodaemon = true
silent = true
logfile = {_plain(logs / "supervisor.log")}
logfile_maxbytes = 1MB
logfile_backups = 2
loglevel = info
pidfile = {_plain(run / "supervisor.pid")}
childlogdir = {_plain(logs)}
directory = {_plain(HOUSE)}

[unix_http_server]
file = {_plain(settings.socket("supervisor"))}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{_plain(settings.socket("supervisor"))}"""


def _section(settings: Settings, program: Program) -> str:
    command = shlex.join(tied(settings, program.command, program.after))
    log = settings.data_dir / "logs" / program.name
    many = program.count > 1
    return f"""[program:{program.name}]
command = {_plain(command)}
process_name = {"%(program_name)s-%(process_num)d" if many else "%(program_name)s"}
numprocs = {program.count}
numprocs_start = 1
priority = {program.turn}
directory = {_plain(HOUSE)}
environment = OUTREACH_DATA_DIR="{_plain(settings.data_dir)}",PYTHONUNBUFFERED="1"
autorestart = true
startsecs = 1
startretries = 1000
stopwaitsecs = {program.patience}
killasgroup = true
redirect_stderr = true
stdout_logfile = {_plain(log)}{"-%(process_num)d" if many else ""}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 5"""
