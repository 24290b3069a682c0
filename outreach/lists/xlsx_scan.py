"""A look at a sheet's XML before it is loaded: how large it is, and which cells hold no value.

The reader we use lays a sheet out as a full rectangle, so one stray cell in the last corner would
take all memory; and it shows a failed formula as an empty cell. Both are seen here, in bounded
memory, from the parts as they are unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import IO, Final

from outreach.lists.cells import UnsavedFormula

_CHUNK: Final = 1 << 20
_MOST_IN_ONE_ROW: Final = 16 << 20

# Every pattern stops at the next "<", so that no file makes it look far from where it began.
_REFERENCE: Final = rb"""\br\s*=\s*["']([A-Za-z]{1,20})(\d{1,20})"""
_FORMULA: Final = rb"<(?:\w+:)?f\b[^<>]*(?:/>|>([^<]*)</(?:\w+:)?f>)\s*"
# A cell with something inside; formats alone are not loaded and take no room.
_FILLED: Final = re.compile(rb"<(?:\w+:)?c\s[^<>]*?" + _REFERENCE + rb"[^<>]*(?<!/)>(?!</)")
# Some programs leave the places out: cells then follow each other, rows may have their number.
_UNPLACED: Final = re.compile(rb"<(?:\w+:)?c(?:\s(?![^<>]*\br\s*=)[^<>]*)?(?<!/)>")
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b([^<>]*)>")
_ROW_NUMBER: Final = re.compile(rb"""\br\s*=\s*["'](\d{1,20})""")
_FAILED: Final = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^<>]*\bt=["']e["'])[^<>]*?"""
    + _REFERENCE
    + rb"[^<>]*(?<!/)>\s*(?:"
    + _FORMULA
    + rb")?<(?:\w+:)?v>([^<]*)<"
)
_UNSAVED: Final = re.compile(
    rb"""<(?:\w+:)?c\s(?![^<>]*\bt=["']str["'])[^<>]*?"""
    + _REFERENCE
    + rb"[^<>]*(?<!/)>\s*"
    + _FORMULA
    + rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>|</(?:\w+:)?c>)"
)
_ROW_END: Final = b"row>"


class Unscannable(Exception):
    """The part is not the XML of a sheet as spreadsheet programs write it."""


@dataclass(slots=True)
class Scan:
    """The last filled row and column (from 1), and cells without a value: (row, column) → text."""

    rows: int = 0
    columns: int = 0
    has_formulas: bool = False
    problems: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def area(self) -> int:
        """Cells of the rectangle from A1 to the last filled row and column."""
        return self.rows * self.columns


def scan(part: IO[bytes], most_problems: int) -> Scan:
    """Look through the XML of one sheet; keeps at most `most_problems` cells without a value.

    Raises `Unscannable` for a part that is not such XML.
    """
    result = Scan()
    letters: set[bytes] = set()
    unplaced_rows = 0
    for block in _whole_rows(part):
        filled = _FILLED.findall(block)
        letters.update(column for column, _row in filled)
        result.rows = max(result.rows, max((int(row) for _column, row in filled), default=0))
        if not _plainly_placed(block) and _UNPLACED.search(block):
            tags = _ROW.findall(block)
            unplaced_rows += len(tags)
            _measure_unplaced(block, tags, unplaced_rows, result)
        _note_problems(block, result, most_problems)
    result.columns = max(result.columns, max(map(column_number, letters), default=0))
    return result


def column_number(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _plainly_placed(block: bytes) -> bool:
    """Whether every cell begins as Excel writes it, which is quicker to see than to search."""
    cells = block.count(b"<c ") + block.count(b"<c>") + block.count(b":c")
    return cells == block.count(b'<c r="')


def _measure_unplaced(block: bytes, tags: list[bytes], counted: int, result: Scan) -> None:
    """Take rows from their numbers or their count, columns from the longest row of cells."""
    numbers = [int(number[1]) for tag in tags if (number := _ROW_NUMBER.search(tag))]
    result.rows = max(result.rows, counted, *numbers, 0)
    cells = (len(_UNPLACED.findall(row)) for row in _ROW.split(block))
    result.columns = max(result.columns, *cells)


def _whole_rows(part: IO[bytes]) -> Iterator[bytes]:
    """The part in blocks that end where a row ends, so that no cell is cut in two."""
    rest = b""
    while chunk := part.read(_CHUNK):
        if not rest and b"\0" in chunk[:8]:
            raise Unscannable("not an 8-bit encoding")
        block = rest + chunk
        end = block.rfind(_ROW_END) + len(_ROW_END)
        if end < len(_ROW_END):
            if len(block) > _MOST_IN_ONE_ROW:
                raise Unscannable("a row without end")
            rest = block if b"row" in block else block[-len(_ROW_END) :]
            continue
        yield block[:end]
        rest = block[end:]
    yield rest


def _note_problems(block: bytes, result: Scan, most: int) -> None:
    if b't="e"' in block or b"t='e'" in block:
        for column, row, _formula, text in _FAILED.findall(block):
            if len(result.problems) < most:
                result.problems[int(row), column_number(column)] = _text(text)
    if re.search(rb"<(?:\w+:)?f[\s>/]", block):
        result.has_formulas = True
        for column, row, formula in _UNSAVED.findall(block):
            if len(result.problems) < most:
                cell = UnsavedFormula("=" + _text(formula))
                result.problems[int(row), column_number(column)] = cell


def _text(raw: bytes) -> str:
    return unescape(raw.decode("utf-8", "replace"))
