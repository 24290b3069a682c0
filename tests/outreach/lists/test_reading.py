"""Uploaded CSV lists, and what every list is held to."""

from pathlib import Path

import pytest

from outreach.errors import Refused
from outreach.lists import reading
from outreach.lists.headings import recognise

ROWS = "SĐT{0}Xã{0}Họ tên\n0912345678{0}Long Thuận{0}Tèo\n\n0987654321{0}Thường Phước 1{0}Tý\n"


def stored(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, sign: str) -> None:
    table = reading.read(stored(tmp_path, ROWS.format(sign)))
    assert table.headings == ["SĐT", "Xã", "Họ tên"]
    assert list(table.rows) == [
        (2, ["0912345678", "Long Thuận", "Tèo"]),
        (4, ["0987654321", "Thường Phước 1", "Tý"]),
    ]
    assert (table.encoding, table.sheet, table.notes) == ("UTF-8", None, [])


def test_commas_inside_addresses_do_not_mislead(tmp_path: Path) -> None:
    content = "SĐT;Địa chỉ\n0912345678;Long Thuận, Hồng Ngự, Đồng Tháp\n0987654321;Phú Thuận A\n"
    assert reading.read(stored(tmp_path, content)).headings == ["SĐT", "Địa chỉ"]


def test_a_list_of_one_column_is_read(tmp_path: Path) -> None:
    table = reading.read(stored(tmp_path, "sdt\n0912345678\n"))
    assert (table.headings, list(table.rows)) == (["sdt"], [(2, ["0912345678"])])


def test_the_line_excel_hides_names_the_delimiter(tmp_path: Path) -> None:
    table = reading.read(stored(tmp_path, "\ufeffsep=|\nsdt|xã, ấp\n0912345678|a\n"))
    assert table.headings == ["sdt", "xã, ấp"]


def test_quoted_cells_may_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    table = reading.read(
        stored(tmp_path, 'sdt,name\r\n0912345678,"Tèo,\r\nấp 1"\r\n098,"""Tý"""\r\n')
    )
    assert [row for _, row in table.rows] == [["0912345678", "Tèo,\r\nấp 1"], ["098", '"Tý"']]


def test_windows_1258_is_read_and_said(tmp_path: Path) -> None:
    content = "SĐT,Xa\u0303\n0912345678,Long Thuâ\u0323n\n"
    table = reading.read(stored(tmp_path, content.encode("cp1258")))
    assert table.encoding == "Windows-1258"
    assert "Windows-1258" in table.notes[0]
    assert list(table.rows) == [(2, ["0912345678", "Long Thuận"])]


def test_decomposed_text_comes_out_composed(tmp_path: Path) -> None:
    table = reading.read(stored(tmp_path, "sdt,xa\u0303\n0912345678,Thua\u0323\u0302n\n"))
    assert table.headings == ["sdt", "xã"]
    assert list(table.rows) == [(2, ["0912345678", "Thuận"])]


def test_short_rows_are_filled_up_and_long_ones_keep_what_is_too_much(tmp_path: Path) -> None:
    table = reading.read(
        stored(tmp_path, "sdt,xã\n0912345678\n091,a,,\n092,Long Thuận,Hồng Ngự,\n")
    )
    assert [row for _, row in table.rows] == [
        ["0912345678", ""],
        ["091", "a"],
        ["092", "Long Thuận", "Hồng Ngự"],
    ]


def test_headings_under_a_title_are_found_and_that_is_said(tmp_path: Path) -> None:
    content = "DANH SÁCH THUÊ BAO,,\nHuyện Hồng Ngự,,\n,,\nSTT,Số điện thoại,Xã\n1,0912345678,a\n"
    table = reading.read(stored(tmp_path, content))
    assert table.headings == ["STT", "Số điện thoại", "Xã"]
    assert list(table.rows) == [(5, ["1", "0912345678", "a"])]
    assert "row 4" in table.notes[0]


def test_a_mapped_heading_is_looked_for_too(tmp_path: Path) -> None:
    content = "Danh sách,\nLiên lạc,Nơi ở\n0912345678,a\n"
    table = reading.read(stored(tmp_path, content), {"phone": "Liên lạc"})
    assert recognise(table.headings, {"phone": "Liên lạc"}).places == {"phone": 0}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n\n  \n", "empty"),
        (b",,\n,,\n", "empty"),
        ("SĐT,Xã\n", "no rows under them"),
        ("SĐT,Xã\n,\n", "no rows under them"),
        ("0912345678,Long Thuận\n0987654321,a\n", "Row 1 holds a phone number"),
        ("%PDF-1.7\n", "a document or a web page"),
        ("<html><table><tr><td>SĐT</td></tr></table></html>", "a document or a web page"),
    ],
    ids=[
        "0 bytes",
        "a mark only",
        "blank",
        "commas",
        "no rows",
        "blank rows",
        "no headings",
        "PDF",
        "HTML",
    ],
)
def test_what_is_no_list_is_refused_before_a_row_is_read(
    tmp_path: Path, content: str | bytes, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refused:
        reading.read(stored(tmp_path, content))
    assert refused.value.field == "file"


def test_headings_that_come_again_are_refused_with_their_row(tmp_path: Path) -> None:
    table = reading.read(stored(tmp_path, "sdt,xã\n0912345678,a\n\nsdt,xã\n0987654321,b\n"))
    with pytest.raises(Refused, match="Row 4 repeats the headings of row 1"):
        list(table.rows)


def test_quotes_that_do_not_match_are_refused_with_their_row(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Row 3"):
        reading.read(stored(tmp_path, 'sdt,xã\n0912345678,a\n0987654321,"b\n0987654322,c\n'))


def test_a_cell_without_end_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Row 2: a cell has more than 131072 characters"):
        reading.read(stored(tmp_path, "sdt,xã\n0912345678," + "a" * 140_000 + "\n"))


def test_quotes_far_down_are_refused_when_their_row_comes(tmp_path: Path) -> None:
    content = "sdt,xã\n" + "0912345678,a\n" * 5000 + '0987654321,"b"c\n'
    table = reading.read(stored(tmp_path, content))
    with pytest.raises(Refused, match="Row 5002"):
        list(table.rows)


def test_old_vietnamese_text_inside_utf8_is_refused(tmp_path: Path) -> None:
    content = "sdt,xa\n1,x· Long ThuËn\n2,Th­êng Thíi TiÒn\n3,§Æng Quèc V¨n\n"
    with pytest.raises(Refused, match="TCVN3"):
        reading.read(stored(tmp_path, content))


def test_a_file_of_200_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(Refused, match="200 MB; 150 MB is the most"):
        reading.read(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old format"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
    ],
)
def test_old_and_locked_workbooks_are_told_apart(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        reading.read(stored(tmp_path, content, "list.xls"))
