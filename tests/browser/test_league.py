"""The league table and the map in the browser: wide, on a phone, by keyboard, by the slider."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.campaigns.comparing import Scene, scene
from tests.chromium import PHONE, assert_sound
from tests.drive import at

pytestmark = pytest.mark.browser
__all__ = ["scene"]


@pytest.fixture
def shown(scene: Scene) -> Scene:
    for day in (12, 13, 19, 20):
        scene.report("29971", f"{day}/8", 20 + day)
        scene.report("29983", f"{day}/8", 10 + 2 * day)
    scene.report("29974", "1/8", 9)
    at("20/8 16:00")
    return scene


def test_the_league_table_is_asked_and_searched(visit, shown, client_as):
    page = visit.open("/league", width=PHONE, client=client_as(shown.staff))
    assert_sound(page)
    page.get_by_label("Tìm").fill("thuận")
    page.get_by_role("button", name="Xem", exact=True).click()
    page.get_by_text("tìm thấy 1").wait_for()
    (
        expect(page.locator("#small tbody tr")).to_have_count(1),
        "800 people are too few to be compared",
    )


def test_the_slider_draws_another_day_and_the_address_follows(visit, shown, client_as):
    page = visit.open("/map?mode=rate", width=PHONE, client=client_as(shown.staff))
    assert_sound(page)
    slider = page.get_by_role("slider", name="Ngày trên bản đồ")
    slider.focus()
    slider.press("ArrowLeft")
    page.locator("#drawn [data-day='Thứ Tư 19/8/2020']").wait_for()
    page.wait_for_url("**day=2020-08-19**")
    assert slider.get_attribute("aria-valuetext") == "Thứ Tư 19/8/2020"
    assert page.locator("#day").input_value() == "2020-08-19"
    assert_sound(page)


def test_areas_are_reached_by_one_stop_and_arrows(visit, shown, client_as):
    page = visit.open("/map", client=client_as(shown.staff))
    first = page.locator("#drawn svg [tabindex='0']")
    expect(first).to_have_count(1)
    first.focus()
    before = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowRight")
    after = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert before != after
    assert page.locator(".map-heard").inner_text() == after


def test_without_scripts_the_days_are_a_list(visit, shown, client_as):
    page = visit.open("/map", client=client_as(shown.staff), javascript=False)
    page.get_by_label("Ngày trên bản đồ").select_option("2020-08-13")
    page.get_by_role("button", name="Vẽ ngày này").click()
    page.wait_for_url("**day=2020-08-13**")
    expect(page.locator("#drawn [data-day='Thứ Năm 13/8/2020']")).to_have_count(1)
