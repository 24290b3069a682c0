"""The whole day of a commune's reporter on a phone: agreed to be reminded, reminded once, the
figure and its correction, the visits, the commune's page and what hangs on the notice board."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from outreach import own_numbers
from outreach.accounts import Role
from tests.chromium import PHONE, assert_sound, log_in
from tests.drive import at
from tests.people import PASSWORD
from tests.reminded import OWN

pytestmark = pytest.mark.browser


@pytest.fixture
def reporter(reminded, make_person, culture_office):
    """Somebody with a password, whose number an administrator confirmed."""
    commune = reminded.drive.land.commune
    person = make_person(Role.REPORTER, culture_office, commune, name="Xuyến", password=PASSWORD)
    own_numbers.confirm(person, OWN, actor_id=reminded.stage.author.id)
    return person


def test_a_reporter_s_day_from_the_reminder_to_the_notice_board(visit, reminded, reporter):
    reminded.set(public_url=visit.address, remind_at_hour=True)
    page = visit.open("/", width=PHONE)
    log_in(page, reporter.email)
    page.get_by_role("heading", name="Số liệu hôm nay").wait_for()
    page.get_by_text("Mục lục").click()
    assert_sound(page)
    page.get_by_role("link", name="Xuyến").click()
    page.get_by_role("button", name="Nhắc tôi bằng SMS qua số").click()
    page.get_by_text("Bạn đã đồng ý nhận nhắc bằng SMS").wait_for()
    assert_sound(page)
    page.get_by_text("Mục lục").click()
    page.get_by_role("button", name="Đăng xuất").click()

    reminded.tick("14:31")
    (text,) = reminded.texts()
    assert "xa Long Khanh A chua co so Bluezone ngay 20/8, han 15:00" in text.text
    page.goto(re.search(r"http\S+", text.text)[0])
    log_in(page, reporter.email)
    page.get_by_role("heading", name="Số liệu hôm nay").wait_for()
    field = page.get_by_label("Tổng số điện thoại đã cài Bluezone")
    assert page.locator(".hint b").inner_text() == "240"  # yesterday's, beside the field
    assert_sound(page)

    field.fill("200")
    page.get_by_role("button", name="Gửi số liệu: 200").click()
    page.get_by_text("200 nhỏ hơn 240 của ngày 19/8/2020.").wait_for()
    assert_sound(page)
    page.get_by_label("Vì sao số này đúng?").fill("Ấp 2 đếm trùng")
    page.get_by_role("button", name="Gửi số liệu: 200").click()
    page.get_by_text("Đã gửi 200 lúc").wait_for()
    at("14:50")
    field.fill("262")
    page.get_by_role("button", name="Gửi số liệu: 262").click()
    page.get_by_text("Đã gửi 262 lúc").wait_for()
    assert_sound(page)
    reminded.tick("15:01")
    assert len(reminded.texts()) == 1, "the figure is there"

    page.get_by_role("link", name="Tất cả các ngày").click()
    page.get_by_text("200 → 262").wait_for()
    expect(page.get_by_text("Ấp 2 đếm trùng")).to_be_visible()
    assert_sound(page)

    page.get_by_role("link", name="Diễn biến").click()
    page.get_by_role("heading", name="Tỷ lệ từng ngày").wait_for()
    assert page.locator(".share-line .great").inner_text() == "2,62%"
    assert_sound(page)
    page.get_by_role("link", name="Đi từng nhà").click()
    page.get_by_label("Số hộ đã đến").fill("120")
    page.get_by_label("Số người được giúp cài đặt").fill("45")
    page.get_by_role("button", name="Ghi").click()
    page.get_by_text("Đã ghi kết quả đi từng nhà.").wait_for()
    assert_sound(page)

    page.get_by_role("link", name="Diễn biến").click()
    page.get_by_role("link", name="Dán bảng tin").click()
    page.get_by_role("heading", level=1, name="Cài đặt Bluezone").wait_for()
    assert page.locator(".poster-rate").inner_text() == "2,62%"
    assert_sound(page)
