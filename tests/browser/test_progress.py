"""A campaign that is really being sent, watched: worker, tick and carrier are processes of ours."""

import pytest
from playwright.sync_api import expect

from campaigns import life
from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of
from tests.workers.smsc import account, simulator_process

pytestmark = pytest.mark.browser
PEOPLE = 240


@pytest.fixture
def sending(stage, vnpt, tmp_path):
    """A campaign of some seconds: 40 messages a second, one in ten not delivered."""
    stage.subscribe(vnpt, numbers_of("vinaphone", PEOPLE))
    with simulator_process(tmp_path, account(receipts={"undelivered": 0.1})) as carrier:
        route = stage.route(vnpt, carrier.port, rate=40.0, networks=["vinaphone"], name="VNPT")
        campaign = stage.started([route.id])
        with stage.crew():
            yield campaign


def gone(page):
    """How many messages have left, as the page says it."""
    said = page.locator(".share-line b").inner_text()
    return int(said.split("/")[0].replace(".", ""))


def more_gone_than(page, count):
    page.wait_for_function(
        "n => +document.querySelector('.share-line b').innerText.split('/')[0] > n",
        arg=count,
        timeout=30_000,  # the processes have to come up first
    )


def test_progress_moves_by_itself_pauses_goes_on_and_finishes(
    visit, stage, sending, culture, client_as
):
    page = visit.open(f"/campaigns/{sending.id}", client=client_as(culture))
    more_gone_than(page, 0)
    page.get_by_role("button", name="Tạm dừng").click()
    page.get_by_role("button", name="Gửi tiếp").wait_for()
    assert "Cúc" in page.locator(".alert.w").filter(has_text="tạm dừng").first.inner_text()
    page.wait_for_timeout(2500)  # nothing begins later than 2 s after a pause
    stood = gone(page)
    assert 0 < stood < PEOPLE
    page.wait_for_timeout(2500)
    assert gone(page) == stood
    assert_sound(page)

    page.get_by_role("button", name="Gửi tiếp").click()
    page.get_by_role("button", name="Tạm dừng").wait_for()
    more_gone_than(page, stood)
    assert_sound(page)
    page.locator(".badge.completed").wait_for(timeout=30_000)
    page.get_by_text("Mọi tin đều đã có kết quả").wait_for(timeout=30_000)
    assert gone(page) == PEOPLE
    expect(page.locator("#progress[hx-get]")).to_have_count(0)
    assert_sound(page)
    shown = {
        part.locator(".label").inner_text(): int(part.locator("b").inner_text())
        for part in page.locator(".states li").all()
    }
    rows = stage.states(sending)
    assert shown["Đã đến máy"] == rows["delivered"]
    assert shown["Không đến được"] == rows["undelivered"]
    assert sum(shown.values()) == PEOPLE


@pytest.fixture
def standing(stage, vnpt):
    """A campaign that sends, but whose carrier is not there: its page is refreshed all the same."""
    stage.subscribe(vnpt, numbers_of("vinaphone", PEOPLE))
    return stage.started([stage.route(vnpt, 9, networks=["vinaphone"], name="VNPT").id])


def refreshed(page):
    """Wait for the next refresh."""
    before = page.locator("#progress .acts .n").inner_text()
    page.wait_for_function(
        "t => document.querySelector('#progress .acts .n').innerText !== t", arg=before
    )


def test_the_refreshed_part_stays_as_the_reader_left_it(visit, standing, culture, client_as):
    page = visit.open(f"/campaigns/{standing.id}", width=PHONE, client=client_as(culture))
    page.evaluate("document.getElementById('by-route').scrollLeft = 120")
    page.locator("#pause").focus()
    refreshed(page)
    assert page.evaluate("document.getElementById('by-route').scrollLeft") == 120
    assert page.evaluate("document.activeElement.id") == "pause"


def test_a_change_of_state_brings_the_whole_page(visit, standing, culture, client_as):
    page = visit.open(f"/campaigns/{standing.id}", client=client_as(culture))
    life.pause(life.get(standing.id), "Sai lời nhắn", culture.id)
    page.locator(".history li").filter(has_text="Sai lời nhắn").wait_for()
    assert page.locator(".badge").first.inner_text() == "Tạm dừng"


def test_progress_is_read_and_paused_without_javascript(visit, standing, culture, client_as):
    page = visit.open(
        f"/campaigns/{standing.id}", width=PHONE, client=client_as(culture), javascript=False
    )
    page.get_by_role("link", name="xem số mới").click()
    page.get_by_role("button", name="Tạm dừng").click()
    assert page.locator(".badge").first.inner_text() == "Tạm dừng"
    page.get_by_role("button", name="Gửi tiếp").click()
    assert page.locator(".badge").first.inner_text() == "Đang gửi"


def test_figures_that_cannot_be_renewed_say_so(visit, standing, culture, client_as):
    page = visit.open(f"/campaigns/{standing.id}", client=client_as(culture))
    page.context.set_offline(True)
    page.get_by_text("Không cập nhật được số liệu").wait_for()
    page.context.set_offline(False)
    page.get_by_text("Không cập nhật được số liệu").wait_for(state="hidden")
    visit.complaints.clear()  # the browser rightly complained that the network was gone


def test_a_log_in_that_ended_leads_to_the_log_in(visit, standing, culture, client_as):
    page = visit.open(f"/campaigns/{standing.id}", client=client_as(culture))
    page.context.clear_cookies()
    page.get_by_role("heading", name="Đăng nhập").wait_for()
