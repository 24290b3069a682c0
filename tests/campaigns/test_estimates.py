"""The estimate of a draft: what the preview says is what the submission then counts."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns import approvals, composing, estimates, progress
from campaigns.campaigns import Campaign
from campaigns.estimates import Estimate
from outreach import opt_outs
from outreach.database import db
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

LONG = "Bà con {xa} cài {ung_dung}: {link}. " + "Xin cảm ơn bà con rất nhiều. " * 3


@pytest.fixture
def routes(stage: Stage, vnpt: Organisation, viettel: Organisation) -> list[int]:
    """VNPT's and Viettel's lists share 5 numbers; 3 have opted out; 4 are of another network."""
    shared = numbers_of("vinaphone", 5, offset=900)
    stage.subscribe(vnpt, [*numbers_of("vinaphone", 20), *shared])
    stage.subscribe(vnpt, numbers_of("vinaphone", 7, offset=50), stage.land.other_commune)
    stage.subscribe(viettel, [*numbers_of("viettel", 10), *shared, *numbers_of("mobifone", 4)])
    opt_outs.add(numbers_of("vinaphone", 3), "test", None)
    return [
        stage.route(vnpt, 9, networks=["vinaphone"], price=300, rate=10.0).id,
        stage.route(viettel, 9, networks=["viettel"], price=310, rate=20.0).id,
    ]


def estimated(stage: Stage, routes: list[int], **changes: Any) -> Estimate:
    more = {name: changes.pop(name) for name in ("at", "variant", "at_once") if name in changes}
    draft = composing.from_object(stage.fields(routes, **changes))
    campaign, refused = composing.examine(draft, stage.settings)
    wrong = {each.field or "" for each in refused}
    found = estimates.of(campaign, wrong, stage.settings, **more)
    db.session.rollback()
    return found


def submitted(stage: Stage, routes: list[int], **changes: Any) -> Campaign:
    campaign = stage.draft(routes, **changes)
    approvals.submit(campaign, stage.author, stage.settings)
    return campaign


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"wording": {"vi": LONG}, "strip_marks": False},
        {"wording": {"vi": LONG, "b": "Cài {ung_dung} tại {link}"}},
        {"networks": ["viettel"]},
    ],
    ids=["plain", "with marks", "two texts", "one network"],
)
def test_the_estimate_is_what_the_submission_counts(
    stage: Stage, routes: list[int], changes: dict[str, Any]
) -> None:
    found = estimated(stage, routes, **changes)
    counted = progress.of(submitted(stage, routes, **changes))
    assert found.counted
    assert found.people == counted.recipients
    assert found.suppressed == counted.suppressed
    assert found.segments == counted.total.segments
    assert found.cost == counted.cost
    assert next(w.cost for w in found.writings if w.chosen) == counted.cost


def test_everybody_on_the_lists_is_messaged_or_left_out_for_a_reason(
    stage: Stage, routes: list[int]
) -> None:
    found = estimated(stage, routes)
    assert found.subscribers == 20 + 5 + 7 + 10 + 5 + 4
    assert found.suppressed == {"duplicate": 5, "opted_out": 3, "wrong_network": 4}
    assert found.subscribers == found.people + sum(found.suppressed.values())


def test_a_route_takes_its_segments_by_its_rate_at_its_price(
    stage: Stage, routes: list[int]
) -> None:
    vnpt, viettel = estimated(stage, routes, wording={"vi": LONG}).plan
    assert (vnpt.people, viettel.people) == (29, 10)
    assert vnpt.segments is not None
    assert vnpt.cost == vnpt.segments * 300
    assert vnpt.seconds == round(vnpt.segments / 10)
    assert (vnpt.mark, viettel.mark) == ("vnpt", "viettel")


def test_without_a_text_people_are_counted_and_money_is_not(
    stage: Stage, routes: list[int]
) -> None:
    found = estimated(stage, routes, wording={"vi": " "})
    assert found.people == 39
    assert (found.segments, found.cost, found.seconds) == (None, None, None)
    assert found.writings == []


def test_without_areas_nothing_is_said(stage: Stage, routes: list[int]) -> None:
    assert estimated(stage, routes, areas=[]) == Estimate()


def test_where_nobody_is_on_a_list_the_text_is_shown_for_every_commune_all_the_same(
    stage: Stage, vnpt: Organisation
) -> None:
    found = estimated(stage, [stage.route(vnpt, 9).id])
    assert [choice.name for choice in found.choices] == ["Xã Long Khánh A", "Xã Long Thuận"]
    assert len(found.writings) == 2
    assert (found.counted, found.subscribers) == (False, 0)


def test_the_commune_asked_for_is_shown(stage: Stage, routes: list[int]) -> None:
    found = estimated(stage, routes, at="29983", strip_marks=False)
    assert found.shown is not None
    assert found.shown.name == "Xã Long Thuận"
    said = "".join(piece.text for part in found.writings[0].parts for piece in part)
    assert "xã Long Thuận" in said


def test_what_the_submission_would_refuse_is_a_warning(stage: Stage, routes: list[int]) -> None:
    too_long = estimated(stage, routes, wording={"vi": "Cài {ung_dung}. " * 100})
    assert "at most 8" in too_long.warnings[0]
    assert len(too_long.writings) == 2, "what to cut is seen all the same"
    no_refusal = estimated(stage, routes, kind="advertising", hours="08:00-20:00")
    assert "how to refuse" in no_refusal.warnings[0] or "[QC]" in no_refusal.warnings[0]


def test_a_placeholder_without_a_value_is_a_warning_and_no_text(
    stage: Stage, routes: list[int]
) -> None:
    found = estimated(stage, routes, areas=["87"], wording={"vi": "Gửi {xa}"})
    assert found.warnings == []
    found = estimated(stage, routes, apps=[], wording={"vi": "Cài {ung_dung}"})
    assert "{ung_dung} is empty" in found.warnings[0]
    assert found.writings == []


def test_a_plan_longer_than_its_window_says_so(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 40))
    slow = stage.route(vnpt, 9, rate=0.00005).id
    assert estimated(stage, [slow]).too_long
    assert not estimated(stage, [stage.route(vnpt, 9, name="fast").id]).too_long


def test_a_large_audience_is_counted_only_when_asked_for(
    stage: Stage, routes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "AT_ONCE", 10)
    first = estimated(stage, routes, at_once=False)
    assert (first.counted, first.plan) == (False, [])
    assert first.subscribers == 51
    assert estimated(stage, routes).counted


def test_nothing_is_stored(stage: Stage, routes: list[int]) -> None:
    estimated(stage, routes)
    assert db.session.query(Campaign).count() == 0


def test_several_texts_share_people_and_money_without_rest(stage: Stage, routes: list[int]) -> None:
    assert estimated(stage, routes).texts == []
    texts = {"vi": LONG, "b": "Cài {ung_dung} tại {link}"}
    found = estimated(stage, routes, wording=texts, strip_marks=False)
    assert [row.key for row in found.texts] == ["b", "vi"]
    assert sum(row.people for row in found.texts) == found.people
    assert sum(row.cost or 0 for row in found.texts) == found.cost
    short, long = found.texts
    assert (short.least, short.most) == (1, 1)
    assert (long.least or 0) > 1
    assert abs(short.people - long.people) <= found.people / 2


def test_what_would_be_sent_is_the_text_of_the_commune_that_is_shown(
    stage: Stage, routes: list[int]
) -> None:
    found = estimated(stage, routes, wording={"vi": "Mời {xa}"}, at="29983")
    assert found.text == "Moi xa Long Thuan"
    marked = estimated(stage, routes, wording={"vi": "Mời {xa}"}, strip_marks=False)
    assert marked.text == "Mời xã Long Khánh A"
    assert estimated(stage, routes, wording={"vi": " "}).text == ""


def test_the_days_without_a_message_are_counted_anew_when_they_change(
    stage: Stage, routes: list[int]
) -> None:
    from tests.campaigns.expanding import expand

    assert expand(stage, stage.started(routes))
    assert estimated(stage, routes, not_messaged_days=0).people == 39
    found = estimated(stage, routes, not_messaged_days=1)
    assert (found.people, found.suppressed["recently_messaged"]) == (0, 44)
