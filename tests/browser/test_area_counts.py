"""The counts of an area in the browser, wide and on a phone: one is entered, a file looked at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from outreach import area_counts, areas
from outreach.area_counts import Count
from outreach.targets import Denominator
from tests.chromium import PHONE, assert_sound
from tests.drive import Drive, at

pytestmark = pytest.mark.browser


def test_people_are_counted_anew(visit, drive: Drive, client_as: int, tmp_path: Path):
    for day in (17, 18, 19):
        drive.report(300 * day, f"{day}/8 14:00")
    at("20/8 15:00")
    count = Count(
        drive.land.district,
        Denominator.POPULATION,
        20_000,
        "Tổng điều tra dân số 1/4/2019",
        "",
        date(2019, 4, 1),
    )
    area_counts.add(areas.by_code("870"), count, actor_id=None)
    client = client_as(drive.staff)
    page = visit.open(f"/areas/{drive.land.district}/people", width=PHONE, client=client)
    assert_sound(page)
    page.locator("#value").fill("21.500")
    page.locator("#source").fill("UBND huyện Hồng Ngự")
    page.locator("#letter").fill("919/UBND-VX")
    page.locator("#counted_on").fill("2020-08-18")
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.get_by_text("Đã lưu.").wait_for()
    assert_sound(page)
    file = tmp_path / "dan-so.csv"
    file.write_text("Xã,Dân số\nLong Thuận,14444\n869,5\n", encoding="utf-8")
    page.locator("#file").set_input_files(file)
    page.locator("#all_source").fill("Tổng điều tra")
    page.locator("#all_counted_on").fill("2019-04-01")
    page.get_by_role("button", name="Xem tệp thay đổi những gì").click()
    page.get_by_text("Chưa thể nhập: 1 dòng sai.").wait_for()
    assert_sound(page)
    page = visit.open(f"/areas/{drive.land.district}", width=PHONE, client=client)
    page.get_by_text("tỷ lệ tính trên 21.500 dân, trước đó trên 20.000.").first.wait_for()
    assert_sound(page)
    page = visit.open(f"/areas/{drive.land.district}/people", width=PHONE, client=client)
    page.get_by_role("heading", name="Thu hồi một số").wait_for()
    assert_sound(page)
