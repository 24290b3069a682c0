"""Fixtures that every test may use: the application on both databases, a real Valkey, the data.

`app` runs each test twice, on SQLite and on PostgreSQL, each time on an empty, migrated database.
A skipped test fails where CI is set: there everything it needs is installed.
"""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import pytest
import redis as redis_client
from flask import Flask, has_request_context
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import make_url

from outreach import clock
from outreach.settings import PREFIX, Settings
from tests import databases, servers
from tests.applications import lent
from tests.drive import drive  # noqa: F401
from tests.ordering import ordering  # noqa: F401
from tests.people import (  # noqa: F401 - fixtures for every test
    client_as,
    culture,
    culture_office,
    health_office,
    land,
    liaison,
    make_person,
    stranger,
    viettel,
    vnpt,
)
from tests.reminded import reminded  # noqa: F401
from tests.stage import stage  # noqa: F401

GIVEN = Settings.load()
KINDS = ("sqlite", "postgresql")

# A test builds its own settings; those of the shell would leak into commands it starts. What is
# for the tests stays: with `-n` they run in processes that read it from here.
LEAKING = [n for n in os.environ if n.startswith(PREFIX) and not n.startswith(f"{PREFIX}TEST_")]
for name in LEAKING:
    del os.environ[name]


@pytest.fixture(autouse=True)
def _real_time() -> Iterator[None]:
    """A test that shifts the clock does so for itself."""
    yield
    clock.set_offset(timedelta(0))


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Valkey, started once."""
    with servers.run_valkey(tmp_path_factory.mktemp("valkey")) as address:
        yield address


@pytest.fixture(scope="session")
def redis_client_of_all(redis_address: str) -> Iterator[redis_client.Redis]:
    """A client of the Valkey, made once."""
    client = redis_client.Redis.from_url(redis_address)
    yield client
    client.close()


@pytest.fixture
def redis(redis_client_of_all: redis_client.Redis) -> redis_client.Redis:
    """A client of the empty Valkey."""
    redis_client_of_all.flushall()
    return redis_client_of_all


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("sqlite")
    databases.fill(Settings(data_dir=folder))
    return folder / "outreach.db"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL that lets us create databases."""
    if GIVEN.test_database_url:
        yield make_url(GIVEN.test_database_url).set(drivername="postgresql").render_as_string(False)
    else:
        with servers.run_postgresql() as address:
            yield address


@pytest.fixture(scope="session")
def postgresql_database(
    postgresql_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[databases.Reused]:
    """The PostgreSQL database of this process, made once."""
    folder = tmp_path_factory.mktemp("postgresql")
    made = databases.Reused(postgresql_server, f"test_{uuid.uuid4().hex}", folder)
    made.make()
    yield made
    made.drop()


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the SQLite database of this process lies, a new one for each test."""
    return tmp_path_factory.mktemp("database") / "outreach.db"


@pytest.fixture
def sqlite_database(sqlite_template: Path, sqlite_file: Path) -> Iterator[str]:
    """The address of an empty, migrated SQLite database."""
    shutil.copy(sqlite_template, sqlite_file)
    yield f"sqlite:///{sqlite_file}"
    for file in sqlite_file.parent.iterdir():
        file.unlink()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty, migrated database; a test that takes it runs on both."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
    else:
        made: databases.Reused = request.getfixturevalue("postgresql_database")
        yield made.address
        made.wipe()


@pytest.fixture(scope="session")
def usual_settings(redis_address: str) -> Settings:
    """What stands in no setting, and the shared Valkey: read once, since that takes a while."""
    return Settings(redis_url=redis_address)


@pytest.fixture
def settings(database: str, usual_settings: Settings, tmp_path: Path) -> Settings:
    """Settings of one test: its own data folder and database, the shared Valkey."""
    own = {"data_dir": tmp_path / "data", "database_url": database}
    return usual_settings.model_copy(update=own)


@pytest.fixture
def app(
    settings: Settings, redis: redis_client.Redis, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """The application, inside its context, on an empty database and an empty Valkey."""
    with lent(settings, own=request.node.get_closest_marker("own_app") is not None) as app:
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        # Rules and commands speak as they are written, so that tests need no translation; pages
        # speak Vietnamese, as they do to people.
        babel = app.extensions["babel"]
        chosen = babel.locale_selector
        babel.locale_selector = lambda: chosen() if has_request_context() else "en"
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """The command line."""
    return app.test_cli_runner()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference data that is not part of the repository."""
    folder = GIVEN.test_shared.absolute() / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}: set {PREFIX}TEST_SHARED")
    return folder


# Tests that take long, most of them since they wait: begun first, none is left over at the end,
# when all others have nothing to do any more.
LONG = ("test_readme.py", "workers/test_start.py", "test_pages.py", "faults/", "test_access.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long. A page is tested on one of the databases, half of them on each:
    what pages are made of is tested on both, and `test_pages` walks every page on PostgreSQL and
    asks it on SQLite. The other half runs with the long rounds of faults."""
    here = Path(__file__).parent
    items.sort(key=lambda item: not str(item.path.relative_to(here)).startswith(LONG))
    for item in items:
        name, _bracket, parameters = item.nodeid.partition("[")
        given = next((kind for kind in KINDS if parameters.startswith(kind)), None)
        if item.path.parent.name == "pages" and given not in (None, _one_of(name)):
            item.add_marker(pytest.mark.faults)


def _one_of(name: str) -> str:
    return KINDS[crc32(name.encode()) % 2]


def pytest_collection_finish() -> None:
    """What is loaded now stays to the end: Python need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where CI is set, a skipped test is a failed one."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Where CI is set, a skipped module is a failed one."""
    report = yield
    if os.environ.get("CI") and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report
