"""The report's page: whose it is, issuing it, its files, the letterhead and the office's form."""

from __future__ import annotations

import html
import io
from collections.abc import Callable

import docx
import pytest
from flask.testing import FlaskClient

from campaigns.reports import editions, forms
from outreach import once, organisations
from outreach.accounts import Role, User
from outreach.database import db
from outreach.organisations import Kind, Organisation
from tests.campaigns.reports.reporting import TODAY, area_of, counted, words
from tests.counting import queries
from tests.drive import Drive

__all__ = ["counted"]
ClientAs = Callable[[User], FlaskClient]
MakePerson = Callable[..., User]


@pytest.fixture
def staff(counted: Drive, client_as: ClientAs) -> FlaskClient:
    return client_as(counted.staff)


def issue(client: FlaskClient, area_id: int, **given: str) -> int:
    form = {"once": once.word(), "after": "0", "number": "12", "remarks": "Tốt.", **given}
    db.session.rollback()
    return client.post(f"/reports/{area_id}", data=form).status_code


def test_the_page_says_the_day_and_issues_it_once(staff: FlaskClient, counted: Drive) -> None:
    district = counted.land.district
    assert staff.get("/reports/").location.endswith(f"/reports/{district}")
    page = html.unescape(staff.get(f"/reports/{district}").text)
    assert "đạt tỷ lệ 5,05% (6.090/120.514 người)" in page
    assert "chưa phát hành; hạn 16:30" in page
    word = once.word()
    assert [issue(staff, district, once=word) for _ in range(2)] == [302, 302]
    (report,) = editions.of_day(district, TODAY)
    page = html.unescape(staff.get(f"/reports/{district}").text)
    assert report.digest[:12] in page
    assert "Tâm" in page
    for kind, begins in (("docx", b"PK"), ("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = staff.get(f"/reports/issued/{report.id}/{kind}")
        assert answer.data.startswith(begins)
        assert f"bao-cao-870-2020-08-20.{kind}" in answer.headers["Content-Disposition"]
    assert staff.get(f"/reports/issued/{report.id}/exe").status_code == 404


def test_figures_corrected_afterwards_are_named(staff: FlaskClient, counted: Drive) -> None:
    district = counted.land.district
    issue(staff, district)
    assert "corrections" not in staff.get(f"/reports/{district}").text
    counted.report(4000, "20/8 16:30", reason="gõ nhầm", asked="4000")
    page = html.unescape(staff.get(f"/reports/{district}").text)
    assert "Số liệu đã sửa sau lần phát hành 1: 2 chỗ." in page
    for said in ("Xã Long Khánh A, Bluezone", "3.990", "4.000", "Phát hành bản sửa đổi"):
        assert said in page
    assert issue(staff, district, after="0") == 422
    assert issue(staff, district, after="1") == 302
    assert "corrections" not in staff.get(f"/reports/{district}").text


def test_a_wrong_number_comes_back_at_its_field(staff: FlaskClient, counted: Drive) -> None:
    form = {"once": once.word(), "after": "0", "number": "mười", "remarks": "Giữ lại"}
    answer = staff.post(f"/reports/{counted.land.district}", data=form)
    assert answer.status_code == 422
    assert "không phải số văn bản" in answer.text
    assert "Giữ lại</textarea>" in answer.text


def test_a_draft_is_shown_on_paper_and_not_kept(staff: FlaskClient, counted: Drive) -> None:
    answer = staff.get(f"/reports/{counted.land.district}/draft.pdf")
    assert answer.data.startswith(b"%PDF")
    assert editions.of_day(counted.land.district, TODAY) == []


@pytest.mark.parametrize("address", ["?day=2020-08-21", "?day=2010-01-01", "?day=x"])
def test_a_day_without_a_report_is_no_page(
    staff: FlaskClient, counted: Drive, address: str
) -> None:
    assert staff.get(f"/reports/{counted.land.district}{address}").status_code == 404
    assert staff.get(f"/reports/{counted.land.commune}").status_code == 404


def test_only_who_makes_reports_of_the_area_comes_in(
    counted: Drive,
    client_as: ClientAs,
    make_person: MakePerson,
    health_office: Organisation,
    liaison: User,
) -> None:
    elsewhere = organisations.add(
        "Tân Hồng", Kind.CULTURE, area_id=counted.land.next_district, actor_id=None
    )
    others = (
        counted.reporter,
        liaison,
        make_person(Role.HEALTH, health_office),
        make_person(Role.CULTURE, elsewhere),
    )
    report = editions.issue(area_of("870"), TODAY, counted.staff)
    for person in others:
        client = client_as(person)
        assert client.get(f"/reports/{counted.land.district}").status_code == 403
        assert client.get(f"/reports/issued/{report.id}/pdf").status_code == 403
        assert issue(client, counted.land.district) == 403


def test_the_office_changes_its_letterhead_and_its_form(staff: FlaskClient, counted: Drive) -> None:
    page = staff.get("/reports/letterhead").text
    assert "PHÒNG VH&amp;TT HỒNG NGỰ" in page
    values = {
        "superior": "UBND HUYỆN HỒNG NGỰ",
        "agency": "PHÒNG VHTT",
        "symbol": "BC-VHTT",
        "place": "Hồng Ngự",
        "recipients": "Như trên;\nLưu: VT.",
    }
    assert staff.post("/reports/letterhead", data=values | {"seen": "khác"}).status_code == 422
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert staff.post("/reports/letterhead", data=values | {"seen": seen}).status_code == 302
    usual = staff.get("/reports/letterhead/form.docx").data
    assert usual == forms.USUAL.read_bytes()
    own, out = docx.Document(io.BytesIO(usual)), io.BytesIO()
    own.add_paragraph("Mẫu của phòng")
    own.save(out)
    sent = {"form": (io.BytesIO(out.getvalue()), "mau.docx")}
    assert staff.post("/reports/letterhead/form", data=sent).status_code == 302
    issue(staff, counted.land.district)
    (report,) = editions.of_day(counted.land.district, TODAY)
    said = words(staff.get(f"/reports/issued/{report.id}/docx").data)
    assert (said[0], said[-1]) == ("UBND HUYỆN HỒNG NGỰ", "Mẫu của phòng")
    assert "mau.docx" in staff.get("/reports/letterhead").text
    for wrong in ({}, {"form": (io.BytesIO(b"x"), "a.docx")}):
        assert staff.post("/reports/letterhead/form", data=wrong).status_code == 422
    page = staff.get("/reports/letterhead").text
    assert "mau.docx" in page, "the one before stays"
    assert staff.post("/reports/letterhead/form", data={"do": "usual"}).status_code == 302
    assert staff.get("/reports/letterhead/form.docx").data == usual


def test_queries_do_not_grow_with_editions_and_days(staff: FlaskClient, counted: Drive) -> None:
    district = counted.land.district
    issue(staff, district)
    staff.get(f"/reports/{district}")
    with queries() as few:
        staff.get(f"/reports/{district}")
    for after in range(1, 4):
        issue(staff, district, after=str(after))
        issue(staff, district, day=f"2020-08-1{after}")
    with queries() as many:
        staff.get(f"/reports/{district}")
    assert len(many) == len(few)
