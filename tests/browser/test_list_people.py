"""The people of a list, as a liaison works with them: leafing, looking up, an opt-out, expiry."""

import pytest
from playwright.sync_api import expect

from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of

pytestmark = pytest.mark.browser


@pytest.fixture
def listed(stage, vnpt):
    stage.subscribe(vnpt, numbers_of("vinaphone", 60))
    return stage.list_ids[vnpt.id]


def test_somebody_is_looked_up_and_gets_nothing_more(visit, listed, liaison, client_as):
    page = visit.open("/lists/", width=PHONE, client=client_as(liaison))
    assert_sound(page)
    page.get_by_role("link", name="list.csv").click()
    page.get_by_role("heading", name="Thời hạn sử dụng").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Người trong danh sách").click()
    assert_sound(page)
    page.get_by_label("Đủ số điện thoại").fill("0912 000 003")
    page.get_by_role("button", name="Tra số").click()
    page.locator("#found").filter(has_text="có, trong danh sách này").wait_for()
    assert "0912 000 003" not in page.content()
    assert_sound(page)
    page.get_by_role("button", name="Không gửi nữa").click()
    page.get_by_label("Biết bằng cách nào?").fill("Gọi điện đến phòng")
    page.get_by_role("button", name="Không gửi nữa").click()
    page.get_by_text("Từ nay 09•• ••• 003 không nhận tin nào nữa.").wait_for()
    page.get_by_role("link", name="Trang sau").click()
    page.get_by_role("link", name="Trang đầu").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Hiện đủ số của trang này").click()
    page.get_by_text("Đủ số của trang này.").wait_for()
    assert "0912000050" in page.content()
    assert_sound(page)


def test_a_list_ends_and_lasts_longer_without_javascript(visit, listed, liaison, client_as):
    client = client_as(liaison)
    page = visit.open(f"/lists/{listed}", width=PHONE, client=client, javascript=False)
    for day, words in (("2020-01-01", "Danh sách này đã hết hạn dùng."), ("2030-01-01", "")):
        page.get_by_label("Ngày cuối").fill(day)
        page.get_by_label("Vì sao?").fill("Công văn 12")
        page.get_by_role("button", name="Đổi ngày cuối").click()
        expect(page.get_by_text("Danh sách này đã hết hạn dùng.")).to_have_count(int(bool(words)))
    expect(page.get_by_text("đổi thời hạn dùng")).to_have_count(2)
    page.get_by_role("link", name="Người trong danh sách").click()
    page.get_by_label("Đủ số điện thoại").fill("1900")
    page.get_by_role("button", name="Tra số").click()
    page.locator("#number-error").wait_for()
