"""Places of a campaign: communes, or what they lie in where there are too many to look through."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns import counts, expansion, life, places, preparing, progress
from campaigns.campaigns import Campaign
from campaigns.order_counts import Known
from outreach.accounts import User
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.counting import queries
from tests.stage import Stage, numbers_of

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def of_two(stage: Stage, vnpt: Organisation) -> Campaign:
    """A campaign to two communes of Hồng Ngự, to 3 and 2 people, not begun."""
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    stage.subscribe(vnpt, numbers_of("vinaphone", 2, offset=1000), stage.land.other_commune)
    return stage.approved([stage.route(vnpt, 1).id])


def expanded(stage: Stage, campaign: Campaign) -> Campaign:
    life.start(campaign, stage.approver.id)
    audience = preparing.audience_of(life.get(campaign.id), stage.settings)
    db.session.rollback()
    assert expansion.expand(db.engine, audience, 5)
    return life.get(campaign.id)


def shown(campaign: Campaign, within: int | None = None) -> dict[int, int]:
    """Recipients by place, as the page lists them."""
    return {part.id: part.recipients for part in progress.of(campaign, within).by_area}


@pytest.mark.parametrize("begun", [False, True])
def test_few_areas_are_shown_themselves_many_by_what_they_lie_in(
    stage: Stage, of_two: Campaign, begun: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, land = expanded(stage, of_two) if begun else of_two, stage.land
    both = {land.commune: 3, land.other_commune: 2}
    monkeypatch.setattr(places, "MOST", 2)
    assert shown(campaign) == both
    places._chosen._answers.clear()
    monkeypatch.setattr(places, "MOST", 1)
    assert shown(campaign) == {land.district: 5}
    with write_connection(db.engine) as connection:
        counts.fold(connection)
    assert shown(campaign) == {land.district: 5}
    with queries() as sent:
        places.of_campaign(campaign.id)
    assert len(sent) == 2
    assert ("FROM counts " in sent[-1]) is False, "what is folded is read as it was added up"
    assert progress.of(campaign).total.recipients == 5
    monkeypatch.setattr(places, "MOST", 2)
    assert shown(campaign, land.district) == both
    assert shown(campaign, land.commune) == {land.commune: 3}
    assert shown(campaign, land.next_district) == {}
    assert progress.of(campaign, land.commune).total.recipients == 5


def test_districts_beyond_reading_are_shown_by_province(
    stage: Stage, of_two: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST", 0)
    assert shown(of_two) == {stage.land.province: 5}


def test_the_page_links_a_district_to_its_communes(
    stage: Stage, of_two: Campaign, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST", 1)
    client, district = client_as(stage.approver), stage.land.district
    link = f"/campaigns/{of_two.id}?within={district}"
    assert f'href="{link}"' in client.get(f"/campaigns/{of_two.id}").text
    monkeypatch.setattr(places, "MOST", 2)
    page = client.get(link).text
    assert "Long Thuận" in page
    assert "Chỉ Huyện Hồng Ngự" in page
    for nowhere in (99999, 10**30, -1, "xã"):
        whole = client.get(f"/campaigns/{of_two.id}?within={nowhere}")
        assert whole.status_code == 200
        assert "Chỉ " not in whole.text


def test_what_a_carrier_reports_stands_at_the_place_that_is_shown(stage: Stage) -> None:
    land = stage.land
    areas = {land.commune, land.other_commune}
    assert places.above(areas, {land.district}, whole=True) == dict.fromkeys(areas, land.district)
    assert places.above(areas, set(), whole=True) == {each: each for each in areas}
    assert places.above(areas, set(), whole=False) == {}
    assert places.above({land.commune}, {land.other_commune}, whole=False) == {}


def test_what_is_known_of_two_areas_is_added_and_what_nobody_said_is_left_out() -> None:
    told, silent = Known(0, 10, 8, None), Known(0, 5, None, None)
    assert told.plus(silent) == Known(0, 15, 8, None, 5)
    assert silent.plus(told) == Known(0, 15, 8, None, 5)
    assert silent.plus(told).plus(silent) == Known(0, 20, 8, None, 10)
    assert told.plus(told) == Known(0, 20, 16, None)
    assert silent.plus(silent) == Known(0, 10, None, None)
    assert silent.plus(silent).untold == 10
    assert silent.plus(Known(0, 1, 0, 250)) == Known(0, 6, 0, 250, 5)
