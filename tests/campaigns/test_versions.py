"""What each submitted version said, and what the next one changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import approvals, approving, composing, life, versions
from campaigns.campaigns import Campaign
from campaigns.versions import ADDED, SAME, TAKEN, Change, Piece
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

WORDS = st.lists(st.sampled_from(["Kính", "gửi", "bà", "con", "{xa}", "cài", "\n"]), max_size=12)


@pytest.fixture
def draft(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    stage.subscribe(vnpt, numbers_of("vinaphone", 2, 10), stage.land.other_commune)
    return stage.draft([stage.route(vnpt, 9).id], wording={"vi": "Gửi {xa}: cài {link}"})


def submit(stage: Stage, campaign: Campaign) -> Campaign:
    approvals.submit(life.get(campaign.id), stage.author, stage.settings)
    return life.get(campaign.id)


def revise(stage: Stage, campaign: Campaign, **changes: Any) -> None:
    fields = stage.fields(campaign.route_ids, wording={"vi": "Gửi {xa}: cài {link}"}) | changes
    fields |= {
        key: versions.said_by(campaign)[key]
        for key in ("not_before", "not_after")
        if key not in changes
    }
    draft = composing.from_object(fields)
    composing.revise(life.get(campaign.id), draft, stage.author.id, stage.settings)


def told(changes: list[Change]) -> dict[str, tuple[list[Any], list[Any]]]:
    """(taken out, put in) by field."""
    return {
        change.field: (
            [p.text for p in change.pieces if p.how == TAKEN],
            [p.text for p in change.pieces if p.how == ADDED],
        )
        for change in changes
    }


def test_a_submission_keeps_what_it_said_and_counted(stage: Stage, draft: Campaign) -> None:
    campaign = submit(stage, draft)
    (kept,) = versions.of(campaign)
    assert (kept.revision, kept.person_id, kept.digest) == (1, stage.author.id, campaign.digest)
    counted = {"recipients": 5, "segments": 5, "cost": 1250, "left_out": 0}
    assert kept.content == versions.said_by(campaign) | counted
    assert kept.content["wording"] == {"vi": "Gửi {xa}: cài {link}"}
    assert kept.content["areas"] == ["Huyện Hồng Ngự"]


def test_a_first_version_is_said_to_be_one(stage: Stage, draft: Campaign) -> None:
    assert approving.compared(draft) is None
    now = approving.compared(submit(stage, draft))
    assert now is not None
    assert (now.number, now.before, now.changes) == (1, None, [])


def test_the_next_version_shows_field_by_field_what_it_changed(
    stage: Stage, draft: Campaign
) -> None:
    first = submit(stage, draft)
    approvals.give_back(first, stage.approver, "Thêm số điện thoại", first.digest or "")
    revise(
        stage,
        first,
        wording={"vi": "Gửi {xa}: hãy cài {link}"},
        areas=["29971"],
        hours="08:00-20:00",
    )
    now = approving.compared(submit(stage, draft))
    assert now is not None
    assert now.before is not None
    assert (now.number, now.before.number) == (2, 1)
    assert (now.before.decision, now.before.reason) == ("returned", "Thêm số điện thoại")
    assert told(now.changes) == {
        "wording": ([], ["hãy "]),
        "areas": (["Huyện Hồng Ngự"], ["Xã Long Khánh A"]),
        "hours": (["00:00-24:00"], ["08:00-20:00"]),
        "recipients": ([5], [3]),
        "segments": ([5], [3]),
        "cost": ([1250], [750]),
    }


def test_a_draft_shows_its_author_what_is_changed_so_far(stage: Stage, draft: Campaign) -> None:
    revise(stage, submit(stage, draft), sender="BLUEZONE", selection_rule="cả huyện")
    now = approving.compared(life.get(draft.id))
    assert now is not None
    assert (now.number, now.submitted) == (2, False)
    assert told(now.changes) == {"selection_rule": (["Everyone"], ["cả huyện"])}


def test_submitted_again_as_it_was_nothing_is_changed_and_the_return_is_remembered(
    stage: Stage, draft: Campaign
) -> None:
    first = submit(stage, draft)
    approvals.give_back(first, stage.approver, "Xem lại", first.digest or "")
    second = submit(stage, draft)
    approvals.give_back(second, stage.approver, "Vẫn thế", second.digest or "")
    submit(stage, draft)
    now = approving.compared(life.get(draft.id))
    assert now is not None
    assert now.before is not None
    assert (now.number, now.changes, now.before.reason) == (3, [], "Vẫn thế")


def test_only_the_order_of_routes_changed_is_a_change(stage: Stage, vnpt: Organisation) -> None:
    both = [{"routes": ["một", "hai"]}, {"routes": ["hai", "một"]}]
    assert told(versions.changes(*both)) == {"routes": (["một, hai"], ["hai, một"])}


def test_each_wording_is_compared_with_its_own_kind() -> None:
    before, after = (
        {"wording": {"vi": "một", "en": "one"}},
        {"wording": {"vi": "một", "km": "muoy"}},
    )
    found = versions.changes(before, after)
    assert [(c.variant, c.pieces) for c in found] == [
        ("en", [Piece(TAKEN, "one")]),
        ("km", [Piece(ADDED, "muoy")]),
    ]


def test_words_that_were_changed_in_a_row_read_as_one_change() -> None:
    pieces = versions.words("gọi 0277 3837 000 ngay", "đến nhà văn hóa ngay")
    assert pieces == [
        Piece(TAKEN, "gọi 0277 3837 000"),
        Piece(ADDED, "đến nhà văn hóa"),
        Piece(SAME, " ngay"),
    ]


@given(WORDS, WORDS)
def test_both_texts_can_be_read_in_the_comparison(before: list[str], after: list[str]) -> None:
    old, new = " ".join(before), " ".join(after)
    pieces = versions.words(old, new)
    assert "".join(p.text for p in pieces if p.how != ADDED) == old
    assert "".join(p.text for p in pieces if p.how != TAKEN) == new
    assert all(p.text for p in pieces)
