"""Writing a campaign: every bad value is a sentence at its field, and nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from campaigns import approvals, composing, life, progress
from campaigns.campaigns import Campaign, PlannedCount, RenderedText, Revision
from campaigns.states import CampaignState
from outreach import apps, area_editing, areas
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

WHOLE: dict[str, Any] = {
    "name": "Bluezone đợt 1",
    "apps": ["BLUEZONE"],
    "kind": "notice",
    "organisation": 1,
    "sender": "BLUEZONE",
    "wording": {"vi": "Kính gửi bà con {xa}: … {link}"},
    "areas": ["870"],
    "routes": [1],
    "not_before": "2020-08-18T08:00+07:00",
    "not_after": "2020-08-25T20:00+07:00",
    "selection_rule": "everyone",
}


def test_a_whole_object_is_a_draft_with_the_usual_for_what_it_leaves_out() -> None:
    draft = composing.from_object(WHOLE)
    assert (draft.groups, draft.networks, draft.strip_marks) == (["public"], [], False)
    assert (draft.hours, draft.urgent) == (None, False)


@pytest.mark.parametrize("key", WHOLE)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(Refused, match=f"“{key}” is missing") as refused:
        composing.from_object({k: v for k, v in WHOLE.items() if k != key})
    assert refused.value.field == key


WRONG_TYPES: list[tuple[str, Any]] = [
    ("name", 1),
    ("name", None),
    ("apps", "BLUEZONE"),
    ("apps", [1]),
    ("kind", ["notice"]),
    ("organisation", "1"),
    ("organisation", True),
    ("organisation", 1.0),
    ("sender", {}),
    ("wording", "Kính gửi"),
    ("wording", {"vi": 1}),
    ("areas", [870]),
    ("routes", [True]),
    ("routes", ["1"]),
    ("routes", 1),
    ("strip_marks", 1),
    ("strip_marks", "yes"),
    ("networks", "viettel"),
    ("groups", [None]),
    ("not_before", 1597712400),
    ("hours", None),
    ("hours", ["07:00-21:00"]),
    ("urgent", 0),
]


@pytest.mark.parametrize(("key", "value"), WRONG_TYPES)
def test_a_value_of_another_type_is_named(key: str, value: Any) -> None:
    with pytest.raises(Refused, match=f"“{key}” has the wrong type") as refused:
        composing.from_object(WHOLE | {key: value})
    assert refused.value.field == key


@pytest.mark.parametrize("value", [[WHOLE], "text", 3, None])
def test_what_is_no_object_is_no_campaign(value: Any) -> None:
    with pytest.raises(Refused, match="one JSON object"):
        composing.from_object(value)


def test_an_unknown_key_is_named_with_those_that_are_known() -> None:
    with pytest.raises(Refused, match="Unknown key “sendr”; known are name,") as refused:
        composing.from_object(WHOLE | {"sendr": "BLUEZONE"})
    assert refused.value.field == "sendr"


@pytest.mark.parametrize(
    ("key", "value"),
    [("name", "a\0b"), ("wording", {"vi": "a\ud800"}), ("wording", {"\0": "a"}), ("areas", ["\0"])],
)
def test_what_no_database_takes_is_refused(key: str, value: Any) -> None:
    with pytest.raises(Refused, match="no text") as refused:
        composing.from_object(WHOLE | {key: value})
    assert refused.value.field == key


def test_a_long_wrong_value_is_shown_shortened() -> None:
    with pytest.raises(Refused) as refused:
        composing.from_object(WHOLE | {"name": ["x" * 1000]})
    assert len(refused.value.sentence) < 120


# (key, value, what the sentence says); the field is the key, or the last item
WRONG_VALUES: list[tuple[Any, ...]] = [
    ("name", "  ", "“name” is empty"),
    ("name", "x" * 201, "201 characters; at most 200"),
    ("selection_rule", "", "“selection_rule” is empty"),
    ("kind", "spam", "Unknown kind “spam”; known are notice, customer_care, advertising"),
    ("organisation", 999, "There is no organisation 999"),
    ("organisation", 10**30, "There is no organisation 1000"),
    ("organisation", -1, "There is no organisation -1"),
    ("sender", "ABCDEFGHIJKL", "12 characters; at most 11"),
    ("sender", "OTHER", "does not have the sender name “OTHER”; it has BLUEZONE"),
    ("wording", {}, "no text"),
    ("wording", {"vi": " "}, "no text"),
    ("wording", {"vi": "Kính gửi {ten}"}, "no placeholder {ten}"),
    ("wording", {"vi": "Kính gửi {xa"}, "never closed"),
    ("wording", {"": "Kính gửi"}, "“wording” is empty"),
    ("wording", {"vietnamese": "Kính gửi"}, "10 characters; at most 8"),
    ("apps", [], "choose at least one"),
    ("apps", ["NOSUCH"], "no app “NOSUCH”"),
    ("areas", [], "choose at least one"),
    ("areas", ["nowhere"], "No area has the code “nowhere”"),
    ("routes", [], "at least one route"),
    ("routes", [999], "There is no route 999"),
    ("routes", [10**30], "There is no route 1000"),
    ("networks", ["viettel", "at&t"], "Unknown network “at&t”; known are viettel"),
    ("groups", [], "choose at least one"),
    ("groups", ["pilots"], "Unknown group “pilots”; known are"),
    ("hours", "7-21", "form 07:00-21:00"),
    ("hours", "21:00-07:00", "never open"),
    ("hours", "06:00-21:00", "outside what is allowed for this kind, 07:00-21:00"),
    ("not_before", "tomorrow", "no moment"),
    ("not_before", "2020-08-18T08:00", "no moment"),
    ("not_before", "0001-01-01T00:00+07:00", "no moment"),
    ("not_after", "9999-12-31T23:00-07:00", "no moment"),
    ("not_after", "2020-08-18T07:00+07:00", "The window never opens"),
]


def test_every_wrong_value_is_refused_at_its_field_and_nothing_is_stored(
    stage: Stage, vnpt: Organisation
) -> None:
    usual = stage.settings.model_copy(update={"notice_hours": "07:00-21:00"})
    fields = stage.fields([stage.route(vnpt, 9).id], hours="07:00-21:00") | {
        key: WHOLE[key] for key in ("not_before", "not_after")
    }
    composing.create(composing.from_object(fields), stage.author.id, usual)
    for key, value, says in WRONG_VALUES:
        draft = composing.from_object(fields | {key: value})
        with pytest.raises(Refused) as refused:
            composing.create(draft, stage.author.id, usual)
        said = f"{key}={value!r}: {refused.value.sentence}"
        assert says in refused.value.sentence, said
        assert refused.value.field == ("not_after" if "never opens" in says else key), said
    assert db.session.scalar(select(func.count(Campaign.id))) == 1


def test_a_window_that_no_day_opens_is_refused(stage: Stage, vnpt: Organisation) -> None:
    with pytest.raises(Refused, match="never opens"):
        stage.draft(
            [stage.route(vnpt, 9).id],
            hours="07:00-21:00",
            not_before="2020-08-18T22:00+07:00",
            not_after="2020-08-19T06:00+07:00",
        )


def test_hours_hold_under_every_rule_of_the_window(stage: Stage, vnpt: Organisation) -> None:
    with pytest.raises(Refused, match="outside what is allowed"):
        stage.draft([stage.route(vnpt, 9).id], kind="advertising", hours="07:00-23:00")


def test_no_networks_means_all_and_no_hours_those_of_the_rules(
    stage: Stage, vnpt: Organisation
) -> None:
    campaign = stage.draft([stage.route(vnpt, 9).id], networks=[], hours=None)
    assert {"viettel", "vinaphone", "mobifone"} <= set(campaign.networks)
    assert campaign.hours == "00:00-24:00"


def test_what_is_named_twice_counts_once(stage: Stage, vnpt: Organisation) -> None:
    route_id = stage.route(vnpt, 9).id
    campaign = stage.draft(
        [route_id, route_id],
        areas=["870", " 870", "870"],
        apps=["BLUEZONE", "bluezone"],
        networks=["viettel", "viettel"],
        groups=["public", "public"],
    )
    assert [area.code for area in campaign.areas] == ["870"]
    assert [app.code for app in campaign.apps] == ["BLUEZONE"]
    assert (campaign.route_ids, campaign.networks) == ([route_id], ["viettel"])
    assert campaign.groups == ["public"]


def test_a_carrier_sends_over_its_own_routes_only(
    stage: Stage, vnpt: Organisation, viettel: Organisation
) -> None:
    ours, theirs = stage.route(vnpt, 9), stage.route(viettel, 9)
    stage.draft([ours.id], organisation=vnpt.id)
    with pytest.raises(Refused, match="own routes only") as refused:
        stage.draft([ours.id, theirs.id], organisation=vnpt.id)
    assert refused.value.field == "routes"


# Changing


@pytest.fixture
def campaign(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    return stage.draft([stage.route(vnpt, 9).id])


def revise(stage: Stage, campaign: Campaign, **changes: Any) -> Campaign:
    fields = stage.fields(campaign.route_ids, **changes)
    composing.revise(campaign, composing.from_object(fields), stage.author.id, stage.settings)
    return life.get(campaign.id)


def test_a_change_takes_back_the_approval_and_what_was_prepared(
    stage: Stage, campaign: Campaign
) -> None:
    approvals.submit(campaign, stage.author, stage.settings)
    approvals.approve(campaign, stage.approver, campaign.digest or "")
    assert progress.as_object(campaign)["approved_by"] == stage.approver.email
    now = revise(stage, campaign, wording={"vi": "Bản hai cho {xa}", "b": "Bản khác"})
    assert (now.state, now.digest, now.recipients_counted) == (CampaignState.DRAFT, None, None)
    assert progress.as_object(now)["approved_by"] is None
    assert [(v.key, v.template) for v in now.variants] == [
        ("b", "Bản khác"),
        ("vi", "Bản hai cho {xa}"),
    ]
    for model in (RenderedText, PlannedCount):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0
    with pytest.raises(Refused, match="cannot become sending"):
        life.start(now, stage.approver.id)


def test_a_changed_route_leaves_the_page_whole(
    stage: Stage, campaign: Campaign, vnpt: Organisation
) -> None:
    approvals.submit(campaign, stage.author, stage.settings)
    other = stage.route(vnpt, 9, name="another")
    now = revise(stage, campaign, routes=[other.id])
    assert [r["id"] for r in progress.as_object(now)["by_route"]] == [other.id]


def test_who_changed_what_when_is_kept(stage: Stage, campaign: Campaign) -> None:
    revise(stage, campaign, name="Bluezone đợt 2")
    rows = db.session.scalars(select(Revision).order_by(Revision.revision)).all()
    assert [(r.revision, r.author_id) for r in rows] == [(1, stage.author.id), (2, stage.author.id)]
    acts = select(AuditRow.act).where(AuditRow.object_type == "campaign").order_by(AuditRow.id)
    assert list(db.session.scalars(acts)) == ["campaign.create", "campaign.edit"]


def test_a_refused_change_changes_nothing(stage: Stage, campaign: Campaign) -> None:
    approvals.submit(campaign, stage.author, stage.settings)
    before = life.get(campaign.id).digest
    with pytest.raises(Refused, match="no app"):
        revise(stage, campaign, name="half", apps=["NOSUCH"])
    now = life.get(campaign.id)
    assert (now.state, now.digest, now.name) == (CampaignState.SUBMITTED, before, "Bluezone đợt 1")


def test_what_has_begun_is_not_changed_but_a_copy_of_it_may_be(
    stage: Stage, campaign: Campaign
) -> None:
    approvals.submit(campaign, stage.author, stage.settings)
    approvals.approve(campaign, stage.approver, campaign.digest or "")
    life.start(campaign, stage.approver.id)
    for act in (lambda: None, lambda: life.pause(campaign, "wait", None)):
        act()
        with pytest.raises(Refused, match="no longer be changed"):
            revise(stage, campaign)
    copy = stage.draft(campaign.route_ids)
    assert revise(stage, copy, name="đợt 2").name == "đợt 2"


def test_an_area_of_a_campaign_stays(stage: Stage, campaign: Campaign) -> None:
    assert campaign.areas
    stage.draft(campaign.route_ids, areas=["869"])
    with pytest.raises(Refused, match="is in use"):
        area_editing.remove(areas.by_code("869"), actor_id=None)
    assert areas.by_code("869").code == "869"


def test_two_apps_are_joined_in_the_language_of_the_variant(
    stage: Stage, campaign: Campaign
) -> None:
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    words = {"vi": "{ung_dung} cho {xa}", "en": "{ung_dung} for {xa}"}
    revise(stage, campaign, apps=["BLUEZONE", "NCOVI"], wording=words)
    approvals.submit(life.get(campaign.id), stage.author, stage.settings)
    texts = set(db.session.scalars(select(RenderedText.text)))
    assert {t.split(" for ")[0].split(" cho ")[0] for t in texts} == {
        "Bluezone and NCOVI",
        "Bluezone va NCOVI",
    }
