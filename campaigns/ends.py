"""How a campaign ends: what is still queued, when it is complete, when it is settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection, text

from campaigns import counts, orders
from campaigns.campaigns import Campaign
from campaigns.messages import Change, settle
from campaigns.states import LEFT_SYSTEM, CampaignState, Cause, MessageState
from outreach import clock
from outreach.database import db, transaction

# In one transaction at most this many, so that SQLite's lock is held about 50 ms.
AT_ONCE = 2_000
# How long after its window a carrier may still report: the validity we gave it ends with the
# window, and its last receipt comes soon after.
RECEIPTS_LATE_BY = timedelta(hours=2)
UNDER_WAY = (MessageState.QUEUED, MessageState.SENDING)


def end_queued(connection: Connection, campaign_id: int, state: CampaignState) -> int:
    """Cancel or expire up to `AT_ONCE` queued messages of an ended campaign; answers how many.

    None of them where it is not in `state` any more: somebody has had messages sent again.
    """
    if not in_state(connection, campaign_id, state):
        return 0
    to = MessageState.CANCELLED if state is CampaignState.CANCELLED else MessageState.EXPIRED
    return _end(connection, campaign_id, to, "campaign_ended")


def in_state(connection: Connection, campaign_id: int, state: CampaignState) -> bool:
    """Whether the campaign is in `state`, and stays so to the end of this transaction."""
    lock = "" if connection.dialect.name == "sqlite" else " FOR NO KEY UPDATE"
    row = connection.execute(
        text(f"SELECT 1 FROM campaigns WHERE id = :id AND state = :state{lock}"),
        {"id": campaign_id, "state": state.value},
    ).first()
    return row is not None


def expire_queued(connection: Connection, campaign_id: int) -> int:
    """Expire up to `AT_ONCE` queued messages whose window has closed for good."""
    return _end(connection, campaign_id, MessageState.EXPIRED, "window_closed")


def _end(connection: Connection, campaign_id: int, to: MessageState, reason: str) -> int:
    ids = connection.execute(
        text(
            "SELECT m.id FROM batches b JOIN messages m ON m.id BETWEEN b.first_id AND b.last_id"
            " AND m.batch_id = b.id WHERE b.campaign_id = :campaign AND b.done_at IS NULL"
            " AND m.state = 'queued' ORDER BY m.id LIMIT :most"
        ),
        {"campaign": campaign_id, "most": AT_ONCE},
    ).scalars()
    moved = settle(connection, Cause.END, [Change(i, to, reason) for i in ids])
    if moved == 0:
        connection.execute(
            text("UPDATE batches SET done_at = :now WHERE campaign_id = :id AND done_at IS NULL"),
            {"now": clock.to_microseconds(clock.now()), "id": campaign_id},
        )
    return moved


def nothing_under_way(campaign_id: int) -> bool:
    """Whether no message of an expanded campaign is queued or on its way; judged from rows."""
    if _counted(campaign_id, UNDER_WAY):
        return False
    # The counts say so; the rows have the last word, asked once, at the end.
    row = db.session.execute(
        text(
            "SELECT 1 FROM messages WHERE campaign_id = :id AND state IN ('queued', 'sending')"
            " LIMIT 1"
        ),
        {"id": campaign_id},
    ).first()
    return row is None


def anything_left_us(campaign_id: int) -> bool:
    """Whether any message of it may have reached a carrier, or a carrier began by an order."""
    return _counted(campaign_id, LEFT_SYSTEM) or orders.any_begun(campaign_id)


def _counted(campaign_id: int, states: Iterable[MessageState]) -> bool:
    """Whether any message is counted in one of the states."""
    by_state = counts.of_campaigns(db.session(), [campaign_id]).get(campaign_id, {})
    return any(by_state.get(state, 0) for state in states)


def nothing_awaited(campaign: Campaign) -> bool:
    """Whether no receipt is awaited any more: all are in, or the last validity has passed."""
    # By the counts: it is asked at every tick for hours, and the rows were asked at the end.
    if _counted(campaign.id, UNDER_WAY):
        return False
    if clock.now() > campaign.not_after + RECEIPTS_LATE_BY:
        return True
    awaited = db.session.execute(
        text(
            f"SELECT SUM(messages) FROM {counts.OF_WHOLE} c JOIN routes r ON r.id = c.route_id"
            " WHERE c.campaign_id = :id"
            " AND ((c.state = 'accepted' AND r.gives_receipts) OR c.state = 'in_doubt')"
        ),
        {"id": campaign.id},
    ).scalar()
    return not awaited


def note_settled(campaign: Campaign) -> None:
    """Note when the last word about a campaign was in; carriers are asked about it no more."""
    with transaction() as session:
        session.execute(
            text("UPDATE campaigns SET settled_at = :now WHERE id = :id AND settled_at IS NULL"),
            {"now": clock.to_microseconds(clock.now()), "id": campaign.id},
        )
        session.execute(
            text(
                "DELETE FROM carrier_queries WHERE message_id IN (SELECT q.message_id"
                " FROM carrier_queries q JOIN messages m ON m.id = q.message_id"
                " WHERE m.campaign_id = :id)"
            ),
            {"id": campaign.id},
        )
