"""The pages of lotteries: looking before the draw, drawing once, reading, printing, giving up."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from campaigns import held_back, lotteries
from campaigns.campaigns import Campaign
from campaigns.lotteries import Lottery
from outreach import clock, once
from outreach.accounts import Role, User
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.campaigns.drawing import SEED, WITNESSES, days, drawn, six
from tests.campaigns.pages.test_compose import error_at, fields, route, said, writer
from tests.stage import Stage

__all__ = ["route", "six", "writer"]
ClientAs = Callable[[User], FlaskClient]
pytestmark = pytest.mark.usefixtures("six")


def form(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "once": once.word(),
        "name": "Ba đợt",
        "app": "BLUEZONE",
        "areas": "870 Huyện Hồng Ngự\n",
        "level": "commune",
        "first": days()[0].isoformat(),
        "count": "3",
        "gap": "14",
        "days": "14",
        "how": "made",
        "seed": "",
        "witnesses": "",
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def drawing(page: str, **changes: Any) -> dict[str, Any]:
    """The form as it is sent from the page that showed the list."""
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown is not None
    return form(do="draw", number="6", shown=shown[1], **changes)


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Lottery.id))) or 0


def test_the_list_is_looked_at_without_any_outcome_then_drawn_once(writer: FlaskClient) -> None:
    page = writer.post("/lotteries/new", data=form())
    assert page.status_code == 200
    assert "Wave 1" in said(page)
    assert "2 areas; on average 10 people on your lists" in said(page)
    assert "Xã số 30013" in page.text
    assert how_many() == 0
    sent = drawing(page.text)
    for _press in range(2):
        answer = writer.post("/lotteries/new", data=sent)
        assert answer.status_code == 302
    assert how_many() == 1
    read = writer.get(answer.headers["Location"])
    lottery = lotteries.get(1)
    assert lottery.seed in read.text
    assert "same outcome" in read.text
    for wave in lottery.waves:
        assert f"Wave {wave.number}" in said(read)


def test_numbers_drawn_in_public_are_typed_with_who_was_there(writer: FlaskClient) -> None:
    page = writer.post("/lotteries/new", data=form()).text
    typed = {"how": "typed", "seed": SEED}
    assert "who was there" in error_at(
        writer.post("/lotteries/new", data=drawing(page, **typed)), "witnesses"
    )
    assert error_at(writer.post("/lotteries/new", data=drawing(page, how="typed")), "seed")
    assert how_many() == 0
    writer.post("/lotteries/new", data=drawing(page, **typed, witnesses=WITNESSES))
    assert how_many() == 1
    assert (lotteries.get(1).seed, lotteries.get(1).witnesses) == (SEED, WITNESSES)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"app": ""}, "app"),
        ({"areas": "không đâu cả"}, "areas"),
        ({"areas": ""}, "areas"),
        ({"areas": "869"}, "areas"),
        ({"gap": "13"}, "first"),
        ({"first": ""}, "first"),
        ({"days": "15"}, "days"),
        ({"days": "x"}, "days"),
        ({"level": "province"}, "level"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    writer: FlaskClient, changes: dict[str, str], field: str
) -> None:
    page = writer.post("/lotteries/new", data=form(**changes))
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text


def test_the_number_of_areas_and_the_list_that_was_shown_are_asked_for(
    writer: FlaskClient,
) -> None:
    page = writer.post("/lotteries/new", data=form()).text
    assert error_at(writer.post("/lotteries/new", data=drawing(page) | {"number": "5"}), "number")
    changed = drawing(page, name="Tên khác")
    assert error_at(writer.post("/lotteries/new", data=changed), "areas")
    assert how_many() == 0


def test_a_list_that_was_drawn_and_abandoned_is_said_before_and_after(
    writer: FlaskClient, stage: Stage
) -> None:
    lotteries.abandon(drawn(stage), "Không vừa ý", stage.approver.id)
    page = writer.post("/lotteries/new", data=form()).text
    assert "Không vừa ý" in page
    location = writer.post("/lotteries/new", data=drawing(page)).headers["Location"]
    assert "Không vừa ý" in writer.get(location).text
    assert "Không vừa ý" in writer.get(f"{location}/print").text


def test_the_paper_holds_all_that_is_needed_to_check_it(writer: FlaskClient, stage: Stage) -> None:
    lottery = drawn(stage)
    paper = html.unescape(writer.get(f"/lotteries/{lottery.id}/print").text)
    for held in (SEED, WITNESSES, lottery.digest, f"'{SEED}|29989'", "sha256sum"):
        assert held in paper
    assert lotteries.key(SEED, "29971")[:16] in paper


def test_a_changed_outcome_is_said_on_its_page(writer: FlaskClient, stage: Stage) -> None:
    lottery = drawn(stage)
    with transaction() as session:
        session.execute(text("UPDATE lottery_units SET wave = 1 WHERE code = '29971'"))
    for address in (f"/lotteries/{lottery.id}", f"/lotteries/{lottery.id}/print"):
        assert "somebody has changed it" in writer.get(address).text


def test_it_is_abandoned_with_a_reason_by_the_office_alone(
    writer: FlaskClient,
    stage: Stage,
    client_as: ClientAs,
    stranger: User,
    make_person: Callable[..., User],
    health_office: Organisation,
) -> None:
    address = f"/lotteries/{drawn(stage).id}"
    for reader in (stranger, make_person(Role.HEALTH, health_office)):
        client = client_as(reader)
        assert client.get(address).status_code == 200
        assert f"{address}/abandon" not in client.get(address).text
        assert client.post(f"{address}/abandon", data={"reason": "x"}).status_code == 403
        assert client.get("/lotteries/new").status_code == 403
    assert writer.post(f"{address}/abandon", data={"reason": ""}).status_code == 422
    assert writer.post(f"{address}/abandon", data={"reason": "Chia lại"}).status_code == 302
    page = writer.get(address).text
    assert "Chia lại" in page
    assert f"{address}/abandon" not in page


def chosen(page: str) -> list[str]:
    """The waves the form offers."""
    select_ = re.search(r'<select[^>]*id="lottery".*?</select>', page, re.DOTALL)
    return re.findall(r'value="([\d-]+)"', select_[0]) if select_ else []


def test_the_form_offers_the_lotteries_that_cover_the_areas(
    writer: FlaskClient, route: int, stage: Stage
) -> None:
    assert chosen(writer.get("/campaigns/new").text) == []
    lottery = drawn(stage, ["29971", "29983"], dates=days(count=2))
    offered = [f"{lottery.id}-1", f"{lottery.id}-2"]
    for address in ("/campaigns/lotteries", "/campaigns/new", "/campaigns/preview"):
        page = writer.post(address, data=fields(route, do=None, areas=["29971"]))
        assert chosen(page.text) == ([] if address.endswith("preview") else offered)
    page = writer.post("/campaigns/lotteries", data=fields(route, areas=["870"]))
    assert chosen(page.text) == []
    lotteries.abandon(lottery, "x", stage.approver.id)
    page = writer.post("/campaigns/lotteries", data=fields(route, areas=["29971"]))
    assert chosen(page.text) == []


def test_a_campaign_is_written_for_a_wave_and_opened_again(
    writer: FlaskClient, route: int, stage: Stage
) -> None:
    lottery = drawn(stage)
    turn = {"rule": "lottery", "selection_rule": "", "lottery": f"{lottery.id}-1"}
    page = writer.post("/campaigns/preview", data=fields(route, areas=["870"], **turn))
    assert "Held back by a lottery −30" in said(page)
    assert writer.post("/campaigns/new", data=fields(route, **turn)).status_code == 302
    db.session.rollback()
    campaign = db.session.scalars(select(Campaign)).one()
    assert (campaign.lottery_id, campaign.lottery_wave) == (lottery.id, 1)
    words = held_back.said(lottery, 1)
    assert campaign.selection_rule == f"lottery: {words}"
    page = writer.get(f"/campaigns/{campaign.id}/edit").text
    assert re.search(rf'value="{lottery.id}-1" selected', page)
    assert words in writer.get(f"/campaigns/{campaign.id}").text
    copy = writer.get(f"/campaigns/new?from={campaign.id}").text
    assert not re.search(rf'value="{lottery.id}-1" selected', copy)
    second = fields(route, **turn | {"lottery": f"{lottery.id}-2"})
    assert "Wave 2" in error_at(writer.post("/campaigns/new", data=second), "lottery")
    everyone = fields(route, **turn | {"rule": "everyone"})
    assert error_at(writer.post("/campaigns/new", data=everyone), "lottery")


def test_who_writes_and_who_approves_is_warned_of_areas_that_wait(
    writer: FlaskClient, route: int, stage: Stage
) -> None:
    drawn(stage)
    page = writer.post("/campaigns/preview", data=fields(route, areas=["29971"]))
    assert "Mind the lottery." in said(page)
    campaign = stage.draft([route], not_before=clock.iso(clock.now()))
    assert "Mind the lottery." in said(writer.get(f"/campaigns/{campaign.id}"))
    page = writer.post("/campaigns/preview", data=fields(route, areas=["29983"]))
    assert "Mind the lottery." not in said(page)
