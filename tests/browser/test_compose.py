"""Writing a campaign, as a person does it: live, without JavaScript, and on a phone."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from outreach import apps, targets, uptake
from outreach.areas import Area
from outreach.database import find, transaction
from outreach.organisations import Organisation
from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of

pytestmark = pytest.mark.browser
TEXT = "UBND huyện đề nghị người dân {xa} cài ứng dụng {ung_dung}. Cài tại {link}. "


@pytest.fixture
def route(stage, vnpt):
    stage.subscribe(vnpt, numbers_of("vinaphone", 1200))
    stage.subscribe(vnpt, numbers_of("vinaphone", 300, offset=2000), stage.land.other_commune)
    with transaction() as session:
        session.get_one(Area, stage.land.district).population = 120_514
    return stage.route(vnpt, 9, name="VNPT", networks=["vinaphone"], price=300, rate=10.0)


def write(page, text=TEXT):
    page.get_by_label("Tên", exact=True).fill("Bluezone đợt 2: hai xã")
    page.get_by_label("Xã Long Khánh A").check()
    page.get_by_label("Xã Long Thuận").check()
    page.get_by_label("Vì sao chọn những người này?").fill("hai xã chưa nhắn")
    page.get_by_label("Nội dung tin").fill(text)


def counted(page, people):
    """Wait until the live part says so."""
    page.locator("#people .total").filter(has_text=people).wait_for()


def recipients(page):
    return page.locator("#people .total").inner_text()


def test_the_preview_follows_the_writer_and_the_draft_is_saved_and_edited(
    visit, route, culture, client_as
):
    page = visit.open("/campaigns/", client=client_as(culture))
    page.get_by_role("link", name="Chiến dịch mới").click()
    write(page)
    page.locator(".writing.chosen").wait_for()
    counted(page, "1.500")
    assert "de nghi nguoi dan xa Long Khanh A" in page.locator(".writing.chosen").inner_text()
    page.get_by_label("tại", exact=True).select_option("Xã Long Thuận")
    page.locator(".writing.chosen").filter(has_text="xa Long Thuan").wait_for()
    page.get_by_label("Có dấu", exact=True).check()
    page.locator(".writing.chosen").filter(has_text="xã Long Thuận").wait_for()
    assert page.evaluate("document.activeElement.id") == "strip_marks-0"
    assert_sound(page)
    page.get_by_role("button", name="{link}").click()
    assert page.get_by_label("Nội dung tin").input_value().endswith("{link}")
    page.get_by_role("button", name="Lưu bản nháp").dblclick()
    page.get_by_text("Đã lưu.").wait_for()
    assert page.locator(".badge").first.inner_text() == "Bản nháp"
    page.get_by_role("link", name="Sửa").click()
    assert page.get_by_label("Tên", exact=True).input_value() == "Bluezone đợt 2: hai xã"
    assert recipients(page) == "1.500"


def test_the_communes_that_need_a_segment_more_are_said_with_what_to_cut(
    visit, route, culture, client_as
):
    page = visit.open("/campaigns/new", client=client_as(culture))
    write(page, "{xa}" + "a" * 147)  # fits “xa Long Thuan”, not “xa Long Khanh A”
    warning = page.locator(".writing.chosen .wait")
    warning.wait_for()
    said = warning.inner_text()
    assert "1/2 xã thành 2 đoạn" in said
    assert "Xã Long Khánh A" in said
    assert "Bớt 2 ký tự" in said


def test_a_ticked_district_ticks_all_below_and_an_unticked_commune_loosens_it(
    visit, route, culture, client_as
):
    page = visit.open("/campaigns/new", client=client_as(culture))
    page.get_by_label("Huyện Hồng Ngự").check()
    assert page.get_by_label("Xã Long Thuận").is_checked()
    counted(page, "1.500")
    page.get_by_label("Xã Long Thuận").uncheck()
    assert not page.get_by_label("Huyện Hồng Ngự").is_checked()
    counted(page, "1.200")


def test_a_campaign_is_written_looked_at_and_saved_without_javascript(
    visit, route, culture, client_as
):
    page = visit.open("/campaigns/new", width=PHONE, client=client_as(culture), javascript=False)
    write(page)
    page.get_by_role("button", name="Xem trước").click()
    assert recipients(page) == "1.500"
    assert "450.000" in page.locator("#plan tfoot").inner_text()
    page.get_by_role("button", name="Lưu bản nháp").click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()


def test_the_form_is_accessible_empty_wrong_and_full(visit, route, culture, client_as):
    page = visit.open("/campaigns/new", width=PHONE, client=client_as(culture))
    assert_sound(page)
    page.get_by_role("button", name="Lưu bản nháp").click()
    page.get_by_role("alert").filter(has_text="Chưa lưu.").wait_for()
    expect(page.locator("#name[aria-invalid]")).to_have_count(1)
    assert_sound(page)
    write(page, TEXT * 9 + "🙂")
    page.get_by_text("Như thế này sẽ không trình được.").wait_for()
    assert "🙂" in page.locator(".writing.chosen .forcing").inner_text()
    assert_sound(page)


def test_the_form_is_accessible_in_the_dark(visit, route, culture, client_as):
    page = visit.open("/campaigns/new", dark=True, client=client_as(culture))
    write(page)
    page.locator(".writing mark").first.wait_for()
    assert_sound(page)


def test_a_carrier_without_a_list_is_led_to_its_lists_or_to_its_order(
    visit, stage, stranger, client_as
):
    page = visit.open("/campaigns/new", width=PHONE, client=client_as(stranger))
    expect(page.get_by_text("Chưa có ai trong danh sách ở các địa bàn này.")).to_be_visible()
    expect(page.get_by_role("link", name="Đến danh sách thuê bao")).to_be_visible()
    expect(page.get_by_label("Xã Long Thuận")).to_be_visible()
    assert_sound(page)


def test_the_help_line_and_the_deadline_are_put_in_and_missed_by_name(
    visit, stage, route, culture, client_as
):
    page = visit.open("/campaigns/new", width=PHONE, client=client_as(culture))
    write(page, "Bà con {xa} cần giúp gọi ")
    page.get_by_role("button", name="{dien_thoai}").click()
    page.get_by_text("{dien_thoai} để trống cho xã Long Khánh A").wait_for()
    assert_sound(page)
    with transaction() as session:
        session.get_one(Organisation, culture.organisation_id).phone = "0277 3837 123"
    day = uptake.today() + timedelta(days=20)
    area, app = find(Area, stage.land.district), apps.by_code("BLUEZONE")
    targets.add(area, app, 2000, day, group="population", letter="", actor_id=None)
    page.get_by_label("Nội dung tin").press_sequentially(", hạn ")
    page.get_by_role("button", name="{han}").click()
    filled = page.locator(".writing.chosen mark")
    filled.filter(has_text="0277 3837 123").wait_for()
    filled.filter(has_text=f"{day.day}/{day.month}/{day.year}").wait_for()
    assert_sound(page)
