"""What the programs complain about, read from their log files as these grow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from outreach import clock

LOUD: Final = {"error", "critical"}
UNEXPECTED_END: Final = re.compile(r"WARN exited: (?P<name>\S+) \((?P<why>.*)\)")
AGAIN: Final = 60.0  # seconds
SUPERVISOR: Final = "supervisor.log"


class LogWatch:
    """Follows every *.log file of a folder from where it ends now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[int, int]] = {}
        self._shown: dict[str, float] = {}
        for path in folder.glob("*.log"):
            status = path.stat()
            self._read[path] = (status.st_ino, status.st_size)

    def new(self) -> Iterator[str]:
        """The complaints since the last call, a short line each, the same one once a minute."""
        now = clock.monotonic()
        for path in sorted(self._folder.glob("*.log")):
            for line in self._new_lines(path):
                complaint = _complaint(path, line)
                if complaint and now - self._shown.get(complaint, -AGAIN) >= AGAIN:
                    self._shown[complaint] = now
                    yield complaint

    def _new_lines(self, path: Path) -> list[str]:
        status = path.stat()
        inode, position = self._read.get(path, (status.st_ino, 0))
        if inode != status.st_ino or position > status.st_size:
            position = 0  # the file was rotated
        with path.open("rb") as file:
            file.seek(position)
            whole, _, _ = file.read().rpartition(b"\n")  # the rest is still being written
        self._read[path] = (status.st_ino, position + len(whole) + bool(whole))
        return whole.decode(errors="replace").splitlines()


def _ended(name: str, why: str, path: Path) -> str:
    return f"{name} ended ({why}) and is started again; see {path.with_name(name + '.log')}"


def _complaint(path: Path, line: str) -> str | None:
    if path.name == SUPERVISOR:
        ended = UNEXPECTED_END.search(line)
        return ended and _ended(ended["name"], ended["why"], path)
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or record.get("level") not in LOUD:
        return None
    first, _, more = str(record.get("event")).partition("\n")
    return f"{path.stem}: {first}" + (f" … see {path}" if more else "")
