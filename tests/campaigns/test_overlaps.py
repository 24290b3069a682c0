"""Other campaigns that reach the same people in the same days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from campaigns import approvals, life, overlaps
from campaigns.campaigns import Campaign
from campaigns.overlaps import Overlap, Overlaps
from campaigns.states import CampaignState
from outreach import clock
from outreach.accounts import User
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand
from tests.stage import Stage, numbers_of

WEEK = timedelta(days=7)


@pytest.fixture
def route_id(stage: Stage, vnpt: Organisation) -> int:
    stage.subscribe(vnpt, numbers_of("vinaphone", 5))
    stage.subscribe(vnpt, numbers_of("vinaphone", 3, 10), stage.land.other_commune)
    return stage.route(vnpt, 9).id


def submitted(stage: Stage, route_id: int, **changes: Any) -> Campaign:
    campaign = stage.draft([route_id], **changes)
    approvals.submit(campaign, stage.author, stage.settings)
    return life.get(campaign.id)


def found(stage: Stage, campaign: Campaign, person: User | None = None) -> Overlaps:
    return overlaps.of(life.get(campaign.id), person or stage.approver, WEEK)


def names(rows: list[Overlap]) -> list[str]:
    return [row.name for row in rows]


def test_what_waits_for_the_same_communes_in_the_same_days_is_shown_with_a_ceiling(
    stage: Stage, route_id: int
) -> None:
    submitted(stage, route_id, name="one commune", areas=["29971"])
    stage.draft([route_id], name="a draft is nothing yet")
    this = submitted(stage, route_id)
    (row,) = found(stage, this).rows
    assert (row.name, row.state, row.areas) == ("one commune", "submitted", 1)
    assert (row.people, row.most) == (None, 5)


def test_other_days_and_other_communes_do_not_overlap(stage: Stage, route_id: int) -> None:
    later = clock.now() + timedelta(days=8)
    submitted(
        stage,
        route_id,
        name="later",
        not_before=clock.iso(later),
        not_after=clock.iso(later + timedelta(days=1)),
    )
    submitted(stage, route_id, name="elsewhere", areas=["29983"])
    this = submitted(stage, route_id, areas=["29971"])
    assert found(stage, this) == Overlaps([], 0)


def test_who_gets_both_is_counted_at_the_submission(stage: Stage, route_id: int) -> None:
    running = stage.started([route_id], name="running", areas=["29971"])
    expand(stage, running)
    this = submitted(stage, route_id)
    (row,) = found(stage, this).rows
    assert (row.name, row.state, row.people) == ("running", "sending", 5)
    nobody = submitted(stage, route_id, name="only the others", areas=["29983"])
    assert "running" not in names(found(stage, nobody).rows)


def test_people_left_out_by_the_cap_do_not_get_both(stage: Stage, route_id: int) -> None:
    once_a_week = stage.settings.model_copy(update={"notice_weekly_cap": 1})
    expand(stage, stage.started([route_id], name="running", areas=["29971"]))
    this = stage.draft([route_id])
    approvals.submit(this, stage.author, once_a_week)
    (row,) = found(stage, this).rows
    assert (row.name, row.people) == ("running", 0)


def test_what_is_over_counts_for_the_days_of_the_cap(stage: Stage, route_id: int) -> None:
    for days, name in ((3, "last week"), (30, "last month")):
        campaign = stage.started([route_id], name=name, areas=["29971"])
        expand(stage, campaign)
        over = clock.now() - timedelta(days=days)
        life.move(
            life.get(campaign.id),
            CampaignState.COMPLETED,
            None,
            act="campaign.complete",
            completed_at=over,
        )
    this = submitted(stage, route_id)
    assert names(found(stage, this).rows) == ["last week"]


def test_what_the_reader_may_not_see_is_counted_without_its_name(
    stage: Stage, route_id: int, vnpt: Organisation, viettel: Organisation, liaison: User
) -> None:
    stage.subscribe(viettel, numbers_of("viettel", 2))
    theirs = stage.route(viettel, 9, name="theirs").id
    submitted(stage, theirs, name="a rival's", organisation=viettel.id)
    this = submitted(stage, route_id, organisation=vnpt.id)
    assert names(found(stage, this).rows) == ["a rival's"]
    assert found(stage, this, liaison) == Overlaps([], 1)


def test_many_are_cut_short_and_the_rest_counted(
    stage: Stage, route_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlaps, "SHOWN", 2)
    for number in range(4):
        submitted(stage, route_id, name=f"{number}")
    shown = found(stage, submitted(stage, route_id))
    assert (names(shown.rows), shown.others) == (["0", "1"], 2)
