"""Opening a list of subscribers: the table read, its columns found, nothing yet judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import headings, reading
from outreach.lists.headings import Columns
from outreach.lists.reading import Table


def open_list(path: Path, mapping: Mapping[str, str]) -> tuple[Table, Columns]:
    """The rows of the file at `path` and where in them phone, area, name and group stand.

    Raises Refused where the file cannot be read, or its phones or areas cannot be found: without
    an area nobody could say whom a campaign reaches, so not a row is taken.
    """
    table = reading.read(path, mapping)
    columns = headings.recognise(table.headings, mapping)
    if "area" not in columns.places:
        raise Refused(
            _(
                "The list has no column of areas; each subscriber needs a commune, by name or "
                "code. Its columns: %(columns)s. Add one named “area”, or say which one it is: "
                "--map area=COLUMN.",
                columns=", ".join(f"“{name}”" for name in table.headings if name),
            ),
            headings.FIELD,
        )
    return table, columns
