"""Whether there is room left on the disk of the data folder, said when that changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from outreach import clock
from outreach.i18n import gettext as _

LOOK: Final = 5.0  # seconds between two looks
LEAST: Final = 64 << 20  # octets: Valkey rewrites its file, SQLite its log


class DiskWatch:
    """Looks at the disk of a folder every few seconds."""

    def __init__(self, folder: Path, least: int = LEAST) -> None:
        self._folder, self._least = folder, least
        self._low, self._next = False, 0.0

    def new(self) -> Iterator[str]:
        """A sentence when the disk has become nearly full, another when there is room again."""
        now = clock.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK
        free = shutil.disk_usage(self._folder).free
        low, self._low = self._low, free < self._least
        if low != self._low:
            yield self._sentence(free >> 20)

    def _sentence(self, megabytes: int) -> str:
        if self._low:
            return _(
                "Only %(free)s MB are free in %(folder)s. On a full disk nothing is stored and "
                "nothing is sent; it goes on by itself once there is room.",
                free=megabytes,
                folder=self._folder,
            )
        return _(
            "There is room again: %(free)s MB in %(folder)s.", free=megabytes, folder=self._folder
        )
