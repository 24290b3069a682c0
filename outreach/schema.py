"""Whether the database has the shape this program needs.

The migrations in migrations/ change it; the start runs them, and nothing is served before. Alembic
is an eighth of what a start loads, and workers never need it: it is loaded by what uses it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from sqlalchemy import Connection, Engine, MetaData, Table, inspect
from sqlalchemy.schema import DropTable

from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
COMMAND = ".venv/bin/flask --app app db upgrade"


if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory


def attach(app: Flask) -> None:
    """Let Flask-Migrate know this application and its migrations."""
    from flask_migrate import Migrate

    if "migrate" not in app.extensions:
        Migrate(app, db, directory=str(MIGRATIONS))


def upgrade(revision: str = "head") -> None:
    """Run the migrations that the current application's database lacks, up to a revision."""
    from flask_migrate import upgrade

    attach(current_app)
    upgrade(revision=revision)


def empty(engine: Engine) -> None:
    """Drop every table there is, whatever version of this program it is of."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(writing=True) as connection:
        if sqlite:  # it heeds this outside a transaction only
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            for name in inspect(connection).get_table_names():
                said = str(DropTable(Table(name, MetaData())).compile(engine))
                connection.exec_driver_sql(said if sqlite else f"{said} CASCADE")
    engine.dispose()


def is_known(revision: str) -> bool:
    """Whether this program has the migration."""
    return revision in {each.revision for each in _script().walk_revisions()}


def _script() -> ScriptDirectory:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def _of(connection: Connection) -> MigrationContext:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection)


@cache
def newest() -> tuple[str, ...]:
    """The revision that this program needs, as Alembic names it. Read once: a monitor asks every
    few seconds, and to know it all migrations are loaded."""
    return tuple(_script().get_heads())


def is_current(engine: Engine) -> bool:
    """Whether every migration has been run on this database."""
    with engine.connect() as connection:
        return set(_of(connection).get_current_heads()) == set(newest())


def refuse_newer(engine: Engine) -> None:
    """Raise Refused where the database was migrated by a newer version of this program."""
    known = {revision.revision for revision in _script().walk_revisions()}
    with engine.connect() as connection:
        heads = _of(connection).get_current_heads()
    unknown = sorted(set(heads) - known)
    if unknown:
        raise Refused(
            _(
                "The database is of a newer version of this program (migration %(revision)s). "
                "Start that version, or restore a backup made before it.",
                revision=", ".join(unknown),
            )
        )


def mark_as_current(engine: Engine) -> None:
    """Say of a database whose tables were laid in one go that it needs no migration."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        _of(connection).stamp(_script(), "heads")
