"""Writing a campaign: who may, what is refused, and that one press does one thing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campaigns import approvals, life
from campaigns.campaigns import Campaign
from campaigns.states import CampaignState
from outreach import clock, i18n, once
from outreach.accounts import User
from outreach.database import db
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def route(stage: Stage, vnpt: Organisation) -> int:
    stage.subscribe(vnpt, numbers_of("vinaphone", 30))
    return stage.route(vnpt, 9, name="VNPT").id


@pytest.fixture
def writer(client_as: ClientAs, culture: User, route: int) -> FlaskClient:
    client = client_as(culture)
    client.set_cookie(i18n.COOKIE, "en")
    return client


def fields(route: int, **changes: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    today = f"{clock.local(clock.now()):%Y-%m-%d}"
    values: dict[str, Any] = {
        "once": once.word(),
        "revision": "0",
        "name": "Bluezone đợt 2",
        "apps": ["BLUEZONE"],
        "kind": "notice",
        "sender": "BLUEZONE",
        "strip_marks": "1",
        "wording-vi": "Kính gửi {xa}:\r\ncài {ung_dung}",
        "areas": ["29971"],
        "networks": ["vinaphone"],
        "groups": ["public"],
        f"route-{route}": "1",
        "not_before": f"{today}T00:00",
        "not_after": f"{int(today[:4]) + 1}{today[4:8]}01T00:00",
        "hours_from": "00:00",
        "hours_to": "24:00",
        "selection_rule": "một xã",
        "do": "save",
    }
    return {key: item for key, item in (values | changes).items() if item is not None}


def said(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def error_at(answer: TestResponse, field: str) -> str:
    found = re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert found is not None, f"no error at {field}"
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found[1])).split())


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Campaign)) or 0


def test_a_whole_form_is_a_draft_of_the_person_s_office(
    writer: FlaskClient, route: int, culture: User
) -> None:
    answer = writer.post("/campaigns/new", data=fields(route))
    assert answer.status_code == 302
    db.session.rollback()
    campaign = db.session.scalars(select(Campaign)).one()
    assert answer.headers["Location"].endswith(f"/campaigns/{campaign.id}")
    assert campaign.organisation_id == culture.organisation_id
    assert campaign.created_by_id == culture.id
    assert [v.template for v in campaign.variants] == ["Kính gửi {xa}:\ncài {ung_dung}"]
    assert (campaign.hours, campaign.strip_marks, campaign.urgent) == ("00:00-24:00", True, False)


def test_an_empty_form_comes_back_with_a_sentence_at_every_field(
    writer: FlaskClient, route: int
) -> None:
    answer = writer.post("/campaigns/new", data={"do": "save"})
    assert answer.status_code == 422
    for field in ("name", "apps", "areas", "wording-vi", "sender", "routes", "networks", "groups"):
        assert error_at(answer, field)
    assert error_at(answer, "not_before") == "Choose a day and a time."
    assert how_many() == 0


WRONG = [
    ({"name": "x" * 201}, "name", "at most 200"),
    ({"wording-vi": "Gửi {xã}"}, "wording-vi", "did you mean {xa}"),
    ({"wording-vi": "Gửi {"}, "wording-vi", "never closed"),
    ({"sender": "VNPT"}, "sender", "does not have the sender name"),
    ({"areas": ["no such"]}, "areas", "No area has the code"),
    ({"kind": "spam"}, "kind", "Unknown kind"),
    ({"groups": ["quarantined"]}, "groups", "not one you may choose"),
    ({"networks": ["x"]}, "networks", "Unknown network"),
    ({"route-999": "2"}, "routes", "There is no route 999"),
    ({"not_after": "yesterday"}, "not_after", "is no moment"),
    ({"not_after": "2001-01-01T08:00"}, "not_after", "never opens"),
    ({"hours_from": "22:00", "hours_to": "06:00"}, "hours", "never open"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), WRONG)
def test_what_is_refused_comes_back_as_typed_with_the_sentence_at_the_field(
    writer: FlaskClient, route: int, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = writer.post("/campaigns/new", data=fields(route, **changes))
    assert answer.status_code == 422
    assert sentence in error_at(answer, field)
    assert "Bluezone đợt 2" in answer.text or "name" in changes
    assert "một xã" in answer.text
    assert how_many() == 0


def test_looking_stores_nothing_and_complains_about_nothing(
    writer: FlaskClient, route: int
) -> None:
    for extra in ({}, {"open": "870"}):
        answer = writer.post("/campaigns/new", data=fields(route, do=None, name="", **extra))
        assert answer.status_code == 200
        assert "Kinh gui xa Long Khanh A" in said(answer)
        assert "30" in said(answer)
        assert "-error" not in answer.text
    assert how_many() == 0


def test_the_live_part_is_the_page_s_own_partial(writer: FlaskClient, route: int) -> None:
    page = writer.post("/campaigns/new", data=fields(route, do=None))
    part = writer.post("/campaigns/preview", data=fields(route))
    assert part.text.strip().startswith('<div class="stack" id="preview">')
    without_time = re.compile(r"\d\d:\d\d:\d\d")
    assert without_time.sub("", part.text.strip()) in without_time.sub("", page.text)


def test_a_form_sent_twice_is_one_campaign(writer: FlaskClient, route: int) -> None:
    form = fields(route)
    first, second = (writer.post("/campaigns/new", data=form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert how_many() == 1


def test_a_refused_form_corrected_is_stored(writer: FlaskClient, route: int) -> None:
    form = fields(route, name="")
    assert writer.post("/campaigns/new", data=form).status_code == 422
    assert writer.post("/campaigns/new", data=form | {"name": "Có tên"}).status_code == 302


def test_a_draft_is_opened_as_it_was_written_and_saved_changed(
    writer: FlaskClient, stage: Stage, route: int
) -> None:
    campaign = stage.draft([route], wording={"vi": "Cài {ung_dung}", "b": "Mời {xa} cài {link}"})
    page = writer.get(f"/campaigns/{campaign.id}/edit")
    assert "Cài {ung_dung}" in page.text
    assert "Mời {xa} cài {link}" in page.text
    form = fields(route, revision="1", **{"wording-vi": "Cài ngay", "wording-b": "Mời {xa} cài"})
    assert writer.post(f"/campaigns/{campaign.id}/edit", data=form).status_code == 302
    db.session.rollback()
    changed = life.get(campaign.id)
    assert {v.key: v.template for v in changed.variants} == {"vi": "Cài ngay", "b": "Mời {xa} cài"}
    assert (changed.revision, changed.name) == (2, "Bluezone đợt 2")


def test_a_page_that_somebody_else_overtook_changes_nothing(
    writer: FlaskClient, stage: Stage, route: int
) -> None:
    campaign = stage.draft([route])
    address = f"/campaigns/{campaign.id}/edit"
    assert writer.post(address, data=fields(route, revision="1", name="A")).status_code == 302
    answer = writer.post(address, data=fields(route, revision="1", name="B"))
    assert answer.status_code == 422
    assert "Somebody changed this campaign" in said(answer)
    db.session.rollback()
    assert life.get(campaign.id).name == "A"


def test_saving_an_approved_campaign_takes_its_approval_back_and_says_so_before(
    writer: FlaskClient, stage: Stage, route: int
) -> None:
    campaign = stage.approved([route])
    page = writer.get(f"/campaigns/{campaign.id}/edit")
    assert "Saving makes it a draft again." in said(page)
    writer.post(f"/campaigns/{campaign.id}/edit", data=fields(route, revision="1"))
    db.session.rollback()
    assert life.get(campaign.id).state is CampaignState.DRAFT


def test_what_has_begun_cannot_be_edited_but_duplicated(
    writer: FlaskClient, stage: Stage, route: int
) -> None:
    campaign = stage.started([route])
    for answer in (
        writer.get(f"/campaigns/{campaign.id}/edit"),
        writer.post(f"/campaigns/{campaign.id}/edit", data=fields(route)),
    ):
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith(f"/campaigns/{campaign.id}")
    copy = writer.get(f"/campaigns/new?from={campaign.id}")
    assert "Bluezone đợt 1 (copy)" in copy.text
    assert "Kính gửi bà con {xa}" in copy.text
    assert re.search(r'id="area-870"[^>]*checked', copy.text)


def test_a_returned_campaign_is_edited_and_submitted_anew(
    writer: FlaskClient, stage: Stage, route: int
) -> None:
    campaign = stage.draft([route])
    approvals.submit(campaign, stage.author, stage.settings)
    approvals.give_back(campaign, stage.approver, "Sai", campaign.digest or "")
    form = fields(route, revision="1")
    assert writer.post(f"/campaigns/{campaign.id}/edit", data=form).status_code == 302
    db.session.rollback()
    assert life.get(campaign.id).state is CampaignState.DRAFT


def test_a_carrier_sees_and_copies_only_what_is_its_business(
    client_as: ClientAs, stage: Stage, stranger: User, liaison: User, route: int
) -> None:
    campaign = stage.draft([route])
    outside, inside = client_as(stranger), client_as(liaison)
    assert outside.get(f"/campaigns/new?from={campaign.id}").status_code == 403
    assert outside.get(f"/campaigns/{campaign.id}/edit").status_code == 403
    # VNPT carries it: it may read and copy it, and not change it.
    assert inside.get(f"/campaigns/new?from={campaign.id}").status_code == 200
    assert inside.get(f"/campaigns/{campaign.id}/edit").status_code == 403
    assert outside.get("/campaigns/new?from=999").status_code == 404


def test_a_carrier_cannot_send_over_another_s_route(
    client_as: ClientAs, stranger: User, route: int
) -> None:
    client = client_as(stranger)
    client.set_cookie(i18n.COOKIE, "en")
    answer = client.post("/campaigns/new", data=fields(route))
    assert answer.status_code == 422
    assert "There is no route" in error_at(answer, "routes")
    assert "30" not in said(answer).split(), "nor see how many subscribers it has"


def test_the_list_and_the_page_offer_what_the_reader_may_do(
    writer: FlaskClient, client_as: ClientAs, stage: Stage, health_office: Organisation,
    make_person: Callable[..., User], route: int,
) -> None:  # fmt: skip
    from outreach.accounts import Role

    campaign = stage.draft([route])
    assert "/campaigns/new" in writer.get("/campaigns/").text
    page = writer.get(f"/campaigns/{campaign.id}").text
    assert f"/campaigns/{campaign.id}/edit" in page
    assert f"/campaigns/new?from={campaign.id}" in page
    reader = client_as(make_person(Role.HEALTH, health_office))
    assert "/campaigns/new" not in reader.get("/campaigns/").text
    page = reader.get(f"/campaigns/{campaign.id}").text
    assert "/edit" not in page
    assert "/campaigns/new" not in page
