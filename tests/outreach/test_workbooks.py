"""What is written into a workbook comes out as what it was: numbers, days, words."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from openpyxl import load_workbook

from outreach import workbooks
from outreach.workbooks import DAY, SHARE, WHOLE


def test_numbers_are_numbers_and_words_never_formulas() -> None:
    book = workbooks.new()
    line = [(6090, WHOLE), (0.0505, SHARE), (date(2020, 8, 20), DAY), ("=1+1", ""), (None, WHOLE)]
    workbooks.add_sheet(book, "Số liệu", ["a", "b", "c", "d", "e"], [line], widths=(40,))
    out = io.BytesIO()
    book.save(out)
    sheet = load_workbook(out)["Số liệu"]
    figures, share, day, words, nothing = sheet[2]
    assert (figures.value, figures.number_format) == (6090, WHOLE)
    assert (share.value, share.number_format) == (0.0505, SHARE)
    assert (day.value.date(), day.number_format) == (date(2020, 8, 20), DAY)
    assert (words.value, words.data_type) == ("=1+1", "s")
    assert nothing.value is None
    assert (sheet.freeze_panes, sheet.column_dimensions["A"].width) == ("A2", 40)


def test_a_sheet_is_printed_a_page_wide_with_its_headings_on_each() -> None:
    """Opened in LibreOffice a report's annex was eighteen pages, most of them without headings."""
    book = workbooks.new()
    name = "Thị trấn Vườn Quốc gia Phong Nha"
    workbooks.add_sheet(book, "Hẹp", ["Đơn vị", "Số"], [[(name, ""), (1, WHOLE)]], widths=(30, 12))
    workbooks.add_sheet(book, "Rộng", ["Cột"] * 20, [], widths=())
    out = io.BytesIO()
    book.save(out)
    for sheet, paper in zip(load_workbook(out), (9, 8), strict=True):  # A4, A3
        assert sheet.print_title_rows == "$1:$1"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", paper)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet["A1"].font.name == sheet["A2"].font.name == "Calibri"
    narrow = load_workbook(out)["Hẹp"]
    assert narrow["A2"].alignment.wrap_text, "a name longer than its column is not cut off"
    assert narrow.row_dimensions[2].height == 30, "and no row lies over the next one"
    assert narrow.row_dimensions[1].height is None


def test_what_writes_files_is_loaded_when_a_file_is_written(tmp_path: Path) -> None:
    """Every worker, tick and command would wait for it."""
    code = (
        "import sys; from app import create_app; create_app();"
        "print(*sys.modules.keys() & {'openpyxl', 'numpy', 'docxtpl', 'typst'})"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OUTREACH_DATA_DIR": str(tmp_path)},
    )
    assert said.stdout.split() == []
