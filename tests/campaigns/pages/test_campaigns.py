"""The campaign pages: who reaches what, and that a refused form says why and does nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns import approvals, life, pauses, stops
from campaigns.campaigns import Campaign
from campaigns.states import CampaignState
from outreach import access, clock, i18n, organisations
from outreach.accounts import Role, User
from outreach.database import db
from outreach.organisations import Kind, Organisation
from outreach.pages import guard
from tests.ordering import Ordering
from tests.stage import Stage, numbers_of

C = CampaignState
ClientAs = Callable[[User], FlaskClient]


@pytest.fixture
def draft(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1250))
    return stage.draft([stage.route(vnpt, 9).id])


@pytest.fixture
def submitted(stage: Stage, draft: Campaign) -> Campaign:
    approvals.submit(draft, stage.author, stage.settings)
    return life.get(draft.id)


@pytest.fixture
def approved(stage: Stage, submitted: Campaign) -> Campaign:
    approvals.approve(submitted, stage.approver, submitted.digest or "")
    return life.get(submitted.id)


def state(campaign: Campaign) -> CampaignState:
    db.session.rollback()
    return life.get(campaign.id).state


def said(answer: TestResponse) -> str:
    """What a person reads, blanks drawn together."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def english(client: FlaskClient) -> FlaskClient:
    client.set_cookie(i18n.COOKIE, "en")
    return client


def form_of(page: TestResponse, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to `action`."""
    found = re.search(rf'<form[^>]*action="[^"]*{action}"(.*?)</form>', page.text, re.DOTALL)
    assert found is not None, f"no form for {action}"
    inputs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[1])
    return {name: value for name, value in inputs if name != "csrf_token"}


@pytest.fixture
def everybody(
    stage: Stage,
    liaison: User,
    stranger: User,
    health_office: Organisation,
    make_person: Callable[..., User],
) -> list[User]:
    land = stage.land
    elsewhere = organisations.add(
        "Tân Hồng", Kind.CULTURE, area_id=land.next_district, actor_id=None
    )
    return [
        liaison,
        stranger,
        stage.approver,
        make_person(Role.CULTURE, elsewhere),
        make_person(Role.CULTURE, stage.owner, land.commune),
        make_person(Role.HEALTH, health_office),
        make_person(Role.STAFF, stage.owner),
        make_person(Role.STAFF, elsewhere),
        make_person(Role.REPORTER, stage.owner, land.commune),
        make_person(Role.ADMIN, stage.owner),
    ]


def test_every_page_of_a_campaign_answers_everybody_as_the_table_says(
    app: Flask, draft: Campaign, everybody: list[User], client_as: ClientAs
) -> None:
    life.cancel(draft, None)  # so that whoever may act is refused by its state, and nothing moves
    refused = 0
    for person in everybody:
        client = client_as(person)
        for route in app.url_map.iter_rules():
            if not route.endpoint.startswith("campaigns.") or "campaign_id" not in route.arguments:
                continue
            rule = guard.rule_of(app, route.endpoint)
            assert rule is not None
            assert rule.act is not None
            may = access.allowed(person, rule.act, life.get(draft.id))
            address = route.rule.replace("<int:campaign_id>", str(draft.id))
            for method in (route.methods or set()) & {"GET", "POST"}:
                code = client.open(address, method=method).status_code
                assert (code == 403) == (not may), f"{person.role} {method} {address} → {code}"
                assert code < 500, f"{person.role} {method} {address} → {code}"
                refused += not may
    assert refused > 50
    assert state(draft) is C.CANCELLED


def test_the_list_shows_each_reader_what_they_may_see(
    draft: Campaign, everybody: list[User], client_as: ClientAs
) -> None:
    for person in everybody:
        answer = client_as(person).get("/campaigns/")
        may = access.allowed(person, access.Act.CAMPAIGN_VIEW, draft)
        assert answer.status_code == (403 if person.role is Role.REPORTER else 200)
        assert ("Bluezone đợt 1" in said(answer)) == may, person.role


def test_the_list_is_filtered_by_state(draft: Campaign, stage: Stage, client_as: ClientAs) -> None:
    client = client_as(stage.author)
    for query in ("?state=sending", "?state=nonsense", "?state="):
        answer = client.get(f"/campaigns/{query}")
        assert answer.status_code == 200
        assert (f'href="/campaigns/{draft.id}"' in answer.text) == (query == "?state=")


def test_what_is_not_there_is_404(stage: Stage, client_as: ClientAs) -> None:
    client = client_as(stage.author)
    for missing in (999, 10**30):
        assert client.get(f"/campaigns/{missing}").status_code == 404
        assert client.post(f"/campaigns/{missing}/start").status_code == 404


def test_the_part_that_is_refreshed_is_the_part_that_was_first_shown(
    stage: Stage, approved: Campaign, client_as: ClientAs
) -> None:
    life.start(approved, None)
    client = client_as(stage.author)
    page, part = (client.get(f"/campaigns/{approved.id}{end}") for end in ("", "/progress"))
    assert 'hx-trigger="every 2s"' in part.text
    first = re.search(r'<div class="progress".*?>', page.text)
    assert first is not None
    assert first[0] in part.text


# The way forward, and what each form refuses


def test_a_campaign_goes_its_way_by_buttons(
    stage: Stage, draft: Campaign, client_as: ClientAs
) -> None:
    author, approver = english(client_as(stage.author)), english(client_as(stage.approver))
    page = f"/campaigns/{draft.id}"
    answer = author.post(f"{page}/submit", follow_redirects=True)
    assert (answer.status_code, "Submitted." in said(answer)) == (200, True)
    shown = form_of(approver.get(page), "/approve")
    approver.post(f"{page}/return", data=shown | {"reason": "Thêm số"})
    assert state(draft) is C.RETURNED
    assert "Thêm số" in said(author.get(page))
    author.post(f"{page}/submit")
    shown = form_of(approver.get(page), "/approve")
    approver.post(f"{page}/approve", data=shown | {"number": "1.250"})
    assert state(draft) is C.APPROVED
    at = clock.local(clock.now() + timedelta(days=1))
    author.post(f"{page}/schedule", data={"at": at.strftime("%Y-%m-%dT%H:%M")})
    assert state(draft) is C.SCHEDULED
    assert clock.local(life.get(draft.id).start_at or at).strftime("%H:%M") == at.strftime("%H:%M")
    author.post(f"{page}/start", data={"number": "1,250"})
    assert state(draft) is C.SENDING
    author.post(f"{page}/pause")
    assert "Tác giả pressed “Pause”" in said(author.get(page))
    author.post(f"{page}/resume")
    assert state(draft) is C.SENDING
    shown = form_of(author.get(f"{page}/cancel"), "/cancel")
    author.post(f"{page}/cancel", data=shown | {"number": shown["shown"]})
    assert state(draft) is C.CANCELLED


def test_a_campaign_that_stopped_by_itself_says_why_and_goes_on_when_told(
    stage: Stage, approved: Campaign, client_as: ClientAs
) -> None:
    life.start(approved, stage.approver.id)
    life.pause(life.get(approved.id), pauses.canary(41, 60), None)
    author, page = client_as(stage.author), f"/campaigns/{approved.id}"
    why = "trong 60 tin đầu tiên có 41 tin bị từ chối hoặc không đến nơi"
    # In the alert and in the history.
    assert said(author.get(page)).count(why) == 2
    assert why in said(author.get("/"))
    shown = said(english(author).get(page))
    assert "of the first 60 messages 41 were refused" in shown
    author.post(f"{page}/resume")
    assert state(approved) is C.SENDING
    assert life.get(approved.id).canary_passed_at is not None


OTHER_NUMBERS = ["", "1249", "-1250", "1250x", "1.25e3", "²", "a" * 5000]


def test_another_number_than_the_page_shows_approves_and_starts_nothing(
    stage: Stage, submitted: Campaign, client_as: ClientAs
) -> None:
    client = english(client_as(stage.approver))
    digest = submitted.digest or ""
    for number in OTHER_NUMBERS:
        form = {"digest": digest, "number": number}
        answer = client.post(f"/campaigns/{submitted.id}/approve", data=form)
        assert answer.status_code == 422, number
        assert "the number of people is 1250. Nothing was done." in said(answer)
    assert state(submitted) is C.SUBMITTED
    approvals.approve(submitted, stage.approver, digest)
    for number in OTHER_NUMBERS:
        answer = client.post(f"/campaigns/{submitted.id}/start", data={"number": number})
        assert answer.status_code == 422, number
    assert state(submitted) is C.APPROVED


def test_a_return_without_a_reason_comes_back_with_the_sentence(
    stage: Stage, submitted: Campaign, client_as: ClientAs
) -> None:
    client = english(client_as(stage.approver))
    form = {"digest": submitted.digest or "", "reason": "  "}
    answer = client.post(f"/campaigns/{submitted.id}/return", data=form)
    assert (answer.status_code, state(submitted)) == (422, C.SUBMITTED)
    assert "Say why you return it" in said(answer)


def test_a_start_that_is_no_moment_or_outside_the_window_comes_back_with_the_sentence(
    stage: Stage, approved: Campaign, client_as: ClientAs
) -> None:
    client = english(client_as(stage.author))
    for at, says in (
        ("", "Choose a day and a time"),
        ("tomorrow", "Choose a day and a time"),
        ("0001-01-01T00:00", "no moment"),
        ("9999-12-31T23:59", "no moment"),
        ("2020-08-18T08:00", "has passed"),
        ("2099-01-01T08:00Z", "Nothing may be sent at 2099-01-01T15:00"),
    ):
        answer = client.post(f"/campaigns/{approved.id}/schedule", data={"at": at})
        assert answer.status_code == 422, at
        assert says in said(answer), at
    assert state(approved) is C.APPROVED


def test_a_stale_page_approves_nothing_and_says_so(
    stage: Stage, submitted: Campaign, client_as: ClientAs
) -> None:
    client = english(client_as(stage.approver))
    for digest in ("0" * 64, "", "é"):
        form = {"digest": digest, "number": "1250"}
        answer = client.post(f"/campaigns/{submitted.id}/approve", data=form, follow_redirects=True)
        assert "was changed after you opened it" in said(answer)
        assert state(submitted) is C.SUBMITTED


def test_a_button_pressed_twice_acts_once_and_says_so(
    stage: Stage, approved: Campaign, client_as: ClientAs
) -> None:
    client = english(client_as(stage.author))
    start = f"/campaigns/{approved.id}/start"
    for says in ("Sending has started", "is sending; it cannot become sending"):
        answer = client.post(start, data={"number": "1250"}, follow_redirects=True)
        assert says in said(answer)
    for says in ("Paused.", "is paused; it cannot become paused"):
        answer = client.post(f"/campaigns/{approved.id}/pause", follow_redirects=True)
        assert says in said(answer)


def test_the_author_who_may_approve_others_is_told_why_not_this_one(
    stage: Stage, submitted: Campaign, client_as: ClientAs
) -> None:
    client = english(client_as(stage.author))
    assert "/approve" not in client.get(f"/campaigns/{submitted.id}").text
    form = {"digest": submitted.digest or "", "number": "1250"}
    answer = client.post(f"/campaigns/{submitted.id}/approve", data=form, follow_redirects=True)
    assert "somebody else must approve it" in said(answer)


def test_a_cancelling_number_that_does_not_fit_cancels_nothing(
    stage: Stage, approved: Campaign, client_as: ClientAs
) -> None:
    client = english(client_as(stage.author))
    for shown in ("1250", "", "x", "²", "-1"):
        form = {"shown": shown, "number": "7"}
        answer = client.post(f"/campaigns/{approved.id}/cancel", data=form)
        assert (answer.status_code, state(approved)) == (422, C.APPROVED), shown
        assert "Nothing was done" in said(answer)


def test_cancelling_only_orders_asks_for_the_number_of_their_areas(
    ordering: Ordering, client_as: ClientAs
) -> None:
    campaign = ordering.started()
    client, page = english(client_as(ordering.stage.author)), f"/campaigns/{campaign.id}/cancel"
    assert "carriers send it by orders, in 2 areas" in said(client.get(page))
    for number in ("", "0", "3"):
        answer = client.post(page, data={"number": number})
        assert (answer.status_code, state(campaign)) == (422, C.SENDING), number
        assert "the number of areas is 2" in said(answer)
    client.post(page, data={"number": "2"})
    assert state(campaign) is C.CANCELLED


def test_cancelling_what_nobody_waits_for_asks_for_no_number(
    stage: Stage, approved: Campaign, client_as: ClientAs
) -> None:
    draft = stage.draft(approved.route_ids)
    client, page = english(client_as(stage.author)), f"/campaigns/{draft.id}/cancel"
    shown = client.get(page).text
    assert 'name="number"' not in shown
    client.post(page)
    assert state(draft) is C.CANCELLED
    answer = client.post(f"/campaigns/{approved.id}/cancel", data={"shown": "0", "number": "0"})
    assert (answer.status_code, state(approved)) == (422, C.APPROVED)  # people wait for this one


def test_the_emergency_stop_asks_for_a_reason_stops_and_is_lifted(
    stage: Stage, approved: Campaign, client_as: ClientAs, liaison: User
) -> None:
    life.start(approved, None)
    client = english(client_as(stage.approver))
    assert "Bluezone đợt 1" in said(client.get("/campaigns/stop"))
    answer = client.post("/campaigns/stop", data={"reason": "  "})
    assert (answer.status_code, stops.in_force()) == (422, False)
    assert "Say why: everybody" in said(answer)
    client.post("/campaigns/stop", data={"reason": "Nội dung sai"})
    db.session.rollback()
    assert stops.reason() == "Nội dung sai"
    assert "Nội dung sai" in said(client_as(liaison).get("/campaigns/"))
    for method in (client_as(liaison).get, client_as(liaison).post):
        assert method("/campaigns/stop").status_code == 403
    client.post("/campaigns/stop/lift")
    db.session.rollback()
    assert not stops.in_force()
