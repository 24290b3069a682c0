"""The selection rule: a few known ones that later analysis reads, and every other text as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import selection
from campaigns.selection import Rule
from outreach.errors import Refused


@pytest.mark.parametrize(
    ("stored", "rule", "words"),
    [
        ("everyone", Rule.EVERYONE, ""),
        ("everyone: mọi số trong hai danh sách", Rule.EVERYONE, "mọi số trong hai danh sách"),
        ("ordered: theo mã xã,\nđặt ngày 12/8", Rule.ORDERED, "theo mã xã,\nđặt ngày 12/8"),
        ("lottery: 5 xã", Rule.LOTTERY, "5 xã"),
        ("low_uptake: dưới 4%", Rule.LOW_UPTAKE, "dưới 4%"),
        ("hai xã chưa nhắn", Rule.OTHER, "hai xã chưa nhắn"),
        ("everyone who asked", Rule.OTHER, "everyone who asked"),
    ],
)
def test_a_stored_text_is_read_and_written_as_it_was(stored: str, rule: Rule, words: str) -> None:
    assert selection.read(stored) == (rule, words)
    assert selection.written(rule, words) == stored


@given(st.sampled_from(sorted(Rule)), st.text(min_size=1).map(str.strip).filter(bool))
def test_what_is_written_is_read_as_the_same(rule: Rule, words: str) -> None:
    again, said = selection.read(selection.written(rule, words))
    if rule is not Rule.OTHER:
        assert (again, said) == (rule, words)
    else:
        assert selection.written(again, said) == words or again is not Rule.OTHER


@pytest.mark.parametrize("rule", ["ordered", "lottery", "low_uptake", "other", ""])
def test_a_rule_that_says_nothing_by_itself_needs_words(rule: str) -> None:
    with pytest.raises(Refused) as refused:
        selection.written(rule, " ")
    assert refused.value.field == "selection_rule"


def test_everyone_needs_no_words() -> None:
    assert selection.written("everyone", "") == "everyone"
    assert selection.said("everyone") == "Everyone"
    assert selection.said("lottery: 5 xã") == "Drawn by lot: 5 xã"
    assert selection.said("hai xã") == "hai xã"
