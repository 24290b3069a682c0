"""Approving, by the people who do it: an author, the health office, the culture office."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campaigns import approvals, composing, life
from outreach.accounts import Role
from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of

pytestmark = pytest.mark.browser
FIRST = "Kính gửi bà con {xa}: cài {ung_dung} tại {link}. Cần giúp: gọi 0277 3837 000."
SECOND = "Kính gửi bà con {xa}: hãy cài {ung_dung} tại {link}. Cần giúp: đến UBND xã."


@pytest.fixture
def health(health_office, make_person):
    return make_person(Role.HEALTH, health_office, name="Phạm Thị Ngọc")


@pytest.fixture
def draft(stage, vnpt, viettel):
    """Two communes, two carriers, and another campaign of last week that some people got."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 1000))
    stage.subscribe(viettel, numbers_of("viettel", 200))
    stage.subscribe(viettel, numbers_of("viettel", 50, 1000), stage.land.other_commune)
    routes = [
        stage.route(vnpt, 9, name="VNPT", networks=["vinaphone"]).id,
        stage.route(viettel, 9, name="Viettel", networks=["viettel"], rate=100.0).id,
    ]
    return stage.draft(routes, wording={"vi": FIRST}, name="Bluezone đợt 2: 5 xã còn lại")


def change(stage, campaign, **changes):
    fields = stage.fields(campaign.route_ids, name=campaign.name, **changes)
    composing.revise(
        life.get(campaign.id), composing.from_object(fields), stage.author.id, stage.settings
    )


def submit(stage, campaign):
    approvals.submit(life.get(campaign.id), stage.author, stage.settings)
    return life.get(campaign.id)


def test_author_health_office_and_culture_office_bring_a_message_to_its_approval(
    visit, stage, draft, health, culture, client_as
):
    address = f"/campaigns/{draft.id}"

    def open_as(person):
        page = visit.open(address, client=client_as(person), width=PHONE)
        assert_sound(page)
        return page

    author = open_as(stage.author)
    author.get_by_role("button", name="Trình phê duyệt").click()
    author.get_by_text("Đang chờ: Phòng Y tế Hồng Ngự").wait_for()
    assert_sound(author)

    checker, approver = open_as(health), open_as(culture)
    expect(approver.get_by_text("Phòng y tế chưa xác nhận nội dung")).to_be_visible()
    expect(approver.get_by_role("button", name="Duyệt gửi")).to_have_count(0)
    expect(checker.get_by_text("Đây là bản đầu tiên.")).to_be_visible()
    checker.get_by_label("Bản tại").select_option("Xã Long Thuận")
    checker.get_by_role("button", name="Xem").click()
    checker.locator(".bubble mark").filter(has_text="xa Long Thuan").wait_for()
    assert_sound(checker)
    checker.get_by_role("button", name="Nội dung y tế đúng").click()
    checker.get_by_text("Phòng y tế đã xác nhận nội dung").wait_for()
    assert_sound(checker)

    approver.reload()
    assert_sound(approver)
    expect(approver.get_by_role("button", name="Duyệt gửi 1.250 người")).to_be_visible()
    approver.get_by_label("Hoặc trả lại, nêu lý do").fill("Ghi chỗ đến nhờ giúp.")
    approver.get_by_role("button", name="Trả lại người soạn").click()
    approver.get_by_role("alert").filter(has_text="Ghi chỗ đến nhờ giúp.").wait_for()
    assert_sound(approver)

    change(stage, draft, wording={"vi": SECOND})
    author.goto(address)
    expect(author.get_by_text("Quyết định đó là cho nội dung khác")).to_be_visible()
    expect(author.locator("del").filter(has_text="gọi 0277 3837 000.")).to_be_visible()
    assert_sound(author)
    author.get_by_role("button", name="Trình phê duyệt").click()
    author.get_by_text("Đang chờ: Phòng Y tế Hồng Ngự").wait_for()

    approver.goto(address)
    expect(approver.get_by_text("Cúc đã trả lại: “Ghi chỗ đến nhờ giúp.”")).to_be_visible()
    expect(approver.locator("ins").filter(has_text="đến UBND xã.")).to_be_visible()
    expect(approver.get_by_text("Xác nhận nội dung y tế của Phạm Thị Ngọc")).to_be_visible()
    assert_sound(approver)
    checker.goto(address)
    checker.get_by_role("button", name="Nội dung y tế đúng").click()
    checker.get_by_text("Phòng y tế đã xác nhận nội dung").wait_for()
    approver.reload()
    approver.get_by_label("Gõ số người nhận để xác nhận").fill("1250")
    approver.get_by_role("button", name="Duyệt gửi 1.250 người").click()
    approver.locator(".badge.approved").wait_for()
    assert_sound(approver)


def test_of_two_approvers_at_once_one_wins_and_the_other_is_told(
    visit, stage, draft, health, culture, client_as, make_person
):
    campaign = submit(stage, draft)
    approvals.check_facts(campaign, health, campaign.digest)
    second = make_person(Role.CULTURE, stage.owner, name="Hai")
    first, other = (
        visit.open(f"/campaigns/{campaign.id}", client=client_as(each))
        for each in (culture, second)
    )
    for page in (first, other):
        page.get_by_label("Gõ số người nhận để xác nhận").fill("1.250")
    first.get_by_role("button", name="Duyệt gửi 1.250 người").click()
    first.locator(".badge.approved").wait_for()
    other.get_by_role("button", name="Duyệt gửi 1.250 người").click()
    other.get_by_role("alert").filter(has_text="Cúc đã duyệt").wait_for()
    assert_sound(other)
    assert other.locator(".badge").first.inner_text() == "Đã duyệt"
    assert "Cúc" in other.locator(".sub").inner_text()


def test_a_page_opened_before_a_change_approves_nothing_and_keeps_what_was_typed(
    visit, stage, draft, health, culture, client_as
):
    campaign = submit(stage, draft)
    approvals.check_facts(campaign, health, campaign.digest)
    page = visit.open(f"/campaigns/{campaign.id}", client=client_as(culture), javascript=False)
    change(stage, campaign, wording={"vi": SECOND})
    submit(stage, campaign)
    page.get_by_label("Hoặc trả lại, nêu lý do").fill("Một lý do dài, gõ rất lâu.")
    page.get_by_role("button", name="Trả lại người soạn").click()
    assert "đã thay đổi sau khi bạn mở" in page.locator("#reason-error").inner_text()
    assert page.get_by_label("Hoặc trả lại, nêu lý do").input_value().startswith("Một lý do dài")


def test_what_waits_is_counted_in_the_side_bar_and_filtered_in_the_list(
    visit, stage, draft, health, culture, client_as
):
    other = stage.draft(draft.route_ids, name="Smart Đồng Tháp đợt 1", areas=["29971"])
    submit(stage, draft)
    page = visit.open("/campaigns/", client=client_as(health), width=PHONE)
    submit(stage, other)
    page.reload()
    assert "2" in page.locator(".count.waits").first.text_content()
    page.get_by_role("link", name="Chờ bạn 2").click()
    page.get_by_role("link", name="Smart Đồng Tháp đợt 1").click()
    overlaps = page.get_by_role("region", name="Người dân ở đây còn nhận tin nào khác")
    expect(overlaps.get_by_role("link", name="Bluezone đợt 2")).to_be_visible()
    assert "nhiều nhất 1.200" in overlaps.inner_text()
    assert_sound(page)
    nothing = visit.open("/campaigns/?state=waits", client=client_as(culture), width=PHONE)
    nothing.get_by_role("heading", name="Không có việc nào chờ bạn").wait_for()
    assert_sound(nothing)
