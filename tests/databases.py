"""Empty, migrated databases for the tests: a copied file on SQLite, a wiped one on PostgreSQL.

Making a PostgreSQL database costs a tenth of a second and as much to drop; emptying one costs
milliseconds. So a process of the test run keeps one, and empties it after each test. A test that
changed its tables gets the next one a new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Engine, event, make_url

from app import create_app
from outreach.database import db
from outreach.schema import mark_as_current
from outreach.settings import Settings

# What the tables look like: their names, columns, indexes and triggers.
SHAPE = """
SELECT md5(string_agg(what, ',' ORDER BY what)) FROM (
  SELECT c.oid || c.relname || coalesce(
           string_agg(a.attname || a.atttypid, ',' ORDER BY a.attnum), '') AS what
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'public'::regnamespace GROUP BY c.oid, c.relname
  UNION ALL SELECT t.oid || t.tgname FROM pg_trigger t WHERE NOT t.tgisinternal) shapes"""

# The schema holds the rows to go back to: those that a new database begins with, or a snapshot's.
# Triggers and foreign keys sleep meanwhile, since the audit trail lets nobody delete.
KEEP = """
CREATE SCHEMA {kept};
DO $$ DECLARE t name; filled boolean; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', t) INTO filled;
    IF filled THEN EXECUTE format('CREATE TABLE {kept}.%I AS TABLE public.%I', t, t); END IF;
  END LOOP;
END $$;
CREATE VIEW {kept}.tables AS SELECT tablename AS name FROM pg_tables WHERE schemaname = '{kept}';
CREATE MATERIALIZED VIEW {kept}.sequences AS
  SELECT format('%I.%I', schemaname, sequencename)::regclass AS sequence, last_value AS reached
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
CREATE FUNCTION {kept}.lay_down() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t name; filled boolean; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', t) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM public.%I', t); END IF;
  END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
     FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
  PERFORM setval(sequence, reached) FROM {kept}.sequences;
  FOR t IN SELECT name FROM {kept}.tables LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM {kept}.%I', t, t);
  END LOOP;
END $$;"""
NEW = "kept"

# Whoever a test left behind at work: a process that was killed may hold a lock a moment longer. Who
# is idle holds nothing, and may be the next test's application.
LEFT_AT_WORK = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state <> 'idle'"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)
EVERYBODY = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@event.listens_for(Engine, "connect")
def _forget_at_a_power_cut(connection: object, _record: object) -> None:
    """What PostgreSQL of the tests does not wait for, SQLite need not either: the disk."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


def fill(settings: Settings) -> None:
    """Lay every table into an empty database, marked as fully migrated."""
    app = create_app(settings)
    with app.app_context():
        db.create_all()
        mark_as_current(db.engine)
        db.engine.dispose()


@contextmanager
def new_database(server: str, name: str) -> Iterator[str]:
    """The address of a PostgreSQL database without any table, dropped at the end."""
    _make(server, name)
    try:
        yield _address(server, name)
    finally:
        _drop(server, name)


@dataclass
class Reused:
    """One PostgreSQL database, handed out to one test after another."""

    server: str
    name: str
    folder: Path
    _shape: str = ""
    _cleaner: psycopg.Connection | None = None

    @property
    def address(self) -> str:
        """Where it is."""
        return _address(self.server, self.name)

    def make(self) -> None:
        """Make it anew, with every table and the rows an installation begins with."""
        _drop(self.server, self.name)
        _make(self.server, self.name)
        fill(Settings(data_dir=self.folder, database_url=self.address))
        with closing(psycopg.connect(self.address, autocommit=True)) as connection:
            keep(connection, NEW)
            self._shape = _shape(connection)

    def wipe(self) -> None:
        """Let it be as it was made."""
        try:
            same = self._wipe()
        except psycopg.OperationalError:  # a test cut every connection, this one too
            same = self._wipe()
        if not same:
            self.make()

    def _wipe(self) -> bool:
        """Empty it, unless a test changed its tables; answers that."""
        if self._cleaner is None or self._cleaner.closed:
            # A server process that is new reads what tables there are: half of a wipe.
            self._cleaner = psycopg.connect(self.address, autocommit=True)
        self._cleaner.execute(LEFT_AT_WORK)
        same = _shape(self._cleaner) == self._shape
        if same:
            lay_down(self._cleaner, NEW)
        return same

    def drop(self) -> None:
        """Leave nothing on the server."""
        if self._cleaner is not None:
            self._cleaner.close()
        _drop(self.server, self.name)


def keep(connection: psycopg.Connection, name: str) -> None:
    """Keep what a PostgreSQL database holds now in a schema of this name."""
    connection.execute(KEEP.format(kept=name))


def is_kept(connection: psycopg.Connection, name: str) -> bool:
    """Whether something is kept by this name."""
    return connection.execute("SELECT to_regnamespace(%s)", [name]).fetchone() != (None,)


def lay_down(connection: psycopg.Connection, name: str) -> None:
    """Let a PostgreSQL database hold what was kept by this name, and nothing else."""
    connection.execute(sql.SQL("SELECT {}.lay_down()").format(sql.Identifier(name)))


def cut_connections(address: str) -> None:
    """End every connection to this PostgreSQL database, as a restart of the server would."""
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(plain, autocommit=True)) as connection:
        connection.execute(EVERYBODY)


def _shape(connection: psycopg.Connection) -> str:
    row = connection.execute(SHAPE).fetchone()
    return str(row[0]) if row else ""


def _make(server: str, name: str) -> None:
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 STRATEGY wal_log").format(
                sql.Identifier(name)
            )
        )


def _drop(server: str, name: str) -> None:
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _address(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)
