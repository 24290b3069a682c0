"""The comparison's page: who may ask, about which areas, and how a wrong question comes back."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import event

from campaigns import compare_showing
from outreach import apps, fieldwork, organisations
from outreach.accounts import Role, User
from outreach.apps import Unit
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.fieldwork import Entry
from outreach.organisations import Organisation
from tests.campaigns.comparing import PERIOD, Scene, drive_done, scene
from tests.drive import at

__all__ = ["drive_done", "scene"]
ClientAs = Callable[[User], FlaskClient]
MakePerson = Callable[..., User]


@pytest.fixture
def staff(scene: Scene, client_as: ClientAs) -> FlaskClient:
    return client_as(scene.staff)


def test_offices_compare_and_nobody_else(
    scene: Scene,
    client_as: ClientAs,
    make_person: MakePerson,
    health_office: Organisation,
    vnpt: Organisation,
) -> None:
    people = {
        Role.CULTURE: make_person(Role.CULTURE, scene.stage.owner),
        Role.HEALTH: make_person(Role.HEALTH, health_office),
        Role.STAFF: scene.staff,
        Role.LIAISON: make_person(Role.LIAISON, vnpt),
        Role.REPORTER: make_person(Role.REPORTER, scene.stage.owner, scene.ids["29971"]),
        Role.ADMIN: make_person(Role.ADMIN),
    }
    for role, who in people.items():
        client = client_as(who)
        may = role in (Role.CULTURE, Role.HEALTH, Role.STAFF)
        for address in ("/compare", "/compare/table.xlsx"):
            assert client.get(address).status_code == (200 if may else 403), role
        home = client.get("/", follow_redirects=True).text
        assert ('href="/compare"' in home) == may, role


def test_without_a_question_it_is_all_of_the_own_area_up_to_today(staff: FlaskClient) -> None:
    page = staff.get("/compare").text
    assert "23/7/2020 – 20/8/2020" in page
    assert "<span>5 xã</span>" in page


def test_the_usual_period_begins_where_figures_do(scene: Scene, staff: FlaskClient) -> None:
    """Before the first figure all would be dashes; who asks for such days gets them."""
    scene.report("29971", "12/8", 100)
    scene.report("29971", "19/8", 340)
    at("20/8 9:00")
    page = staff.get("/compare").text
    assert "12/8/2020 – 20/8/2020" in page
    assert "Số liệu bắt đầu từ ngày 12/8/2020." in page
    assert "from=2020-08-12" in page, "a link shows a colleague the same"
    for address in ("/compare/table.csv", "/compare/table.xlsx"):
        named = staff.get(address).headers["Content-Disposition"]
        assert "BLUEZONE-2020-08-12-2020-08-20" in named, "the file is of the days of the page"
    asked_for = staff.get("/compare?from=2020-07-23&to=2020-08-20").text
    assert "23/7/2020 – 20/8/2020" in asked_for
    assert "Số liệu bắt đầu" not in asked_for
    assert "from=2020-08-12" in asked_for, "it leads to where figures begin"


def test_areas_come_as_several_or_with_commas(staff: FlaskClient) -> None:
    for areas in ("areas=29971&areas=29983", "areas=29971,29983"):
        page = staff.get(f"/compare?{areas}").text
        assert "<span>2 xã</span>" in page
        assert "areas=29971&amp;areas=29983" in page  # the table's address


def test_areas_of_others_are_refused_with_a_sentence(
    staff: FlaskClient, client_as: ClientAs, make_person: MakePerson
) -> None:
    for code in ("869", "87", "29971,869"):
        answer = staff.get("/compare", query_string={"areas": code})
        assert answer.status_code == 403
        assert "của đơn vị hoặc địa bàn khác" in answer.text
        assert 'id="areas-error"' in answer.text
        assert staff.get("/compare/table.xlsx", query_string={"areas": code}).status_code == 403
    everywhere = organisations.add("Sở VH&TT", organisations.Kind.CULTURE, actor_id=None)
    ministry = client_as(make_person(Role.CULTURE, everywhere))
    assert ministry.get("/compare", query_string={"areas": "869"}).status_code == 200
    assert "<span>5 xã</span>" in ministry.get("/compare").text


@pytest.mark.parametrize(
    ("question", "field", "typed"),
    [
        ({"from": "2020-08-20", "to": "2020-08-06"}, "to", "2020-08-06"),
        ({"to": "2020-08-21"}, "to", "2020-08-21"),
        ({"from": "hôm qua"}, "from", "hôm qua"),
        ({"app": "NONE"}, "app", "NONE"),
        ({"areas": "99"}, "areas", "99"),
        ({"areas": "29971H1"}, "areas", "Ấp Long Hữu"),
    ],
)
def test_a_wrong_question_comes_back_with_a_sentence_at_its_field(
    staff: FlaskClient, question: dict[str, str], field: str, typed: str
) -> None:
    answer = staff.get("/compare", query_string=PERIOD | question)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert typed in answer.text
    assert "table.xlsx" not in answer.text
    assert staff.get("/compare/table.xlsx", query_string=PERIOD | question).status_code == 400


def test_codes_that_were_typed_stay_in_their_field(staff: FlaskClient) -> None:
    page = staff.get("/compare?areas=29971&areas=99&against=29983,98&against=rest").text
    assert re.search(r'id="areas-codes"[^>]* value="99"', page)
    assert re.search(r'id="against-codes"[^>]* value="98"', page)
    assert re.search(r'name="against" value="29983"[^>]*checked', page)
    page = staff.get("/compare?areas=870&to=2020-13-13").text
    assert re.search(r'id="areas-codes"[^>]* value=""', page), "the own area stands for nothing"


def test_nonsense_in_the_address_breaks_nothing(staff: FlaskClient) -> None:
    for more in ("sort=nothing", "page=0", "page=-3", "page=x", "page=99999999", "areas=,,"):
        assert staff.get(f"/compare?{more}").status_code == 200


def test_it_says_that_a_difference_is_no_effect(drive_done: Scene, client_as: ClientAs) -> None:
    page = client_as(drive_done.staff).get("/compare", query_string=PERIOD).text
    assert "chưa phải tác dụng của tin nhắn" in page
    assert "không phải bốc thăm" in page
    assert "Kết luận" not in page
    assert "vì mới nhắn dưới 1% dân số: 1 xã" in page


def test_more_rows_than_a_page_holds_are_said_and_reached(
    drive_done: Scene, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_showing, "PAGE_ROWS", 2)
    client = client_as(drive_done.staff)
    page = client.get("/compare", query_string=PERIOD).text
    assert "xã thứ 1 đến 2 trên 5" in page
    assert "page=2" in page
    assert "xã thứ 5 đến 5 trên 5" in client.get("/compare", query_string=PERIOD | {"page": 3}).text


def test_scripts_of_charts_are_loaded_on_this_page_only(
    drive_done: Scene, client_as: ClientAs
) -> None:
    client = client_as(drive_done.staff)
    page = client.get("/compare", query_string=PERIOD).text
    assert "echarts.min.js" in page
    assert "langVI.js" in page
    assert "echarts" not in client.get("/figures/", follow_redirects=True).text
    english = client.get("/compare?lang=en", follow_redirects=True).text
    assert "langVI.js" not in english
    assert "not yet an effect of the messages" in english


def test_where_nobody_added_an_app_the_page_says_what_to_do(
    app: Flask, client_as: ClientAs, make_person: MakePerson, culture_office: Organisation
) -> None:
    answer = client_as(make_person(Role.STAFF, culture_office)).get("/compare")
    assert answer.status_code == 200
    assert "Chưa có ứng dụng để so sánh" in answer.text


def test_a_page_takes_the_same_statements_however_many_communes(
    drive_done: Scene, client_as: ClientAs
) -> None:
    client = client_as(drive_done.staff)
    statements: list[str] = []

    def count() -> int:
        statements.clear()
        assert client.get("/compare", query_string=PERIOD).status_code == 200
        return len(statements)

    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    count()
    event.listen(db.engine, *listen)
    try:
        few = count()
        with transaction() as session:
            session.add_all(
                Area(
                    area_list=2020, code=f"4{number:04}", level=Level.COMMUNE, kind="Xã",
                    name=f"Xã {number}", parent_id=drive_done.stage.land.district, population=99,
                )
                for number in range(120)
            )  # fmt: skip
        many = count()
    finally:
        event.remove(db.engine, *listen)
    assert few == many <= 40
    assert not any("FROM messages" in each for each in statements)


def test_a_change_of_what_counts_within_the_period_is_said_and_drawn(
    drive_done: Scene, client_as: ClientAs, runner: FlaskCliRunner
) -> None:
    app = apps.by_code("BLUEZONE")
    apps.define(app, Unit.DOWNLOADS, date(2020, 8, 12), "CV 12", actor_id=None)
    said = "Từ ngày 12/8/2020 tính theo lượt tải, trước đó tính theo số điện thoại"
    client = client_as(drive_done.staff)
    page = client.get("/compare", query_string=PERIOD).text
    assert said in page
    (chart,) = re.findall(r'data-chart="([^"]*)"', page)
    assert json.loads(html.unescape(chart))["breaks"] == [{"at": 6, "label": "Từ 12/8: lượt tải"}]
    assert "từ ngày này tính theo lượt tải" in page
    file = client.get("/compare/table.xlsx", query_string=PERIOD).data
    book = openpyxl.load_workbook(io.BytesIO(file))
    assert said in " ".join(str(cell.value) for row in book["Ghi chú"] for cell in row)
    days = list(book["Theo ngày"].values)
    at = days[0].index("Lượt cài tính theo")
    assert [row[at] for row in days[6:8]] == ["số điện thoại", "lượt tải"]
    later = client.get("/compare", query_string=PERIOD | {"from": "2020-08-12"}).text
    assert "tính theo lượt tải" not in later
    words = ["--app", "BLUEZONE", "--from", "2020-08-06", "--to", "2020-08-20", "--json"]
    answer = runner.invoke(args=["compare", *words])
    assert set(json.loads(answer.stdout)) == {"areas"}
    assert "From 12 Aug 2020 what counts is downloads" in answer.stderr


def test_two_sets_stand_beside_each_other_with_honest_words(
    drive_done: Scene, client_as: ClientAs
) -> None:
    client = client_as(drive_done.staff)
    asked = PERIOD | {"areas": "29971", "against": "rest", "of": "population"}
    page = client.get("/compare", query_string=asked).text
    assert 'id="sets-table"' in page
    assert "mà không nói vì sao" in page
    assert client.get("/compare", query_string=PERIOD).text.count('id="sets-table"') == 0


def test_the_link_shows_a_colleague_the_same_and_tells_who_may_not_see_it(
    drive_done: Scene,
    client_as: ClientAs,
    make_person: MakePerson,
) -> None:
    page = client_as(drive_done.staff).get("/compare", query_string={"against": "rest"}).text
    (link,) = re.findall(r'id="same" value="([^"]*)"', page)
    address = html.unescape(link)
    for said in ("from=2020-08-01", "to=2020-08-20", "areas=870", "against=rest:870"):
        assert said in address
    everywhere = organisations.add("Sở VH&TT", organisations.Kind.CULTURE, actor_id=None)
    ministry = client_as(make_person(Role.CULTURE, everywhere))
    assert "<span>5 xã</span>" in ministry.get(address).text
    theirs = ministry.get("/compare", query_string={"to": "2020-08-20"}).text
    (wider,) = re.findall(r'id="same" value="([^"]*)"', theirs)
    assert "areas=all" in wider
    assert client_as(drive_done.staff).get(html.unescape(wider)).status_code == 403


def test_the_csv_has_the_page_s_rows_in_its_order(drive_done: Scene, client_as: ClientAs) -> None:
    client = client_as(drive_done.staff)
    answer = client.get("/compare/table.csv", query_string=PERIOD | {"sort": "name"})
    assert answer.mimetype == "text/csv"
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 6
    assert "Long Khánh A" in lines[1]


def test_visits_have_a_column_where_anybody_recorded_some(scene: Scene, staff: FlaskClient) -> None:
    scene.report("29971", "19/8", 50)
    at("20/8 16:00")
    assert 'data-label="Đi từng nhà"' not in staff.get("/compare", query_string=PERIOD).text
    commune = db.session.get_one(Area, scene.ids["29971"])
    fieldwork.enter(commune, date(2020, 8, 19), Entry("120", "45"), actor_id=scene.staff.id)
    assert 'data-label="Đi từng nhà"' in staff.get("/compare", query_string=PERIOD).text
