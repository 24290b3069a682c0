"""After a restore nothing goes on by itself: nobody knows what was sent since the backup was made.

Unfinished campaigns are paused, and a person who has read why resumes them. Of one that had begun,
what was queued or on its way is in doubt: if it left, its receipt still settles it; else a person
decides. One that had not begun may have been sent meanwhile altogether.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from campaigns import counts, expansion, life, pauses, reminders, reminding
from campaigns.campaigns import Campaign
from campaigns.counts import Step
from campaigns.messages import Batch, Change, Claim, settle
from campaigns.reminders import Reminder
from campaigns.states import CampaignState, Cause, MessageState
from campaigns.test_sends import TestSend, TestState
from outreach import clock
from outreach.database import db, transaction, write_connection
from outreach.settings import Settings

C, M = CampaignState, MessageState
REASON = "restored"
AT_ONCE = 1_000
_UNFINISHED = (C.APPROVED, C.SCHEDULED, C.SENDING, C.PAUSED)


@dataclass(frozen=True)
class Held:
    """What a restore holds back: the campaigns that are paused since, and messages in doubt."""

    paused: list[int]
    in_doubt: int


def hold(made_at: datetime, settings: Settings, actor_id: int | None) -> Held:
    """Hold back whatever the backup of `made_at` would have sent next."""
    with transaction() as session:
        _doubt_texts(session.connection())
        reminding.pass_by(settings)
    paused, in_doubt = [], 0
    for campaign_id in _unfinished():
        in_doubt += _hold(campaign_id, made_at, actor_id)
        paused.append(campaign_id)
    return Held(paused, in_doubt)


def _unfinished() -> Sequence[int]:
    wanted = select(Campaign.id).where(Campaign.state.in_(_UNFINISHED)).order_by(Campaign.id)
    return db.session.scalars(wanted).all()


def _doubt_texts(connection: Connection) -> None:
    """Tests, answers and reminders that waited or were on their way: each may have left since."""
    waiting, sending = TestState.WAITING, TestState.SENDING
    tests = update(TestSend).where(TestSend.state.in_([waiting, sending]))
    connection.execute(tests.values(state=TestState.IN_DOUBT, code=REASON))
    mails = [reminders.State.WAITING, reminders.State.SENDING]
    told = update(Reminder).where(Reminder.state.in_(mails))
    connection.execute(told.values(state=reminders.State.IN_DOUBT, reason=REASON))


def _hold(campaign_id: int, made_at: datetime, actor_id: int | None) -> int:
    """Pause a campaign; answers how many of its messages are in doubt now."""
    campaign = life.get(campaign_id)
    begun = campaign.expanded_at is not None
    with transaction() as session:
        life.hold_back(campaign, pauses.restored(made_at), actor_id)
        if not begun:
            # No claim is taken before an expansion is whole: nothing of it had been sent then.
            expansion.undo(session.connection(), campaign_id)
    return _doubt_messages(campaign_id, made_at) if begun else 0


def _doubt_messages(campaign_id: int, made_at: datetime) -> int:
    moved = 0
    batches = select(Batch.id).where(Batch.campaign_id == campaign_id).order_by(Batch.id)
    for batch_id in db.session.scalars(batches).all():
        db.session.rollback()
        while some := _doubt_some(batch_id, made_at):
            moved += some
    return moved


def _doubt_some(batch_id: int, made_at: datetime) -> int:
    """Some of a batch, in a transaction of its own; answers how many moved."""
    with write_connection(db.engine) as connection:
        rows = connection.execute(
            text(
                "SELECT m.id, m.campaign_id, m.area_id, m.route_id, m.segments, m.state"
                " FROM messages m JOIN batches b ON b.id = :batch"
                " WHERE m.id BETWEEN b.first_id AND b.last_id AND m.batch_id = b.id"
                " AND m.state IN ('queued', 'sending') ORDER BY m.id LIMIT :most"
            ),
            {"batch": batch_id, "most": AT_ONCE},
        ).all()
        if queued := [row for row in rows if row.state == M.QUEUED]:
            _claim(connection, batch_id, queued, made_at)
        moved = settle(connection, Cause.SWEEP, [Change(r.id, M.IN_DOUBT, REASON) for r in rows])
        now = clock.now()
        held = update(Claim).where(Claim.batch_id == batch_id, Claim.settled_at.is_(None))
        connection.execute(held.values(settled_at=now))
        leased = update(Batch).where(Batch.id == batch_id)
        connection.execute(leased.values(owner=None, leased_until=None))
    return moved


def _claim(connection: Connection, batch_id: int, queued: Sequence[Any], made_at: datetime) -> None:
    """As if they had been claimed when the backup was made: a receipt that came since is then known
    as theirs."""
    claimed = insert(Claim).values(
        batch_id=batch_id,
        campaign_id=queued[0].campaign_id,
        route_id=queued[0].route_id,
        owner=REASON,
        size=len(queued),
        lease_until=made_at,
        claimed_at=made_at,
    )
    values = {
        "claim": connection.execute(claimed.returning(Claim.id)).scalar_one(),
        "now": clock.to_microseconds(clock.now()),
    }
    connection.execute(
        text(
            "UPDATE messages SET state = 'sending', claim_id = :claim, attempts = attempts + 1,"
            " due_at = NULL, changed_at = :now WHERE id = :id AND state = 'queued'"
        ),
        [values | {"id": row.id} for row in queued],
    )
    counts.append(
        connection,
        (
            Step(row.campaign_id, row.area_id, row.route_id, row.segments, M.QUEUED, M.SENDING)
            for row in queued
        ),
    )
