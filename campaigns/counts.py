"""Counts by campaign × area × route × state, kept so that a page never reads the messages.

Whoever moves messages appends deltas in the same transaction; the tick folds them into totals, and
with them into the sums of what the areas lie in and of the whole campaign, so that a page reads as
many rows as it shows. Appending never waits for another writer's row, so nothing is hot and nothing
can deadlock. A reader adds totals or sums and deltas in one statement: it is exact at every moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Integer, bindparam, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.states import MessageState
from outreach import areas, newest
from outreach.database import BigId, Model, as_rows, db, rowset, words


class Count(Model):
    """Folded totals."""

    __tablename__ = "counts"
    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    route_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[MessageState] = mapped_column(words(MessageState), primary_key=True)
    messages: Mapped[int]
    segments: Mapped[int]


class CountAbove(Model):
    """Folded totals added up: `height` 1 by the area right above, 2 by that above it (each the
    highest there is where nothing lies above), `WHOLE` for the campaign, as of the area 0."""

    __tablename__ = "counts_above"
    height: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    route_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[MessageState] = mapped_column(words(MessageState), primary_key=True)
    messages: Mapped[int]
    segments: Mapped[int]


WHOLE: Final = 3
OF_WHOLE: Final = (
    "(SELECT campaign_id, route_id, state, messages, segments FROM counts_above WHERE height = 3"
    " UNION ALL SELECT campaign_id, route_id, state, messages, segments FROM count_deltas)"
)
"""SQL of a table: all campaigns' counts by route and state, exact now once they are added up."""
ABOVE: Final = ("COALESCE(p.id, f.area_id)", "COALESCE(g.id, p.id, f.area_id)")
"""The areas of height 1 and 2, in SQL after `LINE`."""
LINE: Final = (
    " LEFT JOIN areas a ON a.id = f.area_id LEFT JOIN areas p ON p.id = a.parent_id"
    " LEFT JOIN areas g ON g.id = p.parent_id"
)


class CountDelta(Model):
    """A change not folded yet."""

    __tablename__ = "count_deltas"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Integer, index=True)
    area_id: Mapped[int]
    route_id: Mapped[int]
    state: Mapped[MessageState] = mapped_column(words(MessageState))
    messages: Mapped[int]
    segments: Mapped[int]


class Step(NamedTuple):
    """One message of `segments` moved from one state to another; `before` None when it is new."""

    campaign_id: int
    area_id: int
    route_id: int
    segments: int
    before: MessageState | None
    after: MessageState


def append(connection: Connection, steps: Iterable[Step]) -> None:
    """Append the deltas of these steps, summed, in the caller's transaction."""
    sums: dict[tuple[int, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for step in steps:
        place = step.campaign_id, step.area_id, step.route_id
        for state, sign in ((step.before, -1), (step.after, 1)):
            if state is not None:
                total = sums[*place, state.value]
                total[0] += sign
                total[1] += sign * step.segments
    append_sums(connection, ((*key, total[0], total[1]) for key, total in sums.items()))


def append_sums(
    connection: Connection, sums: Iterable[tuple[int, int, int, str, int, int]]
) -> None:
    """Append deltas summed already: (campaign, area, route, state, messages, segments)."""
    names = ("campaign_id", "area_id", "route_id", "state", "messages", "segments")
    rows = [dict(zip(names, row, strict=True)) for row in sums if row[4] or row[5]]
    if rows:
        connection.execute(insert(CountDelta), rows)


def fold(connection: Connection) -> int:
    """Fold all deltas there are into the totals; returns how many there were.

    Safe to run twice at once: the rows are deleted and added up in one statement's transaction,
    and on PostgreSQL `SKIP LOCKED` lets a second tick pass by.
    """
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    picked = connection.execute(
        text(
            "SELECT id, campaign_id, area_id, route_id, state, messages, segments"
            f" FROM count_deltas ORDER BY id LIMIT 20000{lock}"
        )
    ).all()
    if not picked:
        return 0
    sums: dict[tuple[int, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in picked:
        total = sums[row.campaign_id, row.area_id, row.route_id, row.state]
        total[0] += row.messages
        total[1] += row.segments
    _add_to_totals(connection, sums)
    _add_above(connection, sums)
    connection.execute(
        text("DELETE FROM count_deltas WHERE id = :id"), [{"id": row.id} for row in picked]
    )
    return len(picked)


_NAMES: Final = ("campaign_id", "area_id", "route_id", "state")


def _add_to_totals(
    connection: Connection, sums: dict[tuple[int, int, int, str], list[int]]
) -> None:
    _add(connection, "counts", _NAMES, sums)


def _add_above(connection: Connection, sums: dict[tuple[int, int, int, str], list[int]]) -> None:
    """The same in what the areas lie in; read after the totals were written, since who moves areas
    waits for those (`rebuild`)."""
    lines = _lines(connection, {area for _campaign, area, _route, _state in sums})
    above: dict[tuple[int, int, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for (campaign, area, route, state), (messages, segments) in sums.items():
        for height, place in enumerate((*lines.get(area, (area, area)), 0), start=1):
            total = above[height, campaign, place, route, state]
            total[0] += messages
            total[1] += segments
    _add(connection, "counts_above", ("height", *_NAMES), above)


def _add(
    connection: Connection,
    table: str,
    names: tuple[str, ...],
    sums: dict[Any, list[int]],
) -> None:
    """Add each sum to its row; in order of the rows, so that two folds never wait for each other
    in a ring."""
    key = ", ".join(names)
    values = ", ".join(f":{name}" for name in names)
    connection.execute(
        text(
            f"INSERT INTO {table} ({key}, messages, segments) VALUES ({values}, :m, :g)"
            f" ON CONFLICT ({key}) DO UPDATE SET"
            f" messages = {table}.messages + excluded.messages,"
            f" segments = {table}.segments + excluded.segments"
        ),
        [
            dict(zip(names, row, strict=True)) | {"m": total[0], "g": total[1]}
            for row, total in sorted(sums.items())
        ],
    )


def _lines(connection: Connection, area_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """By area what lies right above it and above that."""
    some = rowset(connection.dialect.name, [("area_id", "integer")])
    rows = connection.execute(
        text(f"SELECT f.area_id, {', '.join(ABOVE)} FROM {some} f{LINE}"),
        {"rows": as_rows([[area_id] for area_id in area_ids])},
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def rebuild(connection: Connection, campaign_ids: Collection[int]) -> None:
    """Add up anew what is kept above the areas, in the transaction that moved areas or wrote totals
    past `fold`."""
    _wait_for_folds(connection)
    for campaign_id in campaign_ids:
        values = {"c": campaign_id}
        connection.execute(text("DELETE FROM counts_above WHERE campaign_id = :c"), values)
        for height, place in enumerate((*ABOVE, "0"), start=1):
            connection.execute(
                text(
                    "INSERT INTO counts_above"
                    " (height, campaign_id, area_id, route_id, state, messages, segments)"
                    f" SELECT {height}, f.campaign_id, {place}, f.route_id, f.state,"
                    f" SUM(f.messages), SUM(f.segments) FROM counts f{LINE}"
                    " WHERE f.campaign_id = :c GROUP BY 2, 3, 4, 5"
                ),
                values,
            )


def _wait_for_folds(connection: Connection) -> None:
    """A fold that runs has read where areas lay; the next one begins after this transaction."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("LOCK TABLE counts IN EXCLUSIVE MODE"))


def campaigns_in(connection: Connection, area_ids: Collection[int]) -> list[int]:
    """The campaigns with totals in these areas or below them, those of a fold under way too; in the
    transaction that moved the areas."""
    _wait_for_folds(connection)
    within = areas.closure_query(area_ids)
    counted = select(Count.campaign_id).where(Count.area_id.in_(within)).distinct()
    return list(connection.scalars(counted.order_by(Count.campaign_id)))


def newest_figures() -> Hashable:
    """What differs once any figure of a comparison has changed: what installs are made of
    (`newest.figures`), and messages that moved from one state to another."""
    states = text(f"SELECT state, SUM(messages) FROM {OF_WHOLE} f GROUP BY state ORDER BY state")
    moved = tuple((row[0], int(row[1])) for row in db.session.execute(states))
    return newest.figures(), moved


class CountRow(NamedTuple):
    """Messages and segments of one campaign in one area, on one route, in one state."""

    area_id: int
    route_id: int
    state: MessageState
    messages: int
    segments: int


_READ = text(
    "SELECT area_id, route_id, state, SUM(messages) AS messages, SUM(segments) AS segments FROM ("
    " SELECT area_id, route_id, state, messages, segments FROM counts WHERE campaign_id = :c"
    " UNION ALL"
    " SELECT area_id, route_id, state, messages, segments FROM count_deltas WHERE campaign_id = :c"
    ") AS both_of_them GROUP BY area_id, route_id, state HAVING SUM(messages) <> 0"
)


def of_campaign(session: Session | Connection, campaign_id: int) -> list[CountRow]:
    """The campaign's counts, exact now."""
    return [
        CountRow(row[0], row[1], MessageState(row[2]), int(row[3]), int(row[4]))
        for row in session.execute(_READ, {"c": campaign_id})
    ]


def mean_segments(session: Session, campaign_id: int) -> float:
    """Segments a message of the campaign takes, on average; 0 where it has none."""
    messages, segments = session.execute(
        text(f"SELECT SUM(messages), SUM(segments) FROM {OF_WHOLE} f WHERE campaign_id = :c"),
        {"c": campaign_id},
    ).one()
    return int(segments) / int(messages) if messages else 0.0


def of_campaigns(session: Session, ids: list[int]) -> dict[int, dict[MessageState, int]]:
    """Messages by state for several campaigns, in one query; a campaign without any is absent."""
    statement = text(
        f"SELECT campaign_id, state, SUM(messages) FROM {OF_WHOLE} f WHERE campaign_id IN :ids"
        " GROUP BY campaign_id, state"
    ).bindparams(bindparam("ids", expanding=True))
    result: dict[int, dict[MessageState, int]] = defaultdict(dict)
    for campaign_id, state, messages in session.execute(statement, {"ids": ids}):
        if messages:
            result[campaign_id][MessageState(state)] = int(messages)
    return dict(result)


def from_rows(connection: Connection, campaign_id: int) -> dict[tuple[int, int, str], Any]:
    """The same counted from the messages themselves: for tests and `doctor`, never for pages."""
    result = connection.execute(
        text(
            "SELECT area_id, route_id, state, COUNT(*), SUM(segments) FROM messages"
            " WHERE campaign_id = :c GROUP BY area_id, route_id, state"
        ),
        {"c": campaign_id},
    )
    return {(row[0], row[1], row[2]): (row[3], int(row[4])) for row in result}
