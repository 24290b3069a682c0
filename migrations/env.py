"""Runs the migrations: on SQLite by rebuilding tables (batch mode), on PostgreSQL as they are."""

from __future__ import annotations

import sqlite3
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import BigInteger, Connection, Enum, String

from outreach.database import Moment


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | bool:
    """Our own column types as plain ones: a migration must not change when the program does."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


def compare_type(
    _context: Any, _inspected_column: Any, _column: Any, inspected: Any, ours: Any
) -> bool | None:
    """Whether a column's type differs; None leaves the judgement to Alembic."""
    if isinstance(ours, Moment):
        return not isinstance(inspected, BigInteger)
    if isinstance(ours, Enum):
        return not (isinstance(inspected, String) and inspected.length == ours.length)
    return None


def without_foreign_keys(connection: Connection) -> None:
    """Keep SQLite from deleting a rebuilt table's dependants; it heeds this outside BEGIN only."""
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        raw.execute("PRAGMA foreign_keys=OFF")


def one_at_a_time(connection: Connection) -> None:
    """Let a second machine that migrates wait for the first; SQLite's BEGIN IMMEDIATE does."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20200814)")


def run() -> None:
    """Run them all in one transaction: a failed migration leaves the database as it was."""
    database = current_app.extensions["migrate"].db
    with database.engine.connect().execution_options(writing=True) as connection:
        without_foreign_keys(connection)
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=compare_type,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            one_at_a_time(connection)
            context.run_migrations()
    database.engine.dispose()  # its connections do not check foreign keys any more


run()
