"""The acts of a campaign's life: what each refuses, what each leaves behind."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from campaigns import life, stops
from campaigns.campaigns import Campaign
from campaigns.states import CampaignState
from outreach import clock
from outreach.audit import AuditRow, verify
from outreach.database import db, transaction
from outreach.errors import Missing, Refused
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

C = CampaignState


@pytest.fixture
def approved(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    return stage.approved([stage.route(vnpt, 9).id])


def acts_of(campaign: Campaign) -> list[tuple[str, dict[str, Any]]]:
    rows = select(AuditRow).where(
        AuditRow.object_type == "campaign", AuditRow.object_id == campaign.id
    )
    return [(r.act, json.loads(r.detail)) for r in db.session.scalars(rows.order_by(AuditRow.id))]


def test_what_is_not_there_is_missing(stage: Stage) -> None:
    for campaign_id in (999, 0, -1, 10**30):
        with pytest.raises(Missing, match=f"no campaign {campaign_id}"):
            life.get(campaign_id)


def test_every_act_leaves_its_row(stage: Stage, approved: Campaign) -> None:
    life.schedule(approved, clock.now() + timedelta(hours=1), stage.author.id)
    life.start(approved, stage.author.id)
    life.pause(approved, "đông quá", stage.author.id)
    life.resume(approved, stage.author.id)
    life.cancel(approved, stage.author.id)
    rows = acts_of(approved)
    assert [(act, detail.get("from"), detail.get("to")) for act, detail in rows] == [
        ("campaign.create", None, None),
        ("campaign.submit", "draft", "submitted"),
        ("campaign.approved", "submitted", "approved"),
        ("campaign.schedule", "approved", "scheduled"),
        ("campaign.start", "scheduled", "sending"),
        ("campaign.pause", "sending", "paused"),
        ("campaign.resume", "paused", "sending"),
        ("campaign.cancel", "sending", "cancelled"),
    ]
    assert rows[5][1]["reason"] == "đông quá"
    assert verify().ok


def test_an_act_the_table_does_not_know_is_refused_with_both_states(
    stage: Stage, approved: Campaign
) -> None:
    for act in (lambda: life.pause(approved, "x", None), lambda: life.complete(approved)):
        with pytest.raises(Refused, match="is approved; it cannot become") as refused:
            act()
        assert refused.value.field == "state"
    life.cancel(approved, None)
    for act in (
        lambda: life.start(approved, None),
        lambda: life.resume(approved, None),
        lambda: life.cancel(approved, None),
        lambda: life.expire(approved),
        lambda: life.schedule(approved, clock.now() + timedelta(hours=1), None),
    ):
        with pytest.raises(Refused, match="is cancelled; it cannot become"):
            act()
    assert [act for act, _ in acts_of(approved)].count("campaign.cancel") == 1


def test_a_start_after_the_window_says_it_closed_for_good(
    stage: Stage, approved: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(Refused, match="closed for good"):
        life.start(approved, None)


def test_a_draft_past_its_window_is_first_of_all_a_draft(stage: Stage, approved: Campaign) -> None:
    draft = stage.draft(
        approved.route_ids,
        not_before="2020-08-18T08:00+07:00",
        not_after="2020-08-19T08:00+07:00",
    )
    with pytest.raises(Refused, match="is draft; it cannot become sending"):
        life.start(draft, None)


def test_who_read_the_state_before_somebody_moved_it_is_told(
    stage: Stage, approved: Campaign
) -> None:
    """As on a page that was opened before: the UPDATE names the state it was read in."""
    db.session.expunge(approved)  # what this reader saw stays as it was
    with transaction() as session:
        session.execute(text("UPDATE campaigns SET state = 'scheduled'"))
    with pytest.raises(Refused, match="Somebody has just changed") as refused:
        life.move(approved, C.CANCELLED, None, act="campaign.cancel")
    assert refused.value.field == "state"
    assert "campaign.cancel" not in [act for act, _ in acts_of(life.get(approved.id))]


def test_a_start_is_chosen_inside_what_was_approved(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1))
    clock.set_offset(clock.parse_moment("2020-08-18T12:00+07:00") - clock.real_now())
    campaign = stage.approved(
        [stage.route(vnpt, 9).id],
        hours="07:00-21:00",
        not_before="2020-08-18T08:00+07:00",
        not_after="2020-08-20T20:00+07:00",
    )

    def schedule(at: str) -> None:
        life.schedule(campaign, clock.parse_moment(at), stage.author.id)

    with pytest.raises(Refused, match="has passed") as refused:
        schedule("2020-08-18T11:59+07:00")
    assert refused.value.field == "at"
    for outside in ("2020-08-18T21:00", "2020-08-19T06:59", "2020-08-20T20:00", "2021-01-01T12:00"):
        with pytest.raises(Refused, match=r"the approval allows .* daily 07:00-21:00") as refused:
            schedule(f"{outside}+07:00")
        assert refused.value.field == "at"
    assert life.get(campaign.id).state is C.APPROVED
    schedule("2020-08-19T07:00+07:00")
    schedule("2020-08-20T00:00+00:00")  # and another one instead
    assert clock.iso(life.get(campaign.id).start_at) == "2020-08-20T07:00:00+07:00"
    assert life.get(campaign.id).state is C.SCHEDULED


def test_what_has_begun_is_not_begun_again_and_keeps_its_day(
    stage: Stage, approved: Campaign
) -> None:
    life.start(approved, None)
    begun = approved.started_at
    life.pause(approved, "đông quá", None)
    clock.set_offset(timedelta(minutes=5))
    with pytest.raises(Refused, match="cannot become sending"):
        life.start(approved, None)
    life.resume(approved, None)
    assert life.get(approved.id).started_at == begun


def test_a_start_outside_the_hours_says_when_they_open(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 1))
    clock.set_offset(clock.parse_moment("2020-08-18T21:30+07:00") - clock.real_now())
    campaign = stage.approved(
        [stage.route(vnpt, 9).id],
        hours="07:00-21:00",
        not_before="2020-08-18T08:00+07:00",
        not_after="2020-08-20T20:00+07:00",
    )
    with pytest.raises(Refused, match="opens at 2020-08-19T07:00:00"):
        life.start(campaign, None)
    clock.set_offset(clock.parse_moment("2020-08-19T07:00+07:00") - clock.real_now())
    life.start(campaign, None)
    life.pause(campaign, "x", None)
    clock.set_offset(clock.parse_moment("2020-08-20T20:00+07:00") - clock.real_now())
    with pytest.raises(Refused, match="closed for good"):
        life.resume(campaign, None)
    assert life.get(campaign.id).state is C.PAUSED


def test_the_emergency_stop_lets_nothing_begin_until_it_is_lifted(
    stage: Stage, approved: Campaign
) -> None:
    running = stage.started(approved.route_ids)
    life.pause(running, "x", None)
    for empty in ("", "  "):
        with pytest.raises(Refused, match="Say why") as refused:
            life.stop_everything(empty, stage.approver.id)
        assert refused.value.field == "reason"
    assert not stops.in_force()
    life.stop_everything(" Nội dung sai ", stage.approver.id)
    assert stops.reason() == "Nội dung sai"
    with pytest.raises(Refused, match="emergency stop"):
        life.start(approved, stage.author.id)
    with pytest.raises(Refused, match="emergency stop"):
        life.resume(running, stage.author.id)
    life.lift_stop(stage.approver.id)
    life.start(approved, stage.author.id)
    life.resume(running, stage.author.id)
    rows = select(AuditRow.act, AuditRow.actor_id).where(AuditRow.object_type == "installation")
    assert db.session.execute(rows.order_by(AuditRow.id)).all() == [
        ("emergency_stop.set", stage.approver.id),
        ("emergency_stop.lift", stage.approver.id),
    ]


def test_a_long_pause_reason_is_kept_whole_in_the_audit_and_cut_on_the_page(
    stage: Stage, approved: Campaign
) -> None:
    life.start(approved, None)
    life.pause(approved, "x" * 1000, None)
    assert len(life.get(approved.id).pause_reason or "") == 300
    assert acts_of(approved)[-1][1]["reason"] == "x" * 1000
