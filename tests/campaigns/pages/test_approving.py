"""The page of what waits for a decision: what it shows, asks for and refuses."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from campaigns import approvals, composing, life, reading
from campaigns.campaigns import Campaign
from campaigns.states import CampaignState
from outreach import i18n
from outreach.accounts import Role, User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests import pages
from tests.stage import Stage, numbers_of

C = CampaignState
ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def health(health_office: Organisation, make_person: Callable[..., User]) -> User:
    return make_person(Role.HEALTH, health_office, name="Ngọc")


@pytest.fixture
def submitted(stage: Stage, vnpt: Organisation, health: User) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1250))
    stage.subscribe(vnpt, numbers_of("vinaphone", 5, 5000), stage.land.other_commune)
    return submit(stage, stage.draft([stage.route(vnpt, 9).id]))


def submit(stage: Stage, campaign: Campaign) -> Campaign:
    approvals.submit(life.get(campaign.id), stage.author, stage.settings)
    return life.get(campaign.id)


def revise(stage: Stage, campaign: Campaign, **changes: Any) -> None:
    draft = composing.from_object(stage.fields(campaign.route_ids, **changes))
    composing.revise(life.get(campaign.id), draft, stage.author.id, stage.settings)


def state(campaign: Campaign) -> CampaignState:
    db.session.rollback()
    return life.get(campaign.id).state


def said(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def english(client: FlaskClient) -> FlaskClient:
    client.set_cookie(i18n.COOKIE, "en")
    return client


def page(client: FlaskClient, campaign: Campaign, query: str = "") -> TestResponse:
    answer = english(client).get(f"/campaigns/{campaign.id}{query}")
    assert answer.status_code == 200
    return answer


def test_the_approver_is_shown_what_is_missing_and_no_button_until_it_is_there(
    stage: Stage, submitted: Campaign, health: User, client_as: ClientAs
) -> None:
    client = client_as(stage.approver)
    before = page(client, submitted)
    assert "Missing: The health office has not yet checked" in said(before)
    assert "Waits for: Phòng Y tế Hồng Ngự" in said(before)
    assert "Holds: Sent only within the hours allowed" in said(before)
    assert "Holds: You wrote no version of it" in said(before)
    assert "/approve" not in before.text
    assert "/return" in before.text
    approvals.check_facts(submitted, health, submitted.digest or "")
    after = page(client, submitted)
    assert "Holds: The health office has checked the facts Ngọc (Phòng Y tế Hồng Ngự)" in said(
        after
    )
    assert "/approve" in after.text


def test_an_approval_sent_before_the_check_does_nothing_and_says_why(
    stage: Stage, submitted: Campaign, client_as: ClientAs
) -> None:
    form = {"digest": submitted.digest or "", "number": "1255"}
    client = english(client_as(stage.approver))
    answer = client.post(f"/campaigns/{submitted.id}/approve", data=form, follow_redirects=True)
    assert "The health office has not yet checked the facts" in said(answer)
    assert state(submitted) is C.SUBMITTED


def test_the_health_office_checks_with_one_press_and_the_second_is_told(
    stage: Stage, submitted: Campaign, health: User, client_as: ClientAs
) -> None:
    client = client_as(health)
    assert "/facts" in page(client, submitted).text
    form = {"digest": submitted.digest or ""}
    for says in ("Noted: the facts are right.", "Ngọc has already checked the facts"):
        answer = client.post(f"/campaigns/{submitted.id}/facts", data=form, follow_redirects=True)
        assert says in said(answer)
    assert "/facts" not in page(client, submitted).text


def test_a_stale_page_checks_nothing_and_keeps_a_typed_reason(
    stage: Stage, submitted: Campaign, health: User, client_as: ClientAs
) -> None:
    shown = {"digest": submitted.digest or "", "reason": "Sai số điện thoại"}
    revise(stage, submitted, wording={"vi": "Bản hai"})
    submit(stage, submitted)
    client = english(client_as(health))
    answer = client.post(f"/campaigns/{submitted.id}/facts", data={"digest": shown["digest"]})
    assert answer.status_code == 302
    answer = client.post(f"/campaigns/{submitted.id}/return", data=shown)
    assert (answer.status_code, state(submitted)) == (422, C.SUBMITTED)
    assert "was changed after you opened it" in said(answer)
    assert "Sai số điện thoại</textarea>" in answer.text


def test_a_change_revokes_visibly(
    stage: Stage, submitted: Campaign, health: User, client_as: ClientAs
) -> None:
    approvals.check_facts(submitted, health, submitted.digest or "")
    approvals.approve(submitted, stage.approver, submitted.digest or "")
    client = client_as(stage.author)
    assert "no longer holds" not in said(page(client, submitted))
    revise(stage, submitted, wording={"vi": "Bản hai"})
    for _each in ("the draft", "what is submitted again"):
        shown = said(page(client, submitted))
        assert "The approval of Cúc on" in shown
        assert "The fact check of Ngọc on" in shown
        assert "It was for another text" in shown
        if state(submitted) is C.DRAFT:
            submit(stage, submitted)
    now = life.get(submitted.id)
    approvals.check_facts(now, health, now.digest or "")
    approvals.approve(now, stage.approver, now.digest or "")
    assert "no longer holds" not in said(page(client, submitted))


def test_a_returned_campaign_says_by_whom_and_why_and_that_the_check_has_ended(
    stage: Stage, submitted: Campaign, health: User, client_as: ClientAs
) -> None:
    approvals.check_facts(submitted, health, submitted.digest or "")
    approvals.give_back(life.get(submitted.id), stage.approver, "Thêm số", submitted.digest or "")
    shown = said(page(client_as(stage.author), submitted))
    assert "Returned by Cúc. Thêm số" in shown
    assert "The fact check of Ngọc on" in shown
    assert "It was returned after that." in shown


def test_the_text_of_any_commune_is_one_choice_away(
    stage: Stage, submitted: Campaign, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as(stage.approver)
    assert "<mark>xa Long Khanh A</mark>" in page(client, submitted).text
    assert "<mark>xa Long Thuan</mark>" in page(client, submitted, "?commune=29983").text
    monkeypatch.setattr(reading, "MOST_CHOICES", 1)
    answer = page(client, submitted, "?commune=C%C3%A0+Mau")
    assert "No commune “Cà Mau” gets this message." in said(answer)
    assert 'value="Cà Mau"' in answer.text


def test_what_was_changed_is_struck_out_and_underlined_and_said(
    stage: Stage, submitted: Campaign, client_as: ClientAs
) -> None:
    assert "This is the first version." in said(page(client_as(stage.approver), submitted))
    approvals.give_back(submitted, stage.approver, "Xin <b>sửa</b>", submitted.digest or "")
    revise(stage, submitted, wording={"vi": "Kính mời bà con {xa}: cài {ung_dung} tại {link}"})
    submit(stage, submitted)
    shown = page(client_as(stage.approver), submitted)
    assert "[taken out: gửi ] [put in: mời ]" in said(shown)
    assert "Cúc returned it: “Xin <b>sửa</b>”" in said(shown)
    assert "<b>sửa</b>" not in shown.text


def test_the_history_tells_it_in_order_by_the_names_of_people(
    stage: Stage, submitted: Campaign, health: User, client_as: ClientAs
) -> None:
    approvals.check_facts(submitted, health, submitted.digest or "")
    approvals.give_back(life.get(submitted.id), stage.approver, "Thêm số", submitted.digest or "")
    shown = page(client_as(stage.author), submitted)
    history = said(shown).split("Who did what", 1)[1]
    told = (
        "Tác giả (Phòng VH&TT Hồng Ngự) wrote the first version",
        "submitted it for approval",
        "Ngọc (Phòng Y tế Hồng Ngự) checked its facts: they are right",
        "Cúc (Phòng VH&TT Hồng Ngự) returned it: Thêm số",
    )
    places = [history.index(each) for each in told]
    assert places == sorted(places)
    assert "@example.vn" not in shown.text


def test_the_side_bar_counts_what_waits_for_its_reader(
    stage: Stage, submitted: Campaign, health: User, liaison: User, client_as: ClientAs
) -> None:
    def waits(person: User) -> int:
        return pages.waiting(page(client_as(person), submitted).text, "/campaigns/")

    assert [waits(each) for each in (health, stage.approver, liaison)] == [1, 0, 0]
    approvals.check_facts(submitted, health, submitted.digest or "")
    assert [waits(each) for each in (health, stage.approver, liaison)] == [0, 1, 0]
    shown = english(client_as(stage.approver)).get("/campaigns/?state=waits")
    assert f'href="/campaigns/{submitted.id}"' in shown.text
    nothing = english(client_as(health)).get("/campaigns/?state=waits")
    assert "Nothing waits for you" in said(nothing)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    statements: list[str] = []
    listen = ("before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(db.engine, *listen)
    yield statements
    event.remove(db.engine, *listen)


def test_the_page_asks_as_often_whatever_it_shows(
    stage: Stage, vnpt: Organisation, submitted: Campaign, client_as: ClientAs
) -> None:
    client = client_as(stage.approver)
    page(client, submitted)
    with counted_queries() as few:
        page(client, submitted)
    with transaction() as session:
        more = [
            Area(
                area_list=2020, code=f"3{number:04}", level=Level.COMMUNE, kind="Xã",
                name=f"Xã {number}", parent_id=stage.land.district,
            )
            for number in range(30)
        ]  # fmt: skip
        session.add_all(more)
        session.flush()
        ids = [area.id for area in more]
    for number, area_id in enumerate(ids):
        stage.subscribe(vnpt, numbers_of("vinaphone", 1, 9000 + number), area_id)
    for number in range(12):
        submit(stage, stage.draft(submitted.route_ids, name=f"Đợt {number}"))
    large = submit(stage, stage.draft(submitted.route_ids, name="Đợt lớn"))
    page(client, large)
    with counted_queries() as many:
        shown = page(client, large)
    assert "Xã 29" in said(shown)
    assert "Đợt 11" in said(shown)
    assert len(many) <= len(few) + 1, "\n".join(many)
