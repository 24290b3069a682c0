"""The board of a day: who is late, who is reminded, and who may remind whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.reminders import Kind
from outreach import organisations
from outreach.accounts import Role, User
from outreach.organisations import Kind as OfficeKind
from outreach.reminder_agreements import Way
from tests.counting import queries
from tests.drive import Drive, at
from tests.reminded import MAIL, Reminded

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def reporter(drive: Drive, client_as: ClientAs) -> FlaskClient:
    return client_as(drive.reporter)


@pytest.fixture
def staff(drive: Drive, client_as: ClientAs) -> FlaskClient:
    return client_as(drive.staff)


def test_the_board_says_who_is_late_and_is_linked_from_the_district(
    staff: FlaskClient, reporter: FlaskClient, drive: Drive
) -> None:
    drive.report(318, "14:10")
    at("15:40")
    address = f"/figures/{drive.land.district}/board"
    assert f'href="{address}?app=BLUEZONE"' in staff.get(f"/figures/{drive.land.district}").text
    assert f'href="{address}?app=BLUEZONE"' in staff.get("/").text, "the late row of the overview"
    page = staff.get(f"{address}?lang=en", follow_redirects=True).text
    assert "1 of 2 have reported; 0 of them late." in page
    assert "Missing: 1." in page
    assert "40 min" in page
    assert "never reports" in page
    assert staff.get(f"/figures/{drive.land.next_district}/board").status_code == 403
    assert reporter.get(address).status_code == 403
    assert reporter.get(f"/figures/{drive.land.commune}/board").status_code == 200


def test_the_board_takes_as_many_statements_for_more_days(staff: FlaskClient, drive: Drive) -> None:
    drive.report(300, "14:10")
    at("15:40")
    address = f"/figures/{drive.land.district}/board"
    staff.get(address)
    with queries() as few:
        staff.get(address)
    for day in range(10, 20):
        drive.report(280 + day, f"{day}/8 14:00", reason="đã đếm", asked=str(280 + day))
    at("20/8 15:40")
    with queries() as many:
        assert staff.get(address).status_code == 200
    assert len(many) <= len(few) <= 40


def board(client: FlaskClient, reminded: Reminded, day: str = "") -> str:
    address = f"/figures/{reminded.drive.land.district}/board?day={day}&lang=en"
    return client.get(address, follow_redirects=True).text


def press(client: FlaskClient, reminded: Reminded, person: User, area_id: int = 0) -> str:
    area_id = area_id or reminded.drive.land.district
    answer = client.post(f"/figures/{area_id}/board/remind", data={"person": str(person.id)})
    return client.get(answer.location).text if answer.status_code == 302 else str(answer.status)


def test_it_says_who_agreed_who_was_reminded_and_what_became_of_it(
    reminded: Reminded, staff: FlaskClient
) -> None:
    page = board(staff, reminded)
    assert "Xuân" in page
    assert "has not agreed" in page
    assert 'name="person"' not in page
    reminded.agree()
    reminded.tick("14:31")
    page = board(staff, reminded)
    assert "SMS" in page
    assert "Waiting for its turn" in page
    assert "before the hour" in page
    reminded.drive.report(250, "14:32")
    reminded.take()
    assert "The report came before it was sent." in board(staff, reminded)
    assert "before the hour" not in board(staff, reminded, "2020-08-19")


def test_one_press_reminds_and_the_second_says_so(reminded: Reminded, staff: FlaskClient) -> None:
    reminded.agree()
    assert "Đang nhắc Xuân." in press(staff, reminded, reminded.reporter)
    page = press(staff, reminded, reminded.reporter)
    assert "Đã có người nhắc Xuân" in page
    assert 'name="person"' not in page, "the button is gone"
    assert [row.kind for row in reminded.outbox()] == [Kind.HAND]


def test_nobody_is_reminded_by_those_it_is_not_for(
    reminded: Reminded,
    reporter: FlaskClient,
    staff: FlaskClient,
    client_as: ClientAs,
    make_person: Callable[..., User],
    health_office: organisations.Organisation,
) -> None:
    reminded.agree()
    land = reminded.drive.land
    elsewhere = organisations.add(
        "Tân Hồng", OfficeKind.CULTURE, area_id=land.next_district, actor_id=None
    )
    other = client_as(make_person(Role.STAFF, elsewhere))
    assert press(other, reminded, reminded.reporter).startswith("403")
    assert "không được" in press(other, reminded, reminded.reporter, land.next_district).lower()
    assert press(reporter, reminded, reminded.reporter, land.commune).startswith("403")
    health = client_as(make_person(Role.HEALTH, health_office))
    assert press(health, reminded, reminded.reporter).startswith("403")
    assert 'name="person"' not in board(health, reminded)
    assert (
        staff.post(f"/figures/{land.district}/board/remind", data={"person": "99999"}).status_code
        == 302
    )
    assert reminded.outbox() == []


def test_it_asks_as_much_however_many_report(
    reminded: Reminded, staff: FlaskClient, make_person: Callable[..., User]
) -> None:
    reminded.set(**MAIL)
    reminded.agree(way=Way.EMAIL)
    board(staff, reminded)
    with queries() as few:
        board(staff, reminded)
    for _ in range(6):
        person = make_person(Role.REPORTER, reminded.stage.owner, reminded.drive.land.commune)
        reminded.agree(person, way=Way.EMAIL)
    reminded.tick("14:31")
    with queries() as many:
        assert board(staff, reminded).count("E-mail<span") == 7
    assert len(many) <= len(few)


def test_a_link_that_leaks_opens_nothing_for_whoever_has_it(
    reminded: Reminded,
    client: FlaskClient,
    client_as: ClientAs,
    make_person: Callable[..., User],
) -> None:
    """It names a form and a day; to open it one logs in as somebody who may."""
    reminded.set(public_url="https://tungngo.example.vn")
    reminded.agree()
    reminded.tick("14:31")
    link = reminded.texts()[0].text.rpartition("https://tungngo.example.vn")[2]
    assert link == f"/figures/{reminded.drive.land.commune}/enter?day=2020-08-20"
    other = make_person(Role.REPORTER, reminded.stage.owner, reminded.drive.land.other_commune)
    stranger = client_as(other)
    for method in ("get", "post"):
        given = {} if method == "get" else {"data": {"installs": "9"}}
        answer = getattr(client, method)(link, **given)
        assert (answer.status_code, answer.location.startswith("/login")) == (302, True)
        assert getattr(stranger, method)(link, **given).status_code == 403
    assert len(reminded.drive.rows()) == 1, "yesterday's"
