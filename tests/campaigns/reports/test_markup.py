"""What is wrong between the braces of an office's form is quoted; nothing is lost in silence."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask import Flask

from campaigns.reports import files, forms
from outreach.errors import Refused
from tests.campaigns.reports.reporting import words


def changed(*changes: tuple[str, str], part: str = "word/document.xml") -> bytes:
    """The program's own form with its XML changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(forms.USUAL) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            content = before.read(name).decode()
            if name == part:
                for old, new in changes:
                    assert old in content, old
                    content = content.replace(old, new, 1)
            after.writestr(name, content)
    return out.getvalue()


RUN = '</w:t></w:r><w:r><w:rPr><w:lang w:val="en-US"/></w:rPr><w:t xml:space="preserve">'
SPELLED = '</w:t></w:r><w:proofErr w:type="spellStart"/><w:r><w:t>'


def test_a_form_that_an_editor_saved_says_the_same(app: Flask) -> None:
    """It parts a line where somebody typed, where it found a spelling, and curls the quotes."""
    form = changed(
        ("{{ ngay_ky }}", f"{{{RUN}{{ ngay{SPELLED}_ky }}{RUN}}}"),
        ("{%p for u in ung_dung %}", f"{{%{RUN}p for u in {SPELLED}ung_dung %{RUN}}}"),
        ("{%tr for dong in u.bang %}", f"{{{RUN}%t{SPELLED}r for dong in u.bang %}}"),
        ("'dân số'", "‘dân số’"),
    )
    forms.check(form)
    usual = files.docx(forms.SAMPLE, forms.USUAL.read_bytes())
    assert words(files.docx(forms.SAMPLE, form)) == words(usual)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # What stands up to the next brace would go with it: the end of the report.
        ("{{ ket }}", "{{ ket", "not in pairs in “{{ ket”"),
        ("{{ ket }}", "Tóm lại { ket }}.", "not in pairs in “Tóm lại { ket }}.”"),
        ("{{ ket }}", "{{ ket %}", "not in pairs"),
        ("{{ ket }}", "{{ ngay ky }}", "“{{ ngay ky }}” cannot be read"),
        ("{{ ket }}", "{{ ket * 2 }}", "“{{ ket \\* 2 }}” cannot be filled: .*: Mul"),
        ("{{ dong.ten }}", "{{ dong.tenn }}", "no “tenn” there; there are: bao_cao, dan_so"),
        ("{{ ket }}", "{{ noi_nhan[9] }}", "no “9” there"),
        # Of a report of fifty communes one line would be left.
        ("{%tr for dong in u.bang %}", "{% for dong in u.bang %}", "belong together"),
        ("{%tr for dong in u.bang %}", "{%p for dong in u.bang %}", "belong together"),
        ("{%tr endfor %}", "", "“{%p endif %}” stands where “{%tr for dong in u.bang %}” has not"),
        ("{%p endif %}", "", "“{%p if sua_doi %}” has no end. Put “{%p endif %}”"),
        ("{%p if sua_doi %}", "", "Nothing begins what “{%p endif %}” ends"),
        ("{%p if sua_doi %}", "{%tr if sua_doi %}", "“{%tr if sua_doi %}” stands in no table row"),
        ("{%p if sua_doi %}", "Sửa: {%p if sua_doi %}", "whole paragraph .* and “Sửa:” with it"),
        ("{%tr endfor %}", "Cộng {%tr endfor %}", "whole table row .* and “Cộng” with it"),
        (
            "<w:r><w:rPr/><w:t>{{ ket }}</w:t></w:r>",
            '<w:ins w:id="1" w:author="A"><w:r><w:t>{{ ket }}</w:t></w:r></w:ins>',
            "tracked changes",
        ),
    ],
)
def test_what_docxtpl_would_lose_or_misread_is_said_where_it_stands(
    app: Flask, old: str, new: str, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        forms.check(changed((old, new)))
    assert refused.value.field == "form"


def test_the_head_of_a_page_is_looked_at_too(app: Flask) -> None:
    form = changed(
        ("<w:r><w:fldChar", "<w:r><w:t>{{ co_quan</w:t></w:r><w:r><w:fldChar"),
        part="word/header1.xml",
    )
    with pytest.raises(Refused, match=r"not in pairs in “\{\{ co_quan”"):
        forms.check(form)
