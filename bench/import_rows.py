"""How fast a list comes in: read, judged, sealed, staged, joined, as a worker does it.

    .venv/bin/python -m bench.import_rows --rows 100000 [--format csv|xlsx] [--database-url URL]

Prints one JSON line a figure. The list is invented: numbers over the prefix plan in the spellings
of real lists, areas of the list of 2020 by name, a name each, one row in a hundred wrong, one in
fifty a repeat. The import runs in a process of its own, whose peak memory is the figure.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import random
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
from sqlalchemy import select, text

from app import create_app
from outreach import area_loading, areas, organisations
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, write_connection
from outreach.lists import importing, uploads
from outreach.lists.uploads import Choices, Purpose
from outreach.organisations import Kind
from outreach.prefix_plan import NETWORK_BY_PREFIX
from outreach.settings import Settings
from outreach.subscribers import list_by_id

SPELLINGS = ("0{}", "0{}", "0{}", "+84{}", "84{}", "{}", "0{} ", "'0{}")
WRONG = ("02773821234", "19001234", "9.12346E+08", "không có", "")


def rows(count: int, places: list[str], seed: int = 2020) -> Iterator[tuple[str, str, str]]:
    """(phone, area, name) of an invented list."""
    chance, prefixes, last = random.Random(seed), list(NETWORK_BY_PREFIX), ""
    for _ in range(count):
        dice = chance.random()
        if dice < 0.01:
            phone = chance.choice(WRONG)
        elif dice < 0.03 and last:
            phone = last
        else:
            national = chance.choice(prefixes) + f"{chance.randrange(10**7):07d}"
            phone = last = chance.choice(SPELLINGS).format(national)
        yield phone, chance.choice(places), f"Nguyễn Văn {chance.randrange(10**6)}"


def write(path: Path, count: int, places: list[str]) -> None:
    """Write an invented list of `count` rows to `path`."""
    headings = ("SĐT", "Xã", "Họ tên")
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows(rows(count, places))
        return
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    sheet.append(headings)
    for row in rows(count, places):
        sheet.append(row)
    book.save(path)


def places_of(district: str) -> list[str]:
    """Ways to write the communes of a district."""
    above = areas.by_code(district, 2020)
    names = [area.name for area in areas.children(above.id)]
    spelt = [*names, *(f"{name}, {above.name}" for name in names)]
    return spelt + [area.code for area in areas.children(above.id)]


def prepare(settings: Settings, count: int, ending: str) -> int:
    """An installation with areas, a carrier and a received list; answers the list's id."""
    app = create_app(settings)
    with app.app_context():
        db.create_all()
        area_loading.load_package(2020, None, actor_id=None)
        carrier = organisations.add("VNPT (bench)", Kind.CARRIER, "vinaphone", actor_id=None)
        district = db.session.scalar(
            select(Area).where(Area.level == Level.DISTRICT, Area.area_list == 2020).limit(1)
        )
        path = settings.data_dir / f"list.{ending}"
        write(path, count, places_of(district.code))
        why = Purpose("bench", "invented", date(2020, 8, 1))
        with path.open("rb") as file:
            choices = Choices(within_id=district.id)
            upload = uploads.receive(file, path.name, carrier.id, why, choices, actor_id=None)
        list_id = upload.id
        db.session.remove()
        db.engine.dispose()
        return list_id


def carry_out(settings: Settings, list_id: int, answer: multiprocessing.SimpleQueue) -> None:
    """The worker's part: import the list and say what it took."""
    app = create_app(settings)
    with app.app_context():
        began = time.perf_counter()
        importing.run_import(list_id)
        took = time.perf_counter() - began
        upload = list_by_id(list_id)
        figures = {name: getattr(upload, name) for name in ("read", "added", "joined", "rejected")}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.put((took, peak, upload.state, upload.refusal, figures))


def others(settings: Settings, stop: threading.Event) -> list[float]:
    """Another writer that commits ten times a second meanwhile; how long each had to wait, in s."""
    waits = []
    app = create_app(settings)
    with app.app_context():
        while not stop.wait(0.1):
            began = time.perf_counter()
            with write_connection(db.engine) as connection:
                connection.execute(
                    text(
                        "INSERT INTO installation (key, value) VALUES ('bench', '1')"
                        " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                    )
                )
            waits.append(time.perf_counter() - began)
    return waits


def measure(settings: Settings, count: int, ending: str) -> None:
    """Prepare, import, print."""
    list_id = prepare(settings, count, ending)
    context = multiprocessing.get_context("spawn")
    answer = context.SimpleQueue()
    worker = context.Process(target=carry_out, args=(settings, list_id, answer))
    stop, waits = threading.Event(), []
    watcher = threading.Thread(target=lambda: waits.extend(others(settings, stop)))
    worker.start()
    watcher.start()
    worker.join()
    stop.set()
    watcher.join()
    took, peak, state, refusal, figures = answer.get()
    if state != "done":
        sys.exit(f"the import ended as {state}: {refusal}")
    waits.sort()
    for what, value, unit in (
        ("import.seconds", round(took, 2), "s"),
        ("import.rate", round(count / took), "rows/s"),
        ("import.peak_memory", round(peak), "MB"),
        ("import.another_writer_waits_p95", round(1000 * waits[int(len(waits) * 0.95)], 1), "ms"),
        ("import.another_writer_waits_most", round(1000 * waits[-1], 1), "ms"),
    ):
        print(json.dumps({"figure": what, "value": value, "unit": unit, "rows": count,
                          "format": ending, "database": db_name(settings), **figures}))  # fmt: skip


def db_name(settings: Settings) -> str:
    """Which database was measured."""
    return settings.database_address.partition(":")[0].partition("+")[0]


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--format", choices=["csv", "xlsx"], default="csv")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        measure(
            Settings(data_dir=folder, database_url=given.database_url), given.rows, given.format
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
