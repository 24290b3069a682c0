"""Drawing a lottery in the browser, and writing a campaign for its first wave."""

from __future__ import annotations

import pytest

from campaigns import lotteries
from outreach.areas import Area
from outreach.database import db, transaction
from tests.campaigns.drawing import SEED, WITNESSES, days, six
from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of

__all__ = ["six"]
pytestmark = pytest.mark.browser


def test_a_lottery_is_drawn_in_public_and_a_campaign_takes_its_first_wave(
    visit, stage, vnpt, six, client_as
):
    for place, area_id in enumerate(six.values()):
        stage.subscribe(vnpt, numbers_of("vinaphone", 40 + place, 100 * place), area_id)
        with transaction() as session:
            session.get_one(Area, area_id).population = 9_000 + 317 * place
    stage.route(vnpt, 9, name="VNPT", networks=["vinaphone"])
    page = visit.open("/lotteries/", width=PHONE, client=client_as(stage.author))
    assert_sound(page)
    page.get_by_role("link", name="Tổ chức bốc thăm").click()
    page.get_by_label("Tên", exact=True).fill("Ba đợt Hồng Ngự")
    page.get_by_label("Ứng dụng").select_option("BLUEZONE")
    page.get_by_label("Ngày của đợt đầu").fill(days()[0].isoformat())
    assert_sound(page)
    page.get_by_role("button", name="Xem danh sách", exact=True).click()
    page.get_by_text("trung bình 85 người").first.wait_for()
    assert_sound(page)
    page.get_by_label("bốc công khai rồi nhập vào").check()
    page.get_by_label("Các số đã bốc").fill(SEED)
    page.get_by_label("Bốc ở đâu, có ai chứng kiến").fill(WITNESSES)
    page.get_by_label("Số địa bàn").fill("6")
    page.get_by_role("button", name="Bốc thăm", exact=True).click()
    page.get_by_text("Vừa tính lại từ danh sách").wait_for()
    first = page.get_by_role("region", name="Đợt 1")
    assert "29989" in first.inner_text()
    assert "29983" in first.inner_text()
    assert_sound(page)
    page.get_by_role("link", name="In", exact=True).click()
    page.get_by_role("heading", name="Biên bản bốc thăm").wait_for()
    assert_sound(page)

    db.session.rollback()
    lottery = lotteries.get(1)
    page = visit.open("/campaigns/new", width=PHONE, client=client_as(stage.author))
    page.get_by_label("Huyện Hồng Ngự").check()
    turn = page.get_by_label("Cuộc bốc thăm và đợt", exact=True)
    turn.select_option(f"{lottery.id}-1")
    page.get_by_role("radio", name="Bốc thăm").check()
    page.locator("#people").get_by_text("Chờ đợt sau theo bốc thăm").wait_for()
    page.get_by_text("Lưu ý về bốc thăm.").wait_for(state="detached")
    assert page.locator("#people .total").inner_text() == "83"
    assert_sound(page)
    turn.select_option("")
    page.get_by_text("Lưu ý về bốc thăm.").wait_for()
    assert_sound(page)
