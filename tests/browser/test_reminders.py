"""From the link in a reminder to the figure that is sent, on a phone: touches are counted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from campaigns import routes
from outreach import own_numbers
from outreach.database import transaction
from tests.chromium import PHONE, assert_sound
from tests.drive import at

pytestmark = pytest.mark.browser


class Thumb:
    """Touches the screen and counts it; the digits typed on the phone's keys are not touches."""

    def __init__(self, page):
        self.page, self.touches = page, 0

    def follow(self, link):
        self.touches += 1
        self.page.goto(link)

    def touch(self, locator):
        self.touches += 1
        locator.click()


def link_of(reminded, visit):
    reminded.set(public_url=visit.address)
    reminded.agree()
    reminded.tick("14:31")
    (text,) = reminded.texts()
    return re.search(r"http\S+", text.text)[0]


def test_three_touches_from_the_link_to_the_figure(visit, reminded, client_as):
    link = link_of(reminded, visit)
    thumb = Thumb(visit.open("/account/", width=PHONE, client=client_as(reminded.reporter)))
    page = thumb.page
    thumb.follow(link)
    page.get_by_role("heading", name="Số liệu hôm nay").wait_for()
    assert "Xã Long Khánh A" in page.locator(".sub").first.inner_text()
    field = page.locator("#installs")
    assert page.evaluate("document.activeElement.id") == "installs"
    assert field.get_attribute("inputmode") == "numeric"
    assert_sound(page)
    thumb.touch(field)  # a phone shows its keys only after a touch
    page.keyboard.type("250")
    thumb.touch(page.get_by_role("button", name="Gửi số liệu: 250"))
    page.get_by_text("Đã gửi 250 lúc").wait_for()
    assert thumb.touches == 3


def test_a_doubtful_figure_takes_one_touch_more_beside_its_reason(visit, reminded, client_as):
    link = link_of(reminded, visit)
    thumb = Thumb(visit.open("/account/", width=PHONE, client=client_as(reminded.reporter)))
    page = thumb.page
    thumb.follow(link)
    thumb.touch(page.locator("#installs"))
    page.keyboard.type("200\n")  # the keys' own “go”
    page.get_by_text("200 nhỏ hơn 240 của ngày 19/8/2020.").wait_for()
    thumb.touch(page.get_by_label("Vì sao số này đúng?"))
    page.keyboard.type("Đếm trùng")
    thumb.touch(page.get_by_role("button", name="Gửi số liệu: 200"))
    page.get_by_text("Đã gửi 200 lúc").wait_for()
    assert thumb.touches == 4


def test_who_is_not_logged_in_logs_in_and_lands_on_the_form(visit, reminded, make_person):
    link = link_of(reminded, visit)
    page = visit.open("/login", width=PHONE)
    page.goto(link)
    assert "/login" in page.url
    expect(page.locator("#installs")).to_have_count(0)  # the link lets nobody in


def test_one_s_own_page(visit, reminded, client_as):
    page = visit.open("/account/", width=PHONE, client=client_as(reminded.reporter))
    assert_sound(page)
    own_numbers.confirm(reminded.reporter, "0912000999", actor_id=reminded.stage.author.id)
    page.reload()
    assert_sound(page)
    page.get_by_role("button", name="Nhắc tôi bằng SMS qua số").click()
    page.get_by_text("Bạn đã đồng ý nhận nhắc bằng SMS").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Thôi nhận nhắc").click()
    page.get_by_text("Bạn sẽ không nhận tin nhắc nữa.").wait_for()


def test_the_board_reminds_by_one_press(visit, reminded, client_as):
    reminded.agree()
    reminded.tick("14:45")  # too late for the round: said so
    at("15:20")
    page = visit.open(
        f"/figures/{reminded.drive.land.district}/board",
        width=PHONE,
        client=client_as(reminded.drive.staff),
    )
    expect(page.get_by_text("Đã quá giờ nhắc")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name=re.compile("Nhắc ngay.*Xuân")).click()
    page.get_by_text("Đang nhắc Xuân.").wait_for()
    expect(page.get_by_role("button", name="Nhắc ngay")).to_have_count(0)
    assert_sound(page)


def test_the_office_chooses_when_and_over_which_route_and_sees_the_cost(
    visit, reminded, culture, viettel, client_as
):
    other = reminded.stage.route(viettel, 10, price=300, name="Tuyến Viettel")
    reminded.agree()
    board = f"/figures/{reminded.drive.land.district}/board"
    page = visit.open(board, width=PHONE, client=client_as(culture))
    assert_sound(page)
    page.get_by_role("link", name="Đổi giờ nhắc và tuyến gửi").click()
    page.get_by_role("heading", name="Nhắc báo cáo: Huyện Hồng Ngự").wait_for()
    assert_sound(page)
    page.get_by_label("Số phút trước hạn").fill("45")
    page.get_by_label("nhắc cả lúc đến hạn").check()
    page.get_by_label("Tuyến Viettel").check()
    page.get_by_role("button", name="Lưu").click()
    page.get_by_text("Một ngày mà tất cả đều chậm: tối đa 600 đ.").wait_for()
    assert_sound(page)
    with transaction():
        routes.get(other.id).enabled = False
    page.reload()
    page.get_by_text("Tuyến gửi “Tuyến Viettel” đã chọn để nhắc đã đóng.").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Đổi giờ nhắc và tuyến gửi").click()
    page.get_by_role("button", name="Bỏ thiết lập riêng").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Bỏ thiết lập riêng").click()
    page.get_by_text("Đã bỏ thiết lập riêng.").wait_for()
