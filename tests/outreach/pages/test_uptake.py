"""The pages of install figures: who opens what, and what comes back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from outreach import apps
from outreach.accounts import Role, User
from outreach.apps import Unit
from outreach.area_changes import AreaChange
from outreach.database import transaction
from outreach.organisations import Organisation
from outreach.uptake import Source
from tests.drive import Drive, at

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def reporter(drive: Drive, client_as: ClientAs) -> FlaskClient:
    return client_as(drive.reporter)


@pytest.fixture
def staff(drive: Drive, client_as: ClientAs) -> FlaskClient:
    return client_as(drive.staff)


def send(client: FlaskClient, drive: Drive, installs: str, **more: Any):
    values = {"installs": installs, "seen": "0"} | more
    return client.post(f"/figures/{drive.land.commune}/enter", data=values)


def test_a_reporter_begins_at_the_form_of_the_own_commune(
    reporter: FlaskClient, drive: Drive
) -> None:
    assert reporter.get("/").location == "/figures/"
    assert reporter.get("/figures/").location == f"/figures/{drive.land.commune}/enter"


def test_a_reporter_sends_a_figure(reporter: FlaskClient, drive: Drive) -> None:
    answer = send(reporter, drive, "318")
    assert answer.status_code == 302
    page = reporter.get(answer.location).text
    assert "Đã gửi 318" in page
    (row,) = drive.rows()
    assert (row.source, row.reported_by_id) == (Source.FORM, drive.reporter.id)


def test_a_reporter_opens_nobody_elses_figures(reporter: FlaskClient, drive: Drive) -> None:
    land = drive.land
    for area_id in (land.other_commune, land.district, land.province):
        for page in ("", "/enter", "/grid"):
            assert reporter.get(f"/figures/{area_id}{page}").status_code == 403
        assert reporter.post(f"/figures/{area_id}/enter").status_code == 403
    assert reporter.get(f"/figures/{land.commune}/import").status_code == 403
    assert reporter.get(f"/figures/{land.commune}").status_code == 200


def test_an_office_opens_its_own_area_and_no_other(staff: FlaskClient, drive: Drive) -> None:
    assert staff.get("/figures/").location == f"/figures/{drive.land.district}"
    assert staff.get(f"/figures/{drive.land.district}").status_code == 200
    for page in ("", "/grid", "/import", "/enter"):
        assert staff.get(f"/figures/{drive.land.next_district}{page}").status_code == 403


def test_the_health_office_looks_and_enters_nothing(
    drive: Drive,
    client_as: ClientAs,
    make_person: Callable[..., User],
    health_office: Organisation,
) -> None:
    drive.report(318)
    client = client_as(make_person(Role.HEALTH, health_office))
    page = client.get(f"/figures/{drive.land.district}")
    assert page.status_code == 200
    assert "Nhập số liệu" not in page.text
    assert client.get(f"/figures/{drive.land.district}/grid").status_code == 403
    assert client.post(f"/figures/{drive.land.commune}/enter").status_code == 403


def test_an_office_for_all_areas_chooses_one(
    drive: Drive,
    client_as: ClientAs,
    make_person: Callable[..., User],
) -> None:
    from outreach import organisations

    office = organisations.add("Sở VH&TT", organisations.Kind.CULTURE, actor_id=None)
    page = client_as(make_person(Role.CULTURE, office)).get("/figures/")
    assert f'href="/figures/{drive.land.province}"' in page.text


def test_a_figure_that_is_none_comes_back_as_it_was_typed(
    reporter: FlaskClient, drive: Drive
) -> None:
    page = send(reporter, drive, "ba trăm")
    assert page.status_code == 422
    assert 'value="ba trăm"' in page.text
    assert "không phải số nguyên" in page.text
    assert drive.rows() == []


def test_a_fall_is_asked_about_once(reporter: FlaskClient, drive: Drive) -> None:
    drive.report(318, "19/8 14:00")
    at("20/8 14:00")
    page = send(reporter, drive, "300")
    assert page.status_code == 422
    assert 'name="asked" value="300"' in page.text
    assert 'name="reason"' in page.text
    answer = send(reporter, drive, "300", asked="300", reason="đếm trùng")
    assert answer.status_code == 302
    assert drive.rows()[-1].reason == "đếm trùng"


def test_a_double_click_is_one_figure(reporter: FlaskClient, drive: Drive) -> None:
    send(reporter, drive, "318")
    assert send(reporter, drive, "318").status_code == 302
    assert len(drive.rows()) == 1


def test_a_late_figure_is_stated_and_taken(reporter: FlaskClient, drive: Drive) -> None:
    at("15:20")
    page = reporter.get(f"/figures/{drive.land.commune}/enter").text
    assert "Trễ 20 phút." in page
    send(reporter, drive, "318")
    assert drive.rows()[0].late


def test_the_grid_saves_what_is_right_and_brings_back_what_is_not(
    staff: FlaskClient, drive: Drive
) -> None:
    one, two = drive.land.commune, drive.land.other_commune
    page = staff.post(
        f"/figures/{drive.land.district}/grid",
        data={f"installs-{one}": "318", f"installs-{two}": "12x"},
    )
    assert page.status_code == 422
    assert 'value="12x"' in page.text
    assert "Đã lưu. Mới: 1; sửa: 0." in page.text
    assert [row.source for row in drive.rows(one)] == [Source.GRID]
    assert drive.rows(two) == []


def test_a_grid_left_as_it_was_does_not_take_back_what_others_entered(
    staff: FlaskClient, drive: Drive
) -> None:
    one = drive.land.commune
    drive.report(318)
    shown = {f"was-{one}": "318", f"seen-{one}": "1"}
    drive.report(325, "14:30")
    address = f"/figures/{drive.land.district}/grid"
    assert staff.post(address, data=shown | {f"installs-{one}": "318"}).status_code == 302
    page = staff.post(address, data=shown | {f"installs-{one}": "320"})
    assert page.status_code == 422
    assert "đã có người nhập 325" in page.text
    assert [row.installs for row in drive.rows()] == [318, 325]


def test_a_field_that_was_emptied_is_not_taken_silently(staff: FlaskClient, drive: Drive) -> None:
    one = drive.land.commune
    drive.report(318)
    page = staff.post(
        f"/figures/{drive.land.district}/grid",
        data={f"was-{one}": "318", f"seen-{one}": "1", f"installs-{one}": ""},
    )
    assert page.status_code == 422
    assert "Hãy nhập số" in page.text


def test_the_ranking_shows_rates_with_denominators_and_who_is_late(
    staff: FlaskClient, drive: Drive
) -> None:
    drive.report(500)
    drive.report(330, "19/8 14:00", drive.land.other_commune)
    at("20/8 15:20")
    page = staff.get(f"/figures/{drive.land.district}").text
    assert "Chưa gửi số liệu 15:00: 1/2 nơi." in page
    for said in ("5,00%", "4,12%", "830/20.000", "4,15%", "1/2 có số ngày này"):
        assert said in page


def test_a_correction_has_no_hour_beside_whether_the_figure_was_on_time(
    reporter: FlaskClient, staff: FlaskClient, drive: Drive
) -> None:
    drive.report(300, "18/8 14:40")
    drive.report(310, "19/8 14:45")
    drive.report(320, "14:50")
    drive.report(311, "15:23", day=date(2020, 8, 19), reason="Đếm thiếu")
    drive.report(321, "15:25")
    earlier = reporter.get(f"/figures/{drive.land.commune}/enter").text
    assert "14:40" in earlier
    assert "15:23" not in earlier
    assert "sau đó có sửa" in earlier
    grid = staff.get(f"/figures/{drive.land.district}/grid").text
    assert "15:25" not in grid
    assert "sau đó có sửa" in grid


def test_the_history_shows_before_after_who_and_why(staff: FlaskClient, drive: Drive) -> None:
    drive.report(381)
    drive.report(318, "14:10", reason="gõ nhầm")
    page = staff.get(f"/figures/{drive.land.commune}").text
    assert "381 → 318" in page
    assert "gõ nhầm" in page
    assert "Tâm" in page


WAYS = {
    Source.FORM: "nhập trên phiếu",
    Source.GRID: "nhập trên bảng",
    Source.FILE: "từ tệp",
    Source.SMS: "nhắn tin",
    Source.API: "từ hệ thống khác",
}


def test_the_history_says_how_each_figure_came(staff: FlaskClient, drive: Drive) -> None:
    for installs, source in enumerate(Source, 381):
        drive.report(installs, source=source)
        assert WAYS[source] in staff.get(f"/figures/{drive.land.commune}").text


def upload(client: FlaskClient, drive: Drive, content: str):
    return client.post(
        f"/figures/{drive.land.district}/import",
        data={"file": (io.BytesIO(content.encode()), "số liệu.csv")},
    )


def test_an_uploaded_file_answers_with_what_came_of_it(staff: FlaskClient, drive: Drive) -> None:
    answer = upload(staff, drive, "area,date,installs\n29971,20/8/2020,318\n869,20/8/2020,5\n")
    page = staff.get(answer.location)
    assert "Bị trả lại: 1/2 số." in page.text
    assert "nằm ngoài nơi bạn phụ trách" in page.text
    rejects = staff.get(f"{answer.location}/rejects.csv")
    assert rejects.mimetype == "text/csv"
    assert "869" in rejects.text
    assert len(drive.rows()) == 1
    assert 'id="corrected"' not in page.text
    corrected = upload(staff, drive, "area,date,installs\n29971,20/8/2020,316\n")
    table = staff.get(corrected.location).text.partition('id="corrected"')[2]
    assert re.findall(r'<td class="n">(?:<b>)?([^<]+)', table) == ["318", "316", "−2"]


def test_what_is_no_file_of_figures_is_refused_on_the_page(
    staff: FlaskClient, drive: Drive
) -> None:
    page = staff.post(f"/figures/{drive.land.district}/import", data={})
    assert (page.status_code, "Hãy chọn tệp trước." in page.text) == (422, True)
    page = upload(staff, drive, "%PDF-1.4")
    assert page.status_code == 422
    assert "file-error" in page.text


def test_an_import_is_shown_to_those_of_its_area_only(
    staff: FlaskClient,
    drive: Drive,
    client_as: ClientAs,
    make_person: Callable[..., User],
    culture_office: Organisation,
) -> None:
    answer = upload(staff, drive, "area,date,installs\n29971,20/8/2020,318\n")
    elsewhere = make_person(Role.STAFF, culture_office, drive.land.next_district)
    assert client_as(elsewhere).get(answer.location).status_code == 403


@pytest.mark.parametrize("query", ["?day=2020-13-01", "?day=2020-08-21", "?app=NONE"])
def test_a_day_or_an_app_there_is_not_is_a_page_there_is_not(
    staff: FlaskClient, drive: Drive, query: str
) -> None:
    assert staff.get(f"/figures/{drive.land.district}{query}").status_code == 404


def test_without_an_app_the_page_says_so(
    client_as: ClientAs, make_person: Callable[..., User], culture_office: Organisation
) -> None:
    page = client_as(make_person(Role.STAFF, culture_office)).get("/figures/")
    assert "Chưa có ứng dụng nào" in page.text


def test_any_day_is_chosen_by_its_date(staff: FlaskClient, drive: Drive) -> None:
    drive.report(318, "12/8 14:00")
    at("20/8 14:00")
    for page in ("", "/grid"):
        shown = staff.get(f"/figures/{drive.land.district}{page}").text
        assert 'name="day" value="2020-08-20" min="2018-08-21" max="2020-08-20"' in shown
        earlier = staff.get(f"/figures/{drive.land.district}{page}?app=BLUEZONE&day=2020-08-12")
        assert "Thứ Tư 12/8/2020" in earlier.text
        assert "318" in earlier.text


def test_a_district_without_communes_reports_for_itself(
    drive: Drive,
    client_as: ClientAs,
    make_person: Callable[..., User],
    culture_office: Organisation,
) -> None:
    alone = drive.land.next_district
    client = client_as(make_person(Role.STAFF, culture_office, alone))
    drive.report(250, "19/8 14:00", alone)
    drive.report(300, "20/8 14:00", alone)
    page = client.get(f"/figures/{alone}").text
    assert f'href="/figures/{alone}/enter?app=BLUEZONE"' in page
    assert "6,00%" in page
    assert "+50" in page  # every day stands below, as on a commune's page
    assert client.get(f"/figures/{alone}/enter").status_code == 200


BROKEN = "Từ ngày 18/8/2020 tính theo lượt tải, trước đó tính theo số điện thoại"


def test_every_page_says_what_counts_and_where_that_changed(
    staff: FlaskClient, drive: Drive
) -> None:
    drive.report(300, "17/8 14:00")
    drive.report(310, "18/8 14:00")
    drive.report(320, "20/8 14:00")
    app = apps.by_id(drive.app_id)
    apps.define(app, Unit.DOWNLOADS, date(2020, 8, 18), "CV 12", actor_id=None)
    district, commune = (f"/figures/{id_}" for id_ in (drive.land.district, drive.land.commune))
    for page in (f"{commune}/enter", f"{district}/grid", district, commune, "/"):
        text = staff.get(page).text
        assert BROKEN in text, page
        assert "lượt tải" in text.replace(BROKEN, ""), page
        assert "Tổng số điện thoại" not in text, page
    before = staff.get(f"{commune}/enter?day=2020-08-17").text
    assert "Tổng số điện thoại đã cài Bluezone" in before
    assert BROKEN not in before
    history = staff.get(commune).text
    assert "+10" in history, "20/8 after 18/8"
    assert history.count("+10") == 1, "no change is worked out over the break"


def test_an_office_s_own_layout_is_asked_about_once(staff: FlaskClient, drive: Drive) -> None:
    page = f"/figures/{drive.land.district}/import"
    rows = "BÁO CÁO,,\nSTT,Nơi báo,Thuê bao\n1,Long Khánh A,{}\n"

    def bring(figure: int, **form: str) -> Any:
        file = (io.BytesIO(rows.format(figure).encode()), "tien-do.csv")
        return staff.post(page, data={"file": file, "of_day": "2020-08-20"} | form)

    asked = bring(318)
    assert asked.status_code == 422
    assert 'name="layout_name"' in asked.text
    assert "Thuê bao" in asked.text
    said = {"area": "Nơi báo", "installs": "Thuê bao", "date": "", "reason": ""}
    again = bring(318, **said, layout_name="")
    assert again.status_code == 422
    assert 'id="layout_name-error"' in again.text
    assert '<option value="Thuê bao" selected>' in again.text, "what was chosen stays"
    assert bring(318, **said, layout_name="Mẫu huyện").status_code == 302
    assert bring(330).status_code == 302
    assert [row.installs for row in drive.rows()] == [318, 330]
    shown = staff.get(page).text
    assert "Mẫu huyện" in shown
    (layout,) = re.findall(r'name="layout" value="(\d+)"', shown)
    assert staff.post(f"{page}/forget", data={"layout": layout}).status_code == 302
    assert "Mẫu huyện" not in staff.get(page).text
    assert bring(340).status_code == 422


def test_a_merged_commune_says_from_what_and_until_when(staff: FlaskClient, drive: Drive) -> None:
    """Long Thuận took Thường Thới Tiền in, and went on under its code."""
    one, other = drive.land.commune, drive.land.other_commune
    with transaction() as session:
        for old, share in ((one, None), (other, 100_00)):
            day = date(2020, 8, 19)
            session.add(AreaChange(old_id=old, new_id=other, share=share, day=day, source="NQ 1"))
    drive.report(300, "18/8 14:00")
    drive.report(200, "18/8 14:00", other)
    at("20/8 15:30")
    page = staff.get(f"/figures/{other}").text
    assert "đến hết 18/8/2020 là số cộng của 2 địa bàn; ít nhất: mới rõ số của 1" in page
    assert "≥\N{NO-BREAK SPACE}2,50%" in page
    assert "≥\N{NO-BREAK SPACE}200/8.000" in page
    assert f'href="/figures/{one}?app=BLUEZONE"' in page
    assert "NQ 1" in page
    ranking = staff.get(f"/figures/{drive.land.district}?day=2020-08-18").text
    assert "≥\N{NO-BREAK SPACE}200" in ranking
    course = staff.get(f"/areas/{other}").text
    assert "số cộng của 2 địa bàn trước đó" in course
    assert "Từ 19/8/2020 thuộc" in staff.get(f"/figures/{one}").text
