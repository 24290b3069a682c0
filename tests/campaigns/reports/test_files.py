"""The files: what stands in them, and that the same facts make the same bytes."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pypdf

from campaigns.reports import editions, files, forms
from tests.campaigns.reports.reporting import TODAY, area_of, counted, words
from tests.drive import Drive

__all__ = ["counted"]
RESULT = (
    "Tính đến 15 giờ 00 phút ngày 20 tháng 8 năm 2020, huyện Hồng Ngự có 6.090 số điện thoại cài"
    " đặt ứng dụng Bluezone, đạt tỷ lệ 5,05% (6.090/120.514 người), tăng 390 so với ngày 19/8/2020."
)
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


def test_the_annex_holds_numbers_as_numbers(counted: Drive) -> None:
    report = issued(counted)
    book = openpyxl.load_workbook(io.BytesIO(files.of(report, "xlsx")))
    assert book.sheetnames == ["BLUEZONE", "Nhắn tin", "Ghi chú"]
    *_, total = book["BLUEZONE"].iter_rows(min_row=2, values_only=True)
    assert total[1:7] == ("870", "Huyện Hồng Ngự", 120514, 6090, 6090 / 120514, 390)
    assert book["BLUEZONE"]["F2"].number_format == "0.00%"
    assert report.digest in [cell.value for cell in book["Ghi chú"]["B"]]


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
