"""`flask uptake import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskCliRunner

from tests.drive import Drive, at


def run(runner: FlaskCliRunner, *arguments: object, code: int = 0) -> Any:
    result = runner.invoke(args=["uptake", "import", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_an_import_answers_its_figures_and_writes_the_rejects_beside_the_file(
    runner: FlaskCliRunner, drive: Drive, tmp_path: Path
) -> None:
    file = tmp_path / "figures.csv"
    file.write_text("area,date,installs\n29971,20/8/2020,318\nXã Lạ,20/8/2020,5\n")
    drive.report(310)
    answer = run(runner, file, "--app", "BLUEZONE")
    assert answer | {"id": 1, "notes": []} == {
        "id": 1,
        "app": "BLUEZONE",
        "read": 2,
        "added": 0,
        "corrected": 1,
        "unchanged": 0,
        "rejected": 1,
        "to_check": 0,
        "notes": [],
        "rejects_file": str(tmp_path / "figures-rejects-1.csv"),
    }
    assert "unknown_area" in Path(answer["rejects_file"]).read_text()
    assert [row.installs for row in drive.rows()] == [310, 318]


def test_columns_can_be_named_by_hand_and_a_reason_given_for_all(
    runner: FlaskCliRunner, drive: Drive, tmp_path: Path
) -> None:
    file = tmp_path / "figures.csv"
    file.write_text("Nơi,Hôm,N\n29971,20/8/2020,300\n")
    drive.report(310, "19/8 14:00")
    at("20/8 14:00")
    maps = [f"--map={each}" for each in ("area=Nơi", "date=Hôm", "installs=N")]
    answer = run(runner, file, *maps, "--reason", "kiểm đếm lại")
    assert (answer["added"], answer["rejects_file"]) == (1, None)
    assert drive.rows()[-1].reason == "kiểm đếm lại"


def test_an_unknown_app_is_refused(runner: FlaskCliRunner, drive: Drive, tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_text("area,date,installs\n29971,20/8/2020,318\n")
    assert run(runner, file, "--app", "NONE", code=1)["field"] == "app"
