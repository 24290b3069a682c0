"""Lists as a liaison works with them: upload, confirm, watch, take back what failed."""

import pytest
from playwright.sync_api import expect

from outreach import area_loading
from outreach.database import db
from outreach.example.letters import AREAS_FILE
from outreach.lists import importing
from outreach.subscribers import SubscriberList
from tests.chromium import PHONE, assert_sound

pytestmark = pytest.mark.browser
ROWS = "".join(f"09123456{i:02};Nguyễn Thị Long Danh {i};Long Thuận\n" for i in range(40))
LONG = "một tên cột rất dài mà ai đó đã đặt cho danh sách của huyện"


@pytest.fixture
def file(tmp_path, app):
    area_loading.load_file(AREAS_FILE, actor_id=None)
    path = tmp_path / f"{'danh-sách-' * 8}.csv"
    path.write_text(f"SĐT;{LONG};Xã\n{ROWS}1900;x;Long Thuận\n", encoding="utf-8")
    return path


def upload(page, file):
    page.get_by_label("Tệp", exact=True).set_input_files(file)
    page.get_by_label("Mục đích").fill("Mời người dân cài Bluezone")
    page.get_by_label("Nguồn").fill("Khách hàng VNPT, công văn 12")
    page.get_by_role("button", name="Tải lên và xem các cột").click()


def newest():
    db.session.rollback()
    return db.session.query(SubscriberList).order_by(SubscriberList.id.desc()).first().id


def test_a_list_is_uploaded_confirmed_watched_and_its_bad_rows_taken(
    visit, file, liaison, client_as
):
    page = visit.open("/lists/", width=PHONE, client=client_as(liaison))
    page.get_by_role("heading", name="Chưa có danh sách nào").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Tải danh sách lên").click()
    assert_sound(page)
    upload(page, file)
    page.get_by_role("heading", name="Xác nhận các cột").wait_for()
    assert "09•• ••• 600" in page.locator("#examples").inner_text()
    assert "0912345600" not in page.content()
    assert_sound(page)
    page.get_by_label("Số điện thoại").select_option("Chọn …")
    page.get_by_role("button", name="Nhập danh sách").click()
    page.get_by_text("Chọn cột ghi số điện thoại.").wait_for()
    assert_sound(page)
    page.get_by_label("Số điện thoại").select_option("SĐT")
    page.get_by_role("button", name="Nhập danh sách").dblclick()
    page.locator("#list[hx-get]").wait_for()
    assert_sound(page)
    importing.run_import(newest())
    page.locator(".badge.completed").wait_for()
    expect(page.locator("#list[hx-get]")).to_have_count(0)
    assert_sound(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải về 1 dòng").click()
    assert "1900" in download.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="Danh sách thuê bao").last.click()
    page.get_by_role("region", name="Danh sách thuê bao").wait_for()
    assert_sound(page)


def test_a_list_is_uploaded_and_imported_without_javascript(visit, file, liaison, client_as):
    page = visit.open("/lists/new", width=PHONE, client=client_as(liaison), javascript=False)
    upload(page, file)
    page.get_by_label("Tên", exact=True).select_option(LONG)
    page.get_by_role("button", name="Thử lại những dòng đầu").click()
    assert page.get_by_label("Tên", exact=True).input_value() == LONG
    page.get_by_role("button", name="Nhập danh sách").click()
    importing.run_import(newest())
    page.get_by_role("link", name="xem số mới").click()
    assert page.locator(".badge").first.inner_text() == "Đã nhập"


def test_a_file_that_is_no_list_says_what_to_do(visit, tmp_path, liaison, client_as):
    path = tmp_path / "a.csv"
    path.write_text("0912345678;Long Thuận\n", encoding="utf-8")
    page = visit.open("/lists/new", client=client_as(liaison))
    upload(page, path)
    page.locator("#file-error").wait_for()
    assert page.get_by_label("Mục đích").input_value() == "Mời người dân cài Bluezone"
    assert_sound(page)
