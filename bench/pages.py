"""How fast pages are with the whole country in the database: 95 of 100 answers within how long.

    .venv/bin/python -m bench.pages [--postgresql] [--keep FOLDER]

The server is the one that `make run` starts (gunicorn, one process with threads). Each role's pages
are found by following links from its first page, so that a new page is measured without a line
here. Needs the list of areas of 2020: `OUTREACH_TEST_SHARED`, by default ../shared.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from app import create_app
from bench import _country, _world
from outreach.database import db
from outreach.schema import mark_as_current
from outreach.settings import Settings
from workers import programs, valkey

SHARED = Path(os.environ.pop("OUTREACH_TEST_SHARED", "../shared"))
PEOPLE = ("nuoc2", "huyen", "tinh", "xa", "viettel", "quantri")
ROUNDS = 20
SAME = 2
MOST = 200
HELD_TO = (
    (re.compile(r"/compare\b"), 300),
    # The overview, rankings, boards, maps and the pages of areas.
    (re.compile(r"/(\?|$)|/(figures|areas|targets|fieldwork)/"), 100),
    (re.compile(""), 150),
)
"""Kinds of pages by their paths, each with the p95 in ms it is held to; the first that fits."""
NO_PAGE = re.compile(r"lang=|logout|\.(csv|xlsx|docx|pdf)\b")


def main() -> None:
    """Print a JSON line a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="start one, instead of SQLite")
    parser.add_argument("--keep", type=Path, help="a folder to leave the country in, or to find it")
    parser.add_argument("--people", type=int, default=1_000_000)
    options = parser.parse_args()
    areas_file = SHARED / "data" / "areas-2020-06.csv"
    if not areas_file.is_file():
        sys.exit(f"{areas_file} is not there: set OUTREACH_TEST_SHARED.")
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        url = ""
        if options.postgresql:
            kept = folder / "postgresql" if options.keep else None
            url = stack.enter_context(_world.postgresql(kept)).address
        address = stack.enter_context(_served(folder, url, options.people, areas_file))
        measured = [page for email in PEOPLE for page in _measure(address, email)]
        _world.say(
            bench="pages",
            database="postgresql" if url else "sqlite",
            pages=len(measured),
            slowest_p95_ms=max(p95 for _path, p95 in measured),
            over={path: p95 for path, p95 in measured if p95 > _held_to(path)},
        )


@contextlib.contextmanager
def _served(folder: Path, database_url: str, people: int, areas_file: Path) -> Iterator[str]:
    """The country behind the web server of an installation; its address."""
    socket = folder / "v.sock"
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        redis_url=f"unix://{socket}",
        notice_hours="00:00-24:00",
        port=5980,
        log_level="WARNING",
    )
    here = _world.World(settings, folder)
    arguments = valkey.arguments(valkey.find_server(), folder, socket)
    here.spawn("valkey", arguments, stdout=subprocess.DEVNULL)
    try:
        _lay_once(folder, settings, areas_file, people)
        here.spawn("web", list(programs._web(settings)))
        address = f"http://127.0.0.1:{settings.port}"
        _wait_for(f"{address}/login")
        yield address
    finally:
        here.stop()


def _lay_once(folder: Path, settings: Settings, areas_file: Path, people: int) -> None:
    done = folder / ("laid-postgresql" if settings.database_url else "laid")
    if done.exists():
        return
    app, begun = create_app(settings), time.monotonic()
    with app.app_context():
        db.create_all()
        mark_as_current(db.engine)

        def say(what: str) -> None:
            print(f"{time.monotonic() - begun:6.1f} s {what}", file=sys.stderr, flush=True)

        _country.lay(settings, areas_file, people, say)
        db.session.remove()
        db.engine.dispose()
    done.touch()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(address, timeout=5).ok:
                return
        time.sleep(0.2)
    raise TimeoutError(address)


def _held_to(path: str) -> int:
    return next(most for kind, most in HELD_TO if kind.match(path))


def _measure(address: str, email: str) -> Iterator[tuple[str, float]]:
    """Each page's p95 in ms, after a line for it."""
    browser = _logged_in(address, email)
    for path in _pages(browser, address):
        times = []
        for _turn in range(ROUNDS):
            begun = time.perf_counter()
            answer = browser.get(address + path, timeout=60)
            times.append((time.perf_counter() - begun) * 1000)
        p95 = round(statistics.quantiles(times, n=20)[-1], 1)
        _world.say(
            bench="pages",
            who=email,
            page=path,
            code=answer.status_code,
            kb=round(len(answer.content) / 1024),
            median_ms=round(statistics.median(times), 1),
            p95_ms=p95,
            held_to=_held_to(path),
        )
        yield path, p95


def _logged_in(address: str, email: str) -> requests.Session:
    browser = requests.Session()
    page = browser.get(f"{address}/login", timeout=30).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)
    form = {"email": f"{email}@example.vn", "password": _country.PASSWORD}
    answer = browser.post(
        f"{address}/login", data=form | {"csrf_token": token[1] if token else ""}, timeout=30
    )
    if "/login" in answer.url:
        raise SystemExit(f"{email} could not log in")
    return browser


def _pages(browser: requests.Session, address: str) -> Iterator[str]:
    """Pages reached by links, two of each shape at most."""
    waiting, seen = ["/"], {"/"}
    shapes: dict[tuple[str, frozenset[str]], int] = {}
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        answer = browser.get(address + path, timeout=60)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        yield path
        for found in re.findall(r'<a\b[^>]*\bhref="([^"#]+)', answer.text):
            parts = urlsplit(urljoin(answer.url, unescape(found)))
            link = parts.path + (f"?{parts.query}" if parts.query else "")
            shape = re.sub(r"\d+", "0", parts.path), frozenset(parse_qs(parts.query))
            if f"http://{parts.netloc}" != address or link in seen or NO_PAGE.search(link):
                continue
            if shapes.get(shape, 0) < SAME:
                shapes[shape] = shapes.get(shape, 0) + 1
                seen.add(link)
                waiting.append(link)


if __name__ == "__main__":
    main()
