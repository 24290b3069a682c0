"""`flask report daily`: three files, a digest, and the same again while nothing was corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from campaigns.reports import editions
from outreach.database import db
from tests.campaigns.reports.reporting import TODAY, counted
from tests.drive import Drive

__all__ = ["counted"]


def run(runner: FlaskCliRunner, *arguments: object, code: int = 0) -> Any:
    db.session.rollback()
    result = runner.invoke(args=["report", "daily", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_the_report_is_written_and_written_again(
    counted: Drive, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    asked = ("--area", 870, "--date", "2020-08-20", "--out", tmp_path / "a")
    done = run(runner, *asked)
    assert set(done) == {"files", "digest", "edition"}
    names = [Path(each).name for each in done["files"]]
    assert names == [f"bao-cao-870-2020-08-20.{kind}" for kind in ("docx", "pdf", "xlsx")]
    before = [Path(each).read_bytes() for each in done["files"]]
    assert run(runner, *asked) == done
    assert [Path(each).read_bytes() for each in done["files"]] == before
    (kept,) = editions.of_day(counted.land.district, TODAY)
    assert (kept.digest, kept.edition) == (done["digest"], done["edition"])
    counted.report(4000, "20/8 16:30", reason="gõ nhầm", asked="4000")
    again = run(runner, *asked)
    assert (again["edition"], again["digest"] != done["digest"]) == (2, True)
    assert [Path(each).read_bytes() for each in done["files"]] == before


@pytest.mark.parametrize(
    ("area", "day", "field"),
    [
        ("999", "2020-08-20", "area"),
        ("29971", "2020-08-20", "area"),
        ("870", "2020-08-21", "day"),
        ("870", "20/8", "date"),
    ],
)
def test_what_cannot_be_reported_is_refused_with_a_sentence(
    counted: Drive, runner: FlaskCliRunner, tmp_path: Path, area: str, day: str, field: str
) -> None:
    said = run(runner, "--area", area, "--date", day, "--out", tmp_path / "a", code=1)
    assert said["field"] == field
    assert not (tmp_path / "a").exists()


def test_a_folder_that_cannot_be_written_is_named(
    counted: Drive, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    asked = ("--area", 870, "--date", "2020-08-20", "--out", file / "below")
    assert run(runner, *asked, code=1)["field"] == "out"
    other = ("--as", counted.reporter.email)
    assert "may not" in run(runner, *asked[:4], "--out", tmp_path, *other, code=1)["error"]
