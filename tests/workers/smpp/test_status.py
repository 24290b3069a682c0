"""The table of command_status."""

import pytest
import smpp34

from workers.smpp import status


@pytest.mark.parametrize(
    ("code", "word", "kind"),
    [
        (0x0B, "ESME_RINVDSTADR", "permanent"),
        (0x0E, "ESME_RINVPASWD", "auth"),
        (0x14, "ESME_RMSGQFUL", "throttled"),
        (0x58, "ESME_RTHROTTLED", "throttled"),
        (0x08, "ESME_RSYSERR", "temporary"),
        (0x45, "ESME_RSUBMITFAIL", "temporary"),
    ],
)
def test_each_code_has_its_word_and_says_what_to_do(code: int, word: str, kind: str) -> None:
    row = status.lookup(code)
    assert (row.word, row.kind) == (word, kind)


def test_a_code_of_the_carriers_own_may_be_tried_again() -> None:
    assert status.lookup(0x0410).kind == "temporary"
    assert status.lookup(0x0410).word == "0x00000410"


def test_no_code_and_no_word_stands_twice() -> None:
    assert len(status.STATUSES) == len(status.BY_WORD) == 47


def test_the_codes_agree_with_another_implementation() -> None:
    theirs = {name: getattr(smpp34, name) for name in dir(smpp34) if name.startswith("ESME_R")}
    shared = {name: row.code for name, row in status.BY_WORD.items() if name in theirs}
    assert len(shared) >= 9
    assert shared == {name: theirs[name] for name in shared}
