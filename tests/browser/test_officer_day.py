"""The whole day of a district's officer: who is late, one reminded, one typed for, the tables and
the map, visits, the report of 16:30, and the corrected edition that a correction asks for."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from outreach.accounts import Role
from outreach.areas import Area
from outreach.database import transaction
from tests.chromium import assert_sound, log_in
from tests.drive import at
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
BEGINS = {"DOCX": b"PK", "XLSX": b"PK", "PDF": b"%PDF"}


@pytest.fixture
def officer(reminded, make_person, culture_office):
    """It is 15:20: both communes have reported up to yesterday, and one of them can be reminded."""
    drive = reminded.drive
    drive.report(180, "19/8 14:40", drive.land.other_commune)
    with transaction() as session:
        for number, area_id in enumerate((drive.land.commune, drive.land.other_commune)):
            area = session.get_one(Area, area_id)
            area.lat, area.lon = 10.8 + number / 20, 105.3 + number / 20
    at("20/8 14:50")
    reminded.agree()
    at("20/8 15:20")
    return make_person(Role.CULTURE, culture_office, name="Cúc", password=PASSWORD)


def menu(page, name):
    entry = page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{name}"))
    entry.click()  # a number may stand beside the name


def ranked(page):
    return page.locator("#ranked tbody th .hide-phone").all_inner_texts()


def test_an_officer_s_day_from_who_is_late_to_the_corrected_report(visit, reminded, officer):
    drive = reminded.drive
    page = visit.open("/")
    log_in(page, officer.email)
    page.get_by_role("heading", name="Tổng quan").wait_for()
    late = page.locator(".todo > li", has_text="chưa gửi số liệu Bluezone lúc 15:00, trễ 20 phút")
    expect(late.get_by_text("Long Khánh A, Long Thuận")).to_be_visible()
    assert_sound(page)

    late.get_by_role("link", name="Tình hình báo cáo").click()
    page.get_by_role("button", name=re.compile("Nhắc ngay.*Xuân")).click()
    page.get_by_text("Đang nhắc Xuân.").wait_for()
    assert len(reminded.texts()) == 1
    assert_sound(page)
    page.locator(".crumb").get_by_role("link", name="Huyện Hồng Ngự").click()
    page.get_by_role("link", name="Nhập số liệu", exact=True).click()
    page.get_by_label("Xã Long Thuận").fill("205")
    page.get_by_role("button", name="Lưu số liệu").click()
    page.get_by_text("Đã lưu. Mới: 1; sửa: 0.").wait_for()
    assert_sound(page)
    drive.report(262, "15:35")  # the one who was reminded

    menu(page, "Số liệu cài đặt")
    expect(page.locator("#ranking tfoot").get_by_text("467", exact=True)).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="Tình hình báo cáo").click()
    page.get_by_text("Cả 2 nơi đã báo cáo.").wait_for()
    expect(page.get_by_role("button", name="Nhắc ngay")).to_have_count(0)
    assert_sound(page)

    menu(page, "Bảng xếp hạng")
    page.get_by_text("Được xếp hạng: 2/2").wait_for()
    assert ranked(page) == ["Xã Long Khánh A", "Xã Long Thuận"]  # 2,62% and 2,56%
    assert_sound(page)
    menu(page, "Bản đồ")
    page.locator("#drawn svg").first.wait_for()
    expect(page.locator("#places tbody tr")).to_have_count(2)
    assert_sound(page)

    menu(page, "Số liệu cài đặt")
    page.get_by_role("link", name="Diễn biến", exact=True).click()
    assert_sound(page)
    page.get_by_role("link", name="Đi từng nhà").click()
    page.get_by_role("link", name="Xã Long Thuận").click()
    page.get_by_label("Số hộ đã đến").fill("120")
    page.get_by_label("Số người được giúp cài đặt").fill("45")
    page.get_by_role("button", name="Ghi").click()
    page.get_by_text("Đã ghi kết quả đi từng nhà.").wait_for()
    assert_sound(page)

    at("16:20")
    menu(page, "Báo cáo ngày")
    page.get_by_text("chưa phát hành; hạn 16:30").wait_for()
    assert_sound(page)
    page.get_by_label("Nhận xét, kiến nghị").fill("Xã Long Thuận cần thêm tổ hướng dẫn.")
    page.get_by_role("button", name="Phát hành báo cáo").click()
    page.get_by_text("đã phát hành, lần 1").wait_for()
    assert_sound(page)
    for kind, begin in BEGINS.items():
        with page.expect_download() as taken:
            page.get_by_role("link", name=f"{kind} của lần phát hành 1").first.click()
        assert taken.value.suggested_filename == f"bao-cao-870-2020-08-20.{kind.lower()}"
        assert taken.value.path().read_bytes().startswith(begin)

    at("16:50")
    menu(page, "Số liệu cài đặt")
    page.locator("#ranking").get_by_role("link", name="Xã Long Thuận").click()
    page.get_by_role("link", name="20/8/2020").click()
    page.get_by_label("Tổng số điện thoại đã cài Bluezone").fill("215")
    page.get_by_role("button", name="Gửi số liệu: 215").click()
    page.get_by_text("Đã gửi 215 lúc").wait_for()
    menu(page, "Báo cáo ngày")
    page.get_by_text("Số liệu đã sửa sau lần phát hành 1").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Phát hành bản sửa đổi").click()
    page.get_by_text("đã phát hành, lần 2").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("link", name="DOCX của lần phát hành 2").first.click()
    assert taken.value.suggested_filename == "bao-cao-870-2020-08-20-sua-doi-1.docx"
    menu(page, "Tổng quan")
    page.get_by_text("Không có việc nào chờ bạn").wait_for()
