"""Workbooks of figures for people to go on reckoning with: numbers as numbers, words as words.

Lists of phone numbers are written by `outreach.sheets`, which never puts them on the disk in clear.
"""

from __future__ import annotations

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
    """Add a sheet to a book: headings that stay, then a row of cells a line."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    def cell(value: object, shown_as: str) -> Any:
        made = WriteOnlyCell(sheet, sheets.writable(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            made.data_type = "s"  # a name that begins with "=" is a name
            made.alignment = Alignment(wrap_text=len(value) > 40, vertical="top")
        elif shown_as:
            made.number_format = shown_as
        return made

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number in range(len(headings)):
        letter = chr(ord("A") + number)
        sheet.column_dimensions[letter].width = widths[number] if number < len(widths) else 16
    heads = [cell(heading, "") for heading in headings]
    for head in heads:
        head.font = Font(bold=True)
        head.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.append(heads)
    for line in lines:
        sheet.append([cell(*each) for each in line])
