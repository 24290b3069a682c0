"""The campaign list, and one campaign's page in every state of its life."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from campaigns import approvals, life, pauses, restored
from campaigns.states import CampaignState
from outreach import clock
from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of
from tests.workers.carried import carried

pytestmark = pytest.mark.browser
C = CampaignState
PEOPLE = 1250


@pytest.fixture
def route_ids(stage, vnpt):
    """Nobody listens there: these campaigns are looked at, not sent."""
    stage.subscribe(vnpt, numbers_of("vinaphone", PEOPLE))
    return [stage.route(vnpt, 9).id]


def _submitted(stage, route_ids):
    campaign = stage.draft(route_ids)
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def _returned(stage, route_ids):
    campaign = _submitted(stage, route_ids)
    approvals.give_back(campaign, stage.approver, "Thêm số điện thoại của xã.", campaign.digest)
    return campaign


def _scheduled(stage, route_ids):
    campaign = stage.approved(route_ids)
    life.schedule(campaign, clock.now() + timedelta(hours=1), stage.author.id)
    return campaign


def _paused(stage, route_ids):
    campaign = stage.started(route_ids)
    life.pause(campaign, "Cúc bấm “Tạm dừng”", stage.approver.id)
    return campaign


def _stopped_by_itself(stage, route_ids):
    campaign = stage.started(route_ids)
    life.pause(campaign, pauses.canary(41, 60), None)
    return campaign


def _cancelled(stage, route_ids):
    campaign = stage.started(route_ids)
    life.cancel(campaign, stage.approver.id)
    return campaign


def _ended(to, act):
    def end(stage, route_ids):
        campaign = stage.started(route_ids)
        life.move(campaign, to, None, act=act, completed_at=clock.now())
        return campaign

    return end


STATES = {
    "Bản nháp": lambda stage, route_ids: stage.draft(route_ids),
    "Chờ duyệt": _submitted,
    "Trả lại": _returned,
    "Đã duyệt": lambda stage, route_ids: stage.approved(route_ids),
    "Đã lên lịch": _scheduled,
    "Đang gửi": lambda stage, route_ids: stage.started(route_ids),
    "Tạm dừng": _paused,
    "Hoàn thành": _ended(C.COMPLETED, "campaign.complete"),
    "Đã hủy": _cancelled,
    "Hết hạn": _ended(C.EXPIRED, "campaign.expire"),
}


def test_a_campaign_that_stopped_by_itself_says_so(visit, stage, route_ids, culture, client_as):
    campaign = _stopped_by_itself(stage, route_ids)
    page = visit.open(f"/campaigns/{campaign.id}", width=PHONE, client=client_as(culture))
    page.get_by_text("trong 60 tin đầu tiên có 41 tin bị từ chối").first.wait_for()
    assert_sound(page)


def test_a_campaign_of_a_restored_backup_says_what_is_not_known(
    visit, stage, vnpt, culture, client_as
):
    there = carried(stage, vnpt)
    there.answer(there.claim(2), 0, "a1")
    restored.hold(clock.now() - timedelta(hours=6), stage.settings, None)
    page = visit.open(f"/campaigns/{there.campaign.id}", width=PHONE, client=client_as(culture))
    expect(page.locator(".alerts")).to_contain_text("phục hồi từ bản sao lưu")
    link = page.locator(".alerts").get_by_role("link", name="Xem và quyết định")
    expect(link).to_be_visible()
    assert_sound(page)
    link.click()
    expect(page.locator("main")).to_contain_text("Đã phục hồi từ bản sao lưu")


@pytest.mark.parametrize("badge", STATES)
def test_a_campaign_s_page_is_accessible_in_every_state(
    visit, stage, route_ids, culture, client_as, badge
):
    campaign = STATES[badge](stage, route_ids)
    page = visit.open(f"/campaigns/{campaign.id}", client=client_as(culture))
    assert page.locator(".badge").first.inner_text() == badge
    assert_sound(page)


def test_the_list_shows_what_there_is_and_filters_it(visit, stage, route_ids, culture, client_as):
    stage.draft(route_ids, name="Đợt nháp")
    stage.started(route_ids, name="Đợt đang gửi")
    page = visit.open("/campaigns/", width=PHONE, client=client_as(culture))
    assert_sound(page)
    page.get_by_role("link", name="Đang gửi 1").click()
    page.get_by_role("link", name="Đợt đang gửi").wait_for()
    expect(page.get_by_role("link", name="Đợt nháp")).to_have_count(0)


def test_an_empty_list_says_what_to_do_first(visit, culture, client_as):
    page = visit.open("/campaigns/", client=client_as(culture))
    page.get_by_role("heading", name="Chưa có chiến dịch nào").wait_for()
    assert_sound(page)


def test_a_page_changes_its_language_in_place(visit, stage, route_ids, culture, client_as):
    campaign = stage.started(route_ids)
    page = visit.open(f"/campaigns/{campaign.id}", client=client_as(culture))
    expect(page.get_by_role("region", name="Theo nhà mạng")).to_be_visible()
    page.get_by_role("link", name="English").first.click()
    page.get_by_role("region", name="By carrier").wait_for()
    assert page.url.endswith(f"/campaigns/{campaign.id}")
    expect(page.get_by_text("1,250").first).to_be_visible()


def test_who_approves_reads_the_text_and_types_the_number(
    visit, stage, route_ids, culture, client_as
):
    campaign = _submitted(stage, route_ids)
    page = visit.open(f"/campaigns/{campaign.id}", client=client_as(culture), javascript=False)
    expect(page.get_by_text("Kinh gui ba con")).to_be_visible()
    number = page.get_by_label("Gõ số người nhận để xác nhận")
    assert number.input_value() == ""
    number.fill("1251")
    page.get_by_role("button", name="Duyệt gửi 1.250 người").click()
    assert "1251" in page.locator("#number-error").inner_text()
    page.get_by_label("Gõ số người nhận để xác nhận").fill("1.250")
    page.get_by_role("button", name="Duyệt gửi 1.250 người").click()
    assert page.locator(".badge").first.inner_text() == "Đã duyệt"


def test_returning_needs_a_reason_that_its_author_then_reads(
    visit, stage, route_ids, culture, client_as
):
    campaign = _submitted(stage, route_ids)
    page = visit.open(f"/campaigns/{campaign.id}", client=client_as(culture))
    page.get_by_label("Hoặc trả lại, nêu lý do").fill("Thêm số điện thoại của xã.")
    page.get_by_role("button", name="Trả lại người soạn").click()
    page.get_by_role("alert").filter(has_text="Thêm số điện thoại của xã.").wait_for()


def test_cancelling_asks_for_the_number_that_will_not_be_sent(
    visit, stage, route_ids, culture, client_as
):
    campaign = stage.started(route_ids)
    page = visit.open(
        f"/campaigns/{campaign.id}", width=PHONE, client=client_as(culture), javascript=False
    )
    page.get_by_role("link", name="Hủy chiến dịch này").click()
    page.get_by_label("Gõ số tin sẽ không gửi").fill("1250")
    page.get_by_role("button", name="Hủy 1.250 tin").click()
    assert page.locator(".badge").first.inner_text() == "Đã hủy"


def test_a_wrong_number_is_said_under_the_field(visit, stage, route_ids, culture, client_as):
    campaign = stage.started(route_ids)
    page = visit.open(f"/campaigns/{campaign.id}/cancel", width=PHONE, client=client_as(culture))
    page.get_by_label("Gõ số tin sẽ không gửi").fill("12")
    page.get_by_role("button", name="Hủy 1.250 tin").click()
    assert "“12”" in page.locator("#number-error").inner_text()
    assert_sound(page)


def test_the_emergency_stop_is_one_press_and_is_lifted_again(
    visit, stage, route_ids, culture, client_as
):
    campaign = stage.started(route_ids)
    page = visit.open(f"/campaigns/{campaign.id}", width=PHONE, client=client_as(culture))
    page.get_by_role("link", name="Dừng khẩn cấp").click()
    page.get_by_label("Lý do").fill("Nhầm lời nhắn")
    assert_sound(page)
    page.get_by_role("button", name="Dừng mọi việc gửi ngay").click()
    page.get_by_role("alert").filter(has_text="Nhầm lời nhắn").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Bỏ dừng khẩn cấp").click()
    page.get_by_role("button", name="Dừng mọi việc gửi ngay").wait_for()
