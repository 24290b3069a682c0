"""Reports as phones write them: with and without app, area, marks, spaces and the word DUNG."""

from __future__ import annotations

import pytest

from outreach import figures, report_words
from outreach.errors import Refused
from outreach.report_words import Said

READ = {
    "BC 29992 1250": Said("", "29992", "1250", False),
    "bc 1250": Said("", "", "1250", False),
    "  Bc:29992   1.250. ": Said("", "29992", "1.250", False),
    "BC29992 1,250": Said("", "29992", "1,250", False),
    "BC 29992 1 250": Said("", "29992", "1 250", False),
    "BC 1 250": Said("", "", "1 250", False),
    "BC BLUEZONE 29992 1.250": Said("BLUEZONE", "29992", "1.250", False),
    "BC 29992 Smart Thanh Hóa 1.250": Said("Smart Thanh Hóa", "29992", "1.250", False),
    "BC 29992 1200 DUNG": Said("", "29992", "1200", True),
    "bc 29992 1200 đúng!": Said("", "29992", "1200", True),
    "BC": Said("", "", "", False),
    "BC 29992 -5": Said("", "29992", "-5", False),
    "BC 29992: 1250": Said("", "29992", "1250", False),
    "BC 29992, 1.250": Said("", "29992", "1.250", False),
    "BC 29992-1250": Said("", "29992", "1250", False),
    "BC.29992.1250": Said("", "29992", "1250", False),
    "bc;29992 = 1250": Said("", "29992", "1250", False),
    "BC\n29992\r\n1250\n": Said("", "29992", "1250", False),
}


@pytest.mark.parametrize("words", READ)
def test_a_report_is_taken_apart(words: str) -> None:
    assert report_words.is_report(words)
    assert report_words.read(words) == READ[words]


@pytest.mark.parametrize(
    "words", ["", "TC", "bcd 5", "Báo cáo 5", "1250", "xin chào", "BC " + "1" * 200]
)
def test_what_does_not_begin_with_bc_or_is_a_letter_is_none(words: str) -> None:
    assert not report_words.is_report(words)


@pytest.mark.parametrize("words", ["BC 29992", "BC 1 250"])
def test_a_lone_number_is_the_figure_whatever_it_looks_like(words: str) -> None:
    assert report_words.read(words).area == ""


@pytest.mark.parametrize("words", ["BC 29992 1.25", "BC 1250 29992 7", "BC 29992", "BC 5 6"])
def test_what_could_mean_two_things_is_never_a_figure_of_its_own(words: str) -> None:
    said = report_words.read(words)
    if said.area or " " in said.figure:
        with pytest.raises(Refused):
            figures.parse(said.figure, "installs")
