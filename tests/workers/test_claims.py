"""A claim is taken once, by who holds the lease, of what may be sent now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from campaigns import batches, life
from outreach import clock, opt_outs
from outreach.database import db, transaction, write_connection
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from workers import claims


@pytest.fixture
def on_its_way(stage: Stage, vnpt: Organisation) -> Carried:
    return carried(stage, vnpt, 3)


def test_a_claim_takes_what_is_queued_once(on_its_way: Carried) -> None:
    lease = on_its_way.lease()
    first = on_its_way.take(lease, 2)
    second = on_its_way.take(lease, 2)
    assert first is not None and second is not None
    ids = [message.message_id for message in (*first.messages, *second.messages)]
    assert len(ids) == len(set(ids)) == 3
    assert on_its_way.take(lease) is None
    assert on_its_way.states() == {"sending": 3}


def test_a_leased_batch_is_nobody_elses_until_its_lease_lapses(on_its_way: Carried) -> None:
    on_its_way.lease("me")
    with write_connection(db.engine) as connection:
        arguments = on_its_way.campaign.id, on_its_way.route.id, "you", 60
        assert claims.lease(connection, *arguments) is None
        connection.execute(text("UPDATE batches SET leased_until = 0"))
        assert claims.lease(connection, *arguments) is not None


def test_who_lost_the_lease_claims_nothing(on_its_way: Carried) -> None:
    lease = on_its_way.lease("me")
    with transaction() as session:
        session.execute(text("UPDATE batches SET owner = 'you'"))
    assert on_its_way.take(lease) is None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_while_one_claims_nobody_takes_over_its_batch(on_its_way: Carried) -> None:
    """Even were its lease to lapse before it has marked what it read."""
    lease = on_its_way.lease("me")
    with write_connection(db.engine) as slow, write_connection(db.engine) as other:
        assert claims._may_claim(slow, lease, "me")
        arguments = on_its_way.campaign.id, on_its_way.route.id, "you", 60
        later = clock.real_now() + timedelta(hours=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "real_now", lambda: later)
            assert claims.lease(other, *arguments) is None


@pytest.mark.parametrize(
    "stop",
    [
        lambda c: life.pause(c, "a test", None),
        lambda c: life.cancel(c, None),
        lambda _: life.stop_everything("a test", None),
    ],
    ids=["pause", "cancel", "emergency stop"],
)
def test_a_stopped_campaign_gives_no_claim(on_its_way: Carried, stop: object) -> None:
    lease = on_its_way.lease()
    stop(life.get(on_its_way.campaign.id))  # type: ignore[operator]
    assert on_its_way.take(lease) is None


@pytest.mark.parametrize(
    "break_approval",
    [
        "UPDATE campaigns SET digest = 'another'",
        "UPDATE approvals SET decision = 'returned'",
        "UPDATE approvals SET digest = 'another'",
    ],
)
def test_a_claim_needs_the_approval_its_lease_was_taken_under(
    on_its_way: Carried, break_approval: str
) -> None:
    lease = on_its_way.lease()
    with transaction() as session:
        session.execute(text(break_approval))
    assert on_its_way.take(lease) is None


def test_a_changed_text_is_not_leased(on_its_way: Carried) -> None:
    with transaction() as session:
        session.execute(text("UPDATE rendered_texts SET text = text || '!'"))
    with pytest.raises(claims.DigestBroken):
        on_its_way.lease()


def test_nothing_is_claimed_in_the_last_second_of_the_hours(
    stage: Stage, vnpt: Organisation
) -> None:
    noon = clock.local(clock.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0)
    clock.set_offset(noon - clock.real_now())
    there = carried(stage, vnpt, 1, hours="07:00-21:00")
    lease = there.lease()
    almost = noon.replace(hour=20, minute=59, second=59, microsecond=500_000)
    clock.set_offset(almost - clock.real_now())
    assert there.take(lease) is None
    clock.set_offset(almost - timedelta(seconds=30) - clock.real_now())
    assert there.take(lease) is not None


def test_who_opted_out_meanwhile_is_left_out(on_its_way: Carried) -> None:
    with write_connection(db.engine) as connection:
        number = connection.execute(text("SELECT MIN(number_id) FROM messages")).scalar_one()
        opt_outs.record(connection, [number], "a test", None)
    assert len(on_its_way.claim().messages) == 2
    assert on_its_way.states() == {"sending": 2, "cancelled": 1}


def test_a_silent_workers_claim_is_in_doubt_and_stays_so(on_its_way: Carried) -> None:
    claim = on_its_way.claim(2)
    assert on_its_way.lapse() == 2
    assert on_its_way.lapse() == 0
    assert on_its_way.states() == {"queued": 1, "in_doubt": 2}
    again = on_its_way.claim(owner="you")
    assert {m.message_id for m in again.messages}.isdisjoint(m.message_id for m in claim.messages)


def test_a_lapsed_lease_is_not_renewed(on_its_way: Carried) -> None:
    claim = on_its_way.claim(1)
    with write_connection(db.engine) as connection:
        assert claims.renew(connection, "me", 60) == {claim.claim_id}
        connection.execute(text("UPDATE claims SET lease_until = 0"))
        assert claims.renew(connection, "me", 60) == set()


def test_a_batch_given_back_is_done_when_nothing_of_it_is_queued(on_its_way: Carried) -> None:
    claim = on_its_way.claim(3)
    with write_connection(db.engine) as connection:
        batches.release(connection, 1, "me")
    assert on_its_way.one("SELECT done_at IS NOT NULL FROM batches")
    with write_connection(db.engine) as connection:
        connection.execute(text("UPDATE messages SET state = 'queued'"))
        batches.reopen(connection, [claim.messages[0].message_id])
    assert on_its_way.one("SELECT done_at IS NULL FROM batches")


def test_a_message_that_is_due_sooner_wakes_its_batch_sooner(on_its_way: Carried) -> None:
    claim = on_its_way.claim(1)
    far = clock.to_microseconds(clock.now() + timedelta(hours=1))
    with write_connection(db.engine) as connection:
        connection.execute(text("UPDATE messages SET state = 'queued', due_at = :at"), {"at": far})
        batches.release(connection, 1, "me")
        assert connection.execute(text("SELECT due_at FROM batches")).scalar_one() == far
        connection.execute(text("UPDATE messages SET due_at = 5"))
        batches.reopen(connection, [claim.messages[0].message_id])
        assert connection.execute(text("SELECT due_at FROM batches")).scalar_one() == 5
