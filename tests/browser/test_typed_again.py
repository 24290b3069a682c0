"""What was typed is not lost where a log-in had ended, or the network was gone, as it was sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from outreach.accounts import Role
from tests.chromium import PHONE, assert_sound, log_in
from tests.drive import at
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
NOTE = "Những gì bạn đã gõ được đặt lại ở đây"


@pytest.fixture
def reporter(drive, make_person, culture_office):
    """Somebody with a password; the commune reported yesterday."""
    drive.report(440, "19/8 14:40")
    drive.report(200, "19/8 14:40", drive.land.other_commune)
    at("20/8 14:00")
    commune = drive.land.commune
    return make_person(Role.REPORTER, culture_office, commune, name="Xuyến", password=PASSWORD)


@pytest.fixture
def officer(drive, make_person, culture_office):
    return make_person(Role.CULTURE, culture_office, name="Cúc", password=PASSWORD)


def send_after_the_log_in_ended(page, button, person):
    page.context.clear_cookies()
    page.get_by_role("button", name=button).click()
    page.get_by_text("Phiên đăng nhập đã hết").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Mở lại trang").click()
    log_in(page, person.email)


def test_a_figure_typed_after_the_log_in_ended(visit, drive, reporter, client_as):
    address = f"/figures/{drive.land.commune}/enter"
    page = visit.open(address, width=PHONE, client=client_as(reporter))
    expect(page.get_by_text(NOTE)).not_to_be_visible()
    page.locator("#installs").fill("455")
    send_after_the_log_in_ended(page, "Gửi số liệu", reporter)
    page.get_by_text(NOTE).wait_for()
    expect(page.locator("[data-change]")).to_have_text("+15")
    assert_sound(page)
    page.get_by_role("button", name="Gửi số liệu: 455").click()
    page.get_by_text("Đã gửi 455 lúc").wait_for()
    expect(page.get_by_text(NOTE)).not_to_be_visible()
    page.goto(address)
    expect(page.get_by_text(NOTE)).not_to_be_visible()


def send_while_the_network_is_gone(page, installs):
    page.locator("#installs").fill(installs)
    page.context.set_offline(True)
    page.get_by_role("button", name="Gửi số liệu").click()
    page.wait_for_url("chrome-error://**")
    page.context.set_offline(False)


def test_a_figure_sent_while_the_network_was_gone(visit, drive, reporter, client_as):
    page = visit.open("/figures/", width=PHONE, client=client_as(reporter))
    send_while_the_network_is_gone(page, "455")
    page.goto("/figures/")
    page.get_by_text(NOTE).wait_for()
    expect(page.locator("#installs")).to_have_value("455")


def test_a_grid_puts_back_what_nobody_entered_meanwhile(visit, drive, reporter, officer, client_as):
    page = visit.open(f"/figures/{drive.land.district}/grid", client=client_as(officer))
    page.get_by_label("Xã Long Khánh A").fill("455")
    page.get_by_label("Xã Long Thuận").fill("210")
    drive.report(450, "20/8 14:10")
    send_after_the_log_in_ended(page, "Lưu số liệu", officer)
    page.get_by_text(NOTE).wait_for()
    expect(page.get_by_label("Xã Long Khánh A")).to_have_value("450")
    expect(page.get_by_label("Xã Long Thuận")).to_have_value("210")
    page.get_by_role("button", name="Lưu số liệu").click()
    page.get_by_text("Đã lưu. Mới: 1; sửa: 0.").wait_for()
    expect(page.get_by_text(NOTE)).not_to_be_visible()


def test_who_logs_out_leaves_nothing_typed_behind(visit, drive, reporter, officer, client_as):
    page = visit.open("/figures/", width=PHONE, client=client_as(reporter))
    send_while_the_network_is_gone(page, "455")
    page.goto("/figures/board-that-is-not")
    page.locator('form[action$="logout"]').first.evaluate("form => form.requestSubmit()")
    page.get_by_role("heading", name="Đăng nhập").wait_for()
    assert page.evaluate("Object.values(sessionStorage).filter(each => each.includes('455'))") == []


def test_what_is_typed_before_the_script_has_come_stays(visit, drive, officer, client_as):
    page, held = visit.open(f"/figures/{drive.land.district}/grid", client=client_as(officer)), []
    page.get_by_label("Xã Long Khánh A").fill("455")
    page.route("**/app.js*", lambda route: held.append(route))  # noqa: PLW0108 - asked for its form
    page.get_by_role("button", name="Lưu số liệu").click(no_wait_after=True)
    page.get_by_text("Đã lưu. Mới: 1; sửa: 0.").wait_for()
    page.get_by_label("Xã Long Thuận").fill("205")
    held[0].continue_()
    page.wait_for_load_state()
    assert page.get_by_label("Xã Long Thuận").input_value() == "205"


def test_visits_and_remarks_are_put_back_until_they_are_taken(visit, drive, officer, client_as):
    page = visit.open(f"/fieldwork/{drive.land.commune}", client=client_as(officer))
    page.get_by_label("Số hộ đã đến").fill("120")
    page.get_by_label("Số người được giúp cài đặt").fill("45")
    send_after_the_log_in_ended(page, "Ghi", officer)
    page.get_by_text(NOTE).wait_for()
    page.get_by_role("button", name="Ghi").click()
    page.get_by_text("Đã ghi kết quả đi từng nhà.").wait_for()
    expect(page.get_by_label("Số hộ đã đến")).to_have_value("")
    page.goto(f"/reports/{drive.land.district}")
    page.get_by_label("Nhận xét, kiến nghị").fill("Cần thêm tổ hướng dẫn.")
    send_after_the_log_in_ended(page, "Phát hành báo cáo", officer)
    page.get_by_text(NOTE).wait_for()
    expect(page.get_by_label("Nhận xét, kiến nghị")).to_have_value("Cần thêm tổ hướng dẫn.")
