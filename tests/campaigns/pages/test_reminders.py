"""The page on which an office says when and over which routes reporters are reminded, and its cost;
and what the board says of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from campaigns import reminder_settings, routes
from campaigns.routes import Route
from outreach import area_editing, i18n
from outreach.accounts import Role, User
from outreach.database import db, transaction, write_connection
from outreach.organisations import Organisation
from outreach.reminder_agreements import Way
from tests.counting import queries
from tests.drive import at
from tests.reminded import MAIL, Reminded

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def office(reminded: Reminded, culture: User, client_as: ClientAs) -> FlaskClient:
    client = client_as(culture)
    client.set_cookie(i18n.COOKIE, "en")
    return client


@pytest.fixture
def staff(reminded: Reminded, client_as: ClientAs) -> FlaskClient:
    client = client_as(reminded.drive.staff)
    client.set_cookie(i18n.COOKIE, "en")
    return client


@pytest.fixture
def other(reminded: Reminded, viettel: Organisation) -> Route:
    return reminded.stage.route(viettel, 10, price=300)


def address(reminded: Reminded, page: str = "reminders") -> str:
    return f"/figures/{reminded.drive.land.district}/{page}"


def plain(client: FlaskClient, where: str) -> str:
    page = client.get(where, follow_redirects=True).text
    return " ".join(re.sub(r"<[^>]*>", " ", page).replace("\u00a0", " ").split())


def fill(client: FlaskClient, reminded: Reminded, **fields: object):
    page = client.get(address(reminded)).text
    seen = re.search(r'name="seen" value="(\w*)"', page)
    assert seen is not None
    given = {"before": "30", "seen": seen[1]} | fields
    return client.post(address(reminded), data=given)


def holds(reminded: Reminded) -> tuple[int, bool, tuple[int, ...]]:
    db.session.rollback()
    now = reminder_settings.in_force(reminded.drive.land.commune, reminded.settings)
    return now.before, now.at_hour, now.route_ids


def test_the_office_chooses_times_and_routes_and_gives_them_back(
    reminded: Reminded, office: FlaskClient, other: Route
) -> None:
    assert "as usual in this installation" in plain(office, address(reminded))
    sent = fill(office, reminded, before="45", at_hour="1", routes=[str(other.id)])
    assert sent.status_code == 302
    assert holds(reminded) == (45, True, (other.id,))
    page = office.get(address(reminded)).text
    assert re.search(rf'id="routes-{other.id}"[^>]* checked', page)
    assert not re.search(rf'id="routes-{reminded.route.id}"[^>]* checked', page)
    seen = re.search(r'name="seen" value="(\w*)"', page)
    assert seen is not None
    office.post(address(reminded) + "/inherit", data={"seen": seen[1]})
    assert holds(reminded) == (30, False, ())


def test_areas_that_set_their_own_are_named_and_a_time_that_is_over_is_said(
    reminded: Reminded, office: FlaskClient, culture: User
) -> None:
    commune = area_editing.by_id(reminded.drive.land.commune)
    assert "Set by areas below" not in plain(office, address(reminded))
    reminder_settings.keep(commune, 10, False, [], culture)
    assert "Set by areas below: 1 Xã Long Khánh A : 10 minutes before." in plain(
        office, address(reminded)
    )
    at("14:40")
    assert "is over already" in plain(office, fill(office, reminded, before="60").location)
    assert "is over already" not in plain(office, fill(office, reminded, before="15").location)


def test_what_is_wrong_comes_back_with_what_was_typed(
    reminded: Reminded, office: FlaskClient, other: Route
) -> None:
    for field, value, said in (
        ("before", "241", "Say 0 to 240 minutes."),
        ("before", "", "A number is needed here."),
        ("before", "9" * 5000, "is not a whole number."),
        ("routes", "99", "There is no route 99."),
        ("routes", "x", "Choose a route of the list."),
    ):
        answer = fill(office, reminded, **{field: value, "at_hour": "1"})
        assert (answer.status_code, said in answer.text) == (422, True), value
        assert re.search(r'id="at_hour-1"[^>]* checked', answer.text)
    stale = office.post(address(reminded), data={"before": "5", "seen": "0" * 16})
    assert "changed this after you opened" in stale.text
    assert holds(reminded) == (30, False, ())


def test_the_page_says_what_a_reminder_and_a_late_day_cost_and_on_whose_account(
    reminded: Reminded, office: FlaskClient, other: Route, make_person: Callable[..., User]
) -> None:
    reminded.agree()
    second = make_person(Role.REPORTER, reminded.stage.owner, reminded.drive.land.other_commune)
    reminded.agree(second, "+84912000998")
    page = plain(office, address(reminded))
    assert "2 by SMS over “route of VNPT”, on the account of VNPT: 250 đ a reminder." in page
    assert "A day on which all of them are late: at most 500 đ." in page
    assert (
        "Viettel · Viettel, VNPT VinaPhone, MobiFone · 300 đ a reminder; 2 people, at most" in page
    )
    fill(office, reminded, at_hour="1", routes=[str(other.id)])
    for where in (address(reminded), address(reminded, "board")):
        page = plain(office, where)
        assert "on the account of Viettel: 300 đ a reminder." in page
        assert "at most 1.200 đ" in page.replace("1,200", "1.200")


def test_long_names_cost_more_segments_and_so_is_said(
    reminded: Reminded, office: FlaskClient
) -> None:
    reminded.agree()
    reminded.set(
        public_url="https://bao-cao.tung-ngo.phong-vhtt.hongngu.dongthap.gov.vn/" + "x" * 60
    )
    assert "500 đ a reminder" in plain(office, address(reminded))
    assert "at most 2 segments" in plain(office, address(reminded))


def test_a_route_that_is_closed_refused_or_gone_is_said_on_the_board(
    reminded: Reminded, office: FlaskClient, staff: FlaskClient, other: Route
) -> None:
    reminded.agree()
    fill(office, reminded, routes=[str(other.id)])
    board = address(reminded, "board")
    assert "chosen for reminders" not in plain(staff, board)
    with transaction():
        routes.get(other.id).enabled = False
    page = plain(staff, board)
    assert f"The route “{other.name}”, chosen for reminders, is closed." in page
    assert "The route that was chosen for it is closed or gone." in page, "beside the person"
    assert "Remind now :" not in page
    with write_connection(db.engine) as connection:
        connection.execute(text("UPDATE reminder_settings SET route_ids = '[77]'"))
    assert "Route 77, chosen for reminders, is gone." in plain(staff, board)
    assert "Route 77" in plain(office, address(reminded))
    assert fill(office, reminded, routes=[]).status_code == 302, "and can be put right"
    assert "chosen for reminders" not in plain(staff, board)


def test_whose_network_no_route_carries_is_counted_on_the_board(
    reminded: Reminded, staff: FlaskClient
) -> None:
    reminded.agree(number="+84922000999")  # Vietnamobile
    page = plain(staff, address(reminded, "board"))
    assert "no open route that may be used carries the number: 1." in page
    assert "No open route carries the network of the number." in page


def test_who_may_not_set_it_is_shown_no_way_there(
    reminded: Reminded, staff: FlaskClient, office: FlaskClient
) -> None:
    reminded.agree()
    way = f'href="{address(reminded)}"'
    assert way in office.get(address(reminded, "board"), follow_redirects=True).text
    assert way not in staff.get(address(reminded, "board"), follow_redirects=True).text
    assert staff.get(address(reminded)).status_code == 403
    assert staff.post(address(reminded), data={"before": "5"}).status_code == 403
    elsewhere = f"/figures/{reminded.drive.land.next_district}/reminders"
    assert office.post(elsewhere, data={"before": "5"}).status_code == 403
    assert reminder_settings.every() == []


def test_it_asks_as_much_however_many_agreed(
    reminded: Reminded, office: FlaskClient, make_person: Callable[..., User]
) -> None:
    reminded.set(**MAIL)
    reminded.agree()
    pages = (address(reminded), address(reminded, "board") + "?app=BLUEZONE")
    for page in pages:
        office.get(page)
    with queries() as few:
        for page in pages:
            office.get(page)
    land, owner = reminded.drive.land, reminded.stage.owner
    for number in range(3):
        reminded.agree(make_person(Role.REPORTER, owner, land.commune), f"+8491200010{number}")
        reminded.agree(make_person(Role.REPORTER, owner, land.other_commune), way=Way.EMAIL)
    with queries() as many:
        for page in pages:
            assert office.get(page).status_code == 200
    assert len(many) <= len(few)


def test_the_account_page_says_the_area_s_own_time(
    reminded: Reminded, office: FlaskClient, client_as: ClientAs
) -> None:
    fill(office, reminded, before="45")
    client = client_as(reminded.reporter)
    client.set_cookie(i18n.COOKIE, "en")
    assert "45 minutes before." in plain(client, "/account/")
