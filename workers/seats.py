"""Seats: the binds a contract allows, leased one by one to worker processes.

A carrier that allows one bind must see one. So who holds the lease of a seat holds the bind, keeps
it open for receipts whether or not anything is being sent, and serves the route's queue. Leases
are real time; a process that is silent for a lease loses its seats to the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach import clock
from outreach.database import Model, Moment

US = clock.to_microseconds


class Seat(Model):
    """One allowed bind of a route, and which process holds it."""

    __tablename__ = "seats"
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(80))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)


class WorkerProcess(Model):
    """A worker process's sign of life; seats are shared out by how many there are."""

    __tablename__ = "worker_processes"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """A seat this process holds."""

    route_id: int
    number: int


def hold(connection: Connection, owner: str, seconds: float) -> list[Held]:
    """Renew the seats of `owner`, take free ones up to its fair share; answers all it holds now.

    Fair is the number of seats over the number of living processes, rounded up; what is above it
    is for `one_too_many`. A seat of a disabled route, or beyond the binds now allowed, is given up.
    """
    real = clock.real_now()
    now, until = US(real), US(real + timedelta(seconds=seconds))
    _sign_life(connection, owner, now, US(real - timedelta(seconds=seconds)))
    _lay_out(connection)
    connection.execute(
        text("UPDATE seats SET leased_until = :until WHERE owner = :owner AND leased_until > :now"),
        {"owner": owner, "until": until, "now": now},
    )
    held = _held(connection, owner, now)
    free = _fair_share(connection) - len(held)
    if free > 0:
        _take(connection, owner, now, until, free)
        held = _held(connection, owner, now)
    return held


def _sign_life(connection: Connection, owner: str, now: int, gone: int) -> None:
    connection.execute(
        text(
            "INSERT INTO worker_processes (name, seen_at) VALUES (:name, :now)"
            " ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"
        ),
        {"name": owner, "now": now},
    )
    connection.execute(text("DELETE FROM worker_processes WHERE seen_at < :gone"), {"gone": gone})


def _lay_out(connection: Connection) -> None:
    """As many seats a route as its contract allows binds; none for a disabled route."""
    missing = connection.execute(
        text(
            "SELECT r.id, r.binds, COUNT(s.number) AS laid FROM routes r"
            " LEFT JOIN seats s ON s.route_id = r.id WHERE r.enabled"
            " GROUP BY r.id, r.binds HAVING COUNT(s.number) < r.binds"
        )
    ).all()
    for route in missing:
        for number in range(route.binds):
            connection.execute(
                text(
                    "INSERT INTO seats (route_id, number) VALUES (:route, :number)"
                    " ON CONFLICT (route_id, number) DO NOTHING"
                ),
                {"route": route.id, "number": number},
            )
    connection.execute(
        text(
            "DELETE FROM seats WHERE EXISTS (SELECT 1 FROM routes r WHERE r.id = seats.route_id"
            " AND (seats.number >= r.binds OR NOT r.enabled))"
        )
    )


def _held(connection: Connection, owner: str, now: int) -> list[Held]:
    rows = connection.execute(
        text(
            "SELECT route_id, number FROM seats WHERE owner = :owner AND leased_until > :now"
            " ORDER BY route_id, number"
        ),
        {"owner": owner, "now": now},
    )
    return [Held(*row) for row in rows]


def _fair_share(connection: Connection) -> int:
    seats = int(connection.execute(text("SELECT COUNT(*) FROM seats")).scalar_one())
    processes = int(connection.execute(text("SELECT COUNT(*) FROM worker_processes")).scalar_one())
    return -(-seats // max(1, processes))


def _take(connection: Connection, owner: str, now: int, until: int, most: int) -> None:
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE SKIP LOCKED"
    free = connection.execute(
        text(
            "SELECT route_id, number FROM seats WHERE owner IS NULL OR leased_until <= :now"
            f" ORDER BY number, route_id LIMIT :most{lock}"
        ),
        {"now": now, "most": most},
    ).all()
    for seat in free:
        connection.execute(
            text(
                "UPDATE seats SET owner = :owner, leased_until = :until"
                " WHERE route_id = :route AND number = :number"
            ),
            {"owner": owner, "until": until, "route": seat.route_id, "number": seat.number},
        )


def one_too_many(connection: Connection, owner: str) -> Held | None:
    """A seat to give up, where `owner` holds more than its fair share since others came."""
    held = _held(connection, owner, US(clock.real_now()))
    if len(held) <= _fair_share(connection):
        return None
    # A route's second seat rather than its only one.
    return max(held, key=lambda seat: (seat.number, seat.route_id))


def give_up(connection: Connection, owner: str, seat: Held) -> None:
    """Let others have a seat, after its bind is gone."""
    connection.execute(
        text(
            "UPDATE seats SET owner = NULL, leased_until = NULL"
            " WHERE route_id = :route AND number = :number AND owner = :owner"
        ),
        {"route": seat.route_id, "number": seat.number, "owner": owner},
    )


def leave(connection: Connection, owner: str) -> None:
    """Give up everything at an orderly end, so that the others need not wait for the lease."""
    connection.execute(
        text("UPDATE seats SET owner = NULL, leased_until = NULL WHERE owner = :owner"),
        {"owner": owner},
    )
    connection.execute(text("DELETE FROM worker_processes WHERE name = :owner"), {"owner": owner})
