"""`phones clean` as a script sees it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outreach.commands.phones import phones_cli

LINES = ["0912345678", "", "+84 987 654 321", "0277 385 1234", "không có", "0912345678/0987654321"]


def cleaned(path: Path, content: bytes) -> Result:
    path.write_bytes(content)
    return CliRunner().invoke(phones_cli, ["clean", str(path), "--json"])


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_line_has_one_answer_in_order(tmp_path: Path, codec: str, end: str) -> None:
    answer = cleaned(tmp_path / "list.txt", (end.join(LINES) + end).encode(codec))
    assert answer.exit_code == 0
    assert [(each["input"], each["e164"], each["network"], each["reason"]) for each in
            json.loads(answer.stdout)] == [
        ("0912345678", "+84912345678", "vinaphone", None),
        ("", None, None, "empty"),
        ("+84 987 654 321", "+84987654321", "viettel", None),
        ("0277 385 1234", None, None, "landline"),
        ("không có", None, None, "not_a_number"),
        ("0912345678/0987654321", None, None, "two_numbers"),
    ]  # fmt: skip


def test_an_empty_file_has_an_empty_answer(tmp_path: Path) -> None:
    assert json.loads(cleaned(tmp_path / "list.txt", b"").stdout) == []


def test_a_long_file_is_one_array(tmp_path: Path) -> None:
    answer = cleaned(tmp_path / "list.txt", b"0912345678\n" * 25_001)
    assert len(json.loads(answer.stdout)) == 25_001


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    answer = cleaned(tmp_path / "list.txt", b"\x00\x01\x02\x03" + bytes(range(1, 256)))
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["field"] == "file"


def test_a_file_that_is_not_there_is_a_wrong_use() -> None:
    assert CliRunner().invoke(phones_cli, ["clean", "no-such-file", "--json"]).exit_code == 2
