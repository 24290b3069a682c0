"""Vietnamese alphabetical order: ă after a, đ after d, tones last, numbers by their value."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from outreach.text import nfc

# ngang, huyền, hỏi, ngã, sắc, nặng: the order of Vietnamese dictionaries (and of CLDR's vi,
# but for hỏi and ngã, which CLDR has in this order too).
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_ALPHABET: Final = {
    letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")
}
_AFTER_ALL: Final = len(_ALPHABET)
_WORDS: Final = re.compile(r"\d+|[^\W\d_]+")

Key = tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...], str]


def vietnamese_key(text: str) -> Key:
    """What to sort by: letters of all words first, then their tones, then the text itself."""
    words = [_word(word) for word in _WORDS.findall(nfc(text).lower())]
    return tuple(letters for letters, _ in words), tuple(tones for _, tones in words), text


def _word(word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if word.isdecimal():
        return (-1, int(word)), ()  # numbers before letters
    letters, tones = [], []
    for letter in word:
        plain, tone = _without_tone(letter)
        letters.append(_ALPHABET.get(plain, _AFTER_ALL + ord(plain[0])))
        tones.append(tone)
    return tuple(letters), tuple(tones)


def _without_tone(letter: str) -> tuple[str, int]:
    """("ệ") → ("ê", 5)."""
    marks = unicodedata.normalize("NFD", letter)
    tone = next((_TONES[mark] for mark in marks if mark in _TONES), 0)
    return nfc("".join(mark for mark in marks if mark not in _TONES)), tone
