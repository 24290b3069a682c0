"""CSV files: the delimiter found, the rows read one at a time."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists.encodings import FIELD, WINDOWS_1258, detect, open_text
from outreach.lists.raw import Raw

_DELIMITERS: Final = ",;\t|"
_SAMPLE: Final = 1 << 16
_SAMPLE_ROWS: Final = 50


def open_rows(path: Path) -> Raw:
    """The rows of a CSV file, the first being row 1.

    Raises `Refused` (field `file`) for an encoding that is not read; the iterator raises it for
    quotes that do not match, naming the row.
    """
    encoding = detect(path)
    with open_text(path, encoding) as text:
        sample = text.read(_SAMPLE)
    notes = []
    if encoding.name == WINDOWS_1258:
        notes.append(
            _("The file is in Windows-1258. Check that the names in it read as they should.")
        )
    declared = _declared(sample)
    delimiter = declared or _delimiter(sample)

    def rows() -> Iterator[list[object]]:
        with open_text(path, encoding) as text:
            if declared:
                text.readline()
            yield from _records(csv.reader(text, delimiter=delimiter, strict=True))

    return Raw(rows(), encoding.name, None, notes)


def _records(reader: Iterator[list[str]]) -> Iterator[list[object]]:
    number = 0
    while True:
        number += 1
        try:
            row: list[object] = list(next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise _too_long(number) from None
            raise Refused(
                _(
                    'Row %(number)s: the quotes (") do not match, so where its cells end cannot '
                    "be told. Correct or remove them and upload the file again.",
                    number=number,
                ),
                FIELD,
            ) from None
        yield row


def _too_long(number: int) -> Refused:
    most = csv.field_size_limit()
    return Refused(
        _(
            "Row %(number)s: a cell has more than %(most)s characters. Shorten it, or close the "
            'quote (") that makes it run on, and upload the file again.',
            number=number,
            most=most,
        ),
        FIELD,
    )


def _declared(sample: str) -> str | None:
    """The delimiter of a first line "sep=;", which Excel writes and hides."""
    line = sample.split("\n", 1)[0].strip("\r\ufeff")
    return line[4] if len(line) == 5 and line.lower().startswith("sep=") else None


def _delimiter(sample: str) -> str:
    """The sign that cuts most rows into the same number of cells."""
    best, best_score = ",", (0.0, 0)
    for sign in _DELIMITERS:
        widths = _widths(sample, sign)
        several = Counter(width for width in widths if width > 1)
        if several:
            width, count = several.most_common(1)[0]
            best, best_score = max((best, best_score), (sign, (count / len(widths), width)),
                                   key=lambda each: each[1])  # fmt: skip
    return best


def _widths(sample: str, sign: str) -> list[int]:
    widths: list[int] = []
    try:
        for row in csv.reader(sample.splitlines(keepends=True), delimiter=sign):
            if row:
                widths.append(len(row))
            if len(widths) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        return widths
    return widths
