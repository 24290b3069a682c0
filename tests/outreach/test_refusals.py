"""A refusal is understood however it is typed, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from outreach.refusals import is_refusal


@pytest.mark.parametrize(
    "words", ["TC", "tc", "Từ chối", "tu choi nhan tin", "STOP", "Hủy", "TC QC gui 1234", "“TC”."]
)
def test_a_refusal_is_understood(words: str) -> None:
    assert is_refusal(words)


@pytest.mark.parametrize(
    "words",
    ["Đúng", "Cám ơn", "tcty nao vay", "Toi da cai roi", "", "huyen nao?", "Tôi " + "rất " * 20],
)
def test_other_words_are_no_refusal(words: str) -> None:
    assert not is_refusal(words)
