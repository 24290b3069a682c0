"""Whether a database fits this program is known before anything touches it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from outreach import schema
from outreach.database import db, write_connection
from outreach.errors import Refused


def of_revision(revision: str | None) -> None:
    with write_connection(db.engine) as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if revision is not None:
            connection.execute(text("INSERT INTO alembic_version VALUES (:it)"), {"it": revision})


def test_a_migrated_database_is_current(app: Flask) -> None:
    assert schema.is_current(db.engine)
    schema.refuse_newer(db.engine)


def test_an_older_one_is_not_current_and_not_refused(app: Flask) -> None:
    of_revision(None)
    assert not schema.is_current(db.engine)
    schema.refuse_newer(db.engine)


def test_one_of_a_newer_version_is_refused_by_its_name(app: Flask) -> None:
    of_revision("from_tomorrow")
    with pytest.raises(Refused, match=r"newer version .* \(migration from_tomorrow\)"):
        schema.refuse_newer(db.engine)
