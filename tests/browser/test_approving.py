"""Approving, by the people who do it: an author, the health office, the culture office."""

from __future__ import annotations

import pytest

from campaigns import approvals, composing, life
from outreach.accounts import Role
from tests.chromium import PHONE, WIDE, assert_axe_clean, assert_no_sideways_scroll
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


def test_look(visit, stage, draft, health, culture, client_as, vnpt):
    stage.route(vnpt, 9, name="VNPT 2", networks=["vinaphone"])
    old = stage.draft(draft.route_ids, name="Smart Đồng Tháp đợt 1", areas=["29971"])
    submit(stage, old)
    campaign = submit(stage, draft)
    visit.open(f"/campaigns/{campaign.id}", client=client_as(health))
    approvals.check_facts(campaign, health, campaign.digest)
    approvals.give_back(life.get(campaign.id), culture, "Thêm chỗ đến nhờ giúp.", campaign.digest)
    visit.open(f"/campaigns/{campaign.id}", client=client_as(stage.author))
    change(stage, campaign, wording={"vi": SECOND}, hours="08:00-20:00", areas=["29971"])
    visit.open(f"/campaigns/{campaign.id}", client=client_as(stage.author))
    campaign = submit(stage, draft)
    visit.open(f"/campaigns/{campaign.id}", client=client_as(culture))
    approvals.check_facts(campaign, health, campaign.digest)
    for width, dark in ((WIDE, False), (PHONE, True)):
        page = visit.open(
            f"/campaigns/{campaign.id}", client=client_as(culture), width=width, dark=dark
        )
        assert_axe_clean(page)
        assert_no_sideways_scroll(page)
    visit.open("/campaigns/?state=waits", client=client_as(culture))
