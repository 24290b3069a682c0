"""`wording count` as a script sees it."""

import json

import pytest
from click.testing import CliRunner

from campaigns.commands.wording import wording_cli


def test_count_answers_both_forms_as_json() -> None:
    answer = CliRunner().invoke(wording_cli, ["count", "Gửi {xa} ạ", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout) == {
        "encoding": "UCS-2",
        "units": 10,
        "segments": 1,
        "forcing": ["ử", "ạ"],
        "stripped": {"text": "Gui {xa} a", "encoding": "GSM-7", "units": 12, "segments": 1},
    }


def test_a_text_that_is_no_utf8_is_refused() -> None:
    answer = CliRunner().invoke(wording_cli, ["count", "a\udce1", "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["field"] == "text"


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_a_wrong_use_exits_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(wording_cli, ["count", *arguments]).exit_code == 2
