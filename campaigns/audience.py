"""Who gets a campaign: candidates, the reasons for leaving people out, and the expansion.

A candidate is a subscriber in the campaign's areas and groups. The first reason that holds leaves
a candidate out, in this order: opted_out, list_expired (the list it is kept under may not be used
any more), wrong_network (no route of the campaign carries its network), held_back (a lottery has
their area wait for a later wave), recently_messaged (the rule
set's cap, or the campaign's own “not messaged in N days”; what waits in another campaign counts
too, since it will be sent), duplicate (its number has its message already).
The rest become one message a number. Counting for the approver and expanding for the wire use the
same SQL, so that what was approved is what is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, text

from campaigns.rules import Kind, RuleSet
from outreach import clock
from outreach.database import as_rows, rowset


class Reason(StrEnum):
    """Why a candidate gets no message."""

    OPTED_OUT = "opted_out"
    LIST_EXPIRED = "list_expired"
    WRONG_NETWORK = "wrong_network"
    HELD_BACK = "held_back"
    RECENTLY_MESSAGED = "recently_messaged"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Audience:
    """Everything the choice of people depends on, as plain values."""

    campaign_id: int
    kind: Kind
    organisation_ids: list[int]
    group_bits: int
    # network → the route that carries it: the campaign's first route that may.
    route_of_network: dict[str, int]
    rules: RuleSet
    now: datetime
    # Nobody who got any message of ours in so many days; 0: only the rule set's cap counts.
    not_messaged_days: int = 0
    # The areas whose turn by the campaign's lottery is still to come.
    held_areas: frozenset[int] = frozenset()


@dataclass(frozen=True)
class TextOfArea:
    """One rendered text a person in `area_id` may get; `share` is the variant's place, 0-based."""

    text_id: int
    area_id: int
    position: int
    share: int
    segments: int


@dataclass
class Tally:
    """People and segments by (area, route), people by (text, route), and people left out by
    reason."""

    recipients: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    segments: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    readers: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    suppressed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def people(self) -> int:
        """How many people get a message."""
        return sum(self.recipients.values())

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        for mine, theirs in (
            (self.recipients, other.recipients),
            (self.segments, other.segments),
            (self.readers, other.readers),
        ):
            for key, value in theirs.items():
                mine[key] += value
        for reason, value in other.suppressed.items():
            self.suppressed[reason] += value


def areas_with_subscribers(
    connection: Connection, area_ids: list[int], organisation_ids: list[int], group_bits: int
) -> list[tuple[int, int]]:
    """(area id, subscribers) of those areas that have any, in the order of their codes; of the
    groups of `group_bits` only."""
    wanted = rowset(connection.dialect.name, [("id", "integer")], "areas")
    owners = rowset(connection.dialect.name, [("id", "integer")], "owners")
    # Counted before it is joined: its index has all that is asked of a million people.
    result = connection.execute(
        text(
            "SELECT a.id, s.people FROM (SELECT area_id, COUNT(*) AS people FROM subscribers"
            f" WHERE area_id IN (SELECT id FROM {wanted} w)"
            f" AND organisation_id IN (SELECT id FROM {owners} o)"
            " AND (group_bits & :groups) <> 0 GROUP BY area_id) s"
            " JOIN areas a ON a.id = s.area_id ORDER BY a.code"
        ),
        {
            "groups": group_bits,
            "areas": as_rows([[i] for i in area_ids]),
            "owners": as_rows([[i] for i in organisation_ids]),
        },
    )
    return [(row[0], row[1]) for row in result]


# Private to a connection: the areas in their order, their texts, and the chunk under way, which is
# read once, then counted and inserted from.
_TABLES = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS expansion_areas ("
    " place INTEGER PRIMARY KEY, area_id BIGINT NOT NULL, held INTEGER NOT NULL)",
    "CREATE TEMPORARY TABLE IF NOT EXISTS expansion_texts ("
    " area_id BIGINT, share INTEGER, text_id BIGINT, segments INTEGER,"
    " PRIMARY KEY (area_id, share))",
    "CREATE TEMPORARY TABLE IF NOT EXISTS expansion_chunk ("
    " place INTEGER, subscriber_id BIGINT, number_id BIGINT, area_id BIGINT, route_id BIGINT,"
    " text_id BIGINT, segments INTEGER, reason TEXT)",
    "CREATE INDEX IF NOT EXISTS expansion_chunk_number ON expansion_chunk (number_id)",
)


# Whom we have sent anything, of whatever kind, since then; found by the index on the number.
_QUIET = """
               WHEN EXISTS (SELECT 1 FROM messages q WHERE q.number_id = c.number_id
                   AND q.campaign_id <> :campaign AND (q.state = 'queued' OR
                   (q.changed_at >= :quiet_since AND q.state NOT IN ('cancelled', 'expired'))))
                 THEN 'recently_messaged'"""


# Candidates in order (area, then subscriber), the limit taken before anything is joined. Read along
# two indexes in that order, so that a chunk costs the same at the start and at the end of a million
# people in ten or ten thousand areas. CROSS JOIN holds SQLite to it; PostgreSQL would read and sort
# all that are left, were it not asked area by area. A range that begins behind the checkpoint takes
# the place of an OR, which no index could follow.
_CANDIDATES = {
    "sqlite": """
        SELECT s.id, s.number_id, s.area_id, s.list_id, a.place, a.held
        FROM expansion_areas a CROSS JOIN subscribers s
        WHERE a.place >= :position AND s.area_id = a.area_id
        AND s.id > CASE WHEN a.place = :position THEN :after ELSE 0 END
        AND s.organisation_id IN (SELECT w.id FROM {owners} w)
        AND (s.group_bits & :groups) <> 0
        ORDER BY a.place, s.id LIMIT :limit""",
    "postgresql": """
        SELECT s.id, s.number_id, s.area_id, s.list_id, a.place, a.held
        FROM expansion_areas a CROSS JOIN LATERAL (
            SELECT p.id, p.number_id, p.area_id, p.list_id FROM subscribers p
            WHERE p.area_id = a.area_id
            AND p.id > CASE WHEN a.place = :position THEN :after ELSE 0 END
            AND p.organisation_id = ANY (ARRAY(SELECT w.id FROM {owners} w))
            AND (p.group_bits & :groups) <> 0
            ORDER BY p.id LIMIT :limit) s
        WHERE a.place >= :position ORDER BY a.place, s.id LIMIT :limit""",
}


def _fill_sql(dialect: str, *, quiet: bool) -> str:
    networks = rowset(dialect, [("network", "text"), ("route_id", "integer")], "networks")
    owners = rowset(dialect, [("id", "integer")], "owners")
    return f"""
        INSERT INTO expansion_chunk
        SELECT c.place, c.id, c.number_id, c.area_id, r.route_id, t.text_id, t.segments,
          CASE WHEN o.number_id IS NOT NULL THEN 'opted_out'
               WHEN l.expires_on < :today THEN 'list_expired'
               WHEN r.route_id IS NULL THEN 'wrong_network'
               WHEN c.held = 1 THEN 'held_back'
               WHEN :cap <= (SELECT COUNT(*) FROM messages p JOIN campaigns k
                   ON k.id = p.campaign_id
                   WHERE p.number_id = c.number_id AND p.campaign_id <> :campaign
                   AND k.kind = :kind AND (p.state = 'queued' OR (p.changed_at >= :since
                   AND p.state NOT IN ('cancelled', 'expired'))))
                 THEN 'recently_messaged'{_QUIET if quiet else ""}
               WHEN d.id IS NOT NULL THEN 'duplicate' END
        FROM ({_CANDIDATES[dialect].format(owners=owners)}) c
        JOIN numbers n ON n.id = c.number_id
        JOIN subscriber_lists l ON l.id = c.list_id
        LEFT JOIN opt_outs o ON o.number_id = c.number_id
        LEFT JOIN {networks} r ON r.network = COALESCE(n.confirmed, n.hint)
        LEFT JOIN messages d ON d.number_id = c.number_id AND d.campaign_id = :campaign
        JOIN expansion_texts t ON t.area_id = c.area_id AND t.share = c.number_id % :shares
        """


# Nobody cleans up in a private table of PostgreSQL: what was deleted would be read with each chunk.
_EMPTY = {
    "sqlite": text("DELETE FROM expansion_chunk"),
    "postgresql": text("TRUNCATE expansion_chunk"),
}
_MARK_REPEATED = text(
    "UPDATE expansion_chunk SET reason = 'duplicate' WHERE reason IS NULL AND EXISTS ("
    " SELECT 1 FROM expansion_chunk e WHERE e.number_id = expansion_chunk.number_id"
    " AND e.reason IS NULL AND (e.place < expansion_chunk.place OR"
    " (e.place = expansion_chunk.place AND e.subscriber_id < expansion_chunk.subscriber_id)))"
)


@dataclass(frozen=True)
class Chunk:
    """What one filled chunk holds: where it ends, how many candidates, and their tally."""

    position: int
    after: int
    candidates: int
    tally: Tally


class ChunkReader:
    """Fills the connection's private chunk table with the next candidates after a checkpoint."""

    def __init__(self, connection: Connection, audience: Audience, texts: list[TextOfArea]) -> None:
        self._connection = connection
        quiet = audience.not_messaged_days > 0
        self._sql = text(_fill_sql(connection.dialect.name, quiet=quiet))
        shares = 1 + max((t.share for t in texts), default=0)
        self._values: dict[str, object] = {
            "campaign": audience.campaign_id,
            "kind": audience.kind.value,
            "cap": audience.rules.cap,
            "since": clock.to_microseconds(audience.now - audience.rules.cap_period),
            "today": clock.local(audience.now).date().isoformat(),
            "groups": audience.group_bits,
            "shares": shares,
            "owners": as_rows([[i] for i in audience.organisation_ids]),
            "networks": as_rows([[n, r] for n, r in audience.route_of_network.items()]),
        }
        if quiet:
            since = audience.now - timedelta(days=audience.not_messaged_days)
            self._values["quiet_since"] = clock.to_microseconds(since)
        self._texts = texts
        self._held = audience.held_areas
        self._laid = False

    def fill(self, position: int, after: int, limit: int) -> Chunk | None:
        """The next at most `limit` candidates after (position, after); None where none are left."""
        connection = self._connection
        if not self._laid:
            self._lay()
        connection.execute(_EMPTY[connection.dialect.name])
        at = {"position": position, "after": after, "limit": limit}
        connection.execute(self._sql, self._values | at)
        connection.execute(_MARK_REPEATED)
        last = connection.execute(
            text(
                "SELECT place, subscriber_id FROM expansion_chunk"
                " ORDER BY place DESC, subscriber_id DESC LIMIT 1"
            )
        ).first()
        if last is None:
            return None
        candidates, tally = _tally(connection)
        return Chunk(last[0], last[1], candidates, tally)

    def _lay(self) -> None:
        """The private tables, holding this campaign's areas and texts."""
        connection = self._connection
        for statement in _TABLES:
            connection.execute(text(statement))
        places = {t.position: t.area_id for t in self._texts}
        texts = [[t.area_id, t.share, t.text_id, t.segments] for t in self._texts]
        rows = [[place, area, int(area in self._held)] for place, area in places.items()]
        _put(connection, "expansion_areas", ("place", "area_id", "held"), rows)
        _put(connection, "expansion_texts", ("area_id", "share", "text_id", "segments"), texts)
        self._laid = True


def _put(
    connection: Connection, table: str, names: tuple[str, ...], rows: Sequence[Sequence[int]]
) -> None:
    given = rowset(connection.dialect.name, [(name, "integer") for name in names])
    columns = ", ".join(names)
    connection.execute(text(f"DELETE FROM {table}"))
    connection.execute(
        text(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {given} given"),
        {"rows": as_rows(rows)},
    )
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"ANALYZE {table}"))  # else it is planned as if it were tiny


def _tally(connection: Connection) -> tuple[int, Tally]:
    tally, candidates = Tally(), 0
    for area, route, text_id, reason, people, segments in connection.execute(
        text(
            "SELECT area_id, route_id, text_id, reason, COUNT(*), SUM(segments)"
            " FROM expansion_chunk GROUP BY area_id, route_id, text_id, reason"
        )
    ):
        candidates += people
        if reason is None:
            tally.recipients[area, route] += people
            tally.segments[area, route] += segments
            tally.readers[text_id, route] += people
        else:
            tally.suppressed[reason] += people
    return candidates, tally


def count_all(
    connection: Connection,
    audience: Audience,
    texts: list[TextOfArea],
    also: Callable[[Connection], None] = lambda _connection: None,
) -> Tally:
    """Who would get the campaign now, without writing anything that stays.

    Duplicates over chunk borders are found by number, in the order in which expansion meets them.
    `also` may count something else of each chunk while it lies in its table.
    """
    reader, total, seen = ChunkReader(connection, audience, texts), Tally(), set[int]()
    for chunk in _chunks(reader):
        total.add(chunk.tally)
        also(connection)
        for number, area, route, text_id, segments in connection.execute(
            text(
                "SELECT number_id, area_id, route_id, text_id, segments FROM expansion_chunk"
                " WHERE reason IS NULL"
            )
        ):
            if number in seen:
                total.recipients[area, route] -= 1
                total.segments[area, route] -= segments
                total.readers[text_id, route] -= 1
                total.suppressed[Reason.DUPLICATE] += 1
            seen.add(number)
    return total


def _chunks(reader: ChunkReader) -> Iterator[Chunk]:
    position, after = 0, 0
    while (chunk := reader.fill(position, after, 20_000)) is not None:
        yield chunk
        position, after = chunk.position, chunk.after
