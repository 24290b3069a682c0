"""The page of an area in the browser, wide and on a phone, and the page for the notice board."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.states import MessageState
from outreach import apps, areas, targets
from tests.campaigns.comparing import Scene, scene
from tests.chromium import PHONE, assert_sound
from tests.drive import at

pytestmark = pytest.mark.browser
__all__ = ["scene"]


@pytest.fixture
def shown(scene: Scene) -> Scene:
    for day in range(5, 20):
        scene.report("29971", f"{day}/8", 200 + 9 * day)
        scene.report("29983", f"{day}/8", 100 + 5 * day)
    wave = scene.send("12/8", {"29971": 6})
    scene.move(wave, (MessageState.DELIVERED, 6))
    at("20/8 14:00")
    day = date(2020, 8, 31)
    district, app = areas.by_code("870"), apps.by_code("BLUEZONE")
    targets.add(district, app, 60_00, day, group="population", letter="919", actor_id=None)
    return scene


def test_an_area_and_its_notice_board(visit, shown, client_as):
    page = visit.open(f"/areas/{shown.ids['29971']}", width=PHONE, client=client_as(shown.staff))
    page.locator("#chart svg").wait_for()
    assert_sound(page)
    page.get_by_role("link", name="Dán bảng tin").click()
    page.get_by_role("heading", level=1, name="Cài đặt Bluezone").wait_for()
    assert_sound(page)


def test_the_chart_on_paper_is_as_wide_as_the_paper(visit, shown, client_as):
    page = visit.open(f"/areas/{shown.ids['29971']}", client=client_as(shown.staff))
    page.locator("#chart svg").wait_for()
    page.evaluate(
        """() => {
          window.widths = {};
          for (const when of ['beforeprint', 'afterprint']) addEventListener(when, () => {
            window.widths[when] = document.querySelector('#chart svg').clientWidth;
          });
        }"""
    )
    assert page.locator("#chart svg").evaluate("chart => chart.clientWidth") > 640
    page.pdf(format="A4")
    printed = page.evaluate("window.widths")
    assert printed["beforeprint"] == 640, "it was cut at the paper's edge"
    assert printed["afterprint"] > 640
