"""Workbooks: the values Excel shows, and the ones that must not be opened."""

import datetime
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from outreach.errors import Refused
from outreach.lists import cells, reading, xlsx_files

SHEET = "xl/worksheets/sheet1.xml"


def workbook(
    folder: Path, *rows: list[object], change: Callable[[Worksheet], None] | None = None
) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Danh sách"
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    path = folder / "list.xlsx"
    book.save(path)
    return path


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes], **more: bytes) -> Path:
    """The workbook with one part changed and others added."""
    changed = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
        for name, content in more.items():
            new.writestr(name, content)
    return changed


def test_values_are_read_as_they_are_shown(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["SĐT", "Mã xã", "Ngày"],
        [912345678, 29971, datetime.date(2020, 8, 20)],
        [],
        ["0987654321", None, True],
    )
    table = reading.read(path)
    assert (table.sheet, table.encoding, table.notes) == ("Danh sách", "XLSX", [])
    assert [(number, [cells.as_text(v) for v in row]) for number, row in table.rows] == [
        (2, ["912345678", "29971", "2020-08-20"]),
        (4, ["0987654321", "", "True"]),
    ]


def test_a_list_that_begins_in_the_middle_of_the_sheet_keeps_its_row_numbers(
    tmp_path: Path,
) -> None:
    def place(sheet: Worksheet) -> None:
        sheet["C4"], sheet["D4"] = "SĐT", "Xã"
        sheet["C5"], sheet["D5"] = "0912345678", "#N/A"

    table = reading.read(workbook(tmp_path, change=place))
    assert table.headings == ["SĐT", "Xã"]
    assert list(table.rows) == [(5, ["0912345678", "#N/A"])]


def test_a_failed_formula_is_known_from_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["SĐT", "Xã"], ["#REF!", "a"], [None, "b"])
    (_, failed), (_, empty) = reading.read(path).rows
    assert [cells.problem(value) for value in failed] == ["cell_error", None]
    assert [cells.problem(value) for value in empty] == [None, None]


def test_a_formula_without_a_saved_value_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["SĐT", "Xã"], ['=CONCAT("0","912345678")', "a"])
    table = reading.read(path)
    [(_, row)] = table.rows
    assert row[0] == '=CONCAT("0","912345678")'
    assert cells.problem(row[0]) == "unsaved_formula"
    assert "Formulas" in table.notes[0]


def test_the_saved_value_of_a_formula_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["SĐT", "Xã"], ["=912345678", "a"])

    def saved(sheet: bytes) -> bytes:
        return re.sub(rb"</f><v ?/?>(</v>)?", b"</f><v>912345678</v>", sheet)

    [(_, row)] = reading.read(rewritten(path, SHEET, saved)).rows
    assert row == [912345678.0, "a"]


def test_only_the_first_visible_sheet_with_rows_is_read_and_that_is_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, state in [("Ẩn", "hidden"), ("Thuê bao", "visible"), ("Khác", "visible")]:
        sheet = book.create_sheet(name)
        sheet.append(["SĐT"])
        sheet.append(["0912345678"])
        sheet.sheet_state = state
    book.save(tmp_path / "list.xlsx")
    table = reading.read(tmp_path / "list.xlsx")
    assert table.sheet == "Thuê bao"
    assert "Khác" in table.notes[0]
    assert "Ẩn" not in table.notes[0]


def test_a_workbook_is_known_by_its_content_not_its_name(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["SĐT"], ["0912345678"]).rename(tmp_path / "list.csv")
    assert reading.read(path).encoding == "XLSX"


def test_one_stray_cell_in_the_last_corner_is_refused_before_it_takes_the_memory(
    tmp_path: Path,
) -> None:
    def stray(sheet: Worksheet) -> None:
        sheet["XFD1048576"] = "x"

    with pytest.raises(Refused, match="row 1048576 and column 16384"):
        reading.read(workbook(tmp_path, ["SĐT"], ["0912345678"], change=stray))


@pytest.mark.parametrize("place", [b"A999999999999", b"ZZZZZZ2", b"xfd1048576"])
def test_a_place_no_sheet_has_is_refused(tmp_path: Path, place: bytes) -> None:
    path = workbook(tmp_path, ["SĐT"], ["0912345678"])
    with pytest.raises(Refused, match="more than is read"):
        reading.read(rewritten(path, SHEET, lambda xml: xml.replace(b'r="A2"', b'r="%s"' % place)))


def test_cells_without_their_places_are_read_in_order(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["SĐT", "Xã"], ["0912345678", "a"])
    bare = rewritten(path, SHEET, lambda xml: re.sub(rb' r="[A-Z]*[0-9]+"', b"", xml))
    assert list(reading.read(bare).rows) == [(2, ["0912345678", "a"])]


def test_cells_without_their_places_cannot_hide_how_far_they_reach(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["SĐT"] * 20, ["0912345678"] * 20)

    def spread(sheet: bytes) -> bytes:
        return re.sub(rb' r="[A-Z]+[0-9]+"', b"", sheet).replace(b'r="2"', b'r="1048576"')

    with pytest.raises(Refused, match="row 1048576 and column 20"):
        reading.read(rewritten(path, SHEET, spread))


def test_formats_down_to_the_last_row_are_no_rows(tmp_path: Path) -> None:
    def coloured(sheet: Worksheet) -> None:
        sheet["XFD1048576"].font = openpyxl.styles.Font(bold=True)

    table = reading.read(workbook(tmp_path, ["SĐT"], ["0912345678"], change=coloured))
    assert len(list(table.rows)) == 1


def same(content: bytes) -> bytes:
    return content


def test_macros_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["SĐT"], ["0912345678"])
    with pytest.raises(Refused, match="macros"):
        reading.read(rewritten(path, SHEET, same, **{"xl/vbaProject.bin": b"x"}))
    with pytest.raises(Refused, match="macros"):
        reading.read(
            rewritten(
                path,
                "[Content_Types].xml",
                lambda xml: xml.replace(b"openxmlformats-officedocument.spreadsheetml.sheet.main",
                                        b"ms-excel.sheet.macroEnabled.main"),
            )
        )  # fmt: skip


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_files, "MOST_UNPACKED", 5_000_000)
    path = workbook(tmp_path, ["SĐT"], ["0912345678"])
    bomb = rewritten(path, SHEET, same, **{"xl/media/image1.png": bytes(6_000_000)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(Refused, match="unpacks to"):
        reading.read(bomb)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"<sheetData>", b"<sheetData"),
        lambda content: b"\x00" + content,
    ],
    ids=["cut off", "not XML", "not text"],
)
def test_a_damaged_workbook_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = workbook(tmp_path, ["SĐT"], ["0912345678"])
    with pytest.raises(Refused) as refused:
        reading.read(rewritten(path, SHEET, damage))
    assert refused.value.field == "file"


def test_other_archives_and_broken_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"PK\x03\x04" + b"x" * 100)
    with pytest.raises(Refused, match="damaged"):
        reading.read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(Refused, match="not an Excel workbook"):
        reading.read(path)


def test_a_workbook_without_a_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no sheet with rows"):
        reading.read(workbook(tmp_path))


def test_a_sheet_with_headings_alone_is_refused_with_the_sheets_not_read(tmp_path: Path) -> None:
    def add_list(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("Xã").append(["SĐT", "Xã"])

    with pytest.raises(Refused, match=r"no rows under them\. .*“Danh sách”.*“Xã”"):
        reading.read(workbook(tmp_path, ["Ghi chú"], change=add_list))
