"""The emergency stop: one fact of the installation that every claim asks for."""

from __future__ import annotations

from sqlalchemy import Connection, text

from outreach import installation

KEY = "emergency_stop"


def in_force() -> bool:
    """Whether everything is stopped."""
    return installation.get(KEY) is not None


def reason() -> str | None:
    """Why everything is stopped; None where it is not."""
    return installation.get(KEY)


def set_in_force(why: str) -> None:
    """Stop everything; inside a transaction."""
    installation.put(KEY, why)


def lift() -> None:
    """Let everything go on; inside a transaction."""
    installation.remove(KEY)


def replace_on(connection: Connection, why: str | None) -> str | None:
    """The same on a connection of one's own, in its transaction: stop everything, or with None let
    everything go on; answers why everything was stopped before, None where it was not."""
    said = "SELECT value FROM installation WHERE key = :key"
    before: str | None = connection.execute(text(said), {"key": KEY}).scalar()
    connection.execute(text("DELETE FROM installation WHERE key = :key"), {"key": KEY})
    if why is not None:
        put = text("INSERT INTO installation (key, value) VALUES (:key, :value)")
        connection.execute(put, {"key": KEY, "value": why})
    return before


def in_force_on(connection: Connection) -> bool:
    """The same asked by the sending pipeline on its own connection."""
    statement = text("SELECT 1 FROM installation WHERE key = :key")
    return connection.execute(statement, {"key": KEY}).first() is not None
