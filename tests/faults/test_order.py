"""What a person or the clock says takes hold, whoever works at it and however many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from campaigns import expansion, life, preparing
from campaigns.audience import ChunkReader
from campaigns.campaigns import Campaign
from outreach import clock
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.faults.hands import hands, one_floor, tick_until, until
from tests.faults.truth import assert_true, look
from tests.stage import Stage, numbers_of
from tests.workers.smsc import Process, account, simulator_process
from workers import tick

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _seen(carrier: Process) -> int:
    return int(carrier.ask("GET", "/numbers?summary=1")["count"])


def _last_came_at(carrier: Process) -> datetime:
    (latest,) = carrier.ask("GET", "/messages?limit=1")
    return clock.now() - timedelta(seconds=latest["seconds_ago"])


def test_two_ticks_and_two_workers_on_two_binds_send_each_message_once(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 2_000)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account(rate=800, throttle=False, binds=2)) as carrier:
        route = short.route(vnpt, carrier.port, rate=800.0, window=50, binds=2)
        with hands(short, workers=2, ticks=2):
            until(lambda: _sitting() == 2)
            until(lambda: carrier.ask("GET", "/stats")["accounts"]["vnpt"]["binds_now"] == 2)
            campaign = short.settled(short.started([route.id]))
            assert_true(short, campaign, phones, carrier)
        assert carrier.ask("GET", "/rate")["vnpt"]["offered"]["over_contract"] == 0
    assert look(campaign).of("delivered") == set(phones)
    served = db.session.execute(text("SELECT COUNT(DISTINCT owner) FROM claims")).scalar_one()
    assert served >= 2


def _sitting() -> int:
    """How many processes have a seat."""
    db.session.rollback()
    return int(db.session.execute(text("SELECT COUNT(DISTINCT owner) FROM seats")).scalar_one())


@on_sqlite
def test_nothing_begins_in_the_last_second_of_the_hours_and_the_rest_waits_for_the_morning(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 500)
    short.subscribe(vnpt, phones)
    evening = clock.local(clock.now() + timedelta(days=1)).replace(
        hour=20, minute=59, second=55, microsecond=0
    )
    clock.set_offset(evening - clock.real_now())
    closes = evening + timedelta(seconds=5)
    with simulator_process(tmp_path, account()) as carrier, one_floor(short):
        route = short.route(vnpt, carrier.port, rate=100.0, window=50)
        campaign = short.started([route.id], hours="07:00-21:00")
        tick_until(short, campaign, lambda _: clock.now() > closes + timedelta(seconds=2))
        assert closes - timedelta(seconds=2) < _last_came_at(carrier) < closes
        assert life.get(campaign.id).state == "sending"
        assert 0 < _seen(carrier) < len(phones)
        assert set(short.states(campaign)) == {"queued", "delivered"}
        clock.set_offset(evening + timedelta(hours=10, seconds=5) - clock.real_now())
        campaign = tick_until(short, campaign, lambda c: c.settled_at is not None)
        assert_true(short, campaign, phones, carrier)


@on_sqlite
def test_what_is_left_when_the_last_window_closes_expires_and_the_campaign_ends(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 800)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account()) as carrier, one_floor(short):
        route = short.route(vnpt, carrier.port, rate=60.0, window=50)
        campaign = short.approved([route.id])
        closes = clock.now() + timedelta(seconds=8)
        with transaction() as session:  # an approved window that long has no use in a test
            session.execute(
                text("UPDATE campaigns SET not_after = :at"), {"at": clock.to_microseconds(closes)}
            )
        _approve_as_it_is(campaign)
        life.start(life.get(campaign.id), short.approver.id)
        campaign = tick_until(short, campaign, lambda c: c.settled_at is not None)
        assert _last_came_at(carrier) < closes
        truth = look(campaign, carrier)
    assert campaign.state == "completed"
    assert truth.of("delivered") == set(truth.seen)
    assert truth.of("expired") == set(phones) - set(truth.seen)


def _approve_as_it_is(campaign: Campaign) -> None:
    digest = preparing.seal(db.session.connection(), campaign.id).digest
    db.session.rollback()
    with transaction() as session:
        session.execute(text("UPDATE campaigns SET digest = :d"), {"d": digest})
        session.execute(text("UPDATE approvals SET digest = :d"), {"d": digest})


@on_sqlite
@pytest.mark.parametrize(
    ("stop", "left"),
    [
        (lambda c: life.pause(c, "a test", None), "queued"),
        (lambda c: life.cancel(c, None), "cancelled"),
        (lambda _: life.stop_everything("a test", None), "queued"),
    ],
    ids=["pause", "cancel", "emergency stop"],
)
def test_a_stop_takes_hold_within_two_seconds(
    short: Stage,
    vnpt: Organisation,
    tmp_path: Path,
    stop: Callable[[Campaign], None],
    left: str,
) -> None:
    phones = numbers_of("vinaphone", 1_000)
    short.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account()) as carrier, one_floor(short):
        route = short.route(vnpt, carrier.port, rate=300.0, window=200)
        campaign = short.started([route.id])
        tick_until(short, campaign, lambda _: _seen(carrier) > 100)
        stop(life.get(campaign.id))
        stopped_at = clock.now()
        tick_until(short, campaign, lambda _: clock.now() > stopped_at + timedelta(seconds=2.5))
        assert _last_came_at(carrier) < stopped_at + timedelta(seconds=2)
        states = short.states(campaign)
    assert set(states) == {left, "delivered"}
    assert sum(states.values()) == len(phones)


@on_sqlite
def test_a_text_changed_after_its_approval_is_not_sent(
    short: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    short.subscribe(vnpt, numbers_of("vinaphone", 100))
    with simulator_process(tmp_path, account()) as carrier, one_floor(short):
        route = short.route(vnpt, carrier.port)
        campaign = short.started([route.id])
        with transaction() as session:
            session.execute(text("UPDATE rendered_texts SET text = text || '!'"))
        campaign = tick_until(short, campaign, lambda c: c.state == "paused")
        assert _seen(carrier) == 0
    assert campaign.pause_reason == "digest"
    assert set(short.states(campaign)) == {"queued"}


def test_an_expansion_that_runs_again_from_its_beginning_adds_nobody(
    short: Stage, vnpt: Organisation
) -> None:
    """As after a crash whose checkpoint was lost."""
    short.subscribe(vnpt, numbers_of("vinaphone", 500))
    campaign = short.started([short.route(vnpt, 1).id])
    audience = preparing.audience_of(campaign, short.settings)
    for _ in range(2):
        db.session.rollback()
        assert expansion.expand(db.engine, audience, 500)
        _forget_checkpoint()
    tick.fold_counts()
    assert short.states(campaign) == {"queued": 500}
    short.assert_counts_are_rows(campaign)


def test_people_read_before_another_expander_wrote_them_are_not_written_again(
    short: Stage, vnpt: Organisation
) -> None:
    """The unique row is what holds, were the checkpoint lost as well."""
    short.subscribe(vnpt, numbers_of("vinaphone", 500))
    campaign = short.started([short.route(vnpt, 1).id])
    audience = preparing.audience_of(campaign, short.settings)
    db.session.rollback()
    with db.engine.connect() as slow:
        texts = preparing.texts_of(slow, campaign.id)
        chunk = ChunkReader(slow, audience, texts).fill(0, 0, expansion.CHUNK)
        slow.commit()
        assert expansion.expand(db.engine, audience, 1_000)
        _forget_checkpoint()
        assert expansion._write(slow, audience, (0, 0), chunk, 1_000)
    tick.fold_counts()
    assert short.states(campaign) == {"queued": 500}
    short.assert_counts_are_rows(campaign)


def _forget_checkpoint() -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE campaigns SET expand_position = 0, expand_after = 0, expanded_at = NULL")
        )
    db.session.rollback()
