"""A stand-by, as an administrator names it, an approver reads it and a campaign's page tells it."""

from __future__ import annotations

import pytest

from campaigns import approvals, expansion, life, preparing
from outreach.accounts import Role
from outreach.database import db
from tests.campaigns.test_handovers import say
from tests.chromium import PHONE, assert_sound
from tests.stage import numbers_of
from workers import tick

pytestmark = pytest.mark.browser


def test_a_stand_by_is_named_approved_and_told(visit, stage, vnpt, culture, make_person, client_as):
    def look(path, person):
        page = visit.open(path, client=client_as(person), width=PHONE)
        assert_sound(page)
        return page

    stage.subscribe(vnpt, numbers_of("vinaphone", 400))
    standby = stage.route(vnpt, 8, name="VNPT dự phòng", price=300)
    route = stage.route(vnpt, 9, name="VNPT Đồng Tháp")
    page = look(f"/admin/routes/{route.id}/edit", make_person(Role.ADMIN, name="An"))
    page.select_option("#standby", label="VNPT dự phòng")
    page.click("form[action$='/edit'] button.primary")
    page.get_by_role("link", name="VNPT dự phòng").wait_for()
    assert_sound(page)

    campaign = stage.draft([route.id], name="Bluezone đợt 2")
    approvals.submit(campaign, stage.author, stage.settings)
    address = f"/campaigns/{campaign.id}"
    said = look(address, culture).inner_text("main")
    assert "tin còn chờ sẽ gửi qua tuyến VNPT dự phòng" in said
    assert "thêm nhiều nhất 20.000" in said

    approvals.approve(life.get(campaign.id), stage.approver, life.get(campaign.id).digest)
    life.start(life.get(campaign.id), stage.approver.id)
    audience = preparing.audience_of(life.get(campaign.id), stage.settings)
    db.session.rollback()
    assert expansion.expand(db.engine, audience, 400)
    say(route.id, "down")
    say(standby.id, "open")
    tick.once()
    said = look(address, culture).inner_text("main")
    assert "400 tin đang chờ tuyến VNPT Đồng Tháp đã chuyển sang tuyến VNPT dự phòng" in said
    assert "chuyển tin còn chờ sang tuyến dự phòng" in said
