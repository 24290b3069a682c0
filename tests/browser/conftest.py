"""The real application on a port, and Debian's chromium in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api
import pytest
import redis as redis_client
from flask import Flask

from outreach.settings import Settings
from tests import chromium
from tests.applications import lent

playwright.sync_api.expect.set_options(timeout=chromium.PATIENCE_MS)


@pytest.fixture
def database(sqlite_database: str) -> str:
    """A page shows the same on both databases: the browser looks at one."""
    return sqlite_database


@pytest.fixture
def app(settings: Settings, redis: redis_client.Redis) -> Iterator[Flask]:
    """The application as it is in an office: forms guarded, errors shown as pages."""
    with lent(settings) as app:
        yield app


# One browser a module, not one a run: while Playwright is at work, no other test of this process
# could run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.sync_api.Browser]:
    path = chromium.find_chromium()
    if path is None:
        pytest.skip("no chromium on the PATH: sudo apt-get install chromium")
    with chromium.run_chromium(path) as started:
        yield started


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
