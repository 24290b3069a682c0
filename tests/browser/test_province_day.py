"""The whole day of a province's office: the league table of districts, the map, two sets of
districts beside each other, what is missing to the target, the report; a colleague sees the same
by the addresses."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from outreach import apps, areas, organisations, targets
from outreach.accounts import Role
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import transaction
from outreach.organisations import Kind
from tests.chromium import assert_sound, log_in
from tests.drive import at
from tests.people import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def offices(drive, make_person):
    """Two of the province's office; two districts reported for nine days, a third never did."""
    land = drive.land
    with transaction() as session:

        def add(code, level, name, parent_id, people):
            kind = "Xã" if level is Level.COMMUNE else "Huyện"
            more = {"kind": kind, "name": f"{kind} {name}", "parent_id": parent_id}
            area = Area(area_list=2020, code=code, level=level, population=people, **more)
            session.add(area)
            session.flush()
            return area.id

        small = add("29926", Level.COMMUNE, "Bình Phú", land.next_district, 5_000)
        silent = add("872", Level.DISTRICT, "Tam Nông", land.province, 4_000)
        add("30001", Level.COMMUNE, "Phú Thọ", silent, 4_000)
        session.get_one(Area, land.province).population = 29_000
        for number, area_id in enumerate((land.district, land.next_district, silent)):
            area = session.get_one(Area, area_id)
            area.lat, area.lon = 10.8 + number / 20, 105.3 + number / 20
    for day in (12, 19, 20):
        drive.report(20 * day, f"{day}/8 14:40")
        drive.report(15 * day, f"{day}/8 14:45", land.other_commune)
        drive.report(16 * day, f"{day}/8 14:50", small)
    app, province, until = apps.by_code("BLUEZONE"), areas.by_code("87"), date(2020, 8, 31)
    targets.add(province, app, 10_00, until, group="population", letter="", actor_id=None)
    office = organisations.add(
        "Sở VH-TT-DL Đồng Tháp", Kind.CULTURE, area_id=land.province, actor_id=None
    )
    at("20/8 16:00")
    return [
        make_person(role, office, name=name, password=PASSWORD)
        for role, name in ((Role.CULTURE, "Phương"), (Role.STAFF, "Thu"))
    ]


def menu(page, name):
    entry = page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{name}"))
    entry.click()  # a number may stand beside the name


def test_a_province_s_day_from_the_league_table_to_the_report(visit, offices, client_as):
    officer, colleague = offices
    page = visit.open("/")
    log_in(page, officer.email)
    page.get_by_role("heading", name="Tổng quan").wait_for()
    assert_sound(page)
    other = visit.open("/", client=client_as(colleague))

    menu(page, "Bảng xếp hạng")
    page.get_by_role("heading", name="Bảng xếp hạng: Tỉnh Đồng Tháp").wait_for()
    assert page.get_by_label("Cấp").locator("option:checked").inner_text() == "Cấp huyện"
    page.get_by_label("So với ngày").fill("2020-08-19")
    page.get_by_role("button", name="Xem", exact=True).click()
    page.get_by_text("Được xếp hạng: 2/3").wait_for()
    first = page.locator("#ranked tbody tr").first
    assert first.locator("th .hide-phone").inner_text() == "Huyện Tân Hồng"
    expect(first.get_by_text("+0,32", exact=True)).to_be_visible()  # 320 of 5.000, after 304
    expect(page.locator("#never").get_by_text("Huyện Tam Nông")).to_be_visible()
    assert_sound(page)
    other.goto(page.url)
    assert other.locator("#ranked").inner_text() == page.locator("#ranked").inner_text()

    menu(page, "Bản đồ")
    slider = page.get_by_role("slider", name="Ngày trên bản đồ")
    assert_sound(page)
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_for_url("**day=2020-08-19**")
    assert_sound(page)
    other.goto(page.url)
    other.locator("#drawn [data-day='Thứ Tư 19/8/2020']").wait_for()
    assert other.locator("#places").inner_text() == page.locator("#places").inner_text()

    menu(page, "So sánh")
    page.get_by_label("Từ ngày", exact=True).fill("2020-08-12")
    page.get_by_text("Chỉ một số địa bàn").click()
    page.locator("#which").get_by_role("checkbox", name="Huyện Hồng Ngự").check()
    page.get_by_text("Đặt cạnh một nhóm địa bàn thứ hai").click()
    page.locator("#beside").get_by_role("checkbox", name="Huyện Tân Hồng").check()
    assert_sound(page)
    page.get_by_role("button", name="So sánh").click()
    page.get_by_role("heading", name="Hai nhóm đặt cạnh nhau").wait_for()
    assert "areas=870" in page.url and "against=869" in page.url
    assert_sound(page)
    other.goto(page.get_by_label("Đường dẫn để đồng nghiệp xem đúng trang này").input_value())
    assert other.locator("#sets").inner_text() == page.locator("#sets").inner_text()
    expect(other.locator("#compared tbody tr")).to_have_count(3)

    menu(page, "Mục tiêu")
    row = page.get_by_role("row", name="Tỉnh Đồng Tháp")
    expect(row.get_by_text("1.020/29.000")).to_be_visible()
    expect(row.get_by_text("1.880", exact=True)).to_be_visible()  # missing to 10%
    assert_sound(page)

    menu(page, "Báo cáo ngày")
    page.get_by_role("heading", name="Báo cáo ngày: Tỉnh Đồng Tháp").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Phát hành báo cáo").click()
    page.get_by_text("đã phát hành, lần 1").wait_for()
    assert_sound(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name="DOCX của lần phát hành 1").first.click()
    assert taken.value.suggested_filename == "bao-cao-87-2020-08-20.docx"
