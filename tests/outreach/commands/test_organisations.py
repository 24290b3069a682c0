"""`flask organisations`."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskCliRunner

from tests.people import Land


def run(runner: FlaskCliRunner, *arguments: str, code: int = 0) -> Any:
    result = runner.invoke(args=["organisations", *arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_added_organisations_are_listed(runner: FlaskCliRunner, land: Land) -> None:
    carrier = run(runner, "add", "--name", "VNPT", "--kind", "carrier", "--network", "vinaphone")
    office = run(runner, "add", "--name", "Phòng Y tế", "--kind", "health", "--area", "870")
    assert (carrier["network"], carrier["area"]) == ("vinaphone", None)
    assert (office["network"], office["area"]) == (None, "870")
    assert run(runner, "list") == [carrier, office]


def test_a_name_taken_is_refused_with_its_field(runner: FlaskCliRunner) -> None:
    run(runner, "add", "--name", "VNPT", "--kind", "office")
    assert run(runner, "add", "--name", "vnpt", "--kind", "office", code=1)["field"] == "name"


def test_an_unknown_kind_or_network_is_wrong_usage(runner: FlaskCliRunner) -> None:
    for wrong in (["--kind", "bank"], ["--kind", "carrier", "--network", "att"]):
        result = runner.invoke(args=["organisations", "add", "--name", "X", *wrong])
        assert result.exit_code == 2
