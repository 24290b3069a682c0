"""Batches given back and opened again: no message that is queued is ever in a closed one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from outreach import clock
from outreach.database import as_rows, rowset


def lock(connection: Connection) -> str:
    """The end of a SELECT that locks its batch `b`; SQLite has one writer at a time anyway."""
    return "" if connection.dialect.name == "sqlite" else " FOR UPDATE OF b"


def release(connection: Connection, batch_id: int, owner: str) -> None:
    """Give a batch back: done where nothing of it is queued, else due when its next message is.

    What is still on its way is not waited for: an answer that puts a message back into the queue
    opens the batch again (`reopen`).
    """
    # Locked first: an answer that another worker is storing may queue one of its messages again,
    # and then either it opens the batch that we have closed, or we see the message.
    connection.execute(
        text(f"SELECT 1 FROM batches b WHERE b.id = :batch{lock(connection)}"),
        {"batch": batch_id},
    )
    queued = connection.execute(
        text(
            "SELECT COUNT(*) AS messages, MIN(COALESCE(m.due_at, 0)) AS due FROM messages m"
            " JOIN batches b ON b.id = :batch WHERE m.id BETWEEN b.first_id AND b.last_id"
            " AND m.batch_id = b.id AND m.state = 'queued'"
        ),
        {"batch": batch_id},
    ).one()
    now = clock.to_microseconds(clock.now())
    connection.execute(
        text(
            "UPDATE batches SET owner = NULL, leased_until = NULL, done_at = :done, due_at = :due"
            " WHERE id = :batch AND owner = :owner"
        ),
        {
            "batch": batch_id,
            "owner": owner,
            "done": None if queued.messages else now,
            "due": max(queued.due or 0, now),
        },
    )


def reopen(connection: Connection, message_ids: Sequence[int]) -> None:
    """Make the batches of messages that are queued again due, no later than their earliest."""
    if not message_ids:
        return
    wanted = rowset(connection.dialect.name, [("id", "integer")])
    connection.execute(
        text(
            "UPDATE batches SET done_at = NULL, due_at = CASE WHEN batches.done_at IS NULL AND"
            " batches.due_at < r.due THEN batches.due_at ELSE r.due END FROM ("
            " SELECT m.batch_id, MIN(COALESCE(m.due_at, 0)) AS due FROM messages m"
            f" JOIN {wanted} w ON w.id = m.id WHERE m.state = 'queued' GROUP BY m.batch_id) r"
            " WHERE batches.id = r.batch_id"
        ),
        {"rows": as_rows([[i] for i in message_ids])},
    )
