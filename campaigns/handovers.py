"""Handing what waits for a route that is not reached to the stand-by that was approved for it.

Only messages that are queued go: nothing that is claimed, in doubt or with the carrier, and nothing
a person has sent again not knowing, since word of its first attempt may still come over the old
route. Each transaction takes whole batches that nobody leases, so a worker's claim and a hand-over
never meet; what it moved is a batch of the stand-by's own, and the old one keeps the rest. Nothing
goes back by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from campaigns import counts, ends, hours, messages, standing
from campaigns.hours import Window
from campaigns.route_status import SILENT_AFTER
from campaigns.routes import Route
from campaigns.states import CampaignState, MessageState
from outreach import audit, clock
from outreach.database import db, transaction

US = clock.to_microseconds
# In one transaction at most this many batches, so that SQLite's lock is held about 50 ms.
AT_ONCE: Final = 4


class Due(NamedTuple):
    """A campaign whose route is not reached, and what stands by for it."""

    campaign_id: int
    route_id: int
    standby_id: int


# A holder says each second how its route is: one that is silent, or whose route was closed by a
# person, says nothing about the carrier.
_DUE = (
    "SELECT cr.campaign_id, cr.route_id, cr.standby_id, c.sender, c.not_before, c.not_after,"
    " c.hours FROM campaign_routes cr JOIN campaigns c ON c.id = cr.campaign_id"
    " JOIN route_status r ON r.route_id = cr.route_id"
    " JOIN route_status s ON s.route_id = cr.standby_id"
    " WHERE c.state = 'sending' AND c.expanded_at IS NOT NULL"
    " AND r.state NOT IN ('open', 'throttled', 'closed') AND r.updated_at >= :lately"
    " AND r.reached_at < :before AND s.state IN ('open', 'throttled') AND s.updated_at >= :lately"
    " AND EXISTS (SELECT 1 FROM batches b WHERE b.route_id = cr.route_id AND b.done_at IS NULL"
    " AND b.campaign_id = cr.campaign_id)"
)


def due(after_seconds: float) -> list[Due]:
    """What is to be handed over now: queued work of campaigns whose hours are open, on a route
    that was not reached for so long, whose stand-by is open and can still serve them."""
    now = clock.now()
    times = {
        "lately": US(now - SILENT_AFTER),
        "before": US(now - timedelta(seconds=after_seconds)),
    }
    rows = db.session.execute(text(f"{_DUE} ORDER BY cr.campaign_id, cr.position"), times).all()
    return [
        Due(row.campaign_id, row.route_id, row.standby_id)
        for row in rows
        if _window(row).closes_at(now) is not None and _serves(row)
    ]


def _window(row: Any) -> Window:
    begins, ends_at = map(clock.from_microseconds, (row.not_before, row.not_after))
    return Window(begins, ends_at, hours.parse(row.hours))


def _serves(row: Any) -> bool:
    route, standby = (db.session.get_one(Route, i) for i in (row.route_id, row.standby_id))
    return standby.can_replace(route, row.sender)


def hand_over(due: Due) -> int:
    """Hand over up to `AT_ONCE` batches' queued messages, in one transaction; answers how many
    messages. 0 where the campaign is not sending any more, or its approval does not cover it."""
    with transaction() as session:
        connection = session.connection()
        # Held to the end: of two ticks at once the second waits, then finds what is left.
        if not ends.in_state(connection, due.campaign_id, CampaignState.SENDING):
            return 0
        if standing.sealed_as_approved(connection, due.campaign_id) is None:
            return 0
        moved = sum(_move(connection, due, batch) for batch in _free(connection, due))
        if moved:
            _note(connection, due, moved)
    return moved


_QUEUED = (
    "m.id BETWEEN b.first_id AND b.last_id AND m.batch_id = b.id AND m.state = 'queued'"
    " AND (m.reason IS NULL OR m.reason <> :again)"
)


def _free(connection: Connection, due: Due) -> list[Any]:
    """Batches nobody leases that have something to hand over, locked as a lease locks them."""
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE OF b SKIP LOCKED"
    return list(
        connection.execute(
            text(
                "SELECT b.id, b.first_id, b.last_id, b.due_at FROM batches b"
                " WHERE b.route_id = :route AND b.campaign_id = :campaign AND b.done_at IS NULL"
                " AND (b.leased_until IS NULL OR b.leased_until < :real)"
                f" AND EXISTS (SELECT 1 FROM messages m WHERE {_QUEUED})"
                f" ORDER BY b.id LIMIT :most{lock}"
            ),
            {
                "route": due.route_id,
                "campaign": due.campaign_id,
                "real": US(clock.real_now()),
                "again": messages.SENT_AGAIN_IN_DOUBT,
                "most": AT_ONCE,
            },
        )
    )


def _move(connection: Connection, due: Due, batch: Any) -> int:
    """Move a batch's queued messages into a new one of the stand-by; answers how many."""
    new = connection.execute(
        text(
            "INSERT INTO batches (campaign_id, route_id, size, first_id, last_id, due_at)"
            " VALUES (:campaign, :route, 0, :first, :last, :due) RETURNING id"
        ),
        {
            "campaign": due.campaign_id,
            "route": due.standby_id,
            "first": batch.first_id,
            "last": batch.last_id,
            "due": batch.due_at,
        },
    ).scalar_one()
    moved = connection.execute(
        text(
            "UPDATE messages SET route_id = :route, batch_id = :new"
            " WHERE id BETWEEN :first AND :last AND batch_id = :old AND state = 'queued'"
            " AND (reason IS NULL OR reason <> :again) RETURNING area_id, segments"
        ),
        {
            "route": due.standby_id,
            "new": new,
            "first": batch.first_id,
            "last": batch.last_id,
            "old": batch.id,
            "again": messages.SENT_AGAIN_IN_DOUBT,
        },
    ).all()
    _count(connection, due, moved)
    _resize(connection, batch.id, new, len(moved))
    return len(moved)


def _count(connection: Connection, due: Due, moved: Sequence[Any]) -> None:
    sums: dict[int, list[int]] = {}
    for row in moved:
        total = sums.setdefault(row.area_id, [0, 0])
        total[0] += 1
        total[1] += row.segments
    queued = MessageState.QUEUED.value
    counts.append_sums(
        connection,
        [
            (due.campaign_id, area, route, queued, sign * people, sign * segments)
            for area, (people, segments) in sums.items()
            for route, sign in ((due.route_id, -1), (due.standby_id, 1))
        ],
    )


def _resize(connection: Connection, old: int, new: int, moved: int) -> None:
    """The old batch is given back: done where nothing of it is queued. What is still on its way
    opens it again where it comes back (`batches.reopen`)."""
    connection.execute(
        text("UPDATE batches SET size = :moved WHERE id = :id"), {"moved": moved, "id": new}
    )
    connection.execute(
        text(
            "UPDATE batches SET size = size - :moved, owner = NULL, leased_until = NULL,"
            " done_at = CASE WHEN EXISTS (SELECT 1 FROM messages m WHERE m.id BETWEEN"
            " batches.first_id AND batches.last_id AND m.batch_id = batches.id"
            " AND m.state = 'queued') THEN NULL ELSE CAST(:now AS BIGINT) END WHERE id = :id"
        ),
        {"moved": moved, "now": US(clock.now()), "id": old},
    )


def _note(connection: Connection, due: Due, moved: int) -> None:
    """Count it with the campaign's route; one audit row for as long as the route is not reached."""
    row = connection.execute(
        text(
            "SELECT cr.handed_over_at, r.reached_at, r.detail FROM campaign_routes cr"
            " JOIN route_status r ON r.route_id = cr.route_id"
            " WHERE cr.campaign_id = :campaign AND cr.route_id = :route"
        ),
        {"campaign": due.campaign_id, "route": due.route_id},
    ).one()
    now = clock.now()
    connection.execute(
        text(
            "UPDATE campaign_routes SET handed_over = handed_over + :moved, handed_over_at = :now"
            " WHERE campaign_id = :campaign AND route_id = :route"
        ),
        {"moved": moved, "now": US(now), "campaign": due.campaign_id, "route": due.route_id},
    )
    if row.handed_over_at is None or row.handed_over_at < (row.reached_at or 0):
        audit.record(
            "campaign.hand_over",
            "campaign",
            due.campaign_id,
            {"route": due.route_id, "standby": due.standby_id, "why": row.detail},
            None,
        )
