"""Expansion: from an approved audience to one message row a recipient, in chunks with a checkpoint.

Each chunk is read into a private table first, then written in one short transaction together with
its batches, its counts, its exclusions and the checkpoint. A second expander, or a first one that
was killed, adds nothing twice: the checkpoint moves by a conditional UPDATE, and the messages have
a unique row a number.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, text

from campaigns import counts, preparing
from campaigns.audience import Audience, Chunk, ChunkReader
from campaigns.states import MessageState
from outreach import clock
from outreach.database import as_rows, rowset

CHUNK = 5_000  # on SQLite about 60 ms of write lock
BATCH = 500
# Above the approved number by more than this, the campaign needs a new approval.
TOLERANCE = 1.02
_FORGET_FORECAST = text("DELETE FROM suppressions WHERE campaign_id = :id")


class TooMany(Exception):
    """Expansion found more than 2% more people than were approved."""


def expand(
    engine: Engine, audience: Audience, approved: int, go_on: Callable[[], bool] = lambda: True
) -> bool:
    """Expand a campaign from its checkpoint to its end; True when every recipient has a message.

    Stops early, to go on later, when `go_on` says no or another expander moved the checkpoint.
    Raises TooMany where more than 2% above `approved` would be messaged.
    """
    with engine.connect() as connection:
        texts = preparing.texts_of(connection, audience.campaign_id)
        reader = ChunkReader(connection, audience, texts)
        while go_on():
            checkpoint = _checkpoint(connection, audience.campaign_id)
            if checkpoint is None:
                return True
            chunk = reader.fill(*checkpoint, CHUNK)
            connection.commit()  # the private table stays; the read snapshot must not
            if not _write(connection, audience, checkpoint, chunk, approved):
                return False
            if chunk is None:
                return True
    return False


def expand_at_once(connection: Connection, audience: Audience) -> None:
    """Expand a small campaign that is sending as a whole, in the caller's transaction: nobody sees
    it half expanded."""
    texts = preparing.texts_of(connection, audience.campaign_id)
    reader = ChunkReader(connection, audience, texts)
    checkpoint = (0, 0)
    connection.execute(_FORGET_FORECAST, {"id": audience.campaign_id})
    while (chunk := reader.fill(*checkpoint, CHUNK)) is not None:
        _insert(connection, audience.campaign_id, chunk)
        _advance(connection, audience.campaign_id, checkpoint, chunk)
        checkpoint = chunk.position, chunk.after
    _advance(connection, audience.campaign_id, checkpoint, None)


def _checkpoint(connection: Connection, campaign_id: int) -> tuple[int, int] | None:
    row = connection.execute(
        text("SELECT expand_position, expand_after, expanded_at FROM campaigns WHERE id = :id"),
        {"id": campaign_id},
    ).one()
    return None if row.expanded_at is not None else (row.expand_position, row.expand_after)


def _write(
    connection: Connection,
    audience: Audience,
    checkpoint: tuple[int, int],
    chunk: Chunk | None,
    approved: int,
) -> bool:
    # The option stays with the connection: taken off again, or the next chunk would be read under
    # SQLite's write lock.
    connection.execution_options(writing=True)
    try:
        with connection.begin():
            if not _advance(connection, audience.campaign_id, checkpoint, chunk):
                return False
            if checkpoint == (0, 0):
                # The approver's forecast gives way to what expansion really leaves out.
                connection.execute(_FORGET_FORECAST, {"id": audience.campaign_id})
            if chunk is not None:
                _insert(connection, audience.campaign_id, chunk)
                _refuse_too_many(connection, audience.campaign_id, approved)
    finally:
        connection.execution_options(writing=False)
    return True


def _advance(
    connection: Connection, campaign_id: int, before: tuple[int, int], chunk: Chunk | None
) -> bool:
    now = clock.to_microseconds(clock.now())
    result = connection.execute(
        text(
            "UPDATE campaigns SET expand_position = :position, expand_after = :after,"
            " expanded_at = :expanded WHERE id = :id AND state = 'sending' AND"
            " expanded_at IS NULL AND expand_position = :old_position AND expand_after = :old_after"
        ),
        {
            "id": campaign_id,
            "position": chunk.position if chunk else before[0],
            "after": chunk.after if chunk else before[1],
            "expanded": None if chunk else now,
            "old_position": before[0],
            "old_after": before[1],
        },
    )
    return result.rowcount == 1


def _insert(connection: Connection, campaign_id: int, chunk: Chunk) -> None:
    per_route: dict[int, int] = {}
    for (_area, route), people in chunk.tally.recipients.items():
        per_route[route] = per_route.get(route, 0) + people
    batches = _new_batches(connection, campaign_id, per_route)
    before = connection.execute(_LAST_MESSAGE).scalar_one()
    connection.execute(
        text(_INSERT_MESSAGES.format(batches=rowset(connection.dialect.name, _BATCH_COLUMNS))),
        {
            "campaign": campaign_id,
            "now": clock.to_microseconds(clock.now()),
            "size": BATCH,
            "rows": as_rows(batches),
        },
    )
    written = {"campaign": campaign_id, "before": before}
    written["last"] = connection.execute(_LAST_MESSAGE).scalar_one()
    connection.execute(_RANGE_OF_BATCHES, written)
    _count(connection, written, chunk)


def _new_batches(
    connection: Connection, campaign_id: int, per_route: dict[int, int]
) -> list[list[int]]:
    now = clock.to_microseconds(clock.now())
    rows = []
    for route, people in sorted(per_route.items()):
        for number in range(-(-people // BATCH)):
            batch_id = connection.execute(
                text(
                    "INSERT INTO batches (campaign_id, route_id, size, first_id, last_id, due_at)"
                    " VALUES (:campaign, :route, :size, 0, 0, :now) RETURNING id"
                ),
                {
                    "campaign": campaign_id,
                    "route": route,
                    "size": min(BATCH, people - number * BATCH),
                    "now": now,
                },
            ).scalar_one()
            rows.append([route, number, batch_id])
    return rows


_LAST_MESSAGE = text("SELECT COALESCE(MAX(id), 0) FROM messages")
_BATCH_COLUMNS = [("route_id", "integer"), ("ordinal", "integer"), ("batch_id", "integer")]

# In area order within a route, so that a batch, its texts and its counts lie together.
_INSERT_MESSAGES = """
    INSERT INTO messages (campaign_id, number_id, area_id, route_id, text_id, batch_id, segments,
                          state, attempts, changed_at)
    SELECT :campaign, c.number_id, c.area_id, c.route_id, c.text_id, b.batch_id, c.segments,
           'queued', 0, :now
    FROM (SELECT e.*, (ROW_NUMBER() OVER (PARTITION BY route_id ORDER BY place, subscriber_id) - 1)
                 / :size AS ordinal
          FROM expansion_chunk e WHERE e.reason IS NULL) c
    JOIN {batches} b ON b.route_id = c.route_id AND b.ordinal = c.ordinal
    WHERE true
    ORDER BY c.route_id, c.ordinal, c.place, c.subscriber_id
    ON CONFLICT (number_id, campaign_id) DO NOTHING
"""

# Bounded on both sides: PostgreSQL takes an open range for a third of the table, and reads it all.
_WRITTEN = "id > :before AND id <= :last AND campaign_id = :campaign"
_RANGE_OF_BATCHES = text(
    "UPDATE batches SET first_id = r.first, last_id = r.last, size = r.size"
    " FROM (SELECT batch_id, MIN(id) AS first, MAX(id) AS last, COUNT(*) AS size FROM messages"
    f"       WHERE {_WRITTEN} GROUP BY batch_id) r"
    " WHERE batches.id = r.batch_id"
)


def _count(connection: Connection, written: dict[str, int], chunk: Chunk) -> None:
    campaign_id = written["campaign"]
    inserted = connection.execute(
        text(
            "SELECT area_id, route_id, COUNT(*) AS people, SUM(segments) AS segments FROM messages"
            f" WHERE {_WRITTEN} GROUP BY area_id, route_id"
        ),
        written,
    ).all()
    counts.append_sums(
        connection,
        [
            (campaign_id, r.area_id, r.route_id, MessageState.QUEUED, r.people, int(r.segments))
            for r in inserted
        ],
    )
    left_out = dict(chunk.tally.suppressed)
    # A number inserted by nobody else since the chunk was read: there is one expander's checkpoint.
    for reason, people in sorted(left_out.items()):
        connection.execute(
            text(
                "INSERT INTO suppressions (campaign_id, reason, people) VALUES (:c, :r, :n)"
                " ON CONFLICT (campaign_id, reason) DO UPDATE SET"
                " people = suppressions.people + excluded.people"
            ),
            {"c": campaign_id, "r": reason, "n": people},
        )


def _refuse_too_many(connection: Connection, campaign_id: int, approved: int) -> None:
    total = connection.execute(
        text("SELECT COALESCE(SUM(size), 0) FROM batches WHERE campaign_id = :id"),
        {"id": campaign_id},
    ).scalar_one()
    if total > approved * TOLERANCE:
        raise TooMany(f"campaign {campaign_id}: {total} recipients, {approved} approved")


def undo(connection: Connection, campaign_id: int) -> None:
    """Take back an expansion of which nothing was sent, so that the campaign can be a draft again.

    In the transaction in which it leaves `sending`: no claim is taken before an expansion is whole.
    """
    for statement in (
        "DELETE FROM messages WHERE campaign_id = :id",
        "DELETE FROM batches WHERE campaign_id = :id",
        "DELETE FROM counts WHERE campaign_id = :id",
        "DELETE FROM counts_above WHERE campaign_id = :id",
        "DELETE FROM count_deltas WHERE campaign_id = :id",
    ):
        connection.execute(text(statement), {"id": campaign_id})
