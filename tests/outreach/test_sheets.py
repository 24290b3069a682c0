"""XLSX of our own: read back by two readers, text never a formula, nothing on the disk."""

from __future__ import annotations

import io
import tempfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from outreach import clock, sheets

AT = datetime(2020, 8, 20, 15, 5, tzinfo=clock.VIETNAM)


def read(rows: list[tuple[sheets.Cell, ...]], title: str = "Không đến được") -> list[tuple]:
    book = openpyxl.load_workbook(sheets.write(title, ["Xã", "Số"], rows))
    return list(book.active.iter_rows(values_only=True))


def test_text_numbers_and_moments_come_back_as_they_are() -> None:
    rows = [("Xã Long Thuận", 1250), ("0912000001", AT), (None, "<&>")]
    back = read(rows)
    assert back[0] == ("Xã", "Số")
    assert back[1] == ("Xã Long Thuận", 1250)
    assert back[2] == ("0912000001", datetime(2020, 8, 20, 15, 5))
    assert back[3] == (None, "<&>")


@pytest.mark.parametrize(
    "evil", ["=1+1", "+84912000001", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("x")']
)
def test_what_begins_like_a_formula_is_text(evil: str) -> None:
    book = openpyxl.load_workbook(sheets.write("x", ["a"], [(evil,)]))
    cell = book.active["A2"]
    assert (cell.data_type, cell.value) in {("s", evil), ("inlineStr", evil)}
    assert cell.number_format == "@"


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5), st.text(max_size=50))
def test_any_text_and_any_title_make_a_workbook(cells: list[str], title: str) -> None:
    book = CalamineWorkbook.from_filelike(sheets.write(title, ["x"], [tuple(cells)]))
    assert len(book.get_sheet_by_index(0).to_python()) >= 1


def test_nothing_stands_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(*_: object, **__: object) -> None:
        raise AssertionError("a file was made")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", no_file)
    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    monkeypatch.setattr("builtins.open", no_file)
    assert isinstance(sheets.write("x", ["a"], [("b",)]), io.BytesIO)


def test_rows_beyond_what_a_sheet_holds_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    assert len(read([("a", 1)] * 9)) == 3
