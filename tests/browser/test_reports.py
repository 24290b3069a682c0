"""The officer issues the day's report, sees that a figure was corrected, and issues it again."""

from __future__ import annotations

import pytest

from campaigns.reports import editions
from tests.campaigns.reports.reporting import TODAY, counted
from tests.chromium import PHONE, assert_sound

__all__ = ["counted"]
pytestmark = pytest.mark.browser


def test_the_report_is_issued_corrected_and_taken(visit, counted, client_as):
    client = client_as(counted.staff)
    page = visit.open(f"/reports/{counted.land.district}", width=PHONE, client=client)
    page.get_by_text("chưa phát hành; hạn 16:30").wait_for()
    page.get_by_label("Số văn bản").fill("12")
    page.get_by_label("Nhận xét, kiến nghị").fill("Các xã báo cáo đúng hạn hơn hôm qua.")
    page.get_by_role("button", name="Phát hành báo cáo").click()
    page.get_by_text("đã phát hành, lần 1").wait_for()
    counted.report(4000, "20/8 16:30", reason="gõ nhầm", asked="4000")
    page.reload()
    page.get_by_text("Số liệu đã sửa sau lần phát hành 1: 2 chỗ.").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Phát hành bản sửa đổi").click()
    page.get_by_text("đã phát hành, lần 2").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("link", name="DOCX của lần phát hành 2").first.click()
    assert taken.value.suggested_filename == "bao-cao-870-2020-08-20-sua-doi-1.docx"
    assert len(editions.of_day(counted.land.district, TODAY)) == 2
    page.get_by_role("link", name="Thể thức và mẫu").click()
    page.get_by_label("Cơ quan ban hành").wait_for()
    assert_sound(page)
