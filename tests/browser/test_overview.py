"""Each role's first page: on a wide screen and on a phone, empty and full."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from campaigns import approvals, composing, life, routes
from outreach import apps, targets
from outreach.accounts import Role
from outreach.areas import Area
from outreach.database import db, transaction
from tests.campaigns.expanding import expand
from tests.chromium import PHONE, WIDE, assert_sound
from tests.drive import TODAY, at
from tests.stage import numbers_of
from workers.example import finished

NOTHING = "Không có việc nào chờ bạn"
ROLES = [Role.CULTURE, Role.HEALTH, Role.STAFF, Role.LIAISON, Role.ADMIN]


@pytest.fixture
def everybody(stage, make_person, culture_office, health_office, vnpt):
    """A person of each role that has a first page of its own."""
    offices = {Role.LIAISON: vnpt, Role.HEALTH: health_office}
    people = {
        role: make_person(
            role, offices.get(role, culture_office), password="một mật khẩu tốt", name="Người Xem"
        )
        for role in ROLES
    }
    return people | {Role.CULTURE: stage.approver}


@pytest.fixture
def full(stage, drive, vnpt):
    """Something of everything: a campaign over, one waiting, one returned, one running; figures of
    two weeks with a commune missing; a target; a map."""
    at("20/8 15:20")
    stage.subscribe(vnpt, numbers_of("vinaphone", 300))
    route = stage.route(vnpt, 2775, networks=["vinaphone"])
    _finished(stage, route)
    for name in ("Bluezone đợt 2", "Bluezone đợt 3"):
        campaign = stage.draft([route.id], name=name)
        approvals.submit(campaign, stage.author, stage.settings)
    approvals.give_back(life.get(campaign.id), stage.approver, "Thiếu", campaign.digest)
    expand(stage, stage.started([route.id], name="Bluezone đợt 1"))
    for day in range(6, 21):
        drive.report(40 * day, f"{day}/8 14:30")
        if day < 20:
            drive.report(30 * day, f"{day}/8 15:10", drive.land.other_commune)
    with transaction() as session:
        for number, area_id in enumerate((drive.land.commune, drive.land.other_commune)):
            area = session.get_one(Area, area_id)
            area.lat, area.lon = 10.8 + number / 20, 105.3 + number / 20
    district = db.session.get_one(Area, drive.land.district)
    until = TODAY + timedelta(days=11)
    app = apps.by_code("BLUEZONE")
    targets.add(district, app, 2000, until, group="population", letter="", actor_id=None)
    at("20/8 15:20")
    return stage


def _finished(stage, route):
    from outreach import clock

    began = clock.now() - timedelta(days=10)
    window = {
        "not_before": clock.iso(began - timedelta(hours=1)),
        "not_after": clock.iso(began + timedelta(days=5)),
    }
    draft = composing.from_object(stage.fields([route.id], name="Bluezone gửi trước", **window))
    finished.lay(draft, finished.People(stage.author, stage.approver), began, stage.settings)


def test_with_nothing_to_do_every_first_page_says_so(visit, everybody, client_as):
    at("14:00")
    for role, person in everybody.items():
        page = visit.open("/", width=PHONE, client=client_as(person))
        expect(page.get_by_role("heading", name="Tổng quan")).to_be_visible()
        if role is not Role.ADMIN:  # no worker runs here: that is said
            expect(page.get_by_text(NOTHING)).to_be_visible()
        assert_sound(page)


def test_with_much_to_do_every_first_page_says_what_first(visit, full, everybody, client_as):
    # Submitted now that there is a health office: it is asked first.
    route_ids = [choice.id for choice in routes.every()]
    campaign = full.draft(route_ids, name="Bluezone đợt 4")
    approvals.submit(campaign, full.author, full.settings)
    first = {
        Role.CULTURE: "1 chiến dịch chờ phê duyệt",
        Role.HEALTH: "1 chiến dịch chờ bạn xác nhận nội dung",
        Role.STAFF: "1 nơi chưa gửi số liệu Bluezone lúc 15:00, trễ 20 phút",
        Role.LIAISON: "3 tin chưa rõ nhà mạng đã nhận hay chưa",
        Role.ADMIN: "tiến trình gửi đang chạy",
    }
    for role, person in everybody.items():
        page = visit.open("/", width=PHONE, client=client_as(person))
        assert first[role] in page.locator(".todo > li").first.inner_text()
        shows = role in {Role.CULTURE, Role.HEALTH, Role.STAFF}
        expect(page.get_by_role("heading", name="So với mục tiêu")).to_have_count(int(shows))
        if shows:
            for width, days in ((WIDE, 14), (PHONE, 7)):
                page.set_viewport_size({"width": width, "height": 800})
                bars = page.locator(".day-bars > li").filter(visible=True)
                expect(bars).to_have_count(days)
        assert_sound(page)


def test_the_first_button_leads_to_what_waits(visit, full, everybody, client_as):
    page = visit.open("/", client=client_as(everybody[Role.CULTURE]))
    page.get_by_role("link", name="Xem và phê duyệt").click()
    page.get_by_role("heading", name="Bluezone đợt 2").wait_for()
    page.get_by_role("link", name="Tổng quan").first.click()
    page.get_by_role("link", name="Nhập thay").click()
    page.get_by_role("heading", name="Nhập số liệu").wait_for()


def test_it_reads_without_javascript_and_in_the_dark(visit, full, everybody, client_as):
    client = client_as(everybody[Role.CULTURE])
    plain = visit.open("/", client=client, javascript=False)
    expect(plain.get_by_text("1 chiến dịch chờ phê duyệt")).to_be_visible()
    expect(plain.get_by_text("Cột sọc: còn thiếu xã; ngày 20/8 mới có 1/2.")).to_be_visible()
    assert_sound(visit.open("/", client=client, dark=True))
