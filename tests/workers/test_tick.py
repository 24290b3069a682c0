"""The tick finds what is due by the rows, as often as it likes and however many there are."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import redis as redis_client
from rq import Queue
from sqlalchemy import text

from campaigns import life
from campaigns.states import Cause, MessageState
from outreach import clock
from outreach.database import db
from outreach.organisations import Organisation
from tests.databases import cut_connections
from tests.stage import Stage
from tests.workers.carried import carried
from workers import presence, queues, tick
from workers.answers import Answered


def test_what_is_scheduled_starts_when_it_is_due(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, ["+84912000000"])
    campaign = stage.approved([stage.route(vnpt, 1).id])
    life.schedule(campaign, clock.now() + timedelta(minutes=5), stage.approver.id)
    tick.once()
    assert life.get(campaign.id).state == "scheduled"
    clock.set_offset(timedelta(minutes=6))
    tick.once()
    assert life.get(campaign.id).state == "sending"


def test_what_was_not_sent_in_its_window_expires(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, ["+84912000000"])
    campaign = stage.approved([stage.route(vnpt, 1).id])
    clock.set_offset(timedelta(days=8))
    tick.once()
    assert life.get(campaign.id).state == "expired"


def test_what_is_queued_when_the_last_window_closes_expires_with_it(
    stage: Stage, vnpt: Organisation
) -> None:
    there = carried(stage, vnpt, 3)
    there.answer(there.claim(1), 0, "A1")
    clock.set_offset(timedelta(days=8))
    tick.once()
    tick.once()
    assert there.states() == {"accepted": 1, "expired": 2}
    assert life.get(there.campaign.id).state == "completed"


def test_a_cancelled_campaign_is_settled_once_nothing_is_awaited(
    stage: Stage, vnpt: Organisation
) -> None:
    there = carried(stage, vnpt, 3)
    life.cancel(life.get(there.campaign.id), None)
    tick.once()
    tick.once()
    assert there.states() == {"cancelled": 3}
    assert life.get(there.campaign.id).settled_at is not None


def test_what_a_thawed_worker_gives_back_after_the_end_expires(
    stage: Stage, vnpt: Organisation
) -> None:
    there = carried(stage, vnpt, 1)
    claim = there.claim(1)
    there.lapse()
    tick.once()
    assert life.get(there.campaign.id).state == "completed"
    message = claim.messages[0].message_id
    there.store(Answered(message, claim.claim_id, 1, MessageState.QUEUED, Cause.NOT_SENT))
    assert there.states() == {"queued": 1}
    tick.once()
    assert there.states() == {"expired": 1}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_tick_outlives_a_connection_cut_in_the_middle_of_a_step(
    stage: Stage, vnpt: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = carried(stage, vnpt, 1)
    campaign_id = there.campaign.id
    life.cancel(life.get(campaign_id), None)
    address = stage.settings.database_url
    end = tick.end_leftovers

    def cut() -> None:
        db.session.execute(text("SELECT 1"))
        cut_connections(address)

    monkeypatch.setattr(tick, "end_leftovers", cut)
    tick.once()
    monkeypatch.setattr(tick, "end_leftovers", end)
    tick.once()
    assert life.get(campaign_id).settled_at is not None


def test_a_route_with_work_due_is_rung_once(
    stage: Stage, vnpt: Organisation, redis: redis_client.Redis
) -> None:
    there = carried(stage, vnpt, 1)
    for _ in range(3):
        tick.once()
    assert Queue(queues.of_route(there.route.id), connection=redis).count == 1
    assert (presence.tick_silence(redis) or 99) < 5


def test_two_ticks_at_once_do_everything_once(stage: Stage, vnpt: Organisation) -> None:
    there = carried(stage, vnpt, 200)
    there.claim(50)
    there.lapse()
    life.cancel(life.get(there.campaign.id), None)
    db.session.rollback()
    threads = [threading.Thread(target=_tick, args=(stage,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert there.states() == {"cancelled": 150, "in_doubt": 50}
    assert there.one("SELECT COUNT(*) FROM audit WHERE act = 'campaign.cancel'") == 1


def _tick(stage: Stage) -> None:
    with stage.app.app_context():
        for _ in range(3):
            tick.once()


def test_a_step_that_fails_does_not_keep_the_others_from_running(
    stage: Stage, vnpt: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("a test")

    there = carried(stage, vnpt, 1)
    life.cancel(life.get(there.campaign.id), None)
    monkeypatch.setattr(tick, "start_due", fail)
    tick.once()
    assert there.states() == {"cancelled": 1}
