"""The whole day of somebody who keeps the figures: what is missing, the grid, a correction, who is
late, the comparison and its workbook."""

from __future__ import annotations

import io

import openpyxl
import pytest
from playwright.sync_api import expect

from outreach.accounts import Role
from tests.chromium import assert_sound, log_in
from tests.drive import at
from tests.people import PASSWORD

pytestmark = pytest.mark.browser


def test_staff_s_day_from_the_log_in_to_the_workbook(visit, drive, culture_office, make_person):
    staff = make_person(Role.STAFF, culture_office, name="Tâm", password=PASSWORD)
    for day in (18, 19):
        drive.report(20 * day, f"{day}/8 14:40")
        drive.report(10 * day, f"{day}/8 14:50", drive.land.other_commune)
    at("20/8 15:20")
    page = visit.open("/")
    log_in(page, staff.email)

    page.get_by_role("heading", name="Tổng quan").wait_for()
    missing = page.locator("main").get_by_text("chưa gửi số liệu Bluezone lúc 15:00, trễ 20 phút")
    assert missing.inner_text().startswith("2 nơi")
    page.get_by_role("link", name="Nhập thay").click()

    page.get_by_label("Xã Long Khánh A").fill("410")
    page.get_by_role("button", name="Lưu số liệu").click()
    page.get_by_text("Đã lưu. Mới: 1; sửa: 0.").wait_for()
    page.get_by_label("Xã Long Thuận").fill("205")
    page.get_by_role("button", name="Lưu số liệu").click()
    page.get_by_text("Nơi nào cũng đã có số liệu ngày này.").wait_for()
    assert_sound(page)

    page.locator(".crumb").get_by_role("link", name="Huyện Hồng Ngự").click()
    page.get_by_role("link", name="Xã Long Khánh A").click()
    page.get_by_role("link", name="19/8/2020").click()
    page.get_by_label("Tổng số điện thoại đã cài Bluezone").fill("390")
    page.get_by_role("button", name="Gửi số liệu").click()
    page.get_by_label("Vì sao số này đúng?").fill("Ấp 2 gửi bổ sung")
    page.get_by_role("button", name="Gửi số liệu").click()
    page.get_by_text("Đã gửi 390 lúc").wait_for()

    page.get_by_role("link", name="Số liệu cài đặt", exact=True).click()
    late = page.locator("#ranking tbody tr", has_text="Gửi trễ")
    assert late.locator("th .hide-phone").all_inner_texts() == ["Xã Long Khánh A", "Xã Long Thuận"]
    expect(page.locator("#ranking tfoot").get_by_text("615", exact=True)).to_be_visible()

    page.get_by_role("link", name="So sánh", exact=True).click()
    page.get_by_label("Từ ngày").fill("2020-08-19")
    page.get_by_role("button", name="So sánh").click()
    row = page.locator("#compared tbody tr", has_text="Long Khánh A")
    expect(row.get_by_text("390", exact=True)).to_be_visible()
    assert_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải bảng (XLSX)").click()
    file = io.BytesIO(download.value.path().read_bytes())
    sheet = openpyxl.load_workbook(file).worksheets[0]
    headings, *rows = sheet.iter_rows(values_only=True)
    named = {each["Địa bàn"]: each for each in (dict(zip(headings, r, strict=True)) for r in rows)}
    commune = named["Xã Long Khánh A"]
    assert (commune["Lượt cài 19/8/2020"], commune["Lượt cài 20/8/2020"]) == (390, 410)
    assert commune["Lượt cài mới"] == 20
