"""The first page and the side bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from outreach import apps, targets
from outreach.accounts import Role, User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Organisation
from outreach.pages import navigation
from tests.drive import TODAY, Drive, at
from tests.people import Land

ClientAs = Callable[[User], FlaskClient]
MakePerson = Callable[..., User]
NOTHING = "Không có việc nào chờ bạn"


def test_the_side_bar_holds_only_what_the_role_may_open(
    app: Flask,
    liaison: User,
    make_person: MakePerson,
    culture_office: Organisation,
    land: Land,
) -> None:
    reporter = make_person(Role.REPORTER, culture_office, land.commune)
    listed = [entry.endpoint for entry in navigation.entries(liaison)]
    assert listed[0] == "home.index"
    assert "campaigns.index" in listed
    of_reporter = [entry.endpoint for entry in navigation.entries(reporter)]
    assert "campaigns.index" not in of_reporter
    assert "home.index" not in of_reporter


def test_who_may_read_routes_and_rules_finds_them_in_the_side_bar(
    client_as: ClientAs,
    liaison: User,
    culture: User,
    make_person: MakePerson,
    culture_office: Organisation,
    land: Land,
) -> None:
    staff = make_person(Role.STAFF, culture_office)
    reporter = make_person(Role.REPORTER, culture_office, land.commune)
    admin = make_person(Role.ADMIN)
    for who, pages in (
        (liaison, ["routes.index", "rules.index"]),
        (culture, ["routes.index", "boundaries.index", "rules.index"]),
        (staff, ["rules.index"]),
        (reporter, []),
    ):
        entries = [each for each in navigation.entries(who) if each.group]
        assert [each.endpoint for each in entries] == pages
        assert all(each.group == "To look up" for each in entries)
    assert len([each for each in navigation.entries(admin) if each.group == "Administration"]) == 8
    page = client_as(culture).get("/admin/routes/").text
    assert 'href="/admin/rules/"' in page
    assert "/admin/routes/new" not in page


def test_a_reporter_begins_with_the_figures(
    client_as: ClientAs, make_person: MakePerson, culture_office: Organisation, land: Land
) -> None:
    reporter = make_person(Role.REPORTER, culture_office, land.commune, name="Út")
    answer = client_as(reporter).get("/")
    assert answer.status_code == 302
    assert "/figures" in answer.location


@pytest.mark.parametrize("role", [Role.CULTURE, Role.HEALTH, Role.STAFF, Role.LIAISON, Role.ADMIN])
def test_everybody_else_begins_with_what_needs_them(
    role: Role,
    client_as: ClientAs,
    make_person: MakePerson,
    culture_office: Organisation,
    health_office: Organisation,
    vnpt: Organisation,
) -> None:
    at("14:00")
    office = {Role.LIAISON: vnpt, Role.HEALTH: health_office}.get(role, culture_office)
    page = client_as(make_person(role, office)).get("/")
    assert page.status_code == 200
    assert "Việc cần làm bây giờ" in page.text
    assert role is Role.ADMIN or NOTHING in page.text


def test_an_office_is_told_who_is_late_and_the_side_bar_counts_the_same(
    drive: Drive, client_as: ClientAs
) -> None:
    client = client_as(drive.staff)
    drive.report(500)
    drive.report(330, "19/8 14:00", drive.land.other_commune)
    at("20/8 14:59")
    assert NOTHING in client.get("/").text
    at("20/8 15:20")
    page = client.get("/").text
    assert "1 nơi chưa gửi số liệu Bluezone lúc 15:00, trễ 20 phút" in page
    assert '<p class="small second">Long Thuận</p>' in page
    assert "Tổng hợp hạn 16:30, còn 1 giờ 10 phút" in page
    counted = {e.endpoint: e.badge_count for e in navigation.entries(drive.staff)}
    assert counted["uptake.index"] == 1
    drive.report(340, "15:25", drive.land.other_commune)
    page = client.get("/").text
    assert "chưa gửi số liệu" not in page
    assert "Báo cáo hôm nay đến hạn lúc 16:30" in page


def test_those_who_enter_nothing_are_not_told_to(
    drive: Drive, client_as: ClientAs, make_person: MakePerson, health_office: Organisation
) -> None:
    drive.report(500, "19/8 14:00")
    at("20/8 15:20")
    page = client_as(make_person(Role.HEALTH, health_office)).get("/").text
    assert NOTHING in page
    assert "Xếp hạng" in page


def test_the_drive_shows_rate_target_days_and_ranking(drive: Drive, client_as: ClientAs) -> None:
    district = db.session.get_one(Area, drive.land.district)
    app = apps.by_code("BLUEZONE")
    until = TODAY + timedelta(days=10)
    targets.add(district, app, 2000, until, group="population", letter="", actor_id=None)
    for day in range(10, 21):
        drive.report(100 * day, f"{day}/8 14:00")
        drive.report(50 * day, f"{day}/8 14:00", drive.land.other_commune)
    at("20/8 14:30")
    page = client_as(drive.staff).get("/").text
    for said in ("15,00%", "3.000/20.000", "So với mục tiêu", "Lượt cài mới mỗi ngày", "+150"):
        assert said in page
    assert page.count('class="column"') == 14
    assert '<span class="n value">150</span>' in page
    assert "Cột sọc" not in page
    assert f"/figures/{drive.land.commune}" in page


def test_a_day_that_lacks_communes_is_hatched_and_said(drive: Drive, client_as: ClientAs) -> None:
    for area_id in (drive.land.commune, drive.land.other_commune):
        drive.report(500, "19/8 14:00", area_id)
    drive.report(520, "20/8 14:00")
    page = client_as(drive.staff).get("/").text
    assert "Cột sọc: còn thiếu xã; ngày 20/8 mới có 1/2." in page
    assert 'class="partial"' in page


def test_of_two_apps_one_is_chosen_and_one_there_is_not_is_a_page_there_is_not(
    drive: Drive, client_as: ClientAs
) -> None:
    other = apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    client = client_as(drive.staff)
    drive.report(500)
    assert 'href="/?app=NCOVI"' not in client.get("/").text  # nobody counts it here
    drive.app_id = other.id
    drive.report(77)
    page = client.get("/?app=NCOVI").text
    assert 'href="/?app=BLUEZONE"' in page
    assert "77/20.000" in page
    assert client.get("/?app=NONE").status_code == 404


def test_who_answers_for_all_areas_chooses_one(
    drive: Drive, client_as: ClientAs, make_person: MakePerson
) -> None:
    from outreach import organisations

    drive.report(500)
    office = organisations.add("Sở VH&TT", organisations.Kind.CULTURE, actor_id=None)
    page = client_as(make_person(Role.CULTURE, office)).get("/").text
    assert "Chọn địa bàn" in page


def test_an_administrator_is_told_who_never_came_and_that_nothing_is_carried(
    client_as: ClientAs, make_person: MakePerson, culture_office: Organisation
) -> None:
    admin = make_person(Role.ADMIN, culture_office, password="một mật khẩu tốt")
    make_person(Role.STAFF, culture_office, name="Chưa Vào")
    page = client_as(admin).get("/").text
    assert "1 người đã được mời nhưng chưa vào" in page
    assert "Chưa Vào" in page
    assert "tiến trình gửi đang chạy" in page  # no worker runs in a test


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements executed within."""
    statements: list[str] = []
    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(db.engine, *listen)
    try:
        yield statements
    finally:
        event.remove(db.engine, *listen)


def test_queries_do_not_grow_with_communes_and_days(drive: Drive, client_as: ClientAs) -> None:
    client = client_as(drive.staff)
    drive.report(500)
    at("20/8 15:20")
    client.get("/")
    with counting() as few:
        client.get("/")
    _many_communes(drive, 40)
    with counting() as many:
        page = client.get("/").text
    assert "41 nơi chưa gửi số liệu" in page
    assert "và 29 mục khác" in page
    assert len(many) == len(few)
    assert len(few) <= 47


def _many_communes(drive: Drive, count: int) -> None:
    with transaction() as session:
        for number in range(count):
            code = f"9{number:04}"
            area = Area(
                area_list=2020,
                code=code,
                level=Level.COMMUNE,
                kind="Xã",
                name=f"Xã Số {number}",
                parent_id=drive.land.district,
                population=1000,
                position=100 + number,
            )
            session.add(area)
            session.flush()
            drive.report(10, "19/8 14:00", area.id, date(2020, 8, 19))
    at("20/8 15:20")
