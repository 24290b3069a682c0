"""XLSX files: what is not a plain workbook refused, the first sheet with rows read."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import python_calamine
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists.encodings import FIELD
from outreach.lists.raw import Raw
from outreach.lists.xlsx_scan import Scan, Unscannable, scan

MOST_UNPACKED: Final = 300 * 1024 * 1024
"""Bytes a workbook may unpack to: about a million rows."""

MOST_CELLS: Final = 6_000_000
"""Cells of the rectangle that is loaded, 24 bytes each."""

MOST_PROBLEMS: Final = 100_000

_OFFICE: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_OFFICE_STRICT: Final = "{http://purl.oclc.org/ooxml/officeDocument/relationships}"


def open_rows(path: Path) -> Raw:
    """The rows of the first visible sheet that holds any, the first being row 1.

    A failed formula is its error text, a formula without a saved value an `UnsavedFormula`.
    Raises `Refused` (field `file`) for macros, passwords, other formats, damage and excess.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_unsafe(archive)
            name, found, others = _first_filled(path, archive)
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            sheet = workbook.get_sheet_by_name(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, UnicodeError) as wrong:
        raise _damaged() from wrong
    except (python_calamine.CalamineError, ElementTree.ParseError, Unscannable) as wrong:
        raise _damaged() from wrong
    return Raw(_rows(sheet, found), "XLSX", name, _notes(name, found, others))


def _rows(sheet: python_calamine.CalamineSheet, found: Scan) -> Iterator[list[object]]:
    # The reader leaves out empty columns at the left, but no rows at the top.
    left = (sheet.start or (0, 0))[1]
    wrong: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in found.problems.items():
        wrong.setdefault(row, []).append((column - left - 1, text))
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells: list[object] = list(values)
        for place, text in wrong.get(number, ()):
            if 0 <= place < len(cells):
                cells[place] = text
        yield cells


def _notes(name: str, found: Scan, others: list[str]) -> list[str]:
    notes = []
    if others:
        notes.append(
            _(
                "The sheet “%(name)s” was read. Not read: %(others)s.",
                name=name,
                others=", ".join(f"“{other}”" for other in others),
            )
        )
    if found.has_formulas:
        notes.append(_("Formulas are not computed again: the values saved with them are read."))
    return notes


def _refuse_unsafe(archive: zipfile.ZipFile) -> None:
    parts = {info.filename: info for info in archive.infolist()}
    if any(info.flag_bits & 1 for info in parts.values()):
        raise protected()
    if any(name.endswith("vbaProject.bin") for name in parts):
        raise _macros()
    if "xl/workbook.xml" not in parts:
        raise _other_format()
    unpacked = sum(info.file_size for info in parts.values())
    if unpacked > MOST_UNPACKED:
        raise Refused(
            _(
                "The workbook unpacks to %(size)s MB; %(most)s MB is the most. Save the sheet "
                "with the list as CSV, or split it.",
                size=unpacked >> 20,
                most=MOST_UNPACKED >> 20,
            ),
            FIELD,
        )
    if b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise _macros()


def _first_filled(path: Path, archive: zipfile.ZipFile) -> tuple[str, Scan, list[str]]:
    """Name and scan of the first visible sheet with a filled cell, and the names of the others."""
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
    parts = _sheet_parts(archive)
    for name in visible:
        with archive.open(parts[name]) as part:
            found = scan(part, MOST_PROBLEMS)
        if found.area > MOST_CELLS:
            raise _too_wide(name, found)
        if found.area:
            return name, found, [other for other in visible if other != name]
    raise Refused(_("The workbook has no sheet with rows."), FIELD)


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet → the part of the archive that holds it."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - no network
    parts = {}
    for element in book.iter():
        identity = element.get(f"{_OFFICE}id") or element.get(f"{_OFFICE_STRICT}id")
        if element.tag.endswith("}sheet") and identity in targets:
            target = targets[identity]
            parts[element.get("name", "")] = (
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )
    return parts


def _damaged() -> Refused:
    return Refused(
        _(
            "The workbook is damaged and cannot be read. Open it in Excel, save it again as .xlsx "
            "and upload that."
        ),
        FIELD,
    )


def _macros() -> Refused:
    return Refused(
        _(
            "The workbook contains macros (.xlsm), which are not accepted. Save it as "
            "“Excel Workbook (.xlsx)” and upload that."
        ),
        FIELD,
    )


def protected() -> Refused:
    """The refusal of a workbook locked with a password."""
    return Refused(
        _("The workbook is protected by a password. Remove it and upload the file again."), FIELD
    )


def _other_format() -> Refused:
    return Refused(
        _("The file is not an Excel workbook (.xlsx). Save the list as .xlsx or CSV."), FIELD
    )


def _too_wide(name: str, found: Scan) -> Refused:
    return Refused(
        _(
            "The sheet “%(name)s” reaches to row %(rows)s and column %(columns)s, more than is "
            "read. Delete what stands far from the list, or save the list as CSV.",
            name=name,
            rows=found.rows,
            columns=found.columns,
        ),
        FIELD,
    )
