"""The page of an area, and the one for its notice board: who opens them, and what stands there."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.states import MessageState
from outreach import i18n
from outreach.accounts import Role, User
from tests.campaigns.comparing import Scene, scene
from tests.counting import queries
from tests.drive import at

__all__ = ["scene"]
ClientAs = Callable[[User], FlaskClient]
M = MessageState


@pytest.fixture
def shown(scene: Scene) -> Scene:
    for code, installs in (("29971", 400), ("29983", 200), ("29974", 400)):
        scene.report(code, "10/8", installs - 50)
        scene.report(code, "19/8", installs)
    scene.move(scene.send("12/8", {"29971": 6}, name="Đợt một"), (M.DELIVERED, 6))
    at("20/8 14:00")
    return scene


@pytest.fixture
def staff(shown: Scene, client_as: ClientAs) -> FlaskClient:
    client = client_as(shown.staff)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def said(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_the_area_s_page_has_its_course_messages_and_neighbours(
    staff: FlaskClient, shown: Scene
) -> None:
    page = staff.get(f"/areas/{shown.ids['29971']}").text
    assert "Campaign begun: Đợt một, 6 messages" in said(page)
    assert "VNPT 6 6" in said(page)
    assert 'data-chart="' in page
    assert "Next to it in the ranking" in page
    assert "/compare?app=BLUEZONE&amp;areas=29971,29983,29974" in page.replace("%2C", ",")
    assert "19 Aug 2020 400 +50 40.00%" in said(page), "the history of the figure"


def test_rankings_and_comparisons_lead_to_it(staff: FlaskClient, shown: Scene) -> None:
    district, commune = shown.stage.land.district, shown.ids["29971"]
    for page in (f"/figures/{district}", "/", "/compare?app=BLUEZONE"):
        assert f'href="/areas/{commune}?' in staff.get(page).text, page
    assert f'href="/areas/{district}?' in staff.get(f"/figures/{district}").text


def test_a_reporter_sees_the_own_commune_without_messages_and_neighbours(
    shown: Scene, client_as: ClientAs, make_person: Callable[..., User]
) -> None:
    own, other = shown.ids["29971"], shown.ids["29983"]
    client = client_as(make_person(Role.REPORTER, shown.stage.owner, own))
    page = client.get(f"/areas/{own}").text
    assert "40,00%" in page
    assert "Đợt một" not in page
    assert "VNPT" not in page
    assert "20,00%" not in page, "no neighbour"
    assert client.get(f"/areas/{own}/poster").status_code == 200
    for address in (f"/areas/{other}", f"/areas/{other}/poster", f"/areas/{shown.ids['870']}"):
        assert client.get(address).status_code == 403


def test_the_notice_board_says_how_to_install_and_where_the_commune_stands(
    staff: FlaskClient, shown: Scene
) -> None:
    page = said(staff.get(f"/areas/{shown.ids['29971']}/poster").text)
    assert "Install Bluezone" in page
    assert "https://" in page
    assert "40.00% 400/1,000 people" in page


def test_statements_of_the_page_are_bounded(staff: FlaskClient, shown: Scene) -> None:
    for code in ("29971", "870"):
        staff.get(f"/areas/{shown.ids[code]}")
        with queries() as sent:
            assert staff.get(f"/areas/{shown.ids[code]}").status_code == 200
        assert len(sent) <= 45
