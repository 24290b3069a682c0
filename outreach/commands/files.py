"""What commands that import a file share: columns named by hand, and where rejects are written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from outreach.errors import Refused
from outreach.i18n import _


def mapping_of(given: tuple[str, ...]) -> dict[str, str]:
    """`--map MEANING=COLUMN`, given any number of times. Raises Refused for anything else."""
    mapping = {}
    for each in given:
        meaning, equals, column = each.partition("=")
        if not (meaning.strip() and equals and column.strip()):
            raise Refused(
                _("“%(given)s” is not MEANING=COLUMN, for example phone=SDT.", given=each), "map"
            )
        mapping[meaning.strip()] = column.strip()
    return mapping


def rejects_path(chosen: Path | None, file: Path, import_id: int) -> Path:
    """Where rejects go: as chosen, else beside the file, else in a new folder."""
    path = chosen or file.absolute().with_name(f"{file.stem}-rejects-{import_id}.csv")
    if chosen is None and not os.access(path.parent, os.W_OK):
        return Path(tempfile.mkdtemp(prefix="rejects-")) / path.name
    return path
