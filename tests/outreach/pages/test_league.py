"""The league table's page and files: who opens them, what they say, what a link says again."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient

from outreach import i18n
from outreach.accounts import Role, User
from outreach.organisations import Organisation
from tests.drive import Drive, at
from tests.outreach.test_carry_over import become

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def staff(drive: Drive, client_as: ClientAs) -> FlaskClient:
    first, second = drive.land.commune, drive.land.other_commune
    drive.report(480, "13/8 14:00", first)
    drive.report(400, "13/8 14:10", second)
    drive.report(500, "20/8 14:20", first)
    at("20/8 15:30")
    client = client_as(drive.staff)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def said(page: str) -> str:
    """The page's own words, without the side bar."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.partition("<main")[2])).split())


def test_offices_rank_and_nobody_else(
    drive: Drive,
    client_as: ClientAs,
    make_person: Callable[..., User],
    health_office: Organisation,
    culture_office: Organisation,
) -> None:
    people = {
        Role.CULTURE: make_person(Role.CULTURE, culture_office),
        Role.HEALTH: make_person(Role.HEALTH, health_office),
        Role.REPORTER: drive.reporter,
        Role.ADMIN: make_person(Role.ADMIN),
    }
    for role, who in people.items():
        may = role in (Role.CULTURE, Role.HEALTH)
        for address in ("/league", "/league/table.xlsx", "/league/table.csv"):
            assert client_as(who).get(address).status_code == (200 if may else 403), (role, address)


def test_the_page_says_rank_move_change_and_age(staff: FlaskClient) -> None:
    page = said(staff.get("/league").text)
    assert "League table: Huyện Hồng Ngự" in page
    assert "Ranked: 2 of 2" in page
    # 480 of 10,000 then, 400 of 8,000: 5% each now, so they share the first rank.
    assert "Xã Long Khánh A Long Khánh A =1 5.00% ▲ up 1 500 /10,000 +0.20 +20" in page
    assert "Xã Long Thuận Long Thuận =1 5.00% = same 400 /8,000 — — 13 Aug 7 days old" in page


def test_a_link_says_the_same_view_again(staff: FlaskClient) -> None:
    page = staff.get("/league?level=commune&sort=-moves&q=long").text
    (link,) = re.findall(r'href="([^"]*)">Address of this view', page)
    link = html.unescape(link)
    assert "day=2020-08-20" in link
    assert "since=2020-08-13" in link
    at("21/8 9:00")
    assert said(staff.get(link).text) == said(page)


def test_a_wrong_question_comes_back_at_its_field(staff: FlaskClient) -> None:
    for question, field in (
        ("since=x", "since"),
        ("area=nowhere", "area"),
        ("day=2031-01-01", "day"),
    ):
        answer = staff.get(f"/league?{question}")
        assert answer.status_code == 422, question
        assert f'id="{field}-error"' in answer.text
    assert staff.get("/league?area=869").status_code == 403
    assert staff.get("/league/table.csv?area=869").status_code == 403
    for nonsense in ("sort=x", "page=-1", "page=x", "page=999999999999", "level=district"):
        assert staff.get(f"/league?{nonsense}").status_code == 200, nonsense


def test_files_hold_numbers_as_numbers(staff: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(staff.get("/league/table.xlsx").data))
    heads, *rows = book["League table"].iter_rows(values_only=True)
    first = dict(zip(heads, rows[0], strict=True))
    assert (first["Rank"], first["Code"], first["Installs 20 Aug 2020"]) == (1, "29971", 500)
    assert first["Rate 20 Aug 2020"] == pytest.approx(0.05)
    assert first["Change in points"] == pytest.approx(0.2)
    assert first["Rank shared"] == "yes"
    lines = list(
        csv.DictReader(io.StringIO(staff.get("/league/table.csv").data.decode("utf-8-sig")))
    )
    assert [line["Installs 20 Aug 2020"] for line in lines] == ["500", "400"]
    assert lines[0]["Rate 20 Aug 2020"] == "0.050000"
    assert lines[1]["New installs"] == "", "nothing since is no 0"


def test_of_how_many_of_the_areas_before_a_figure_is_stands_with_it(
    staff: FlaskClient, drive: Drive
) -> None:
    one, other = drive.land.commune, drive.land.other_commune
    become(one, one)
    become(other, one)
    become(drive.land.next_district, one)
    page = said(staff.get("/league?day=2020-08-17&since=2020-08-10").text)
    assert "at least 8.80% 880 /10,000 2 of 3 communes" in page
