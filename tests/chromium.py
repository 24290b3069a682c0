"""Debian's chromium for the browser tests: pages at a width, and what every page must hold.

Playwright drives it; the browser is the system's own, so nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.people import PASSWORD

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, PHONE = 1280, 360
PATIENCE_MS = 30_000
# TEST_PICTURES=1 keeps a picture of each page; a picture costs as much as the page.
PICTURES = os.environ.get("TEST_PICTURES") == "1"
# A page that answers 4xx is some test's own; a question that a later one replaces is dropped, which
# htmx says in two lines (one that failed has a third name, `htmx:sendError`).
EXPECTED = (
    "Failed to load resource: the server responded with a status of 4",
    "htmx:afterRequest",
    "htmx:sendAbort",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def find_chromium() -> str | None:
    """The browser's path, or None where there is none; the one without windows costs half."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def run_chromium(path: str) -> Iterator[Browser]:
    """A headless browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class _Quiet(WSGIRequestHandler):
    timeout = 5  # a connection that a browser opened and did not use holds up no end

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def read_only_whole_pages() -> None:
    """Let a click or a key that leads to another page end when that page and its scripts are there;
    Playwright ends it when the first byte has come, and what a test reads next may be half a page.
    """
    for name in ("click", "press"):
        act = getattr(Locator, name)
        if not hasattr(act, "__wrapped__"):
            setattr(Locator, name, _then_wait(act))


def _then_wait(act: Callable[..., None]) -> Callable[..., None]:
    @wraps(act)
    def whole(locator: Locator, *args: Any, **options: Any) -> None:
        act(locator, *args, **options)
        locator.page.wait_for_load_state("domcontentloaded")

    return whole


@contextmanager
def run_site(app: Flask) -> Iterator[str]:
    """The application on a port of its own; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    # Its end waits for what is being answered: the next test has another database.
    server.daemon_threads = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Visitor:
    """Opens pages of one site; `complaints` holds what the browser said on its console."""

    browser: Browser
    address: str
    folder: Path
    complaints: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def open(
        self,
        path: str,
        *,
        width: int = WIDE,
        client: FlaskClient | None = None,
        dark: bool = False,
        javascript: bool = True,
    ) -> Page:
        """A fresh window on `path`; logged in as the `client` of `client_as`, if one is given."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale="vi-VN",
            reduced_motion="reduce",  # what still moves cannot be measured
        )
        context.set_default_timeout(PATIENCE_MS)
        if client is not None:
            context.add_cookies(_cookies(client, self.address))
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path)
        self.pages.append(page)
        return page

    def close(self) -> None:
        """Close every window; where pictures are asked for, keep one of each."""
        for number, page in enumerate(self.pages):
            if PICTURES:
                page.screenshot(path=self.folder / f"page-{number}.png", full_page=True)
            page.context.close()

    def _note(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"} and not text.startswith(EXPECTED):
            self.complaints.append(text)


def _cookies(client: FlaskClient, address: str) -> list[Any]:
    jar = client._cookies or {}
    return [{"name": c.key, "value": c.value, "url": address} for c in jar.values()]


def log_in(page: Page, email: str) -> None:
    """Log in on the page that asks for it, as somebody who was made with `PASSWORD`."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()


# axe looks at a copy of the page, in a window that stays open as long as the browser: to load axe
# into a page and run it for the first time costs ten times as much as to run it again.
_COPY = """() => {
  const copy = document.documentElement.cloneNode(true);
  const fields = 'input, textarea, option', shown = document.querySelectorAll(fields);
  copy.querySelectorAll(fields).forEach((field, number) => {
    const {checked, selected, value} = shown[number];
    if (field.tagName === 'TEXTAREA') field.textContent = value;
    else if (field.tagName === 'OPTION') field.toggleAttribute('selected', selected);
    else if (field.type !== 'file') field.setAttribute('value', value);
    field.toggleAttribute('checked', !!checked);
  });
  const base = document.createElement('base');
  base.href = location.href;
  copy.querySelector('head').prepend(base);
  const names = copy.getAttributeNames();
  return [names.map(name => [name, copy.getAttribute(name)]), copy.innerHTML];
}"""
_SHOW = """async ([attributes, html]) => {
  const root = document.documentElement;
  for (const name of root.getAttributeNames()) root.removeAttribute(name);
  for (const [name, value] of attributes) root.setAttribute(name, value);
  root.innerHTML = html;
  const sheets = [...document.querySelectorAll('link[rel=stylesheet]')];
  await Promise.all(sheets.map(each => each.sheet || new Promise((done, fail) => {
    each.onload = done; each.onerror = fail;
  })));
}"""
# Only what is wrong leaves the browser: what passed is a hundred times as much.
_RUN_AXE = """how => axe.run({
  ...how, resultTypes: ['violations'], preload: false
}).then(found => found.violations)"""
_READ_EVERYTHING = {"runOnly": WCAG}
_LOOK_AT_COLOURS = {"runOnly": ["color-contrast"]}
_windows_of_axe: dict[Browser, Page] = {}


def assert_sound(page: Page) -> None:
    """What every state of every page holds, on a screen and on a phone, in light and in dark: no
    violation of WCAG 2.2 A and AA that axe-core can find, no scrolling sideways, one heading, and
    at most one act that is first of all."""
    page.wait_for_load_state("load")
    copy, was = page.evaluate(_COPY), page.viewport_size
    assert was is not None
    looked_at = _window_of_axe(page)
    looked_at.evaluate(_SHOW, copy)
    for width in sorted((WIDE, PHONE), key=lambda width: width == was["width"]):
        size = {"width": width, "height": was["height"]}
        page.set_viewport_size(size)
        assert_no_sideways_scroll(page)
        looked_at.set_viewport_size(size)
        _assert_nothing_found(page, looked_at, _READ_EVERYTHING)
    looked_at.emulate_media(color_scheme="dark")
    _assert_nothing_found(page, looked_at, _LOOK_AT_COLOURS)
    looked_at.emulate_media(color_scheme="light")
    assert page.locator("h1").count() == 1, page.url
    assert page.locator(".button.primary").count() <= 1, page.url


def _window_of_axe(page: Page) -> Page:
    browser = page.context.browser
    assert browser is not None
    if browser not in _windows_of_axe:
        window = browser.new_context(reduced_motion="reduce").new_page()
        window.set_default_timeout(PATIENCE_MS)
        window.set_content("<!doctype html><title>axe</title>")
        window.evaluate(AXE.read_text(encoding="utf-8"))
        _windows_of_axe[browser] = window
    return _windows_of_axe[browser]


def _assert_nothing_found(page: Page, looked_at: Page, how: dict[str, list[str]]) -> None:
    found = looked_at.evaluate(_RUN_AXE, how)
    wrong = [(v["id"], v["help"], [node["html"][:200] for node in v["nodes"]]) for v in found]
    assert wrong == [], f"{page.url}, {page.viewport_size}: {wrong}"


def assert_no_sideways_scroll(page: Page) -> None:
    """The page itself never scrolls sideways; a wide table does so in its own box."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide} px wide in a window of {window} px"
