"""How a campaign ends, and when the last word about it is in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from campaigns import ends, life
from campaigns.campaigns import Campaign
from campaigns.messages import Change, settle
from campaigns.states import CampaignState, Cause, MessageState
from outreach import clock
from outreach.database import db, write_connection
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand
from tests.stage import Stage, numbers_of
from workers import tick

C, M = CampaignState, MessageState


@pytest.fixture
def started(stage: Stage, vnpt: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 5))
    campaign = stage.started([stage.route(vnpt, 9).id])
    assert expand(stage, campaign)
    return life.get(campaign.id)


def ids() -> list[int]:
    db.session.rollback()
    return list(db.session.execute(text("SELECT id FROM messages ORDER BY id")).scalars())


def move(cause: Cause, to: MessageState, *messages: int) -> None:
    db.session.rollback()  # what is asked next is asked afresh
    with write_connection(db.engine) as connection:
        assert settle(connection, cause, [Change(i, to) for i in messages]) == len(messages)


def end(campaign: Campaign) -> int:
    state = life.get(campaign.id).state
    db.session.rollback()
    with write_connection(db.engine) as connection:
        return ends.end_queued(connection, campaign.id, state)


def past_the_window(campaign: Campaign, by: timedelta) -> None:
    clock.set_offset(life.get(campaign.id).not_after + by - clock.real_now())
    db.session.rollback()


def test_a_cancelled_campaign_cancels_what_waits_and_nothing_else(
    stage: Stage, started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "AT_ONCE", 2)
    move(Cause.CLAIMED, M.SENDING, *ids()[:2])
    life.cancel(started, None)
    assert [end(started) for _ in range(3)] == [2, 1, 0]
    assert stage.states(started) == {"cancelled": 3, "sending": 2}
    stage.assert_counts_are_rows(started)
    assert not ends.nothing_under_way(started.id)
    move(Cause.ANSWER, M.REJECTED, *ids()[:2])
    assert ends.nothing_awaited(life.get(started.id))


def test_an_accepted_message_is_awaited_until_its_receipt_or_its_validity(
    stage: Stage, started: Campaign
) -> None:
    move(Cause.CLAIMED, M.SENDING, *ids())
    move(Cause.ANSWER, M.ACCEPTED, *ids())
    assert ends.nothing_under_way(started.id)
    assert ends.anything_left_us(started.id)
    assert not ends.nothing_awaited(life.get(started.id))
    move(Cause.RECEIPT, M.DELIVERED, *ids()[1:])
    assert not ends.nothing_awaited(life.get(started.id))
    past_the_window(started, timedelta(hours=3))
    assert ends.nothing_awaited(life.get(started.id))


def test_a_route_without_receipts_is_not_awaited(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    campaign = stage.started([stage.route(vnpt, 9, gives_receipts=False).id])
    assert expand(stage, campaign)
    move(Cause.CLAIMED, M.SENDING, *ids())
    move(Cause.ANSWER, M.ACCEPTED, ids()[0])
    move(Cause.ANSWER, M.IN_DOUBT, ids()[1])
    assert not ends.nothing_awaited(life.get(campaign.id))
    move(Cause.PERSON, M.UNDELIVERED, ids()[1])
    assert ends.nothing_awaited(life.get(campaign.id))


def test_the_last_word_is_noted_once(stage: Stage, started: Campaign) -> None:
    ends.note_settled(started)
    first = life.get(started.id).settled_at
    ends.note_settled(started)
    assert life.get(started.id).settled_at == first is not None


def test_what_a_carrier_was_asked_about_a_settled_campaign_is_forgotten(
    stage: Stage, started: Campaign, vnpt: Organisation
) -> None:
    other = stage.started([stage.route(vnpt, 9, name="Khác").id], name="Khác")
    assert expand(stage, other)
    asked = text("INSERT INTO carrier_queries (message_id, asked, next_at) VALUES (:id, 1, 0)")
    with write_connection(db.engine) as connection:
        connection.execute(asked, [{"id": i} for i in ids()])
    ends.note_settled(started)
    left = text(
        "SELECT DISTINCT campaign_id FROM carrier_queries q JOIN messages m ON m.id = q.message_id"
    )
    assert list(db.session.scalars(left)) == [other.id]


def finished(campaign: Campaign) -> Campaign:
    """As the tick leaves it."""
    db.session.rollback()
    for step in (tick.expire_passed, tick.end_leftovers, tick.finish) * 2:
        step()
        db.session.rollback()
    return life.get(campaign.id)


def test_a_window_that_closes_in_the_middle_expires_what_waits(
    stage: Stage, started: Campaign
) -> None:
    move(Cause.CLAIMED, M.SENDING, *ids()[:2])
    move(Cause.ANSWER, M.ACCEPTED, *ids()[:2])
    past_the_window(started, timedelta(minutes=1))
    assert finished(started).state is C.COMPLETED
    assert stage.states(started) == {"accepted": 2, "expired": 3}


def test_a_window_that_closes_before_anything_left_us_expires_the_campaign(
    stage: Stage, started: Campaign
) -> None:
    life.pause(started, "wait", None)
    past_the_window(started, timedelta(minutes=1))
    now = finished(started)
    assert (now.state, now.settled_at is not None) == (C.EXPIRED, True)
    assert stage.states(started) == {"expired": 5}


def test_a_window_that_closes_before_the_expansion_is_whole_expires_it_even_paused(
    stage: Stage, vnpt: Organisation
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    campaign = stage.started([stage.route(vnpt, 9).id])
    life.pause(campaign, "wait", None)
    past_the_window(campaign, timedelta(minutes=1))
    assert finished(campaign).state is C.EXPIRED


def test_a_campaign_whose_people_all_refused_is_completed_not_expired(
    stage: Stage, started: Campaign
) -> None:
    move(Cause.END, M.CANCELLED, *ids())
    assert finished(started).state is C.COMPLETED
