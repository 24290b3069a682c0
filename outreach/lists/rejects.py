"""The rows that could not be used, given back as a file: row, column, value, reason."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Final

from outreach.i18n import _

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Reject:
    """One value that kept a row out: `code` for programs, `sentence` for people."""

    row: int
    column: str
    value: str
    code: str
    sentence: str


def write(file: BinaryIO, rejects: Iterable[Reject]) -> int:
    """Write `rejects` as CSV in UTF-8 with its mark, which Excel needs; returns how many.

    A value that a spreadsheet would take for a formula gets an apostrophe before it; the list
    reader takes it away again when the corrected file comes back.
    """
    file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow((_("row"), _("column"), _("value"), _("reason"), _("what to do")))
    count = 0
    for reject in rejects:
        count += 1
        row = (reject.column, reject.value, reject.code, reject.sentence)
        writer.writerow((reject.row, *map(harmless, row)))
    text.detach()
    return count


def harmless(value: str) -> str:
    """`value` as a spreadsheet shows it and does not compute it."""
    return "'" + value if value.startswith(_FORMULA) else value
