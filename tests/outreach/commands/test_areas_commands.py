from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from outreach.example.letters import AREAS_FILE


def _run(runner: FlaskCliRunner, *arguments: str, code: int = 0) -> Any:
    result = runner.invoke(args=[*arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def loaded(runner: FlaskCliRunner) -> FlaskCliRunner:
    answer = _run(runner, "areas", "load", str(AREAS_FILE))
    assert answer["list"] == 2020
    assert answer["areas"] == {"province": 5, "district": 4, "commune": 10, "hamlet": 0}
    return runner


def test_areas_are_listed_below_a_code(loaded: FlaskCliRunner) -> None:
    communes = _run(loaded, "areas", "list", "--parent", "870")
    assert len(communes) == 10
    assert communes[7] == {
        "id": communes[7]["id"],
        "code": "29992",
        "level": "commune",
        "name": "Xã Long Thuận",
        "kind": "Xã",
        "population": 14_444,
        "population_source": "Tổng điều tra dân số và nhà ở 1/4/2019",
        "population_on": "2019-04-01",
        "smartphone_users": None,
        "lat": 10.770308,
        "lon": 105.295558,
        "list": 2020,
        "parent_code": "870",
    }
    assert len(_run(loaded, "areas", "list")) == 5
    assert _run(loaded, "areas", "list", "--as-of", "2025") == []


def test_the_package_loads_by_year(runner: FlaskCliRunner) -> None:
    answer = _run(runner, "areas", "load", "--as-of", "2025")
    assert (answer["source"], answer["added"]) == ("vietnamadminunits", 3_355)


def test_a_bad_file_is_refused_with_its_field(runner: FlaskCliRunner, tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    path.write_text("code,level,name,kind,parent_code\n8,province,A,Tỉnh,\n", encoding="utf-8")
    answer = _run(runner, "areas", "load", str(path), code=1)
    assert answer["field"] == "code"
    assert runner.invoke(args=["areas", "load", "no-such-file.csv"]).exit_code == 2


def test_another_name_is_added_and_an_unused_area_removed(loaded: FlaskCliRunner) -> None:
    added = _run(loaded, "areas", "alias", "29977", "Thường Thới Hậu B")
    assert added["alias"] == "thuong thoi hau b"
    assert _run(loaded, "areas", "remove", "29977")["removed"] is True
    assert len(_run(loaded, "areas", "list", "--parent", "870")) == 9
    assert "error" in _run(loaded, "areas", "remove", "870", code=1)


def test_apps_and_targets_are_added_and_listed(loaded: FlaskCliRunner) -> None:
    app = ("apps", "add", "--code", "bluezone", "--name", "Bluezone")
    added = _run(loaded, *app, "--link", "https://bluezone.gov.vn")
    assert _run(loaded, "apps", "list") == [added]
    target = ("targets", "add", "--area", "45", "--app", "BLUEZONE", "--share", "60%")
    of = ("--of", "smartphone_users", "--deadline", "2020-08-20", "--letter", "3733/UBND-VX")
    answer = _run(loaded, *target, *of)
    assert answer == {
        "id": answer["id"],
        "area": "45",
        "area_name": "Tỉnh Quảng Trị",
        "app": "BLUEZONE",
        "denominator": "smartphone_users",
        "share_percent": 60.0,
        "deadline": "2020-08-20",
        "letter": "3733/UBND-VX",
    }
    assert _run(loaded, "targets", "list") == [answer]
    assert _run(loaded, *target, *of, code=1)["field"] == "deadline"


def test_people_are_counted_and_their_history_is_listed(loaded: FlaskCliRunner) -> None:
    letter = ("--source", "UBND huyện", "--letter", "12/UBND", "--counted-on", "2020-08-21")
    (added,) = _run(loaded, "areas", "set-people", "870", "--population", "121000", *letter)
    rows = _run(loaded, "areas", "people", "870")
    assert rows[0] == added
    assert [(row["value"], row["valid_from"], row["holds"]) for row in rows] == [
        (121_000, "2020-08-21", True),
        (120_514, "2020-08-20", True),
    ]
    assert _run(loaded, "areas", "set-people", "870", *letter, code=1)["field"] == "population"


def test_what_areas_became_is_loaded_from_a_file_and_taken_back(
    loaded: FlaskCliRunner, tmp_path: Path
) -> None:
    path = tmp_path / "doi.csv"
    rows = "old_code,new_code,share,day,source\n29983,29992,100,2020-09-01,NQ\n"
    path.write_text(rows, encoding="utf-8")
    lists = ("--from", "2020", "--to", "2020")
    answer = _run(loaded, "areas", "convert", str(path), *lists)
    assert answer == {
        "id": 1,
        "source": "doi.csv",
        "added": 1,
        "changed": 0,
        "removed": 0,
        "unchanged": 0,
        "divided": 0,
        "notes": [],
    }
    assert _run(loaded, "areas", "convert", code=1)["field"] == "area"
    (listed,) = _run(loaded, "areas", "conversions")
    assert (listed["id"], listed["rows"], listed["taken_back_at"]) == (1, 1, None)
    back = _run(loaded, "areas", "unconvert", "1", "--reason", "nhầm tệp")
    assert back == {"id": 1, "added": 0, "changed": 0, "removed": 1}
    (listed,) = _run(loaded, "areas", "conversions")
    assert listed["reason"] == "nhầm tệp"


def test_a_part_that_goes_nowhere_is_refused_unless_that_is_said(
    loaded: FlaskCliRunner, tmp_path: Path
) -> None:
    path = tmp_path / "doi.csv"
    rows = "old_code,new_code,share,day,source\n29983,29992,30,2020-09-01,NQ\n"
    path.write_text(rows, encoding="utf-8")
    call = ("areas", "convert", str(path), "--from", "2020", "--to", "2020")
    refused = _run(loaded, *call, code=1)
    assert refused["field"] == "rest"
    assert "29983 (70%)" in refused["error"]
    assert _run(loaded, "areas", "conversions") == []
    assert _run(loaded, *call, "--leave-rest")["added"] == 1
