"""An office's own Word form: taken where a report can be written into it, else refused with why."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from flask import Flask

from campaigns.reports import editions, files, forms, letterheads
from outreach import accounts
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.campaigns.reports.reporting import TODAY, area_of, counted, words
from tests.drive import Drive

__all__ = ["counted"]


def form(*lines: str) -> bytes:
    made, out = docx.Document(), io.BytesIO()
    for line in lines:
        made.add_paragraph(line)
    made.save(out)
    return out.getvalue()


ALL = "{{ ngay_ky }} {{ ung_dung[0].ket_qua }} {{ nhan_tin }} {{ noi_nhan[0] }}"


def test_the_program_s_own_form_is_a_good_one(app: Flask) -> None:
    forms.check(forms.USUAL.read_bytes())


def test_an_office_s_form_is_used_from_now_on_and_not_before(
    counted: Drive, culture_office: Organisation
) -> None:
    before = editions.issue(area_of("870"), TODAY, counted.staff)
    forms.upload(
        culture_office, area_of("870"), "mau.docx", form("Kính: " + ALL), actor_id=counted.staff.id
    )
    after = editions.issue(area_of("870"), TODAY, counted.staff)
    assert words(files.of(before, "docx"))[0] == "ỦY BAN NHÂN DÂN"
    assert words(files.of(after, "docx"))[0].startswith("Kính: ngày 20 tháng 8 năm 2020 Tính đến")
    forms.use_usual(culture_office, area_of("870"), actor_id=counted.staff.id)
    assert letterheads.form_id(counted.staff.organisation) is None
    assert words(files.of(after, "docx"))[0].startswith("Kính: ")


def test_what_the_day_does_not_have_stays_empty(
    counted: Drive, culture_office: Organisation
) -> None:
    """The invented report has a campaign and addressees; the day may have none."""
    line = "Đợt: {{ chien_dich[0].ten }}. Gửi: {{ kinh_gui[0] }}."
    forms.upload(culture_office, area_of("870"), "mau.docx", form(ALL, line), actor_id=None)
    values = letterheads.of(culture_office, area_of("870")) | {"addressed": ""}
    letterheads.save(culture_office, area_of("870"), values, actor_id=None)
    issued = editions.issue(area_of("870"), TODAY, counted.staff)
    assert words(files.of(issued, "docx"))[-1] == "Đợt: . Gửi: ."


def test_a_cell_of_which_nothing_is_left_keeps_a_paragraph() -> None:
    """Word says of a table with a cell that has none that the file is damaged."""
    made, out = docx.Document(), io.BytesIO()
    cell = made.add_table(1, 1).cell(0, 0)
    cell.paragraphs[0].text = "{%p for dong in noi_dung_sua_doi %}"
    cell.add_paragraph("{{ dong }}")
    cell.add_paragraph("{%p endfor %}")
    made.save(out)
    filled = docx.Document(io.BytesIO(forms.fill(out.getvalue(), {"noi_dung_sua_doi": []})))
    assert [each.text for each in filled.tables[0].cell(0, 0).paragraphs] == [""]


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


TYPES = "[Content_Types].xml"


def typed(kind: str, **parts: bytes) -> bytes:
    """A file of Word that says it is of this kind."""
    return packed(**{TYPES: f"wordprocessingml.{kind}".encode()}, **parts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.4", "This is no Word file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "choose “Save as”"),  # .doc
        (packed(mimetype=b"application/vnd.oasis.opendocument.text"), "This is no Word file"),
        (typed("template.main+xml"), "choose “Save as”"),  # .dotx
        (typed("document.main+xml", **{"word/document.xml": b"<a"}), "cannot be read"),
        (typed("document.main+xml", **{"word/vbaProject.bin": b""}), "macros"),
        (packed(**{TYPES: b"application/vnd.ms-word.document.macroEnabled.main+xml"}), "macros"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "with a password"),
        (packed(**{"word/document.xml": b" " * 21_000_000}), "larger than 5 MB"),
        (form("{{ so }}"), "lacks what a report needs: ngay_ky, nhan_tin, noi_nhan, ung_dung"),
        (form(ALL, "{{ mat_khau }}"), "does not have: mat_khau"),
        (form(ALL, "{{ ung_dung[0].sai }}"), "cannot be filled"),
        (form(ALL, "{{ so.__class__.__mro__ }}"), "cannot be filled"),
        (form(ALL, "{{ so * 2000000 }}"), "this is more: Mul"),
    ],
    ids=range(14),
)
def test_a_form_no_report_can_be_written_into_is_refused(
    content: bytes, said: str, app: object
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        forms.check(content)
    assert refused.value.field == "form"


def test_a_letterhead_is_saved_and_signs_the_next_report(
    counted: Drive, culture_office: Organisation
) -> None:
    area = area_of("870")
    values = letterheads.of(culture_office, area) | {
        "signer": "Nguyễn Văn A",
        "signer_title": "KT. TRƯỞNG PHÒNG\r\nPHÓ TRƯỞNG PHÒNG",
        "addressed": "",
    }
    letterheads.save(culture_office, area, values, actor_id=counted.staff.id)
    said = words(files.of(editions.issue(area_of("870"), TODAY, counted.staff), "docx"))
    assert said[-2:] == ["KT. TRƯỞNG PHÒNGPHÓ TRƯỞNG PHÒNG", "Nguyễn Văn A"], "with a break between"
    assert not any(line.startswith("Kính gửi") for line in said)
    by_command = editions.issue(area_of("870"), TODAY, accounts.system())
    assert by_command.read["head"]["signer"] == "Nguyễn Văn A"
    for name, value in (
        ("agency", " "),
        ("symbol", "x" * 161),
        ("recipients", "a\n" * 13),
        ("signer_title", "a\n" * 3),
        ("signer_title", "x" * 80),
    ):
        with pytest.raises(Refused) as refused:
            letterheads.save(culture_office, area_of("870"), values | {name: value}, actor_id=None)
        assert refused.value.field == name
