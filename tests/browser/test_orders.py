"""A broadcast order in the browser: the liaison's day with it, and what the office sees."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campaigns import approvals, life, orders
from campaigns.order_reporting import Entry
from campaigns.states import OrderState
from outreach.database import db
from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of

pytestmark = pytest.mark.browser


def test_a_liaison_s_day_with_an_order(visit, ordering, client_as, tmp_path):
    order = ordering.opened()
    page = visit.open("/orders/", width=PHONE, client=client_as(ordering.liaison))
    assert page.locator(".nav .waits").first.inner_text().startswith("1")
    assert_sound(page)
    page.get_by_role("link", name="Bluezone đợt 1").click()
    page.get_by_role("heading", name="Phiếu đề nghị: Bluezone đợt 1").wait_for()
    expect(page.get_by_text("Kinh gui ba con xa Long Khanh A")).to_be_visible()
    page.get_by_text("Các xã khác ở trang này: 1").click()
    expect(page.get_by_text("Kinh gui ba con xa Long Thuan")).to_be_visible()
    assert_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải lời nhắn (CSV)").click()
    text = download.value.path().read_bytes().decode("utf-8-sig")
    assert text.splitlines()[0] == "mã địa bàn,tên địa bàn,nội dung,số đoạn"

    page.get_by_role("button", name="Nhận phiếu đề nghị").click()
    page.get_by_text("Hãy gửi từ hệ thống của nhà mạng").first.wait_for()
    expect(page.locator(".nav .waits")).to_have_count(0)
    assert_sound(page)
    page.get_by_label("Bắt đầu gửi lúc").fill("2099-01-01T08:00")
    page.get_by_role("button", name="Đã bắt đầu gửi").click()
    assert "Chưa đến thời điểm đó" in page.locator("#at-error").inner_text()
    assert_sound(page)
    page.get_by_label("Bắt đầu gửi lúc").fill("")
    page.get_by_role("button", name="Đã bắt đầu gửi").click()

    sent = page.get_by_role("textbox", name="Đã gửi, Xã Long Khánh A")
    sent.fill("9.000")
    page.get_by_role("textbox", name="Đã đến máy, Xã Long Khánh A").fill("9001")
    page.get_by_role("textbox", name="Đã gửi, Xã Long Thuận").fill("30000")
    assert_sound(page)
    page.get_by_role("button", name="Lưu số liệu").click()
    page.get_by_text("Số đã đến máy (9.001) nhiều hơn số đã gửi (9.000).").wait_for()
    assert sent.input_value() == "9.000"
    assert_sound(page)
    page.get_by_role("textbox", name="Đã đến máy, Xã Long Khánh A").fill("8700")
    page.get_by_label("Vì sao số này đúng?").fill("gửi hai đợt")
    page.get_by_role("button", name="Lưu số liệu").click()
    page.get_by_text("Đã lưu. Mới: 2; sửa: 0.").wait_for()
    total = page.locator("#counts-table tfoot").inner_text().split()
    assert total[-4:] == ["39.000", "≥", "8.700", "—"]
    assert_sound(page)

    path = tmp_path / "counts.csv"
    path.write_text("Xã,Đã gửi,Chi phí\nLong Thuận,31.000,7750000\nXã Lạ,5,\n", encoding="utf-8")
    page.get_by_label("Tệp").set_input_files(path)
    page.get_by_role("button", name="Nhận số liệu").click()
    page.get_by_text("Không nhận: 2 dòng.").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Xem số liệu").click()
    page.get_by_role("button", name="Đã gửi xong").click()
    page.get_by_text("Đã ghi nhận: gửi xong").wait_for()
    assert_sound(page)
    db.session.rollback()
    assert orders.get(order.id).state is OrderState.FINISHED


def test_the_office_sees_what_the_carrier_reports(visit, ordering, viettel, culture, client_as):
    ordering.stage.subscribe(viettel, numbers_of("viettel", 3))
    route = ordering.stage.route(viettel, 9)
    order = ordering.begun()
    ordering.report(order, Entry(ordering.stage.land.commune, "9000", "8700"))
    mixed = ordering.started([route.id], name="Bluezone đợt 2")
    page = visit.open(f"/campaigns/{order.campaign_id}", width=PHONE, client=client_as(culture))
    row = page.get_by_role("row").filter(has_text="do nhà mạng báo").first
    assert "8.700" in row.inner_text()
    assert_sound(page)
    page.goto(f"/campaigns/{mixed.id}")
    page.get_by_text("chưa báo số liệu").wait_for()
    assert_sound(page)
    page.goto("/orders/")
    page.get_by_role("link", name="Bluezone đợt 1").click()
    page.get_by_text("Số liệu theo địa bàn").first.wait_for()
    expect(page.get_by_role("button", name="Lưu số liệu")).to_have_count(0)
    assert_sound(page)
    page.goto(f"/orders/{order.id}/print")
    expect(page.get_by_text("Kinh gui ba con xa Long Thuan")).to_be_visible()
    assert_sound(page)


def test_orders_that_cannot_be_sent_say_why(visit, ordering, client_as):
    returned, planned = ordering.opened(), ordering.order_of(ordering.approved(name="Đợt 2"))
    orders.give_back(returned, "Tên người gửi chưa đăng ký", ordering.liaison.id)
    withdrawn = ordering.begun(name="Đợt 3")
    life.cancel(withdrawn.campaign, ordering.stage.author.id)
    for order, says in (
        (returned, "Tên người gửi chưa đăng ký"),
        (planned, "Chưa đến lượt."),
        (withdrawn, "ngừng gửi ngay"),
    ):
        page = visit.open(f"/orders/{order.id}", width=PHONE, client=client_as(ordering.liaison))
        assert says in page.locator(".alerts").first.inner_text()
        assert_sound(page)


def test_an_empty_list_says_what_to_do_first(visit, ordering, culture, client_as):
    for person in (ordering.liaison, culture):
        page = visit.open("/orders/", client=client_as(person))
        page.get_by_role("heading", name="Chưa có phiếu đề nghị nào").wait_for()
        assert_sound(page)


def test_an_approver_confirms_orders_by_the_number_of_areas(visit, ordering, culture, client_as):
    stage = ordering.stage
    campaign = stage.draft([], orders=[ordering.carrier.id])
    approvals.submit(campaign, stage.author, stage.settings)
    page = visit.open(f"/campaigns/{campaign.id}", client=client_as(culture), javascript=False)
    page.get_by_label("Gõ số địa bàn để xác nhận").fill("3")
    page.get_by_role("button", name="Duyệt phiếu đề nghị cho 2 địa bàn").click()
    assert "“3”" in page.locator("#number-error").inner_text()
    page.get_by_label("Gõ số địa bàn để xác nhận").fill("2")
    page.get_by_role("button", name="Duyệt phiếu đề nghị cho 2 địa bàn").click()
    assert page.locator(".badge").first.inner_text() == "Đã duyệt"
