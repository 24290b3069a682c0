"""Text in TCVN3 (ABC) or VNI, the Vietnamese encodings from before Unicode, recognised.

Both put Vietnamese letters where Western ones are, so no decoder fails: only reading the words
tells. A word counts as Vietnamese if it is built as a Vietnamese syllable can be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from outreach.text import nfc

TCVN3: Final = "TCVN3 (ABC)"
VNI: Final = "VNI"

_TCVN3: Final = str.maketrans(
    bytes.fromhex(
        "a1a2a3a4a5a6a7a8a9aaabacadae"
        "b5b6b7b8b9bbbcbdbec6c7c8c9cacb"
        "cccecfd0d1d2d3d4d5d6d7d8dcddde"
        "dfe1e2e3e4e5e6e7e8e9eaebecedee"
        "eff1f2f3f4f5f6f7f8f9fafbfcfdfe"
    ).decode("latin-1"),
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
)

# VNI writes a letter and its marks as two Western letters: "Nguyeãn" is Nguyễn.
_VNI_MARKS: Final = {
    "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309",
    "ã": "\u0302\u0303", "ä": "\u0302\u0323",
    "ê": "\u0306", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309",
    "ü": "\u0306\u0303", "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_LETTERS: Final = str.maketrans("ôöñæóòî", "ơưđỉĩịỵ")
_VNI_PAIR: Final = re.compile(f"([aeouyôö])([{''.join(_VNI_MARKS)}])")

_WORD: Final = re.compile(r"[^\s\d!-/:-@\[-`{-~]+")
_VOWELS: Final = (
    "a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iê iu oa oă oe oi oo ôi ơi ua uâ uê ui uô "
    "uơ uy ưa ưi ươ ưu yê iêu yêu oai oay oao oeo uây uôi uya uyê uyu ươi ươu uêu uao"
)
_SYLLABLE: Final = re.compile(
    "(?:b|ch?|d|đ|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu?|r|s|th?|tr|v|x)?"
    f"(?:{'|'.join(_VOWELS.split())})(?:ch?|m|ng?|nh|p|t)?"
)
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_ENOUGH_WORDS: Final = 3
_MOST_WORDS: Final = 2000


def recognised(texts: Iterable[str]) -> str | None:
    """`TCVN3` or `VNI` if `texts`, decoded as Western or Unicode, are that; None otherwise."""
    words = words_with_marks(nfc(" ".join(texts)))
    if len(words) < _ENOUGH_WORDS or share_of_vietnamese(words) >= 0.5:
        return None
    readings: dict[str, Callable[[str], str]] = {TCVN3: _from_tcvn3, VNI: _from_vni}
    shares = {
        name: share_of_vietnamese([reading(word).lower() for word in words])
        for name, reading in readings.items()
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= 0.6 else None


def share_of_vietnamese(words: list[str]) -> float:
    """Which share of `words` are Vietnamese syllables in one case; 1 for no words at all."""
    return sum(map(_is_syllable, words)) / len(words) if words else 1.0


def words_with_marks(text: str) -> list[str]:
    """The first words of `text` that hold anything but ASCII, enough to judge by."""
    words = (match[0] for match in _WORD.finditer(text))
    return list(islice((word for word in words if not word.isascii()), _MOST_WORDS))


def _from_tcvn3(word: str) -> str:
    return word.translate(_TCVN3)


def _from_vni(word: str) -> str:
    paired = _VNI_PAIR.sub(
        lambda pair: pair[1].translate(_VNI_LETTERS) + _VNI_MARKS[pair[2]], word.lower()
    )
    return nfc(paired.translate(_VNI_LETTERS))


def _is_syllable(word: str) -> bool:
    if not (word.islower() or word.isupper() or word.istitle()):
        return False
    decomposed = unicodedata.normalize("NFD", word.lower())
    tones = sum(decomposed.count(tone) for tone in _TONES)
    letters = nfc("".join(char for char in decomposed if char not in _TONES))
    return tones <= 1 and _SYLLABLE.fullmatch(letters) is not None
