"""The real application on a port, and Debian's chromium in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import playwright.sync_api
import pytest
import redis as redis_client
from flask import Flask

from outreach.settings import Settings
from tests import chromium
from tests.applications import lent

playwright.sync_api.expect.set_options(timeout=chromium.PATIENCE_MS)
chromium.read_only_whole_pages()


@pytest.fixture
def database(sqlite_database: str) -> str:
    """A page shows the same on both databases: the browser looks at one."""
    return sqlite_database


@pytest.fixture
def app(settings: Settings, redis: redis_client.Redis) -> Iterator[Flask]:
    """The application as it is in an office: forms guarded, errors shown as pages."""
    with lent(settings) as app:
        yield app


_running = ExitStack()
_browsers: list[playwright.sync_api.Browser] = []


# One browser for all that lie here, but not for longer: while Playwright is at work, no other test
# of this process could run an event loop.
@pytest.fixture
def browser() -> playwright.sync_api.Browser:
    if not _browsers:
        path = chromium.find_chromium()
        if path is None:
            pytest.skip("no chromium on the PATH: sudo apt-get install chromium")
        _browsers.append(_running.enter_context(chromium.run_chromium(path)))
        _running.callback(_browsers.clear)
    return _browsers[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """The browser ends with the last test in a row that may need it."""
    yield
    if nextitem is None or nextitem.path.parent != item.path.parent:
        _running.close()


@pytest.fixture
def visit(
    browser: playwright.sync_api.Browser, app: Flask, tmp_path: Path
) -> Iterator[chromium.Visitor]:
    """Opens pages of the running application; nothing may be said on the browser's console."""
    with chromium.run_site(app) as address:
        visitor = chromium.Visitor(browser, address, tmp_path)
        yield visitor
        visitor.close()
    assert visitor.complaints == []
