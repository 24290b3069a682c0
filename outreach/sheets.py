"""Writing XLSX row by row into memory: nothing of it ever stands on the disk in clear.

openpyxl's own writer puts each sheet into a temporary file as it goes; lists of phone numbers must
not lie there when a process is killed. A sheet is XML in a ZIP (ECMA-376), and what our lists need
of it is small: text, which no spreadsheet ever takes for a formula, whole numbers and moments.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import IO, BinaryIO, Final
from xml.sax.saxutils import escape

from outreach import clock

MOST_ROWS: Final = 1_048_576
"""Rows a sheet can hold, with its headings: a limit of the format."""
MIME: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | datetime | None

_EPOCH: Final = datetime(1899, 12, 30, tzinfo=clock.VIETNAM)
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # Style 0 is text as it is, 1 a heading, 2 a moment, 3 text that stays text when it is edited.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164"'
        ' formatCode="d/m/yyyy hh:mm"/></numFmts><fonts count="2"><font><sz val="11"/>'
        '<name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
        '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/>'
        '<xf fontId="1" applyFont="1"/><xf numFmtId="164" applyNumberFormat="1"/>'
        '<xf numFmtId="49" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


def write(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> BinaryIO:
    """A workbook of one sheet as a stream; what is beyond a sheet's rows is left out.

    Moments are written in Vietnam's time, which a sheet cannot name.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in _PARTS.items():
            book.writestr(name, _HEAD + part)
        book.writestr(
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="{_name(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            _write_sheet(sheet, headings, rows)
    stream.seek(0)
    return stream


def _write_sheet(sheet: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    widths = "".join(
        f'<col min="{i}" max="{i}" width="22" customWidth="1"/>'
        for i in range(1, len(headings) + 1)
    )
    sheet.write(
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
        f"</sheetViews><cols>{widths}</cols><sheetData>".encode()
    )
    sheet.write(f"<row>{''.join(_text(each, 1) for each in headings)}</row>".encode())
    for count, row in enumerate(rows, start=2):
        if count > MOST_ROWS:
            break
        sheet.write(f"<row>{''.join(map(_cell, row))}</row>".encode())
    sheet.write(b"</sheetData></worksheet>")


def _cell(value: Cell) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, datetime):
        days = (clock.local(value) - _EPOCH) / timedelta(days=1)
        return f'<c s="2"><v>{days:.10f}</v></c>'
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return _text(value, 3)


def writable(value: str) -> str:
    """The text without what no XML holds, such as the line breaks of a word processor."""
    return _NO_XML.sub("", value)


def _text(value: str, style: int) -> str:
    plain = escape(writable(value))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'


def _name(title: str) -> str:
    """A sheet's name has no more than 31 letters and none of `[]:*?/\\`."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", writable(title))[:31].strip() or "1"
    return escape(plain, {'"': "&quot;"})
