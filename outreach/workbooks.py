"""Workbooks of figures for people to go on reckoning with: numbers as numbers, words as words.

Lists of phone numbers are written by `outreach.sheets`, which never puts them on the disk in clear.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final

from outreach import sheets

WHOLE: Final = "#,##0"
SHARE: Final = "0.00%"
WHOLE_AT_LEAST: Final = '"≥ "#,##0'
SHARE_AT_LEAST: Final = '"≥ "0.00%'
"""Where something of it is not known: whether messages arrived, what went over from an area."""
DAY: Final = "d/m/yyyy"
MOMENT: Final = "d/m/yyyy hh:mm"

WIDTH: Final = 16
"""Of a column nothing is said of, in letters."""
SENTENCES: Final = 60
"""A column as wide holds sentences; what is a number there stands where they begin."""
LINE: Final = 15
"""How high a line is, in points."""
A4, A3 = 9, 8
WIDEST_ON_A4: Final = 240
"""Letters beside each other that can still be read there."""

Cell = tuple[object, str]
"""A value and its number format; "" for words."""


def new() -> Any:
    """A book that is written sheet by sheet, row by row."""
    from openpyxl import Workbook  # with numpy a tenth of a start, which most processes never need

    return Workbook(write_only=True)


def add_sheet(
    book: Any,
    title: str,
    headings: Sequence[str],
    lines: Iterable[Sequence[Cell]],
    widths: Sequence[int],
) -> None:
    """Add a sheet to a book: headings that stay, then a row of cells a line. On paper it is a page
    wide, with the headings on each."""
    columns = [*widths[: len(headings)], *[WIDTH] * (len(headings) - len(widths))]
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    _lay_out(sheet, columns)
    _append(sheet, 1, [(heading, "") for heading in headings], columns, bold=True)
    for number, line in enumerate(lines, start=2):
        _append(sheet, number, line, columns)


def _append(
    sheet: Any, number: int, line: Sequence[Cell], columns: Sequence[int], *, bold: bool = False
) -> None:
    """Write a row as high as what is wrapped in it: not every program finds that by itself."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    long = [
        len(textwrap.wrap(value, width))
        for (value, _shown_as), width in zip(line, columns, strict=True)
        if isinstance(value, str) and len(value) > width
    ]
    if long:
        sheet.row_dimensions[number].height = LINE * max(long)
    made = []
    for (value, shown_as), width in zip(line, columns, strict=True):
        cell = WriteOnlyCell(sheet, sheets.writable(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            cell.data_type = "s"  # a name that begins with "=" is a name
            wraps = len(value) > width
            cell.alignment = Alignment("left", "top", wrap_text=wraps, indent=1)
        elif shown_as:
            cell.number_format = shown_as
            if width > SENTENCES:
                cell.alignment = Alignment("left", "top", indent=1)
            elif long:
                cell.alignment = Alignment(vertical="top")
        if bold:
            cell.font = Font(name="Calibri", size=11, bold=True)
        made.append(cell)
    sheet.append(made)


def _lay_out(sheet: Any, columns: Sequence[int]) -> None:
    """The columns' widths, and how it is printed."""
    from openpyxl.utils import get_column_letter

    for place, width in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4 if sum(columns) <= WIDEST_ON_A4 else A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&P/&N"
