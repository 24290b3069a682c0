"""Install figures in the browser: the reporter's day on a phone, the office's grid, files."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from outreach import apps, targets
from outreach.areas import Area
from outreach.database import db, transaction
from tests.chromium import PHONE, assert_sound
from tests.drive import TODAY, at

pytestmark = pytest.mark.browser


@pytest.fixture
def week(drive):
    """Both communes have reported for five days; today nobody has, and it is 15:20."""
    for day in range(15, 20):
        drive.report(250 + 10 * day, f"{day}/8 14:4{day % 10}")
        drive.report(200 + 9 * day, f"{day}/8 15:0{day % 10}", drive.land.other_commune)
    at("20/8 15:20")
    return drive


def test_a_reporter_s_day_on_a_phone(visit, week, client_as):
    page = visit.open("/", width=PHONE, client=client_as(week.reporter))
    page.get_by_role("heading", name="Số liệu hôm nay").wait_for()
    expect(page.get_by_text("Trễ 20 phút.")).to_be_visible()
    assert page.locator(".hint b").inner_text() == "440"  # yesterday's, beside the field
    assert_sound(page)

    field = page.get_by_label("Tổng số điện thoại đã cài Bluezone")
    expect(page.locator("#worked")).not_to_be_visible()
    field.fill("1.452")
    assert page.locator("[data-change]").inner_text() == "+1.012"
    field.fill("452")
    assert page.locator("[data-change]").inner_text() == "+12"
    assert page.locator("[data-rate]").inner_text() == "4,52%"
    expect(page.get_by_role("button", name="Gửi số liệu: 452")).to_be_visible()
    assert_sound(page)

    field.fill("400")
    assert page.locator("[data-change]").inner_text() == "−40"
    page.get_by_role("button", name="Gửi số liệu: 400").click()
    page.get_by_text("400 nhỏ hơn 440 của ngày 19/8/2020.").wait_for()
    assert field.input_value() == "400"
    assert_sound(page)
    page.get_by_label("Vì sao số này đúng?").fill("Ấp 2 đếm trùng")
    page.get_by_role("button", name="Gửi số liệu: 400").click()
    page.get_by_text("Đã gửi 400 lúc").wait_for()
    assert_sound(page)

    field.fill("452")
    page.get_by_role("button", name="Gửi số liệu: 452").click()
    page.get_by_text("Đã gửi 452 lúc").wait_for()
    page.get_by_role("link", name="Tất cả các ngày").click()
    page.get_by_text("400 → 452").wait_for()
    expect(page.get_by_text("Ấp 2 đếm trùng")).to_be_visible()
    assert_sound(page)
    assert [row.installs for row in week.rows()][-2:] == [400, 452]


def test_the_form_is_large_enough_for_a_thumb(visit, week, client_as):
    page = visit.open("/figures/", width=PHONE, client=client_as(week.reporter))
    size = "e => [getComputedStyle(e).fontSize, e.getBoundingClientRect().height]"
    assert page.locator("#installs").evaluate(size)[0] == "30px"
    assert page.locator("label[for=installs]").evaluate(size)[0] == "17px"
    assert page.locator("button.send").evaluate(size)[1] >= 54


def test_a_reporter_needs_no_javascript(visit, week, client_as):
    page = visit.open("/figures/", width=PHONE, client=client_as(week.reporter), javascript=False)
    field = page.get_by_label("Tổng số điện thoại đã cài Bluezone")
    field.fill("ba trăm")
    page.get_by_role("button", name="Gửi số liệu").click()
    assert "“ba trăm” không phải số nguyên" in page.locator("#installs-error").inner_text()
    assert field.input_value() == "ba trăm"
    field.fill("452")
    page.get_by_role("button", name="Gửi số liệu").click()
    assert page.locator("[data-change]").inner_text() == "+12"
    assert page.locator("[data-rate]").inner_text() == "4,52%"


def test_an_officer_enters_all_communes_by_keyboard_alone(visit, week, client_as):
    page = visit.open("/figures/", client=client_as(week.staff))
    expect(page.get_by_text("Chưa gửi số liệu 15:00: 2/2 nơi.")).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="Nhập số liệu", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/grid*")  # with its script: keys are pressed at once
    first, second = page.get_by_label("Xã Long Khánh A"), page.get_by_label("Xã Long Thuận")
    first.focus()
    page.keyboard.type("4")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("9.000")
    page.keyboard.press("ArrowUp")  # as in a spreadsheet: what is typed there replaces
    page.keyboard.type("455")
    page.keyboard.press("Enter")
    page.get_by_text("Chưa lưu: 1.").wait_for()
    expect(page.get_by_text("9.000 nhiều hơn 8.000 dân trên địa bàn.")).to_be_visible()
    assert (first.input_value(), second.input_value()) == ("455", "9.000")
    assert_sound(page)
    second.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("380")
    page.keyboard.press("Enter")
    page.get_by_text("Đã lưu. Mới: 1; sửa: 0.").wait_for()
    expect(page.get_by_text("Nơi nào cũng đã có số liệu ngày này.")).to_be_visible()


def test_two_officers_at_once_are_told_of_each_other(visit, week, client_as):
    address = f"/figures/{week.land.district}/grid"
    mine = visit.open(address, client=client_as(week.staff))
    yours = visit.open(address, client=client_as(week.staff))
    mine.get_by_label("Xã Long Khánh A").fill("455")
    mine.get_by_role("button", name="Lưu số liệu").click()
    mine.get_by_text("Đã lưu. Mới: 1").wait_for()
    yours.get_by_label("Xã Long Khánh A").fill("457")
    yours.get_by_role("button", name="Lưu số liệu").click()
    yours.get_by_text("đã có người nhập 455").wait_for()
    yours.get_by_role("button", name="Lưu số liệu").click()
    yours.get_by_text("Đã lưu. Mới: 0; sửa: 1.").wait_for()


def test_the_ranking_is_accessible_empty_and_full(visit, drive, client_as):
    page = visit.open("/figures/", width=PHONE, client=client_as(drive.staff))
    page.get_by_role("heading", name="Chưa có số liệu").wait_for()
    assert_sound(page)
    drive.report(455)
    with transaction() as session:  # the longest name there is, and a target
        commune = session.get_one(Area, drive.land.other_commune)
        commune.kind, commune.name = "Thị trấn", "Thị trấn Nông Trường Thống Nhất Thường Thới Hậu"
    district = db.session.get_one(Area, drive.land.district)
    app = apps.by_code("BLUEZONE")
    targets.add(district, app, 2000, TODAY, group="population", letter="", actor_id=None)
    page.reload()
    page.get_by_text("ít nhất: mới có số của 1/2 xã").wait_for()
    assert_sound(page)


def test_a_file_is_uploaded_and_its_bad_rows_come_back(visit, week, client_as, tmp_path):
    file = tmp_path / "số liệu.csv"
    rows = ["xã,ngày,số cài", "Long Khánh A,20/8/2020,455", "Xã Không Có,20/8/2020,5"]
    file.write_text("\n".join([*rows, "Long Thuận,20/8/2020,2"]))
    page = visit.open("/figures/", width=PHONE, client=client_as(week.staff))
    page.get_by_role("link", name="Nhập từ tệp").click()
    assert_sound(page)
    page.get_by_label("Tệp", exact=True).set_input_files(file)
    page.get_by_role("button", name="Nhập tệp này").click()
    page.get_by_text("Bị trả lại: 2/3 số.").wait_for()
    assert_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải về tất cả (CSV)").click()
    assert "unknown_area" in download.value.path().read_text()


def test_the_board_of_a_day(visit, week, client_as):
    targets.add(
        db.session.get(Area, week.land.district),
        apps.by_code("BLUEZONE"),
        60_00,
        TODAY,
        group="population",
        letter="",
        actor_id=None,
    )
    page = visit.open(
        f"/figures/{week.land.district}/board", width=PHONE, client=client_as(week.staff)
    )
    page.get_by_text("0/2").first.wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Xã Long Thuận").click()
    page.get_by_role("heading", name="So với mục tiêu").wait_for()
    assert_sound(page)


def test_an_office_s_own_layout_is_said_once(visit, week, client_as, tmp_path):
    file = tmp_path / "Tiến độ cài đặt.csv"
    heading = "STT,Tên đơn vị hành chính,Số thuê bao đã kích hoạt,Diễn giải"
    file.write_text(f"BÁO CÁO TIẾN ĐỘ\n{heading}\n1,Long Khánh A,470,\n2,Long Thuận,400,\n")
    page = visit.open(
        f"/figures/{week.land.district}/import", width=PHONE, client=client_as(week.staff)
    )
    page.get_by_label("Tệp", exact=True).set_input_files(file)
    page.get_by_role("button", name="Nhập tệp này").click()
    page.get_by_role("heading", name="Mỗi cột là gì?", level=1).wait_for()
    assert_sound(page)
    page.locator("#area").select_option("Tên đơn vị hành chính")
    page.locator("#installs").select_option("Số thuê bao đã kích hoạt")
    page.get_by_label("Ngày của số liệu").fill("2020-08-20")
    page.get_by_label("Tên mẫu").fill("Tiến độ của huyện")
    page.get_by_label("Chọn lại tệp").set_input_files(file)
    page.get_by_role("button", name="Lưu mẫu và nhập tệp").click()
    page.wait_for_url("**/figures/imports/*")
    page.goto(f"/figures/{week.land.district}/import")
    expect(page.get_by_role("rowheader", name="Tiến độ của huyện STT")).to_be_visible()
    assert_sound(page)
