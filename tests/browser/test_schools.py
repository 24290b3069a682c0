"""A school from its adding to its figure: by the administrator, its reporter, the district."""

import pytest
from playwright.sync_api import expect

from outreach import schools
from outreach.accounts import Role
from outreach.areas import Area
from outreach.database import db
from tests.chromium import PHONE, assert_sound
from tests.drive import at

pytestmark = pytest.mark.browser


def test_a_school_is_added_reports_by_phone_and_stands_beside_the_communes(
    visit, drive, make_person, culture_office, client_as
):
    admin = make_person(Role.ADMIN, name="An")
    page = visit.open(f"/admin/areas/{drive.land.commune}", client=client_as(admin))
    page.get_by_label("Tên trường").fill("THPT Hồng Ngự 2")
    page.get_by_label("Cán bộ, giáo viên, học sinh").fill("850")
    page.get_by_label("Ai đếm").fill("sổ của trường")
    assert_sound(page)
    page.get_by_role("button", name="Thêm trường").click()
    expect(page.locator("main")).to_contain_text("Trường THPT Hồng Ngự 2")

    db.session.rollback()
    (school,) = schools.of(drive.land.commune)
    at("20/8 14:30")
    reporter = make_person(Role.REPORTER, culture_office, school.id, name="Thu")
    page = visit.open("/figures/", width=PHONE, client=client_as(reporter))
    expect(page.locator("main")).to_contain_text("Trường THPT Hồng Ngự 2")
    page.locator("input[name=installs]").fill("340")
    assert_sound(page)
    page.get_by_role("button", name="Gửi").click()
    expect(page.locator(".alert.s")).to_contain_text("340")

    page = visit.open(f"/figures/{drive.land.district}", client=client_as(drive.staff))
    table = page.get_by_role("region", name="Các trường")
    expect(table).to_contain_text("40,00%")
    assert_sound(page)
    page = visit.open(f"/figures/{drive.land.district}/board", client=client_as(drive.staff))
    expect(page.locator("main")).to_contain_text("Trường THPT Hồng Ngự 2")
    assert db.session.get_one(Area, school.id).population == 850
    page = visit.open(f"/reports/{drive.land.district}", client=client_as(drive.staff))
    expect(page.locator("main")).to_contain_text("Trường THPT Hồng Ngự 2: 340 (40,00%).")
    assert_sound(page)
