"""The tick: twice a second it finds what is due, whatever bells were lost. Safe to run twice.

Each step is its own short transaction and looks at rows only, so that a tick that is killed, or two
at once, change nothing for the worse. A step that fails is logged and tried again at the next tick.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Flask, current_app
from sqlalchemy import select, text

from campaigns import canary, counts, ends, handovers, life, orders, reasons, reminding, stops
from campaigns.campaigns import Campaign
from campaigns.states import CampaignState
from outreach import clock, store
from outreach.database import db, let_go, transaction, write_connection
from outreach.errors import Refused
from outreach.lists import leases
from outreach.numbers import sealer
from workers import claims, mail, presence, queues, receipts, reports, test_sends
from workers.gateways import registry

log = structlog.get_logger()

EVERY = 0.5
# Between a lapsed lease and the verdict "in doubt": time for an answer that is being stored.
GRACE = 2.0
# Raw receipts older than this were left behind by a worker that died before it matched them.
LEFT_BEHIND = timedelta(seconds=5)
# Transactions of handing over, of a campaign and a tick.
HAND_OVER_AT_ONCE = 10
C = CampaignState


def run(app: Flask, stopping: threading.Event) -> None:
    """Tick until told to stop."""
    while not stopping.wait(EVERY):
        with app.app_context():
            once()


def once() -> None:
    """One tick."""
    for step in (
        start_due,
        expire_passed,
        settle_lapsed,
        match_left_behind,
        match_doubtful,
        match_crossed,
        reports.answer_waiting,
        remind,
        judge_canaries,
        hand_over,
        end_leftovers,
        finish,
        fold_counts,
        # Last, since each may wait for a Redis that is away or does not answer.
        ring_imports,
        ring_expansions,
        ring_routes,
        ring_mail,
        sign_life,
    ):
        _guarded(step)


def _guarded(step: Callable[[], None]) -> None:
    try:
        step()
    except Refused as refused:
        log.info("not now", step=step.__name__, why=refused.sentence)
    except Exception:
        log.exception("a step failed", step=step.__name__)
    finally:
        let_go()


def _in_state(*states: CampaignState) -> list[Campaign]:
    wanted = select(Campaign).where(Campaign.state.in_(states)).order_by(Campaign.id)
    return list(db.session.scalars(wanted))


def start_due() -> None:
    """Start what is scheduled, if its window is open; nothing fires late."""
    now = clock.now()
    for campaign in _in_state(C.SCHEDULED):
        due = campaign.start_at is not None and campaign.start_at <= now
        if due and campaign.window.closes_at(now) is not None and not stops.in_force():
            _start(campaign)


def _start(campaign: Campaign) -> None:
    """Start one that is due. One that is refused, since its lottery was abandoned or somebody has
    changed it around its approval, holds up no other."""
    try:
        life.start(campaign, None)
    except Refused as refused:
        log.info("not started", campaign=campaign.id, why=refused.sentence)


def expire_passed() -> None:
    """What was not sent when its last window closed is never sent."""
    now = clock.now()
    for campaign in _in_state(C.SUBMITTED, C.APPROVED, C.SCHEDULED):
        if campaign.window.next_opening(now) is None:
            life.expire(campaign)
    for campaign in _in_state(C.SENDING, C.PAUSED):
        if campaign.window.next_opening(now) is not None:
            continue
        if campaign.expanded_at is None:
            life.expire(campaign)  # nothing of it was sent, and the expansion stops here
        else:
            with write_connection(db.engine) as connection:
                ends.expire_queued(connection, campaign.id)


def settle_lapsed() -> None:
    """Put in doubt what a silent worker had claimed."""
    with write_connection(db.engine) as connection:
        moved = claims.settle_lapsed(connection, GRACE)
        test_sends.end_lapsed(connection)
        test_sends.doubt_silent(connection, current_app.config["OUTREACH"].answer_seconds)
        mail.settle(connection)
    if moved:
        log.warning("messages are in doubt", messages=moved)


def remind() -> None:
    """Remind who agreed to be, where a set time has come; nothing fires late."""
    reminding.go_on(current_app.config["OUTREACH"])


def ring_mail() -> None:
    """Have reminders sent that wait for the mail server."""
    if mail.anything_waits():
        queues.ring_mail(store.current())


def ring_imports() -> None:
    """Have lists imported that wait for a worker, or whose worker died."""
    for list_id in leases.due():
        queues.ring_import(store.current(), list_id)


def ring_expansions() -> None:
    """Have campaigns expanded that are sending and are not yet, or whose expander died."""
    for campaign in _in_state(C.SENDING):
        if campaign.expanded_at is None:
            queues.ring_expansion(store.current(), campaign.id)


def ring_routes() -> None:
    """Ring the routes that have work due and whose bell does not ring."""
    due = text(
        "SELECT DISTINCT b.route_id FROM batches b JOIN campaigns c ON c.id = b.campaign_id"
        " WHERE b.done_at IS NULL AND b.due_at <= :now AND c.state = 'sending'"
        " AND c.expanded_at IS NOT NULL AND (b.leased_until IS NULL OR b.leased_until < :real)"
    )
    values = {
        "now": clock.to_microseconds(clock.now()),
        "real": clock.to_microseconds(clock.real_now()),
    }
    for row in db.session.execute(due, values).all():
        queues.ring_route(store.current(), row.route_id)


def match_left_behind() -> None:
    """Match raw receipts whose worker died between storing and matching them."""
    before = clock.to_microseconds(clock.now() - LEFT_BEHIND)
    left = db.session.execute(
        text(
            "SELECT id, route_id, sealed FROM raw_receipts WHERE matched_at IS NULL"
            " AND received_at < :before ORDER BY id LIMIT 20"
        ),
        {"before": before},
    ).all()
    db.session.rollback()
    for row in left:
        try:
            _match_raw(row.id, row.route_id, bytes(row.sealed))
        except Exception:  # those behind it are not held up
            log.exception("raw receipts cannot be matched", raw=row.id, route=row.route_id)


def _match_raw(raw_id: int, route_id: int, sealed: bytes) -> None:
    with write_connection(db.engine) as connection:
        contract = registry.read(connection, route_id, sealer())
        inbound = registry.stored(contract.protocol, receipts.raw_bodies(sealer(), sealed))
        receipts.match(connection, sealer(), route_id, raw_id, inbound)


def match_doubtful() -> None:
    """Settle what is in doubt by receipts that came before it was."""
    with write_connection(db.engine) as connection:
        receipts.match_doubtful(connection)


def judge_canaries() -> None:
    """Pause campaigns of which too many of the first messages fail."""
    canary.judge(_in_state(C.SENDING), current_app.config["OUTREACH"])


def match_crossed() -> None:
    """Match receipts that were stored at the same moment as their answers, by another process."""
    with write_connection(db.engine) as connection:
        receipts.match_crossed(connection)


def hand_over() -> None:
    """Hand what waits for a route that is not reached to its stand-by. For a while only: the other
    steps wait meanwhile."""
    if stops.in_force():
        return
    for due in handovers.due(current_app.config["OUTREACH"].standby_seconds):
        for _transaction in range(HAND_OVER_AT_ONCE):
            moved = handovers.hand_over(due)
            if not moved:
                break
            log.warning("handed over", campaign=due.campaign_id, route=due.route_id, messages=moved)


def end_leftovers() -> None:
    """Turn what is still queued in ended campaigns into cancelled or expired: in a completed one
    what a frozen worker gives back, having never sent it."""
    for campaign in _in_state(C.COMPLETED, C.CANCELLED, C.EXPIRED):
        if campaign.settled_at is None:
            with write_connection(db.engine) as connection:
                ends.end_queued(connection, campaign.id, campaign.state)


def finish() -> None:
    """Complete what has nothing queued or on its way, here or at a carrier with an order, until its
    window closes; settle what awaits no receipt any more."""
    for campaign in _in_state(C.SENDING, C.PAUSED):
        if campaign.expanded_at is None or _waits_for_a_person(campaign):
            continue
        if ends.nothing_under_way(campaign.id):
            _end(campaign)
    ended = select(Campaign).where(
        Campaign.state.in_((C.COMPLETED, C.CANCELLED, C.EXPIRED)), Campaign.settled_at.is_(None)
    )
    for campaign in db.session.scalars(ended).all():
        if ends.nothing_awaited(campaign):
            ends.note_settled(campaign)


def _waits_for_a_person(campaign: Campaign) -> bool:
    """Whether it was restored from a backup: everything of it may be in doubt and it is not done
    before somebody has looked, while it may be sent at all."""
    return campaign.was_restored and campaign.window.next_opening(clock.now()) is not None


def _end(campaign: Campaign) -> None:
    """Complete it, or let it expire; asked once more with its state held, since a person may just
    have had messages sent again."""
    campaign_id, state = campaign.id, campaign.state
    with transaction() as session:
        held = ends.in_state(session.connection(), campaign_id, state)
        if held and ends.nothing_under_way(campaign_id):
            closed = campaign.window.next_opening(clock.now()) is None
            if not closed and orders.any_awaited(campaign_id):
                return  # a carrier still has its part of it to send
            in_vain = closed and not ends.anything_left_us(campaign_id)
            (life.expire if in_vain else life.complete)(campaign)


def fold_counts() -> None:
    """Fold the deltas into the totals."""
    with write_connection(db.engine) as connection:
        counts.fold(connection)
        reasons.fold(connection)


def sign_life() -> None:
    """Say that the tick lives."""
    presence.tick_lives(current_app.extensions[store.EXTENSION])
