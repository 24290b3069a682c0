"""A liaison's afternoon: watch a campaign finish, decide doubts, take the list, send again."""

import io
from datetime import timedelta

import openpyxl
import pytest
from playwright.sync_api import expect

from campaigns import life
from outreach import clock
from outreach.accounts import Role
from tests.chromium import assert_sound
from tests.stage import numbers_of
from tests.workers.smsc import account, simulator_process

pytestmark = pytest.mark.browser
PEOPLE = 60
OFF = {"suffix": "1", "state": "undelivered", "error": "027"}
WRONG = {"suffix": "02", "state": "undelivered", "error": "001"}
SILENT = {"silent_share": 0.2, "silent_takes": False}


def numbers_in(download):
    """The second column of a workbook, without its heading."""
    book = openpyxl.load_workbook(io.BytesIO(download.path().read_bytes()))
    return [row[1] for row in book.active.iter_rows(min_row=2, values_only=True)]


@pytest.fixture
def carrier(stage, vnpt, tmp_path):
    """VNPT is silent at a fifth of the submits; phones ending in 1 are off, in 02 unused."""
    stage.settings = stage.settings.model_copy(update={"answer_seconds": 2.0})
    stage.subscribe(vnpt, numbers_of("vinaphone", PEOPLE))
    with simulator_process(tmp_path, account(rules=[OFF, WRONG], faults=SILENT)) as running:
        yield running


def test_a_liaison_watches_decides_takes_the_list_and_sends_again(
    visit, stage, carrier, vnpt, liaison, make_person, client_as
):
    route = stage.route(vnpt, carrier.port, networks=["vinaphone"], name="VNPT", window=100)
    campaign = stage.started([route.id])
    colleague = make_person(Role.LIAISON, vnpt, name="Minh")
    with stage.crew():
        page = visit.open(f"/campaigns/{campaign.id}", client=client_as(liaison))
        page.locator(".badge.completed").wait_for(timeout=60_000)
        page.get_by_role("heading", name="Không đến được, vì sao").wait_for()
        before = stage.states(campaign)
        assert before["in_doubt"] > 2
        assert "Máy tắt hoặc ngoài vùng phủ sóng" in page.locator("#failures").inner_text()
        assert_sound(page)

        # Two people look at the same doubts: the first decides, the second is told.
        page.get_by_role("link", name="Xem và quyết định").first.click()
        page.get_by_role("heading", name="Chưa rõ: Bluezone đợt 1").wait_for()
        other = visit.open(f"/campaigns/{campaign.id}/doubt", client=client_as(colleague))
        assert_sound(page)
        assert "+84" not in page.content() and "0912000" not in page.content()
        page.get_by_role("button", name="Đã đến máy").click()
        assert "Hãy ghi bạn biết gì" in page.locator("#why-error").inner_text()
        for each in (page, other):
            each.locator("ul.doubts > li input").first.check()
            each.get_by_label("Bạn biết gì, và từ ai?").fill("VNPT báo qua điện thoại")
        page.get_by_role("button", name="Đã đến máy").click()
        page.get_by_text("Đã ghi là đến máy: 1 tin.").wait_for()
        other.get_by_role("button", name="Không đến được", exact=True).click()
        other.get_by_text("Không tin nào trong số này còn chưa rõ").wait_for()
        assert_sound(other)

        # The rest is sent again, knowingly; the carrier answers now.
        carrier.ask("POST", "/fault", {"silent_share": 0.0})
        left = before["in_doubt"] - 1
        page.get_by_label("Tất cả").check()
        page.get_by_label("Bạn biết gì, và từ ai?").fill("VNPT chưa nhận")
        page.get_by_role("button", name="Gửi lại…").click()
        page.get_by_role("heading", name=f"Gửi lại cho {left} người").wait_for()
        assert "hai lần" in page.locator(".alert.w").inner_text()
        assert_sound(page)
        page.get_by_label("Gõ số người để xác nhận").fill(str(left + 1))
        page.get_by_role("button", name="Gửi lại cho").click()
        assert str(left + 1) in page.locator("#number-error").inner_text()
        page.get_by_label("Gõ số người để xác nhận").fill(str(left))
        page.get_by_role("button", name="Gửi lại cho").click()
        page.get_by_text(f"Đang gửi lại: {left} tin.").wait_for()
        stage.wait(campaign, lambda c: c.state == "completed")
        assert stage.states(campaign).get("in_doubt", 0) == 0

        # Those not reached: the list, whole for the own numbers; then once more for who was off.
        page = visit.open(f"/campaigns/{campaign.id}/unreached", client=client_as(liaison))
        assert_sound(page)
        with page.expect_download() as masked:
            page.get_by_role("link", name="Tải, số máy được che").click()
        with page.expect_download() as whole:
            page.get_by_role("button", name="Tải với số máy đầy đủ").click()
        rows = [numbers_in(file.value) for file in (masked, whole)]
        assert len(rows[0]) == len(rows[1]) > 0
        assert all("•" in number for number in rows[0])
        assert all(number.startswith("0912000") for number in rows[1])
        carrier.ask("POST", "/config", {"rules": []})
        page = visit.open(f"/campaigns/{campaign.id}", client=client_as(liaison))
        page.locator("#send-again").click()
        assert_sound(page)
        off = int(page.locator("input[name=shown]").get_attribute("value"))
        page.get_by_label("Gõ số người để xác nhận").fill(str(off))
        page.get_by_role("button", name=f"Gửi lại cho {off} người").dblclick()
        page.get_by_text(f"Đang gửi lại: {off} tin.").wait_for()
        stage.wait(campaign, lambda c: c.state == "completed")
        stage.settled(campaign)
        states = stage.states(campaign)
        assert states["delivered"] + states.get("undelivered", 0) == PEOPLE
        stage.assert_counts_are_rows(campaign)
        page.goto(f"/campaigns/{campaign.id}")
        assert_sound(page)


def test_the_calendar_shows_what_goes_out_and_what_may(
    visit, stage, vnpt, liaison, ordering, client_as
):
    stage.subscribe(vnpt, numbers_of("vinaphone", PEOPLE))
    route = stage.route(vnpt, 9, networks=["vinaphone"], name="VNPT")
    stage.started([route.id], name="Đợt đang gửi")
    scheduled = stage.approved([route.id], name="Đợt đã lên lịch")
    life.schedule(scheduled, clock.now() + timedelta(hours=1), None)
    approved = stage.approved([route.id], name="Đợt chưa chọn giờ")
    ordering.begun(name="Đợt nhà mạng tự gửi")
    ordering.accepted(name="Đợt nhà mạng đã nhận")
    page = visit.open("/campaigns/calendar", client=client_as(liaison))
    assert_sound(page)
    assert page.locator("table.month .outing.sending").count() >= 1
    assert page.locator("table.month .outing.scheduled").count() >= 1
    assert page.locator("table.month .outing.approved").count() >= 1
    assert page.locator("table.month .outing.started svg").count()
    page.get_by_role("link", name="Tháng sau").click()
    page.get_by_role("heading", name="Lịch gửi tin tháng").wait_for()
    page.get_by_role("link", name="Tháng trước").click()
    page = visit.open("/campaigns/calendar?month=2001-01", client=client_as(liaison))
    page.get_by_role("heading", name="Tháng này không gửi tin").wait_for()
    assert_sound(page)
    page = visit.open(f"/campaigns/{approved.id}", client=client_as(liaison))
    assert "Đợt đã lên lịch" in page.locator(".beside").inner_text()
    assert_sound(page)


def test_what_waits_for_a_decision_stands_in_the_menu_only_then(
    visit, stage, vnpt, liaison, client_as
):
    page = visit.open("/campaigns/doubt", client=client_as(liaison))
    page.get_by_role("heading", name="Không có gì chờ quyết định").wait_for()
    assert_sound(page)
    expect(page.get_by_role("navigation").get_by_role("link", name="Chưa rõ")).to_have_count(0)
