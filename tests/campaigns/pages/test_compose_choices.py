"""What a writer chooses beside the text: several texts, the rule, the days, tests, a copy."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaigns import life
from campaigns.campaigns import Campaign
from campaigns.routes import Route
from campaigns.test_sends import TestSend
from outreach import clock, own_numbers
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.campaigns.pages.test_compose import (
    ClientAs,
    error_at,
    fields,
    how_many,
    route,
    said,
    writer,
)
from tests.stage import Stage, numbers_of

__all__ = ["route", "writer"]


def newest() -> Campaign:
    db.session.rollback()
    return db.session.scalars(select(Campaign).order_by(Campaign.id.desc())).first() or Campaign()


def test_a_text_is_added_and_taken_away_by_a_press_that_stores_nothing(
    writer: FlaskClient, route: int
) -> None:
    page = writer.post("/campaigns/new", data=fields(route, do=None, add="wording"))
    assert 'id="wording-b"' in page.text
    two = fields(route, do=None, **{"wording-b": "Mời {xa} cài {link}"})
    page = writer.post("/campaigns/new", data=two)
    assert "Text b 15 1" in said(page)
    assert "Text vi 15 1" in said(page)
    page = writer.post("/campaigns/new", data=two | {"remove": "vi"})
    assert 'id="wording-vi"' not in page.text
    assert "Mời {xa} cài {link}" in page.text
    assert 'name="remove"' not in page.text, "the last one stays"
    assert how_many() == 0


def test_four_texts_are_the_most(writer: FlaskClient, route: int) -> None:
    texts = {f"wording-{key}": "x" for key in ("b", "c", "d")}
    page = writer.post("/campaigns/new", data=fields(route, do=None, add="wording", **texts))
    assert page.text.count("<textarea") == 4 + 1
    assert 'name="add"' not in page.text


RULES = [
    ({"rule": "everyone", "selection_rule": ""}, "everyone"),
    ({"rule": "lottery", "selection_rule": "5 xã, bốc ngày 12/8"}, "lottery: 5 xã, bốc ngày 12/8"),
    ({"rule": "other", "selection_rule": "xã trưởng chọn"}, "xã trưởng chọn"),
    ({"selection_rule": "không nói cách nào"}, "không nói cách nào"),
]


@pytest.mark.parametrize(("changes", "stored"), RULES)
def test_the_selection_rule_is_stored_as_analysis_reads_it_and_opened_as_chosen(
    writer: FlaskClient, route: int, changes: dict[str, str], stored: str
) -> None:
    assert writer.post("/campaigns/new", data=fields(route, **changes)).status_code == 302
    campaign = newest()
    assert campaign.selection_rule == stored
    page = writer.get(f"/campaigns/{campaign.id}/edit").text
    if rule := changes.get("rule"):
        assert re.search(rf'id="rule-{rule}"[^>]*checked', page)
    assert f">{changes['selection_rule']}</textarea>" in page


def test_a_rule_that_needs_words_says_so(writer: FlaskClient, route: int) -> None:
    answer = writer.post("/campaigns/new", data=fields(route, rule="ordered", selection_rule=""))
    assert answer.status_code == 422
    assert "Say in words" in error_at(answer, "selection_rule")
    assert re.search(r'id="rule-ordered"[^>]*checked', answer.text)


@pytest.mark.parametrize("typed", ["-1", "366", "mười", "99999"])
def test_days_that_are_none_come_back_as_typed(writer: FlaskClient, route: int, typed: str) -> None:
    answer = writer.post("/campaigns/new", data=fields(route, not_messaged_days=typed))
    assert answer.status_code == 422
    assert error_at(answer, "not_messaged_days")
    assert f'value="{typed}"' in answer.text


def test_days_without_a_message_are_stored_and_copied(writer: FlaskClient, route: int) -> None:
    writer.post("/campaigns/new", data=fields(route, not_messaged_days="14"))
    campaign = newest()
    assert campaign.not_messaged_days == 14
    assert 'value="14"' in writer.get(f"/campaigns/new?from={campaign.id}").text
    writer.post("/campaigns/new", data=fields(route, not_messaged_days=""))
    assert newest().not_messaged_days == 0


def test_a_copy_says_what_could_not_be_copied(
    writer: FlaskClient, stage: Stage, vnpt: Organisation, route: int
) -> None:
    closed = stage.route(vnpt, 9, name="VNPT cũ")
    campaign_id = stage.draft([route, closed.id]).id
    whole = writer.get(f"/campaigns/new?from={campaign_id}")
    assert "Not everything could be copied." not in said(whole)
    with transaction() as session:
        session.get_one(Route, closed.id).enabled = False
        # A newer list of areas is in use now.
        session.add(Area(area_list=2025, code="999", level="commune", kind="Xã", name="Xã Mới"))
    copy = said(writer.get(f"/campaigns/new?from={campaign_id}"))
    assert "Routes that are closed or not yours: VNPT cũ." in copy
    assert "Areas that are not in the list of areas in use: Huyện Hồng Ngự." in copy


def test_a_carrier_that_keeps_its_list_to_itself_writes_a_campaign_for_its_own_order(
    stage: Stage, stranger: User, client_as: ClientAs
) -> None:
    """Viettel has no list and no route here: it chooses its areas and names its sender all the
    same."""
    carrier = client_as(stranger)
    page = carrier.get("/campaigns/new").text
    assert 'value="29983"' in page
    assert re.search(r'<input[^>]*id="sender"', page)
    form = fields(0, **{"route-0": None}, areas=["29983"], orders=[str(stranger.organisation_id)])
    answer = carrier.post("/campaigns/new", data=form)
    assert answer.status_code == 302, said(answer)
    campaign = newest()
    assert [area.code for area in campaign.areas] == ["29983"]
    assert [each.id for each in campaign.order_carriers] == [stranger.organisation_id]
    assert (campaign.sender, campaign.route_choices) == ("BLUEZONE", [])


def test_the_map_shows_what_is_ticked(writer: FlaskClient, stage: Stage, route: int) -> None:
    with transaction() as session:
        for area_id, lat, lon in ((stage.land.commune, 10.8, 105.3), (4, 10.7, 105.4)):
            area = session.get_one(Area, area_id)
            area.lat, area.lon = lat, lon
    ticked = writer.post("/campaigns/map", data=fields(route))
    assert re.search(r'<g class="k2"><title>Xã Long Khánh A', ticked.text)
    assert re.search(r'<g class="k1"><title>Xã Long Thuận', ticked.text)
    assert ticked.text.strip() in writer.post("/campaigns/new", data=fields(route, do=None)).text
    all_of_it = writer.post("/campaigns/map", data=fields(route, areas=["870"]))
    assert all_of_it.text.count('class="k2"><title>') == 2


def asked_tests() -> list[TestSend]:
    db.session.rollback()
    return list(db.session.scalars(select(TestSend).order_by(TestSend.id)))


def test_the_text_of_the_preview_is_sent_to_the_writer_before_anything_is_saved(
    writer: FlaskClient, culture: User, route: int
) -> None:
    form = fields(route, do=None, test="1", test_number="0912000999", test_once="a", at="29971")
    for _ in range(2):  # a double click, a page sent again
        page = writer.post("/campaigns/new", data=form)
        assert page.status_code == 200
    (test,) = asked_tests()
    assert (test.text, test.sender) == ("Kinh gui xa Long Khanh A:\ncai Bluezone", "BLUEZONE")
    assert (test.person_id, test.route_id, test.campaign_id) == (culture.id, route, None)
    assert "Waiting for its turn" in said(page)
    assert "09•• ••• 999" in page.text
    assert "0912000999" not in page.text
    assert how_many() == 0


def test_a_refused_test_says_why_at_its_field_and_loses_nothing(
    writer: FlaskClient, route: int
) -> None:
    answer = writer.post("/campaigns/new", data=fields(route, do=None, test="1", test_number="12"))
    assert answer.status_code == 422
    assert "no mobile number" in error_at(answer, "test_number")
    assert 'value="12"' in answer.text
    assert "một xã" in answer.text
    assert "Not saved." not in said(answer)
    other = writer.post("/campaigns/new", data=fields(route, do=None, test="1"))
    assert "Type your own mobile number." in error_at(other, "test_number")
    assert asked_tests() == []


def test_a_stored_campaign_is_tested_from_its_page(
    writer: FlaskClient, stage: Stage, vnpt: Organisation, route: int
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2, offset=500), stage.land.other_commune)
    campaign = stage.draft([route])
    address = f"/campaigns/{campaign.id}/test"
    assert address in writer.get(f"/campaigns/{campaign.id}").text
    assert "Kinh gui ba con xa Long Khanh A" in said(writer.get(address))
    form = {"test_number": "0912000999", "test_once": "b", "at": "29983"}
    assert "Long Thuan" in said(writer.post(address, data=form))
    assert asked_tests() == [], "looked at another commune"
    assert writer.post(address, data=form | {"do": "test"}).status_code == 302
    (test,) = asked_tests()
    assert "xa Long Thuan" in test.text
    assert test.campaign_id == campaign.id
    assert "Waiting for its turn" in said(writer.get("/campaigns/tests"))
    part = writer.get("/campaigns/tests", headers={"HX-Request": "1"}).text
    assert part.strip().startswith('<div id="tests" hx-get')
    wrong = writer.post(address, data=form | {"do": "test", "test_number": "12", "test_once": "n"})
    assert wrong.status_code == 422
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(own_numbers.OwnNumber)) == 1


def test_what_has_begun_has_nothing_to_test(writer: FlaskClient, stage: Stage, route: int) -> None:
    campaign = stage.started([route])
    assert writer.get(f"/campaigns/{campaign.id}/test").status_code == 404
    assert f"/campaigns/{campaign.id}/test" not in writer.get(f"/campaigns/{campaign.id}").text


def test_who_may_not_test_finds_no_way_to(
    client_as: ClientAs, stage: Stage, stranger: User, liaison: User, route: int
) -> None:
    campaign = stage.draft([route])
    assert client_as(stranger).get(f"/campaigns/{campaign.id}/test").status_code == 403
    # VNPT carries it over its own route: it may.
    assert client_as(liaison).get(f"/campaigns/{campaign.id}/test").status_code == 200


def test_an_old_test_asks_for_nothing_any_more(
    writer: FlaskClient, stage: Stage, route: int
) -> None:
    form = fields(route, do=None, test="1", test_number="0912000999", test_once="c")
    writer.post("/campaigns/new", data=form)
    with transaction() as session:
        for test in session.scalars(select(TestSend)):
            test.state, test.asked_at = "accepted", clock.now() - timedelta(hours=1)
    page = writer.get("/campaigns/tests")
    assert "hx-get" not in page.text
    assert life.stops.in_force() is False
