"""A test on one's own phone: from the form, from a campaign's page, and what became of it."""

import pytest
from playwright.sync_api import expect

from campaigns.test_sends import TestSend
from outreach.areas import Area
from outreach.database import transaction
from tests.chromium import PHONE, assert_no_sideways_scroll, assert_sound
from tests.stage import numbers_of

pytestmark = pytest.mark.browser


@pytest.fixture
def route(stage, vnpt):
    stage.subscribe(vnpt, numbers_of("vinaphone", 120))
    stage.subscribe(vnpt, numbers_of("vinaphone", 30, offset=2000), stage.land.other_commune)
    with transaction() as session:
        for area_id, lat, lon in (
            (stage.land.commune, 10.83, 105.33),
            (stage.land.other_commune, 10.75, 105.4),
        ):
            area = session.get_one(Area, area_id)
            area.lat, area.lon, area.population = lat, lon, 9_000
    return stage.route(vnpt, 9, name="VNPT", networks=["vinaphone"], price=300)


def become(**values):
    """What a worker writes."""
    with transaction() as session:
        for test in session.query(TestSend):
            for name, value in values.items():
                setattr(test, name, value)


def test_two_texts_are_written_and_one_is_tried_on_the_writer_s_phone(
    visit, route, culture, client_as
):
    page = visit.open("/campaigns/new", width=PHONE, client=client_as(culture))
    page.get_by_label("Xã Long Khánh A").check()
    page.locator("#area-map .k2").wait_for()
    page.get_by_label("Huyện Hồng Ngự").check()
    page.locator("#area-map .k2").nth(1).wait_for()
    page.get_by_label("Nội dung tin").fill("Mời {xa} cài {ung_dung}")
    with page.expect_navigation():  # what is typed before the scripts run renews no preview
        page.get_by_role("button", name="Thêm một lời nhắn").click()
    page.get_by_label("Nội dung tin b").fill("Cài {ung_dung} tại {link}")
    page.locator("#texts tbody tr").nth(1).wait_for()
    page.get_by_label("Nội dung tin", exact=True).select_option("b")
    page.locator(".writing.chosen").filter(has_text="Cai Bluezone tai").wait_for()
    assert_sound(page)
    page.get_by_label("Số di động của bạn").fill("0912 000 999")
    page.get_by_role("button", name="Gửi thử cho tôi lời nhắn đang xem").dblclick()
    page.locator("#tests li").wait_for()
    expect(page.locator("#tests li")).to_have_count(1)
    assert "0912 000 999" not in page.content()
    assert page.get_by_label("Nội dung tin vi").input_value() == "Mời {xa} cài {ung_dung}"
    assert_sound(page)
    become(state="accepted", answered_at=_now())
    page.locator("#tests li[data-state=accepted]").wait_for()
    become(state="delivered", receipt_at=_now())
    page.locator("#tests li[data-state=delivered]").wait_for()
    expect(page.locator("#tests[hx-get]")).to_have_count(0)
    assert_sound(page)


def _now():
    from outreach import clock

    return clock.now()


def test_a_campaign_is_tried_from_its_page_without_javascript(
    visit, stage, route, culture, client_as
):
    campaign = stage.draft([route.id])
    client = client_as(culture)
    page = visit.open(f"/campaigns/{campaign.id}", width=PHONE, client=client, javascript=False)
    page.get_by_role("link", name="Gửi thử cho tôi").click()
    page.get_by_label("tại", exact=True).select_option("Xã Long Thuận")
    page.get_by_role("button", name="Xem lời nhắn này").click()
    assert "xa Long Thuan" in page.locator(".bubble").inner_text()
    page.get_by_role("button", name="Gửi tin thử").click()
    expect(page.locator("#test_number-error")).to_be_visible()
    page.get_by_label("Số di động của bạn").fill("0912 000 999")
    page.get_by_role("button", name="Gửi tin thử").click()
    expect(page.locator("#tests li[data-state=waiting]")).to_have_count(1)
    become(state="refused", code="0x0000000B", words="invalid destination address")
    page.get_by_role("link", name="xem kết quả").click()
    expect(page.locator("#tests li[data-state=refused]")).to_be_visible()
    assert_no_sideways_scroll(page)


def test_the_page_of_a_test_is_accessible_in_every_state(visit, stage, route, culture, client_as):
    campaign = stage.draft([route.id])
    client = client_as(culture)
    page = visit.open(f"/campaigns/{campaign.id}/test", width=PHONE, client=client)
    page.get_by_label("Số di động của bạn").fill("0912 000 999")
    page.get_by_role("button", name="Gửi tin thử").click()
    page.locator("#tests li").wait_for()
    for state in ("sending", "accepted", "undelivered", "in_doubt", "not_sent"):
        become(state=state, answered_at=_now())
        page.goto("/campaigns/tests")
        page.locator(f"#tests li[data-state={state}]").wait_for()
        assert_sound(page)
