"""A file of areas between its trial and its loading: kept for a day, sealed, beside the lists."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from outreach import sealed_files
from outreach.area_files import LARGEST_FILE
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists.uploads import in_memory
from outreach.numbers import sealer

KEPT_FOR: Final = 24 * 3600
CONTEXT: Final = b"areas"
_KEY: Final = re.compile(r"[0-9a-f]{64}")


def keep(folder: Path, source: BinaryIO) -> str:
    """Keep the bytes of an upload; answers the key they are found by, the same for the same file.

    Raises Refused for a file too large to be one of areas.
    """
    if source.seek(0, os.SEEK_END) > LARGEST_FILE:
        raise Refused(_("This file is larger than 50 MB; no list of areas is."), "file")
    source.seek(0)
    key = hashlib.sha256(source.read()).hexdigest()
    source.seek(0)
    _forget_old(folder)
    with sealed_files.writing(_path(folder, key), sealer(), CONTEXT) as kept:
        shutil.copyfileobj(source, kept, sealed_files.FRAME)
    return key


@contextmanager
def opened(folder: Path, key: str) -> Iterator[Path]:
    """A path under which this process can read the file. Raises Refused where it is not kept."""
    try:
        source = sealed_files.reading(_path(folder, key), sealer(), CONTEXT)
    except FileNotFoundError:
        raise Refused(
            _("This file is no longer kept: it was loaded, or a day has passed. Upload it again."),
            "file",
        ) from None
    with source, in_memory(source, "areas.csv") as path:
        yield path


def forget(folder: Path, key: str) -> None:
    """Drop a file."""
    _path(folder, key).unlink(missing_ok=True)


def _path(folder: Path, key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise Refused(_("Upload the file again."), "file")
    return folder / "lists" / f"areas-{key}"


def _forget_old(folder: Path) -> None:
    for path in (folder / "lists").glob("areas-*"):
        if time.time() - path.stat().st_mtime > KEPT_FOR:
            path.unlink(missing_ok=True)
