"""Visits in the browser: a reporter records a day and puts it right; an office reads the sums."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.chromium import PHONE, assert_sound
from tests.drive import at

pytestmark = pytest.mark.browser


def test_a_reporter_records_a_day_and_says_why_it_is_changed(visit, drive, client_as):
    at("20/8 16:00")
    address = f"/fieldwork/{drive.land.commune}"
    page = visit.open(address, width=PHONE, client=client_as(drive.reporter))
    assert_sound(page)
    page.get_by_label("Số hộ đã đến").fill("120")
    page.get_by_label("Số người được giúp cài đặt").fill("45")
    page.get_by_role("button", name="Ghi").click()
    page.get_by_text("Đã ghi kết quả đi từng nhà.").wait_for()
    page.get_by_label("Số hộ đã đến").fill("130")
    page.get_by_label("Số người được giúp cài đặt").fill("45")
    page.get_by_role("button", name="Ghi").click()
    page.get_by_text("Ngày này đã được ghi: 120 hộ").wait_for()
    assert_sound(page)
    page.get_by_label("Lý do sửa").fill("đếm lại")
    page.get_by_role("button", name="Ghi").click()
    page.get_by_text("120 → 130").wait_for()
    assert_sound(page)
    office = visit.open(
        f"/fieldwork/{drive.land.district}", width=PHONE, client=client_as(drive.staff)
    )
    expect(office.get_by_role("cell", name="130")).to_be_visible()
    assert_sound(office)
