"""An uploaded list → its headings and its rows, one at a time, whatever program wrote it.

What cannot be read is refused before the first row, as far as that can be known: the size, the
format, the encoding, the row of headings. What shows only later is raised by the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

from outreach import phones
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import cells, csv_files, headings, legacy, xlsx_files
from outreach.lists.encodings import FIELD, refuse_legacy
from outreach.lists.headings import SUBSCRIBERS, Vocabulary
from outreach.lists.raw import Raw
from outreach.text import nfc

LARGEST: Final = 150 * 1024 * 1024
"""Bytes of an upload: some two million rows of a CSV file. A worker reads it from its memory."""

_PEEK: Final = 200
HEADINGS_WITHIN: Final = 30
"""Rows in which the headings are looked for: offices write a title above them."""
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")

Rows = Iterator[tuple[int, list[object]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A list: `rows` gives (row number as a spreadsheet shows it, values), blank rows left out.

    A row is as long as `headings`, or longer where it holds values beyond them. Text is in NFC;
    an empty cell is "". `encoding` is "UTF-8", "Windows-1258", "XLSX"…; `notes` are sentences for
    the person who uploads.
    """

    headings: list[str]
    rows: Rows
    encoding: str
    sheet: str | None
    notes: list[str]


def read(
    path: Path,
    mapping: Mapping[str, str] | None = None,
    vocabulary: Vocabulary = SUBSCRIBERS,
) -> Table:
    """Open the list at `path`; `mapping` and `vocabulary` say which headings to look for.

    Raises `Refused` (field `file`) with what is wrong and what to do; so may the rows.
    """
    check_size(path.stat().st_size)
    raw = _open(path)
    head = _head(raw, vocabulary)
    at = _headings_at(head, mapping, vocabulary)
    named = _without_end(head[at])
    names = [cells.as_text(nfc(str(cell))) for cell in named]
    if not any(map(_filled, head[at + 1 :])):
        told = [_("The file has headings but no rows under them."), *raw.notes]
        raise Refused(" ".join(told), FIELD)
    if at:
        raw.notes.append(
            _("The headings were found in row %(row)s; what stands above is left out.", row=at + 1)
        )
    rows = _numbered(chain(head[at + 1 :], raw.rows), at + 1, named)
    return Table(names, rows, raw.encoding, raw.sheet, raw.notes)


def peek(path: Path, vocabulary: Vocabulary = SUBSCRIBERS) -> list[list[object]]:
    """The first rows of the list at `path`, whatever they are. Raises `Refused` as `read` does."""
    check_size(path.stat().st_size)
    return _head(_open(path), vocabulary)


def _head(raw: Raw, vocabulary: Vocabulary) -> list[list[object]]:
    head = list(islice(raw.rows, _PEEK))
    _refuse_legacy(head)
    headings.join(head[: HEADINGS_WITHIN + 1], vocabulary)
    return head


def check_size(size: int) -> None:
    """Raise `Refused` (field `file`) for an upload of no bytes or of more than `LARGEST`."""
    if size == 0:
        raise Refused(_("The file is empty."), FIELD)
    if size > LARGEST:
        raise Refused(
            _(
                "The file has %(size)s MB; %(most)s MB is the most. Split it into smaller lists.",
                size=size >> 20,
                most=LARGEST >> 20,
            ),
            FIELD,
        )


def _numbered(rows: Iterable[list[object]], heading_row: int, named: list[object]) -> Rows:
    width = len(named)
    for number, row in enumerate(rows, start=heading_row + 1):
        if not _filled(row):
            continue
        if row[:width] == named:
            raise _headings_again(number, heading_row)
        yield number, [_composed(value) for value in _sized(row, width)]


def _sized(row: list[object], width: int) -> list[object]:
    if len(row) > width:
        return row[:width] + _without_end(row[width:])
    return row + [""] * (width - len(row))


def _composed(value: object) -> object:
    return nfc(value) if type(value) is str and not value.isascii() else value


def _filled(row: list[object]) -> bool:
    return any(value not in ("", None) and str(value).strip() for value in row)


def _without_end(row: list[object]) -> list[object]:
    """The row without the empty cells at its end."""
    width = len(row)
    while width and not cells.as_text(row[width - 1]):
        width -= 1
    return row[:width]


def _headings_at(
    head: list[list[object]], mapping: Mapping[str, str] | None, vocabulary: Vocabulary
) -> int:
    """Index of the row of headings: the first that names what is required, else the first filled.

    Raises `Refused` where that one already holds a phone number.
    """
    filled = [at for at, row in enumerate(head) if _filled(row)]
    if not filled:
        raise Refused(_("The file is empty."), FIELD)
    for at in filled[:HEADINGS_WITHIN]:
        if headings.fits(head[at], mapping, vocabulary):
            return at
    first = filled[0]
    if any(phone[0] for phone in phones.clean_many(head[first])):
        raise Refused(
            _(
                "Row %(row)s holds a phone number where headings are expected. Add a first row "
                "that names the columns, for example: phone, area, name.",
                row=first + 1,
            ),
            FIELD,
        )
    return first


def _headings_again(number: int, heading_row: int) -> Refused:
    return Refused(
        _(
            "Row %(number)s repeats the headings of row %(first)s: two lists seem to be joined. "
            "Remove that row and upload the file again.",
            number=number,
            first=heading_row,
        ),
        FIELD,
    )


def _refuse_legacy(head: list[list[object]]) -> None:
    texts = (cell for row in head for cell in row if isinstance(cell, str) and not cell.isascii())
    old = legacy.recognised(texts)
    if old:
        raise refuse_legacy(old)


def _open(path: Path) -> Raw:
    with path.open("rb") as file:
        start = file.read(512)
    if start.startswith(b"PK\x03\x04"):
        return xlsx_files.open_rows(path)
    if start.startswith(_OLE):
        raise _old_excel(path)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<", b"%pdf", b"{\\rtf")):
        raise Refused(
            _(
                "The file is a document or a web page, whatever its name says. Open it in Excel "
                "and save the list as .xlsx."
            ),
            FIELD,
        )
    return csv_files.open_rows(path)


def _old_excel(path: Path) -> Refused:
    """An OLE container is Excel's old format, or a workbook locked with a password."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if _ENCRYPTED in tail + chunk:
                return xlsx_files.protected()
            tail = chunk[-len(_ENCRYPTED) :]
    return Refused(
        _("The file is in Excel's old format (.xls). Save it as .xlsx and upload that."), FIELD
    )
