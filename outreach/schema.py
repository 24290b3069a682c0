"""Whether the database has the shape this program needs.

The migrations in migrations/ change it; the start runs them, and nothing is served before.
"""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from outreach.errors import Refused
from outreach.i18n import _

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
COMMAND = ".venv/bin/flask --app app db upgrade"


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def newest() -> tuple[str, ...]:
    """The revision that this program needs, as Alembic names it."""
    return tuple(_script().get_heads())


def is_current(engine: Engine) -> bool:
    """Whether every migration has been run on this database."""
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(newest())


def refuse_newer(engine: Engine) -> None:
    """Raise Refused where the database was migrated by a newer version of this program."""
    known = {revision.revision for revision in _script().walk_revisions()}
    with engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
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
        MigrationContext.configure(connection).stamp(_script(), "heads")
