"""`flask optouts`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskCliRunner


def run(runner: FlaskCliRunner, *arguments: str, code: int = 0) -> Any:
    result = runner.invoke(args=["optouts", *arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_one_number_refuses_and_takes_it_back(runner: FlaskCliRunner) -> None:
    source = ("--source", "gọi 1022")

    assert run(runner, "add", "0912 345 678", *source)["added"] == 1
    assert run(runner, "add", "+84912345678", *source)["known"] == 1
    assert run(runner, "remove", "0912345678", "--reason", "nhầm")["number"] == "09•• ••• 678"
    assert run(runner, "remove", "0912345678", "--reason", "nhầm", code=1)["field"] == "number"


def test_a_file_of_numbers_refuses_one_a_line(runner: FlaskCliRunner, tmp_path: Path) -> None:
    path = tmp_path / "từ chối.txt"
    path.write_text("0912345678\n\n+84 912 345 679\n1900\n0912345678\n")

    answer = run(runner, "add", str(path), "--source", "đơn thư")

    assert answer == {"read": 4, "added": 2, "known": 1, "rejected": 1}


def test_what_holds_no_number_is_refused(runner: FlaskCliRunner, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("abc\n")

    assert run(runner, "add", str(path), "--source", "x", code=1)["field"] == "file"
    assert run(runner, "add", "12", "--source", "x", code=1)["field"] == "number"
    assert run(runner, "add", "0912345678", "--source", "", code=1)["field"] == "source"
