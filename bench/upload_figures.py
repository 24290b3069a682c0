"""How fast a country's figures of a day come in: one file, read, judged and entered.

    .venv/bin/python -m bench.upload_figures [--postgresql]

10,614 rows beside 60 days of figures of two apps: what the page of an upload waits for. A file of
codes, the same again as corrections with a reason, one that writes each commune with district and
province, as a workbook; a JSON line a file. Needs the list of areas of 2020:
`OUTREACH_TEST_SHARED`, by default ../shared.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import openpyxl
from sqlalchemy import text

from app import create_app
from bench import _country, _world
from outreach import accounts, apps, uptake, uptake_imports
from outreach.database import db, write_connection
from outreach.schema import mark_as_current
from outreach.settings import Settings

SHARED = Path(os.environ.pop("OUTREACH_TEST_SHARED", "../shared"))
HELD_TO = 3.0
HEADINGS = ("area", "date", "installs", "reason")
_COMMUNES = """
SELECT c.id, c.code, c.name || ', ' || d.name || ', ' || p.name,
 COALESCE(c.population, 5000) * (70 + c.id % 7) / 1000
FROM areas c JOIN areas d ON d.id = c.parent_id JOIN areas p ON p.id = d.parent_id
WHERE c.level = 'commune' ORDER BY c.code
"""


def main() -> None:
    """Lay the drive, import each file, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--postgresql", action="store_true", help="start one, instead of SQLite")
    options = parser.parse_args()
    areas_file = SHARED / "data" / "areas-2020-06.csv"
    if not areas_file.is_file():
        sys.exit(f"{areas_file} is not there: set OUTREACH_TEST_SHARED.")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(_world.postgresql()).address if options.postgresql else ""
        app = create_app(Settings(data_dir=folder, database_url=url, log_level="WARNING"))
        stack.enter_context(app.app_context())
        db.create_all()
        mark_as_current(db.engine)
        _country.lay_drive(areas_file, lambda what: print(what, file=sys.stderr, flush=True))
        with write_connection(db.engine) as connection:
            connection.execute(text("ANALYZE"))
        _measure(folder, "postgresql" if url else "sqlite")
        db.session.remove()
        db.engine.dispose()


def _measure(folder: Path, database: str) -> None:
    communes = db.session.execute(text(_COMMUNES)).all()
    day = uptake.today().isoformat()
    codes = [(code, day, installs, "") for _id, code, _place, installs in communes]
    again = [(code, day, installs + 1, "recount") for _id, code, _place, installs in communes]
    places = [(place, day, installs + 2, "recount") for _id, _code, place, installs in communes]
    for what, rows, ending in (
        ("codes", codes, "csv"),
        ("codes, as corrections", again, "csv"),
        ("places, as corrections", places, "csv"),
        ("codes, as corrections in a workbook", again, "xlsx"),
    ):
        path = folder / f"figures.{ending}"
        _write(path, rows)
        begun, used = time.perf_counter(), time.process_time()
        done = uptake_imports.import_file(
            path,
            path.name,
            apps.by_code("BLUEZONE").id,
            within=None,
            actor_id=accounts.by_email("tinh@example.vn").id,
        )
        _world.say(
            bench="upload_figures",
            database=database,
            file=what,
            seconds=round(time.perf_counter() - begun, 2),
            cpu_seconds=round(time.process_time() - used, 2),
            held_to=HELD_TO,
            **done.said,
        )


def _write(path: Path, rows: Iterable[tuple[object, ...]]) -> None:
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADINGS, *rows])
        return
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Số liệu")
    for row in (HEADINGS, *rows):
        sheet.append(row)
    book.save(path)


if __name__ == "__main__":
    main()
