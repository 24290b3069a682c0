"""Comparing in the browser: the question, the chart and its table, cards on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campaigns.states import MessageState
from outreach.areas import Area
from outreach.database import transaction
from tests.campaigns.comparing import drive_done, scene
from tests.chromium import PHONE, WIDE, assert_sound
from tests.drive import at

__all__ = ["drive_done", "scene"]
pytestmark = pytest.mark.browser
ADDRESS = "/compare?app=BLUEZONE&from=2020-08-06&to=2020-08-20"


def names(page):
    return page.locator("#compared tbody th .hide-phone").all_inner_texts()


def test_an_officer_compares_and_sends_the_address_on(visit, drive_done, client_as):
    page = visit.open(ADDRESS, width=PHONE, client=client_as(drive_done.staff))
    page.get_by_role("heading", name="So sánh xã đã nhắn và chưa nhắn").wait_for()
    expect(page.get_by_text("chưa phải tác dụng của tin nhắn").first).to_be_visible()
    page.locator("#chart svg").wait_for()
    expect(page.locator("#chart").get_by_text("Nhắn tin 10/8")).to_be_visible()
    expect(page.locator("#days-table")).not_to_be_visible()
    expect(page.locator(".button.primary")).to_have_count(1)
    assert_sound(page)
    page.get_by_text("Xem số liệu thành bảng").click()
    page.get_by_text("Mỗi số có nghĩa là gì").click()
    expect(page.locator("#days-table tbody tr")).to_have_count(15)
    assert_sound(page)
    page.get_by_text("Chỉ một số địa bàn").click()
    page.get_by_role("checkbox", name="Xã Long Khánh A").check()
    page.get_by_role("checkbox", name="Xã Thường Phước 2").check()
    assert_sound(page)
    page.get_by_role("button", name="So sánh").click()
    page.get_by_text("2 xã", exact=True).wait_for()
    assert "areas=29971&areas=29974" in page.url
    expect(page.locator("#compared tbody tr")).to_have_count(2)
    colleague = visit.open(
        page.url.removeprefix(visit.address), width=PHONE, client=client_as(drive_done.staff)
    )
    expect(colleague.locator("#compared tbody tr")).to_have_count(2)
    assert_sound(colleague)
    colleague.get_by_text("Đặt cạnh một nhóm địa bàn thứ hai").click()
    colleague.get_by_role("checkbox", name="Tất cả nơi còn lại").check()
    colleague.get_by_role("button", name="So sánh").click()
    colleague.get_by_text("Hai nhóm đặt cạnh nhau").wait_for()
    expect(colleague.locator("#compared tbody tr")).to_have_count(5)
    assert_sound(colleague)


def test_rows_are_sorted_by_plain_links(visit, drive_done, client_as):
    page = visit.open(ADDRESS, client=client_as(drive_done.staff), javascript=False)
    expect(page.locator("#days-table")).to_be_visible()  # the chart's figures, without a chart
    expect(page.locator("#chart")).not_to_be_visible()
    by_change = names(page)
    assert by_change[-1] == "Xã Mới"  # which has no figure
    page.locator("#compared thead").get_by_role("link", name="Địa bàn").click()
    expect(page.locator("#compared th[aria-sort=ascending]")).to_have_count(1)
    ascending = names(page)
    assert sorted(ascending) == sorted(by_change)
    assert ascending[0] == "Xã Long Khánh A"
    page.locator("#compared thead").get_by_role("link", name="Địa bàn").click()
    expect(page.locator("#compared tbody th .hide-phone")).to_have_text(ascending[::-1])


def test_long_names_and_many_send_dates_do_not_collide(visit, drive_done, client_as):
    with transaction() as session:
        commune = session.get_one(Area, drive_done.ids["29974"])
        commune.kind, commune.name = "Thị trấn", "Thị trấn Nông Trường Thống Nhất Thường Thới Hậu"
    for day in (13, 14, 15):
        wave = drive_done.send(f"{day}/8", {"29974": 20}, areas=["29974"], name=f"Đợt {day}")
        drive_done.move(wave, (MessageState.ACCEPTED, 20))
    at("20/8 16:00")
    for width in (WIDE, PHONE):
        page = visit.open(ADDRESS, width=width, client=client_as(drive_done.staff))
        page.locator("#chart svg").wait_for()
        no_two_collide(
            label.bounding_box()
            for label in page.locator("#chart svg text").all()
            if label.text_content().startswith(("Nhắn", "1 xã", "2 xã"))
        )
    assert_sound(page)


def no_two_collide(labels):
    boxes = list(labels)
    assert len(boxes) >= 5
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"] + 1
                or other["x"] + other["width"] <= one["x"] + 1
                or one["y"] + one["height"] <= other["y"] + 3
                or other["y"] + other["height"] <= one["y"] + 3
            )
            assert apart, (one, other)


def test_an_empty_period_and_a_wrong_one_say_so(visit, scene, client_as):
    page = visit.open(ADDRESS, width=PHONE, client=client_as(scene.staff))
    page.get_by_text("chưa có gì để vẽ").wait_for()
    assert_sound(page)
    wrong = visit.open(
        "/compare?app=BLUEZONE&from=2020-08-20&to=hôm+qua&areas=870",
        width=PHONE,
        client=client_as(scene.staff),
    )
    assert "“hôm qua” không phải là ngày" in wrong.locator("#to-error").inner_text()
    assert wrong.get_by_label("Đến ngày").input_value() == "hôm qua"
    assert_sound(wrong)


def test_the_dark_page_is_readable(visit, drive_done, client_as):
    page = visit.open(ADDRESS, client=client_as(drive_done.staff), dark=True)
    page.locator("#chart svg").wait_for()
    assert_sound(page)
