"""Vietnamese text: stripped, folded, cleared of what nobody sees."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach import gsm7
from outreach.text import fold, nfc, strip_marks, without_zero_width

VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
LETTERS = [nfc(vowel + tone) for vowel in VOWELS for tone in TONES] + list("đĐbcdghklmnpqrstvx ")
vietnamese = st.text(st.sampled_from(LETTERS))


@pytest.mark.parametrize(
    ("given_text", "stripped"),
    [
        ("Bộ Y tế đề nghị", "Bo Y te de nghi"),
        ("ĐỒNG THÁP", "DONG THAP"),
        ("Ðồng Tháp", "Dong Thap"),  # U+00D0, the Icelandic letter
        ("xã\u00a0Long Thuận", "xa Long Thuan"),
        ("“Bluezone” – ‘tải’…", "\"Bluezone\" - 'tai'..."),
        ("đi từng ngõ\u200b", "di tung ngo"),
        ("5.000₫", "5.000d"),
        ("3 ≠ 4", "3 ≠ 4"),
        ("cài 😀", "cai 😀"),
        ("한국어 ภาษาไทย が", "한국어 ภาษาไทย が"),
    ],
)
def test_marks_are_stripped_and_meaning_kept(given_text: str, stripped: str) -> None:
    assert strip_marks(given_text) == stripped


@given(vietnamese)
def test_stripped_vietnamese_is_ascii(text: str) -> None:
    assert strip_marks(text).isascii()
    assert all(gsm7.is_gsm7(char) for char in strip_marks(text))


@given(vietnamese)
def test_the_decomposed_form_strips_to_the_same(text: str) -> None:
    assert strip_marks(unicodedata.normalize("NFD", text)) == strip_marks(text)


@given(st.text())
def test_stripping_twice_changes_nothing_more(text: str) -> None:
    once = strip_marks(text)
    assert strip_marks(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text())
def test_folding_twice_changes_nothing_for_a_heading(text: str) -> None:
    assert fold(text) == fold(text).strip()


@given(vietnamese)
def test_case_marks_and_spaces_do_not_matter_in_a_comparison(text: str) -> None:
    loud = f"  {strip_marks(text).upper().replace(' ', '   ')} "
    assert fold(loud) == fold(text)


def test_what_nobody_sees_is_removed() -> None:
    assert without_zero_width("\ufeff09\u200b12\u200e") == "0912"
