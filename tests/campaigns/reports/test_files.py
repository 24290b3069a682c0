"""The files: what stands in them, and that the same facts make the same bytes."""

from __future__ import annotations

import copy
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pypdf
from flask import Flask

from campaigns.reports import editions, files, forms
from tests.campaigns.reports.reporting import TODAY, WORD, area_of, counted, words
from tests.drive import Drive

__all__ = ["counted"]
RESULT = (
    "Tính đến 15 giờ 00 phút ngày 20 tháng 8 năm 2020, huyện Hồng Ngự có 6.090 số điện thoại cài"
    " đặt ứng dụng Bluezone, đạt tỷ lệ 5,05% (6.090/120.514 người), tăng 390 so với ngày 19/8/2020."
)
GOES_ON = "TTĐơnvịDânsốĐãcàiTỷlệTăng,giảmSốliệulúcBáocáo"
HEAD = [
    "ỦY BAN NHÂN DÂN",
    "HUYỆN HỒNG NGỰ",
    "PHÒNG VH&TT HỒNG NGỰ",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "Số: 12/BC-VHTT",
    "Hồng Ngự, ngày 20 tháng 8 năm 2020",
    "BÁO CÁO",
    "Kết quả triển khai cài đặt ứng dụng Bluezone ngày 20 tháng 8 năm 2020",
    "Kính gửi: Ủy ban nhân dân huyện Hồng Ngự.",
    "I. KẾT QUẢ CÀI ĐẶT",
]


def issued(counted: Drive) -> editions.DailyReport:
    return editions.issue(
        area_of("870"), TODAY, counted.staff, "12", "Tuyên truyền < thêm & nhanh."
    )


def test_the_word_file_says_it_all_in_order(counted: Drive) -> None:
    said = words(files.of(issued(counted), "docx"))
    assert said[: len(HEAD)] == HEAD
    assert said[len(HEAD)].startswith(RESULT)
    row = said.index("Xã Long Khánh A")
    assert said[row : row + 7] == [
        "Xã Long Khánh A", "10.000", "3.990", "39,90%", "+290", "14:50 20/08", "Đúng hạn",
    ]  # fmt: skip
    total = said.index("Huyện Hồng Ngự")
    assert said[total : total + 4] == ["Huyện Hồng Ngự", "120.514", "6.090", "5,05%"]
    assert said[-7:] == [
        "III. NHẬN XÉT, KIẾN NGHỊ",
        "Tuyên truyền < thêm & nhanh.",
        "Trên đây là báo cáo kết quả triển khai cài đặt ứng dụng ngày 20 tháng 8 năm 2020 trên địa"
        " bàn huyện Hồng Ngự./.",
        "Nơi nhận:",
        "- Như trên;",
        "- Lưu: VT.",
        "TRƯỞNG PHÒNG",
    ]


def test_the_paper_says_the_same_in_a_face_like_times(counted: Drive) -> None:
    paper = pypdf.PdfReader(io.BytesIO(files.of(issued(counted), "pdf")))
    said = " ".join(" ".join(page.extract_text() for page in paper.pages).split())
    for line in (*HEAD, "Tuyên truyền < thêm & nhanh.", "Nơi nhận:"):
        assert line in said, line
    assert RESULT in said
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in paper.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name.split("+")[-1] for name in fonts} <= {
        "LiberationSerif",
        "LiberationSerif-Bold",
        "LiberationSerif-Italic",
        "LiberationSerif-BoldItalic",
    }
    box = paper.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)  # A4


def test_both_say_the_same_word_for_word(app: Flask) -> None:
    """Of a day with everything: two apps, schools, a correction, addressees, messages."""
    facts = everything()
    said = "".join("".join(words(files.docx(facts, forms.USUAL.read_bytes()))).split())
    assert said.count("Xã Ví Dụ".replace(" ", "")) > 5
    paper = ""
    for number, page in enumerate(pypdf.PdfReader(io.BytesIO(files.pdf(facts))).pages, start=1):
        text = "".join(page.extract_text().split())
        # From the second page on its number, and the heads of a table that goes on.
        paper += text.removeprefix(str(number)).removeprefix(GOES_ON) if number > 1 else text
    assert paper == said


def everything(**row: Any) -> dict[str, Any]:
    """The invented report with two apps and all the rest; the first app's row as it is wanted."""
    facts = copy.deepcopy(forms.SAMPLE)
    (app,) = facts["figures"]["apps"]
    facts["figures"]["apps"] = [app | {"rows": [app["rows"][0] | row]}, app | {"name": "NCOVI"}]
    facts["head"] |= {
        "addressed": ["Ủy ban nhân dân huyện;", "Sở Thông tin và Truyền thông."],
        "signer_title": "KT. TRƯỞNG PHÒNG\nPHÓ TRƯỞNG PHÒNG",
    }
    return facts


def test_a_word_processor_can_lay_the_form_out(app: Flask) -> None:
    """By the grid go those that follow the standard: with another one than that of its cells the
    nation's name broke, every row had three lines, and a page stood empty."""
    with zipfile.ZipFile(forms.USUAL) as archive:
        body = ElementTree.fromstring(archive.read("word/document.xml"))[0]
    page = {each.tag.removeprefix(WORD): each.attrib for each in body[-1]}
    size, margins = page["pgSz"], page["pgMar"]
    sides = {name: round(int(margins[f"{WORD}{name}"]) / 56.7) for name in ("left", "right", "top")}
    assert sides == {"left": 30, "right": 15, "top": 20}
    wide = int(size[f"{WORD}w"]) - sum(int(margins[f"{WORD}{name}"]) for name in ("left", "right"))
    for table in body.iter(f"{WORD}tbl"):
        grid = [int(each.attrib[f"{WORD}w"]) for each in table.iter(f"{WORD}gridCol")]
        assert sum(grid) == wide
        for row in table.iter(f"{WORD}tr"):
            assert [int(c.attrib[f"{WORD}w"]) for c in row.iter(f"{WORD}tcW")] == grid
            assert row.find(f".//{WORD}cantSplit") is not None, "a row broke over two pages"
    assert len(list(body.iter(f"{WORD}tblHeader"))) == 4
    assert body[-2].tag == f"{WORD}p", "after a table a page of its own would begin"
    closing = next(p for p in body.iter(f"{WORD}p") if "{{ ket }}" in "".join(p.itertext()))
    assert closing.find(f".//{WORD}keepNext") is not None, "who signs stands alone on a page"


def test_a_wide_number_takes_nothing_from_the_name_of_its_area(app: Flask) -> None:
    """On the paper columns were as wide as their numbers, and names had a letter a line."""
    few = heads_of(everything())
    many = {"of": 8_224_400, "installs": 1_234_567, "change": -123_456, "short": True}
    facts = everything(**many)
    for each in facts["figures"]["apps"]:
        each["denominator"] = "smartphone_users"
    assert heads_of(facts) == few


def heads_of(facts: dict[str, Any]) -> dict[str, int]:
    """Where some heads of the table stand from the left."""
    found: dict[str, int] = {}

    def see(text: str, at: list[float], *_more: object) -> None:
        if text.strip() in {"TT", "Đơn vị", "Đã cài", "Báo cáo"}:
            found.setdefault(text.strip(), round(at[4]))

    pypdf.PdfReader(io.BytesIO(files.pdf(facts))).pages[0].extract_text(visitor_text=see)
    assert len(found) == 4
    return found


def test_a_head_stands_on_the_page_of_its_text(app: Flask) -> None:
    heads = ("TUYÊN TRUYỀN", "Ứng dụng NCOVI", "nơi cư trú.")
    for rows in range(8, 30, 2):  # for some of them a head would stand at the foot
        facts = everything()
        for each in facts["figures"]["apps"]:
            each["rows"] *= rows
        paper = pypdf.PdfReader(io.BytesIO(files.pdf(facts)))
        pages = [page.extract_text().strip() for page in paper.pages]
        assert len(pages) > 1
        assert not any(page.endswith(heads) for page in pages), rows


def test_the_annex_holds_numbers_as_numbers(counted: Drive) -> None:
    report = issued(counted)
    book = openpyxl.load_workbook(io.BytesIO(files.of(report, "xlsx")))
    assert book.sheetnames == ["BLUEZONE", "Nhắn tin", "Ghi chú"]
    *_, total = book["BLUEZONE"].iter_rows(min_row=2, values_only=True)
    assert total[1:7] == ("870", "Huyện Hồng Ngự", 120514, 6090, 6090 / 120514, 390)
    assert book["BLUEZONE"]["F2"].number_format == "0.00%"
    assert report.digest in [cell.value for cell in book["Ghi chú"]["B"]]


def test_schools_stand_on_a_sheet_of_their_own(app: Flask) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files.xlsx(forms.SAMPLE)))
    assert [row[2] for row in book["BLUEZONE"].iter_rows(min_row=2, values_only=True)] == [
        "Xã Ví Dụ", "Xã Ví Dụ",
    ]  # fmt: skip
    (row,) = book["Trường học"].iter_rows(min_row=2, values_only=True)
    assert row[0:1] + row[2:6] == ("Bluezone", "2997101", "Trường THPT Ví Dụ", 850, 6090)


def test_a_name_is_a_name_whatever_it_is_made_of(counted: Drive) -> None:
    """One that a word processor broke, and one that looks like a formula."""
    facts = issued(counted).read
    broken, formula = (
        {**forms.SAMPLE["figures"]["sent"][0], "name": n} for n in ("A\x0b1", "=1+1")
    )
    facts["figures"]["sent"] = [broken, formula]
    book = openpyxl.load_workbook(io.BytesIO(files.xlsx(facts)))
    cells = [cell for cell in book["Nhắn tin"]["A"] if cell.row > 1]
    assert {(cell.value, cell.data_type) for cell in cells} == {("A1", "s"), ("=1+1", "s")}
    assert "A1" in words(files.docx(facts, forms.USUAL.read_bytes()))


def test_the_same_facts_make_the_same_bytes(counted: Drive) -> None:
    """Whatever a library would stamp with the hour bears the hour of issue."""
    report = issued(counted)
    made = {kind: files.of(report, kind) for kind in files.KINDS}
    assert {kind: files.of(report, kind) for kind in files.KINDS} == made
    for kind in ("docx", "xlsx"):
        with zipfile.ZipFile(io.BytesIO(made[kind])) as archive:
            assert {part.date_time[:5] for part in archive.infolist()} == {(2020, 8, 20, 16, 20)}
            assert archive.read("docProps/core.xml").count(b"2020-08-20T09:20:") == 2
    paper = pypdf.PdfReader(io.BytesIO(made["pdf"]))
    assert paper.metadata is not None
    assert paper.metadata.creation_date == report.issued_at.replace(microsecond=0)


def test_a_corrected_edition_s_files_have_names_of_their_own(counted: Drive) -> None:
    facts = issued(counted).read
    assert files.name(facts, "pdf") == "bao-cao-870-2020-08-20.pdf"
    assert files.name(facts | {"edition": 3}, "pdf") == "bao-cao-870-2020-08-20-sua-doi-2.pdf"


def test_what_an_invented_report_holds_is_what_a_real_one_does(counted: Drive) -> None:
    """Forms are tried with it, so it must not lack anything."""
    real = issued(counted).read
    assert set(forms.SAMPLE["head"]) == set(real["head"])
    assert set(real) - set(forms.SAMPLE) == {"version"}
