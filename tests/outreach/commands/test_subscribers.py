"""`flask subscribers`: a worker imports while the command waits and shows how far it is."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from outreach.audit import AuditRow
from outreach.database import db
from outreach.lists import importing, uploads
from outreach.organisations import Organisation
from outreach.signals import work_requested
from tests.people import Land

ROWS = "SĐT,Xã\n0912345678,Long Thuận\n0912345679,29983\n0912345678,29983\n19001234,Long Thuận\n"
WHY = ("--purpose", "Mời cài Bluezone", "--source", "VNPT")


@pytest.fixture
def worker(app: Flask) -> Iterator[None]:
    """A worker that hears the ring and imports in a thread of its own."""
    threads: list[threading.Thread] = []

    def run(list_id: int) -> None:
        with app.app_context():
            importing.run_import(list_id)

    def hear(_sender: object, kind: str, list_id: int) -> None:
        threads.append(threading.Thread(target=run, args=(list_id,)))
        threads[-1].start()

    with work_requested.connected_to(hear):
        yield
    for thread in threads:
        thread.join()


@pytest.fixture
def file(tmp_path: Path, land: Land) -> Path:
    path = tmp_path / "danh sách.csv"
    path.write_text(ROWS)
    return path


def run(runner: FlaskCliRunner, *arguments: object, code: int = 0) -> tuple[Any, str]:
    result = runner.invoke(args=["subscribers", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout), result.stderr


def test_an_import_answers_its_figures_and_writes_the_rejects_beside_the_file(
    runner: FlaskCliRunner, vnpt: Organisation, file: Path, worker: None
) -> None:
    answer, shown = run(runner, "import", file, "--organisation", vnpt.id, *WHY)

    rejects = Path(answer.pop("rejects_file"))
    assert answer == {"id": 1, "read": 4, "added": 2, "joined": 1, "rejected": 1, "notes": []}
    assert "3" in shown  # rows joined, on stderr
    assert rejects.parent == file.parent
    assert rejects.stat().st_mode & 0o777 == 0o600
    rows = list(csv.reader(rejects.read_text("utf-8-sig").splitlines()))
    assert rows[1][:4] == ["5", "SĐT", "19001234", "service"]

    (listed,), _shown = run(runner, "list")
    assert (listed["state"], listed["read"], listed["purpose"]) == ("done", 4, WHY[1])
    again, _shown = run(runner, "rejects", 1, file.with_name("again.csv"))
    assert Path(again["rejects_file"]).read_bytes() == rejects.read_bytes()


def test_a_dry_run_needs_no_worker_and_writes_nothing(
    runner: FlaskCliRunner, vnpt: Organisation, file: Path
) -> None:
    answer, shown = run(runner, "import", file, "--organisation", vnpt.id, *WHY, "--dry-run")

    assert (answer["id"], answer["rejects_file"]) == (None, None)
    assert (answer["read"], answer["added"], answer["joined"], answer["rejected"]) == (4, 2, 1, 1)
    assert "19001234" in shown
    assert run(runner, "list")[0] == []
    assert list(file.parent.glob("*rejects*")) == []


def test_what_cannot_be_imported_is_refused_with_its_field(
    runner: FlaskCliRunner, vnpt: Organisation, file: Path
) -> None:
    why = ("--source", "VNPT")
    for arguments, field in (
        (("--organisation", 99, *WHY), "organisation"),
        (("--organisation", vnpt.id, *why, "--purpose", " "), "purpose"),
        (("--organisation", vnpt.id, *WHY, "--map", "phone"), "map"),
        (("--organisation", vnpt.id, *WHY, "--map", "phone=Không có"), "map"),
        (("--organisation", vnpt.id, *WHY, "--within", "999"), "area"),
        (("--organisation", vnpt.id, *WHY, "--obtained-on", "2999-01-01"), "obtained_on"),
    ):
        for more in ((), ("--dry-run",)):
            assert run(runner, "import", file, *arguments, *more, code=1)[0]["field"] == field


def test_columns_are_mapped_by_hand(
    runner: FlaskCliRunner, vnpt: Organisation, tmp_path: Path, land: Land, worker: None
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("A,B\n0912345678,29983\n")
    maps = ("--map", "phone=A", "--map", "area=B")

    answer, _shown = run(runner, "import", path, "--organisation", vnpt.id, *WHY, *maps)

    assert (answer["added"], answer["rejects_file"]) == (1, None)


def test_a_list_is_imported_with_the_last_day_of_its_use(
    runner: FlaskCliRunner, vnpt: Organisation, file: Path, worker: None
) -> None:
    known = ("--organisation", vnpt.id, *WHY)
    run(runner, "import", file, *known, "--expires", "2030-12-31")
    run(runner, "import", file, *known)
    first, second = run(runner, "list")[0]
    assert first["expires_on"] == "2030-12-31"
    assert second["expires_on"] == uploads.usual_expiry().isoformat()
    refused, _ = run(runner, "import", file, *known, "--expires", "2020-01-01", code=1)
    assert refused["field"] == "expires_on"


def test_the_last_day_of_a_list_is_set_with_a_reason(
    runner: FlaskCliRunner, vnpt: Organisation, file: Path, worker: None
) -> None:
    known = ("--organisation", vnpt.id, *WHY)
    answer, _shown = run(runner, "import", file, *known, "--expires", "2030-12-31")
    day = ("--last-day", "2031-01-31")
    refused, _ = run(runner, "expiry", answer["id"], *day, "--reason", " ", code=1)
    assert refused["field"] == "reason"
    done, _ = run(runner, "expiry", answer["id"], *day, "--reason", "CV 12")
    assert done == {"id": answer["id"], "expires_on": "2031-01-31"}
    assert run(runner, "list")[0][0]["expires_on"] == "2031-01-31"
    (row,) = db.session.scalars(select(AuditRow).where(AuditRow.act == "list.expiry"))
    assert json.loads(row.detail) == {"from": "2030-12-31", "to": "2031-01-31", "reason": "CV 12"}
    assert run(runner, "expiry", 999, *day, "--reason", "CV 12", code=1)[0]["field"] == "list"
