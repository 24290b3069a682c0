"""The map's page, the part of it that the slider renews, and the pages of boundaries."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from outreach.accounts import Role, User
from tests import pages
from tests.campaigns.comparing import Scene, scene
from tests.drive import at
from tests.outreach.test_boundary_files import content, feature

__all__ = ["scene"]
ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def shown(scene: Scene) -> Scene:
    for code, installs in (("29971", 50), ("29983", 36)):
        scene.report(code, "12/8", installs - 10)
        scene.report(code, "19/8", installs)
    at("20/8 16:00")
    return scene


@pytest.fixture
def staff(shown: Scene, client_as: ClientAs) -> FlaskClient:
    return client_as(shown.staff)


def test_every_mode_has_a_legend_a_table_and_a_name_for_each_area(staff: FlaskClient) -> None:
    for mode in ("rate", "change", "distance", "messages", "late", "vô nghĩa"):
        answer = staff.get("/map", query_string={"mode": mode})
        assert answer.status_code == 200, mode
        assert pages.faults(answer.text) == [], mode
        assert answer.text.count('tabindex="0" role="img"') == 5, mode
        assert 'class="ramp ramp-' in answer.text
        assert "chưa biết" in answer.text, "the hollow ones are in the legend"


def test_the_slider_gets_the_drawing_alone_and_works_as_a_form(staff: FlaskClient) -> None:
    page = staff.get("/map?mode=change").text
    assert '<select class="input n" id="slid" name="day">' in page
    form = page.partition('id="days"')[2].partition("</form>")[0]
    kept = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    assert "since" not in kept, "a usual day to compare with moves along"
    asked = kept | {"day": "2020-08-19"}
    whole = staff.get("/map", query_string=asked).text
    part = staff.get("/map", query_string=asked, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert part.strip() in whole
    assert "12/8/2020 – 19/8/2020" in part


def test_another_day_to_compare_with_stays_and_bounds_the_slider(staff: FlaskClient) -> None:
    page = staff.get("/map?since=2020-08-18").text
    form = page.partition('id="days"')[2].partition("</form>")[0]
    assert 'name="since" value="2020-08-18"' in form
    assert re.findall(r'<option value="([^"]+)"', form) == ["2020-08-20", "2020-08-19"]


def test_a_link_says_the_same_view_again(staff: FlaskClient) -> None:
    page = staff.get("/map?mode=late&as=circles").text
    (link,) = re.findall(r'data-address="([^"]*)"', page)
    at("21/8 9:00")
    again = staff.get(html.unescape(link)).text
    drawn = '<div id="drawn">'
    assert again.partition(drawn)[2] == page.partition(drawn)[2]


def test_wrong_questions_come_back_and_others_areas_are_refused(staff: FlaskClient) -> None:
    assert staff.get("/map?day=x").status_code == 422
    assert staff.get("/map?area=869").status_code == 403
    assert staff.get("/map?area=869", headers={"HX-Request": "true"}).status_code == 403


def test_an_office_uploads_boundaries_reads_what_came_of_them_and_withdraws(
    shown: Scene, client_as: ClientAs, make_person: Callable[..., User], staff: FlaskClient
) -> None:
    office = client_as(make_person(Role.CULTURE, shown.stage.owner))
    assert "/map/boundaries" in office.get("/map").text
    assert "/map/boundaries" not in staff.get("/map").text
    own = feature(code="29971", name="Long Khánh A"), feature(code="29983", name="Long Thuận")
    file = content(*own, feature(name="Nơi nào đó"))
    form = {"file": (io.BytesIO(file), "xa.geojson"), "level": "commune", "source": "Sở TN&MT"}
    answer = office.post("/map/boundaries", data=form)
    assert answer.status_code == 302
    address = answer.headers["Location"]
    done = office.get(address).text
    assert "Đã nhận: 2/3 vùng" in done
    assert "Nơi nào đó" in done
    page = staff.get("/map").text
    assert page.count('<path class="dot') == 2
    assert "Ranh giới: Sở TN&amp;MT" in page
    assert staff.get("/map?as=circles").text.count('<path class="dot') == 0
    assert office.post(f"{address}/withdraw").status_code == 302
    assert staff.get("/map").text.count('<path class="dot') == 0
    assert "đã rút" in office.get(address).text


def test_a_file_that_is_none_comes_back_at_its_field(
    shown: Scene, client_as: ClientAs, make_person: Callable[..., User]
) -> None:
    office = client_as(make_person(Role.CULTURE, shown.stage.owner))
    form = {"level": "commune", "source": "Sở TN&MT"}
    for more in ({}, {"file": (io.BytesIO(b"{"), "x.geojson")}):
        answer = office.post("/map/boundaries", data=form | more)
        assert answer.status_code == 422
        assert 'id="file-error"' in answer.text
        assert "Sở TN&amp;MT" in answer.text, "what was typed is still there"
