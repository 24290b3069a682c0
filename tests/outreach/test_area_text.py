from __future__ import annotations

import pytest

from outreach.area_text import key, leading_kind, marked_key, parts, toned, words


def test_the_tone_counts_wherever_it_is_typed() -> None:
    assert toned("Hoà") == toned("hòa")
    assert toned("thuý") == toned("Thúy")
    assert toned("hoa") != toned("hòa")
    assert marked_key(words("Hoà Bình")) == marked_key(words("Hòa Bình"))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("P05", ["p", "5"]),
        ("M'Đrắk", ["mdrak"]),
        ("Phan Rang-Tháp Chàm", ["phan", "rang", "thap", "cham"]),
        ("Q.3", ["q", "3"]),
        ("!?", []),
    ],
)
def test_words_are_letters_or_numbers(text: str, folded: list[str]) -> None:
    assert [word.folded for word in words(text)] == folded


def test_names_compare_without_spaces_and_apostrophes() -> None:
    assert key(words("Ea H' Leo")) == key(words("Ea H'leo"))


def test_parts_stand_between_commas_and_brackets() -> None:
    assert parts("ấp 1,xã A ; (huyện B),, ") == ["ấp 1", "xã A", "huyện B"]


@pytest.mark.parametrize("text", ["tt A", "TT. A", "thị trấn A", "Thi Tran A"])
def test_kinds_are_known_by_their_abbreviations(text: str) -> None:
    found = leading_kind(words(text))
    assert found is not None
    assert found[0].exact == {"Thị trấn"}


@pytest.mark.parametrize("text", ["xà Bang", "quân A", "xã", "Long Thuận"])
def test_other_marks_a_lone_word_or_a_name_are_no_kind(text: str) -> None:
    assert leading_kind(words(text)) is None
