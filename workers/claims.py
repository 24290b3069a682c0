"""Leases and claims: how a worker takes work so that nobody else sends it, and how it is freed.

A *lease* keeps other workers off a batch; it may lapse and be taken by another. A *claim* is the
committed word "these messages are about to go on the wire": it is never taken over. What a dead
worker had claimed and not stored an answer for is in doubt, and stays so until a receipt, the
carrier or a person says otherwise. All SQL runs in the caller's short write transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from campaigns import batches, counts, hours, standing, stops
from campaigns.hours import Window
from campaigns.messages import Change, Row, settle
from campaigns.states import Cause, MessageState
from outreach import clock
from outreach.database import as_rows, rowset

US = clock.to_microseconds
# No submit begins this close to the end of the hours, so nothing is claimed there either.
HOURS_MARGIN = timedelta(seconds=1)


@dataclass(frozen=True)
class Lease:
    """A batch this worker may claim from, with the texts its digest was verified over."""

    batch_id: int
    campaign_id: int
    route_id: int
    digest: str
    texts: dict[int, str]
    sender: str
    window: Window
    urgent: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message that may now be put on the wire, once."""

    message_id: int
    sealed: bytes
    text_id: int
    attempt: int
    row: Row


@dataclass(frozen=True)
class Claim:
    """Messages claimed together; none may begin at or after `closes_at`, the end of the hours."""

    claim_id: int
    campaign_id: int
    messages: list[Claimed]
    closes_at: datetime


class DigestBroken(Exception):
    """What would be sent is not what was approved. Holds the campaign's id."""

    def __init__(self, campaign_id: int) -> None:
        super().__init__(f"campaign {campaign_id}: content differs from its approval")
        self.campaign_id = campaign_id


def due_campaigns(connection: Connection, route_id: int) -> list[tuple[int, bool]]:
    """(campaign id, urgent) of the sending campaigns that have work due on a route."""
    result = connection.execute(
        text(
            "SELECT DISTINCT c.id, c.urgent FROM batches b JOIN campaigns c"
            " ON c.id = b.campaign_id WHERE b.route_id = :route AND b.done_at IS NULL"
            " AND b.due_at <= :now AND (b.leased_until IS NULL OR b.leased_until < :real)"
            " AND c.state = 'sending' AND c.expanded_at IS NOT NULL ORDER BY c.id"
        ),
        {"route": route_id, "now": US(clock.now()), "real": US(clock.real_now())},
    )
    return [(row[0], bool(row[1])) for row in result]


def lease(
    connection: Connection, campaign_id: int, route_id: int, owner: str, seconds: float
) -> Lease | None:
    """Lease the campaign's next due batch on a route; None where there is none, or it may not be
    sent now (hours, pause, emergency stop). Raises DigestBroken."""
    if stops.in_force_on(connection):
        return None
    row = connection.execute(
        text(
            "SELECT sender, urgent, digest, not_before, not_after, hours FROM campaigns"
            " WHERE id = :id AND state = 'sending'"
        ),
        {"id": campaign_id},
    ).first()
    if row is None:
        return None
    window = Window(
        clock.from_microseconds(row.not_before),
        clock.from_microseconds(row.not_after),
        hours.parse(row.hours),
    )
    if _open_until(window) is None:
        return None
    texts = _verified_texts(connection, campaign_id, row.digest)
    batch_id = _take(connection, campaign_id, route_id, owner, seconds)
    if batch_id is None:
        return None
    return Lease(
        batch_id, campaign_id, route_id, row.digest, texts, row.sender, window, bool(row.urgent)
    )


def _open_until(window: Window) -> datetime | None:
    """When the hours that are open now end; None where they are closed, or as good as."""
    now = clock.now()
    closes_at = window.closes_at(now)
    return None if closes_at is None or now >= closes_at - HOURS_MARGIN else closes_at


def _verified_texts(connection: Connection, campaign_id: int, digest: str) -> dict[int, str]:
    sealed = standing.sealed_as_approved(connection, campaign_id)
    if sealed is None or sealed.digest != digest:
        raise DigestBroken(campaign_id)
    return sealed.texts


def _take(
    connection: Connection, campaign_id: int, route_id: int, owner: str, seconds: float
) -> int | None:
    # SKIP LOCKED lets several PostgreSQL workers each find a batch of their own at once.
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    real = clock.real_now()
    row = connection.execute(
        text(
            "UPDATE batches SET owner = :owner, leased_until = :until WHERE id = ("
            " SELECT id FROM batches WHERE route_id = :route AND campaign_id = :campaign"
            " AND done_at IS NULL AND due_at <= :now"
            f" AND (leased_until IS NULL OR leased_until < :real) ORDER BY id LIMIT 1{lock})"
            " RETURNING id"
        ),
        {
            "owner": owner,
            "until": US(real + timedelta(seconds=seconds)),
            "route": route_id,
            "campaign": campaign_id,
            "now": US(clock.now()),
            "real": US(real),
        },
    ).first()
    return None if row is None else row.id


def take(
    connection: Connection, lease: Lease, owner: str, most: int, seconds: float
) -> Claim | None:
    """Claim up to `most` queued messages of a leased batch; None where nothing may be claimed.

    Checked in this same transaction: the lease is still ours, the campaign is sending, its approval
    still covers it, no emergency stop, the hours are open, and nobody has opted out meanwhile (who
    has is cancelled).
    """
    closes_at = _open_until(lease.window)
    if closes_at is None or not _may_claim(connection, lease, owner):
        return None
    claim_id = _insert_claim(connection, lease, owner, seconds)
    messages = _mark_sending(connection, lease, claim_id, most)
    if messages:
        connection.execute(
            text("UPDATE claims SET size = :size WHERE id = :id"),
            {"size": len(messages), "id": claim_id},
        )
        return Claim(claim_id, lease.campaign_id, messages, closes_at)
    connection.execute(text("DELETE FROM claims WHERE id = :id"), {"id": claim_id})
    return None


def _may_claim(connection: Connection, lease: Lease, owner: str) -> bool:
    # The batch is locked to the end of the transaction: were it frozen here, its lease could lapse
    # and another claim the same messages before it goes on.
    row = connection.execute(
        text(
            "SELECT 1 FROM batches b JOIN campaigns c ON c.id = b.campaign_id"
            " WHERE b.id = :batch AND b.owner = :owner AND b.leased_until > :soon"
            f" AND c.state = 'sending' AND c.digest = :digest{batches.lock(connection)}"
        ),
        {
            "batch": lease.batch_id,
            "owner": owner,
            "soon": US(clock.real_now() + timedelta(seconds=1)),
            "digest": lease.digest,
        },
    ).first()
    approved = standing.approved_digest(connection, lease.campaign_id)
    return row is not None and approved == lease.digest and not stops.in_force_on(connection)


def _insert_claim(connection: Connection, lease: Lease, owner: str, seconds: float) -> int:
    return int(
        connection.execute(
            text(
                "INSERT INTO claims (batch_id, campaign_id, route_id, owner, size, lease_until,"
                " claimed_at) VALUES (:batch, :campaign, :route, :owner, 0, :until, :now)"
                " RETURNING id"
            ),
            {
                "batch": lease.batch_id,
                "campaign": lease.campaign_id,
                "route": lease.route_id,
                "owner": owner,
                "until": US(clock.real_now() + timedelta(seconds=seconds)),
                "now": US(clock.now()),
            },
        ).scalar_one()
    )


# The batch's own range of ids, so that no index on state or batch is needed.
_DUE = (
    " FROM messages m JOIN batches b ON b.id = :batch"
    " WHERE m.id BETWEEN b.first_id AND b.last_id AND m.batch_id = b.id AND m.state = 'queued'"
    " AND (m.due_at IS NULL OR m.due_at <= :now)"
)


def _mark_sending(connection: Connection, lease: Lease, claim_id: int, most: int) -> list[Claimed]:
    now = US(clock.now())
    picked = connection.execute(
        text(
            "SELECT m.id, m.number_id, n.sealed, m.text_id, m.attempts + 1 AS attempt, m.area_id,"
            " m.segments, o.number_id AS refused FROM (SELECT m.*"
            + _DUE
            + " ORDER BY m.id LIMIT :most) m JOIN numbers n ON n.id = m.number_id"
            " LEFT JOIN opt_outs o ON o.number_id = m.number_id ORDER BY m.id"
        ),
        {"batch": lease.batch_id, "now": now, "most": most},
    ).all()
    refused = [row.id for row in picked if row.refused is not None]
    settle(
        connection,
        Cause.END,
        [Change(i, MessageState.CANCELLED, "opted_out") for i in refused],
    )
    going = [row for row in picked if row.refused is None]
    wanted = rowset(connection.dialect.name, [("id", "integer")])
    marked = set(
        connection.execute(
            text(
                "UPDATE messages SET state = 'sending', claim_id = :claim, attempts = attempts + 1,"
                f" due_at = NULL, changed_at = :now FROM {wanted} w"
                " WHERE messages.id = w.id AND messages.state = 'queued' RETURNING messages.id"
            ),
            {"claim": claim_id, "now": now, "rows": as_rows([[row.id] for row in going])},
        ).scalars()
    )
    # What the statement changed is ours, whatever was read before it.
    going = [row for row in going if row.id in marked]
    counts.append(
        connection,
        (
            counts.Step(
                lease.campaign_id,
                row.area_id,
                lease.route_id,
                row.segments,
                MessageState.QUEUED,
                MessageState.SENDING,
            )
            for row in going
        ),
    )
    return [
        Claimed(row.id, bytes(row.sealed), row.text_id, row.attempt, _row(lease, claim_id, row))
        for row in going
    ]


def _row(lease: Lease, claim_id: int, picked: Any) -> Row:
    """The message as it is from now on, until its answer is stored."""
    return Row(
        MessageState.SENDING,
        lease.campaign_id,
        picked.area_id,
        lease.route_id,
        picked.segments,
        claim_id,
        None,
        picked.number_id,
    )


def not_sending(connection: Connection, campaign_ids: Sequence[int]) -> set[int]:
    """Those of the campaigns that are not in `sending` any more."""
    wanted = rowset(connection.dialect.name, [("id", "integer")])
    rows = connection.execute(
        text(
            f"SELECT c.id FROM campaigns c JOIN {wanted} w ON w.id = c.id WHERE state <> 'sending'"
        ),
        {"rows": as_rows([[i] for i in campaign_ids])},
    )
    return {row.id for row in rows}


def renew(connection: Connection, owner: str, seconds: float) -> set[int]:
    """Renew what this owner holds and has not lost; answers the ids of its open claims still its
    own. A lease that has lapsed is never renewed: a frozen worker that thaws finds it gone."""
    real = clock.real_now()
    values = {
        "owner": owner,
        "until": US(real + timedelta(seconds=seconds)),
        "real": US(real),
    }
    connection.execute(
        text(
            "UPDATE batches SET leased_until = :until WHERE owner = :owner AND done_at IS NULL"
            " AND leased_until > :real"
        ),
        values,
    )
    rows = connection.execute(
        text(
            "UPDATE claims SET lease_until = :until WHERE owner = :owner AND settled_at IS NULL"
            " AND lease_until > :real RETURNING id"
        ),
        values,
    )
    return {row.id for row in rows}


def close(connection: Connection, claim_ids: Sequence[int]) -> None:
    """Note that every message of these claims has its answer stored."""
    if not claim_ids:
        return
    connection.execute(
        text("UPDATE claims SET settled_at = :now WHERE id = :id AND settled_at IS NULL"),
        [{"now": US(clock.now()), "id": claim_id} for claim_id in claim_ids],
    )


def settle_lapsed(connection: Connection, grace: float) -> int:
    """Settle claims whose worker was silent past its lease: what has no stored answer is in doubt.

    `grace` seconds are waited beyond the lease, so that an answer under way is stored first.
    Answers how many messages became in doubt.
    """
    lapsed = connection.execute(
        text(
            "SELECT id, batch_id FROM claims WHERE settled_at IS NULL AND lease_until < :before"
            " ORDER BY id LIMIT 50"
        ),
        {"before": US(clock.real_now() - timedelta(seconds=grace))},
    ).all()
    moved = 0
    for claim in lapsed:
        open_messages = connection.execute(
            text(
                "SELECT m.id FROM messages m JOIN batches b ON b.id = :batch"
                " WHERE m.id BETWEEN b.first_id AND b.last_id AND m.claim_id = :claim"
                " AND m.state = 'sending'"
            ),
            {"batch": claim.batch_id, "claim": claim.id},
        ).scalars()
        changes = [
            Change(i, MessageState.IN_DOUBT, "worker_silent", claim.id) for i in open_messages
        ]
        moved += settle(connection, Cause.SWEEP, changes)
    close(connection, [claim.id for claim in lapsed])
    return moved
