"""Joining: a part of the staged rows becomes numbers and subscribers, in a few set statements.

A number that is on a list of the organisation already keeps its row: the later list's area and
name replace the earlier ones, and groups add up; it is kept under whichever list may be used longer
(see outreach.subscribers). Other organisations' rows are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from outreach.clock import to_microseconds
from outreach.lists import staging


@dataclass(frozen=True)
class Joint:
    """Where a list's rows belong. `network` is the carrier's own, None for an office's list:
    a carrier knows that its subscribers are its own, as of `known_at`."""

    list_id: int
    organisation_id: int
    network: str | None
    known_at: datetime
    key_version: int


@dataclass(frozen=True)
class Counts:
    """Rows that became new subscribers, and rows that met one of the same organisation."""

    added: int
    joined: int


# Any number will do, as long as nothing else in this database locks on it.
_JOIN_LOCK = 7_301_220_202
# Each takes the rows to be joined, among which no number stands twice (staging.next_rows).
_TOTAL = "SELECT count(*), sum(copies) FROM {rows} s"

_NUMBERS = (
    "INSERT INTO numbers (sealed, key_version, hint, confirmed, confirmed_by, confirmed_at)"
    " SELECT s.sealed, :version, s.hint, CAST(:network AS VARCHAR(24)), CAST(:by AS VARCHAR(64)),"
    " CAST(:at AS BIGINT) FROM {rows} s"
    # In the order in which numbers.ensure inserts too, so that two writers never lock crosswise.
    " WHERE true ORDER BY s.sealed ON CONFLICT (sealed) DO NOTHING"
)

# Only for numbers that were there before: the newest knowledge wins, as in numbers.confirm_network.
_CONFIRM = (
    "UPDATE numbers SET confirmed = :network, confirmed_by = :by, confirmed_at = :at"
    " WHERE sealed IN (SELECT s.sealed FROM {rows} s)"
    " AND (confirmed_at IS NULL OR confirmed_at < :at)"
)

_SUBSCRIBERS = (
    "INSERT INTO subscribers"
    " (organisation_id, number_id, area_id, group_bits, list_id, name_sealed)"
    " SELECT :organisation, n.id, s.area_id, s.group_bits, s.list_id, s.name_sealed"
    " FROM {rows} s JOIN numbers n ON n.sealed = s.sealed"
    " WHERE true ORDER BY s.row ON CONFLICT (organisation_id, number_id) DO NOTHING"
)

# Whether the list that is joined may be used as long as the one a row is kept under, or longer.
_LONGER = (
    "(SELECT l.expires_on FROM subscriber_lists l WHERE l.id = :list) >="
    " (SELECT l.expires_on FROM subscriber_lists l WHERE l.id = subscribers.list_id)"
)
_NEVER_SAID = (
    "(SELECT l.expires_on FROM subscriber_lists l WHERE l.id = subscribers.list_id) IS NULL"
)

# The rows just added are found unchanged and left alone.
_RENEW = (
    "UPDATE subscribers SET area_id = s.area_id,"
    " group_bits = subscribers.group_bits | s.group_bits,"
    " name_sealed = coalesce(s.name_sealed, subscribers.name_sealed),"
    f" list_id = CASE WHEN {_NEVER_SAID} OR {_LONGER} THEN s.list_id"
    " ELSE subscribers.list_id END"
    " FROM {rows} s JOIN numbers n ON n.sealed = s.sealed"
    " WHERE subscribers.number_id = n.id"
    " AND subscribers.organisation_id = :organisation"
    f" AND ((subscribers.list_id <> :list AND ({_NEVER_SAID} OR {_LONGER}))"
    " OR subscribers.area_id <> s.area_id"
    " OR (subscribers.group_bits | s.group_bits) <> subscribers.group_bits"
    " OR (s.name_sealed IS NOT NULL AND"
    " (subscribers.name_sealed IS NULL OR subscribers.name_sealed <> s.name_sealed)))"
)


def join_part(connection: Connection, joint: Joint, part: int) -> Counts:
    """Turn rows of one part into numbers and subscribers and take them out of the staging table;
    rows that are left of it, since an earlier one had the same number, are for the next time.

    `connection` is in a write transaction; a row is joined once, whatever dies when.
    """
    values = {
        "list": joint.list_id,
        "part": part,
        "organisation": joint.organisation_id,
        "version": joint.key_version,
        "network": joint.network,
        "by": None if joint.network is None else f"list of {joint.organisation_id}",
        "at": None if joint.network is None else to_microseconds(joint.known_at),
    }
    if connection.dialect.name == "postgresql":
        # One list at a time updates rows it may share with another; SQLite has one writer anyway.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _JOIN_LOCK})
    table = staging.next_rows(connection, joint.list_id, part)

    def run(statement: str) -> int:
        prepared = text(statement.format(rows=table))
        used = {name: values[name] for name in prepared.compile().params}
        return connection.execute(prepared, used).rowcount

    total = text(_TOTAL.format(rows=table))
    rows, copies = connection.execute(total, {"list": joint.list_id, "part": part}).one()
    if run(_NUMBERS) < rows and joint.network is not None:
        run(_CONFIRM)
    added = run(_SUBSCRIBERS)
    if added < rows:
        run(_RENEW)
    staging.drop_rows(connection, joint.list_id, part, table)
    return Counts(added, copies - added)
