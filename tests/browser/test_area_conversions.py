"""What areas became in the browser, wide and on a phone, without JavaScript: chosen, looked at,
confirmed, taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from outreach.accounts import Role, User
from tests.chromium import PHONE, assert_sound
from tests.people import Land

pytestmark = pytest.mark.browser
HEAD = "old_code,new_code,share,day,source\n"


def test_a_file_is_recorded_and_taken_back(
    visit, land: Land, client_as, make_person: Callable[..., User], tmp_path: Path
):
    client = client_as(make_person(Role.ADMIN, name="An"))
    file = tmp_path / "sap-xep-huyen-hong-ngu.csv"
    decision = "Nghị quyết 1663/NQ-UBTVQH15 về sắp xếp đơn vị hành chính cấp xã"
    page = visit.open("/admin/areas/", width=PHONE, client=client, javascript=False)
    page.get_by_role("link", name="Sắp xếp địa bàn").click()
    page.get_by_text("Chưa có khai báo sắp xếp địa bàn").wait_for()
    shown = visit.open("/admin/areas/changes", width=PHONE, client=client)
    assert_sound(shown)
    page.get_by_role("link", name="Tải tệp lên").click()

    def look(*rows: str) -> None:
        file.write_text(HEAD + "".join(f"{row},{decision}\n" for row in rows), encoding="utf-8")
        page.locator("#from").select_option("2020")
        page.locator("#to").select_option("2020")
        page.locator("#file").set_input_files(file)
        page.get_by_role("button", name="Xem tệp thay đổi những gì").first.click()

    look("29971,99999,100,2020-01-01")
    page.get_by_text("Chưa thể ghi nhận: có 1 dòng sai.").wait_for()
    page.get_by_role("link", name="Tải tệp khác lên").click()
    look("29971,29983,30,2020-01-01", "29983,29983,100,2020-01-01")
    page.get_by_text("Chưa ghi gì cả.").wait_for()
    page.get_by_role("button", name="Ghi nhận").click()
    page.get_by_text("Hãy ghi phần còn lại nhập vào đâu, hoặc đánh dấu").wait_for()
    page.get_by_label("Đúng, các phần này không nhập vào đâu").check()
    page.get_by_role("button", name="Ghi nhận").click()
    page.get_by_text("Đã ghi nhận. Mới: 2").wait_for()
    address = page.url.removeprefix(visit.address)
    assert_sound(visit.open(address, width=PHONE, client=client))
    page.get_by_label("Lý do").fill("nhầm tệp")
    page.get_by_role("button", name="Thu hồi").click()
    page.get_by_text("An đã thu hồi lúc").wait_for()
    for path in (address, "/admin/areas/changes", "/admin/areas/changes/load"):
        assert_sound(visit.open(path, width=PHONE, client=client))


def test_the_look_of_what_a_file_would_change(
    visit, land: Land, client_as, make_person: Callable[..., User], tmp_path: Path
):
    client = client_as(make_person(Role.ADMIN, name="An"))
    file = tmp_path / "sap-xep.csv"
    for rows in ("29971,29983,30,2020-01-01,NQ 1663\n", "29971,9,100,2020-01-01,NQ 1663\n"):
        page = visit.open("/admin/areas/changes/load", width=PHONE, client=client)
        file.write_text(HEAD + rows, encoding="utf-8")
        page.locator("#from").select_option("2020")
        page.locator("#to").select_option("2020")
        page.locator("#file").set_input_files(file)
        page.get_by_role("button", name="Xem tệp thay đổi những gì").first.click()
        page.get_by_role("heading", name="Tệp thay đổi những gì").first.wait_for()
        assert_sound(page)
