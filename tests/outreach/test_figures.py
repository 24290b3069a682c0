"""Counts as people write them."""

from __future__ import annotations

import pytest

from outreach import figures
from outreach.errors import Refused


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("331", 331),
        (" 0 ", 0),
        ("1.234", 1234),
        ("1,234", 1234),
        ("1 234", 1234),
        ("1\u00a0234", 1234),
        ("12.345.678", 12_345_678),
        ("３３１", 331),
        ("007", 7),
    ],
)
def test_a_count_is_read_however_its_thousands_are_written(text: str, number: int) -> None:
    assert figures.parse(text, "installs") == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "-5", "−5", "- 5", "năm mươi", "12x", "1.5", "1,5", "12.34", "1.234,567"),
        *("1,234.567", "1.234 567", "1e3", "5%", "+5", "3 000 00", "9999999999", "1.2345", "٣x"),
    ],
)
def test_what_is_no_count_or_might_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        figures.parse(text, "installs")
    assert refused.value.field == "installs"


def test_a_refusal_says_what_was_typed_and_how_to_write_it() -> None:
    with pytest.raises(Refused, match=r"“12x” is not a whole number.*1234 or 1\.234"):
        figures.parse("12x", "installs")
    with pytest.raises(Refused, match="“-5” is below zero"):
        figures.parse("-5", "installs")
