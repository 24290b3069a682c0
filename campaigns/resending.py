"""Sending again: what failed for now, and knowingly what is in doubt.

A message that is queued again is the same row with one attempt more, its batch is opened again, and
a completed campaign goes on sending. All checks of the sender hold as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, text

from campaigns import batches, ends, failures, life, reasons
from campaigns.campaigns import Campaign
from campaigns.messages import Change, settle
from campaigns.states import Cause, MessageState
from outreach import audit
from outreach.database import as_rows, db, rowset, transaction
from outreach.errors import Refused
from outreach.i18n import _

SENT_AGAIN: Final = "sent_again"
"""The reason of a queued message whose carrier had refused or failed it for now."""


def queue_again(
    campaign: Campaign, cause: Cause, ids: Sequence[int], reason: str, actor_id: int | None
) -> int:
    """Queue these messages again, in one transaction; answers how many the table let go.

    Raises Refused where the campaign may not send any more; where nothing moves it stays completed.
    """
    with transaction() as session:
        life.hold(campaign)
        moved = settle(
            session.connection(), cause, [Change(i, MessageState.QUEUED, reason) for i in ids]
        )
        if moved:
            batches.reopen(session.connection(), ids)
            life.reopen(campaign, actor_id)
    return moved


def resend_failed(campaign_id: int, shown: int, actor_id: int | None) -> int:
    """Send again to everybody who was not reached for now; answers to how many.

    `shown` is the number the person confirmed: never more than so many are sent. Nobody who has
    opted out meanwhile is among them. Raises Refused where nothing may be sent, or nothing failed
    for now.
    """
    campaign = life.get(campaign_id)
    ids = failed_for_now(db.session.connection(), campaign)[:shown]
    moved = 0
    # As many as the tick ends at once: SQLite's lock is held some 100 ms.
    for some in _in_parts(ids):
        campaign = life.get(campaign_id)
        moved += queue_again(campaign, Cause.RESEND, some, SENT_AGAIN, actor_id)
    if not moved:
        raise Refused(_("Nobody is left to whom it failed for now: somebody sent it again."))
    with transaction():
        audit.record("campaign.resend", "campaign", campaign_id, {"messages": moved}, actor_id)
    return moved


def _in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[i : i + ends.AT_ONCE] for i in range(0, len(ids), ends.AT_ONCE))


def failed_for_now(connection: Connection, campaign: Campaign) -> list[int]:
    """The ids of the messages that failed for now, whose numbers have not opted out.

    Found batch by batch in the order of ids: this is asked at the act, not by pages.
    """
    routes = failures.routes_of(campaign)
    wanted = [
        [row.route_id, row.state.value, row.reason]
        for row in reasons.of_campaign(connection, campaign.id)
        if failures.may_go_again(row, routes)
    ]
    if not wanted:
        return []
    table = rowset(
        connection.dialect.name, [("route", "integer"), ("state", "text"), ("reason", "text")]
    )
    rows = connection.execute(
        text(
            "SELECT m.id FROM batches b JOIN messages m ON m.id BETWEEN b.first_id AND b.last_id"
            f" AND m.batch_id = b.id JOIN {table} w ON w.route = m.route_id AND w.state = m.state"
            " AND w.reason = COALESCE(m.reason, '')"
            " LEFT JOIN opt_outs o ON o.number_id = m.number_id"
            " WHERE b.campaign_id = :id AND o.number_id IS NULL ORDER BY m.id"
        ),
        {"id": campaign.id, "rows": as_rows(wanted)},
    )
    return list(rows.scalars())
