"""The migrations lead to exactly the tables that the models describe, on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import inspect, select, text

from app import create_app
from campaigns import counts
from outreach import area_conversions, schema
from outreach.area_changes import AreaChange
from outreach.area_counts import AreaCount
from outreach.database import Moment, db, write_connection
from outreach.organisations import Organisation
from outreach.settings import Settings
from outreach.subscribers import PUBLIC, Group
from tests.databases import new_database
from tests.reminded import Reminded
from tests.stage import Stage
from tests.workers.carried import carried


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path):
    """The application on a database without any table."""
    if request.param == "sqlite":
        yield create_app(Settings(data_dir=tmp_path))
    else:
        server = request.getfixturevalue("postgresql_server")
        with new_database(server, f"empty_{tmp_path.name[-20:].lower()}") as address:
            yield create_app(Settings(data_dir=tmp_path, database_url=address))


@pytest.fixture
def migrated(empty: Flask):
    with empty.app_context():
        schema.upgrade()
        yield empty
        db.session.remove()
        db.engine.dispose()


def _same_type(_context, _inspected, _metadata, inspected, ours) -> bool | None:
    """A moment is stored as a plain integer."""
    if isinstance(ours, Moment):
        return str(inspected) not in {"BIGINT", "BigInteger"}
    return None


def test_migrations_equal_models(migrated: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
        assert compare_metadata(context, db.metadata) == []
    assert schema.is_current(db.engine)


def test_a_fresh_installation_has_the_groups_lists_may_name(migrated: Flask) -> None:
    assert db.session.scalar(select(Group.restricted).where(Group.code == PUBLIC)) is False


def test_migrating_again_changes_nothing(migrated: Flask) -> None:
    schema.upgrade()
    assert schema.is_current(db.engine)


def test_migrations_can_be_taken_back(migrated: Flask) -> None:
    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}


def test_what_areas_had_of_people_is_the_first_row_of_their_history(migrated: Flask) -> None:
    downgrade(revision="0015")
    columns = "area_list, code, level, name, kind, position, population, population_source"
    insert = f"INSERT INTO areas ({columns}, population_on, smartphone_users) VALUES"
    with write_connection(db.engine) as connection:
        for values in (
            "2020, '87', 'province', 'A', 'T', 1, 5, 'x', '2019-04-01', 3",
            "2020, '88', 'province', 'B', 'T', 2, 7, NULL, NULL, NULL",
            "2020, '89', 'province', 'C', 'T', 3, NULL, NULL, NULL, NULL",
        ):
            connection.execute(text(f"{insert} ({values})"))
    schema.upgrade()
    rows = db.session.scalars(select(AreaCount).order_by(AreaCount.id))
    assert [(r.denominator, r.value, r.source, r.valid_from, r.entered_at) for r in rows] == [
        ("population", 5, "x", date(2019, 4, 1), None),
        ("population", 7, "", None, None),
        ("smartphone_users", 3, "", None, None),
    ]


def test_what_areas_became_before_stands_as_what_was_recorded_at_once(migrated: Flask) -> None:
    downgrade(revision="0020")
    with write_connection(db.engine) as connection:
        for code in ("10001", "10002", "10003"):
            columns = "area_list, code, level, name, kind, position"
            values = f"2020, '{code}', 'commune', 'A', 'Xã', 1"
            connection.execute(text(f"INSERT INTO areas ({columns}) VALUES ({values})"))
        for old_id, share, at in ((1, 10000, 5), (2, 3850, 5), (3, 10000, 9)):
            columns = "old_id, new_id, share, day, source, entered_at"
            values = f"{old_id}, 3, {share}, '2020-01-01', 'NQ', {at}"
            connection.execute(text(f"INSERT INTO area_changes ({columns}) VALUES ({values})"))
    schema.upgrade()
    last, first = area_conversions.every()
    assert area_conversions.rows_of([first.id, last.id]) == {first.id: 2, last.id: 1}
    area_conversions.take_back(first, "nhầm tệp", leave_rest=True, actor_id=None)
    assert db.session.scalars(select(AreaChange.old_id)).all() == [3]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_carried_before_is_told_by_reason_after(stage: Stage, vnpt: Organisation) -> None:
    """Doubts and reasons have tables of their own: an older database's messages fill them."""
    there = carried(stage, vnpt, 3)
    there.claim(2)
    there.lapse()
    campaign = there.campaign
    with write_connection(db.engine) as connection:
        counts.fold(connection)
    stage.assert_counts_are_rows(campaign)
    db.session.remove()
    schema.attach(stage.app)
    downgrade(revision="0002")
    schema.upgrade()
    stage.assert_counts_are_rows(campaign)
    assert stage.states(campaign) == {"in_doubt": 2, "queued": 1}


def test_of_two_reminders_of_a_day_from_before_the_first_counts(reminded: Reminded) -> None:
    """As they came about where the hour was changed on the day."""
    reminded.agree()
    reminded.tick("14:31")
    db.session.remove()
    schema.attach(reminded.stage.app)
    downgrade(revision="0020")
    columns = "kind, person_id, day, area_id, what, app_ids, way, text, asked_at, lapses_at"
    with write_connection(db.engine) as connection:
        for state, later in (("handed", 1), ("skipped", 2)):
            connection.execute(
                text(
                    f"INSERT INTO reminders ({columns}, state, due_at) SELECT {columns}, :state,"
                    " due_at + :later FROM reminders WHERE id = 1"
                ),
                {"state": state, "later": later},
            )
    schema.upgrade()
    assert [row.counts_on for row in reminded.outbox()] == [date(2020, 8, 20), None, None]
    assert len(reminded.tick("14:36")) == 3
    assert len(reminded.texts()) == 1
