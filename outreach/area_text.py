"""Reading the text of an address: its parts, its words, and the kinds of area people abbreviate.

"TT. Thuong Thoi Tien, H.Hồng Ngự" has two parts, each with a kind in front of a name. Marks count
where they are written: "xà" is not a short "xã".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from outreach.area_names import CITY_PROVINCE, KINDS, Level
from outreach.text import fold, nfc, without_zero_width

_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_PARTS: Final = re.compile(r"[,;|()\n\r]+")
# Apostrophes belong to names (Ch'ơm, M'Đrắk); a dash or slash may part names or belong to one.
_WORDS: Final = re.compile(r"(?P<dash>[-–—/])|\d+|[^\W\d_]+")
_APOSTROPHES: Final = re.compile("['’‘ʼ`´]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word without marks, the same with them (the tone at its end, so that "hoà" is "hòa"),
    and whether a dash or slash stands before it."""

    folded: str
    marked: str
    after_dash: bool = False


@dataclass(frozen=True, slots=True)
class KindWord:
    """What a word like "tx" says of the name after it: these kinds, or nearly these.

    `near` are kinds an area turns into without becoming another one: a commune becomes a town.
    A `detail` is below what the lists hold: a street, a hamlet, a house.
    """

    exact: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    detail: bool = False
    marked: tuple[str, ...] = ()


@lru_cache(maxsize=100_000)
def toned(word: str) -> str:
    """A word in lower case with its tone at its end, wherever it was typed: "Hoà" is "Hòa"."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    tone = "".join(mark for mark in decomposed if mark in _TONES)
    return nfc("".join(mark for mark in decomposed if mark not in _TONES)) + tone


@lru_cache(maxsize=100_000)
def _word(text: str, after_dash: bool) -> Word:
    folded = fold(text)
    if folded.isdigit():
        folded = folded.lstrip("0") or "0"
        return Word(folded, folded, after_dash)
    return Word(folded, toned(text), after_dash)


def words(part: str) -> list[Word]:
    """The words of one part; "P05" is two, and numbers lose their leading zeros."""
    found: list[Word] = []
    after_dash = False
    for match in _WORDS.finditer(_APOSTROPHES.sub("", part)):
        if match["dash"]:
            after_dash = bool(found)
        else:
            found.append(_word(match[0], after_dash))
            after_dash = False
    return found


def parts(text: str) -> list[str]:
    """The texts between commas, without empty ones."""
    found = [part.strip() for part in _PARTS.split(nfc(without_zero_width(text)))]
    return [part for part in found if part]


def key(of: Sequence[Word]) -> str:
    """What names are compared by: letters and digits without marks, spaces and apostrophes."""
    return "".join(word.folded for word in of)


def marked_key(of: Sequence[Word]) -> str:
    """The same with marks."""
    return "".join(word.marked for word in of)


def _spellings() -> dict[tuple[str, ...], KindWord]:
    communes = frozenset(KINDS[Level.COMMUNE])
    none = frozenset[str]()
    kinds = {
        "Tỉnh": (frozenset({"Tỉnh"}), none),
        "Thành phố, tp": (frozenset({"Thành phố", CITY_PROVINCE}), frozenset({"Thị xã"})),
        "Thị xã, tx": (frozenset({"Thị xã"}), frozenset({"Thành phố"})),
        "Huyện, h": (frozenset({"Huyện"}), none),
        "Quận, q": (frozenset({"Quận"}), none),
        "Xã, x": (frozenset({"Xã"}), communes),
        "Phường, p, f": (frozenset({"Phường"}), communes),
        "Thị trấn, tt": (frozenset({"Thị trấn"}), communes),
        "Đặc khu, đk": (frozenset({"Đặc khu"}), communes),
    }
    kind_words = {
        spelling: KindWord(exact, near)
        for spellings, (exact, near) in kinds.items()
        for spelling in spellings.split(", ")
    }
    kind_words |= {spelling: KindWord(detail=True) for spelling in _DETAILS.split(", ")}
    found = {}
    for spelling, kind_word in kind_words.items():
        of = words(spelling)
        marked = tuple(word.marked for word in of)
        found[tuple(word.folded for word in of)] = replace(kind_word, marked=marked)
    return found


_DETAILS: Final = (
    "ấp, khóm, thôn, tổ, tổ dân phố, tdp, khu phố, kp, khu vực, khu, bản, buôn, làng, xóm, đội,"
    " số, số nhà, đường, ngõ, ngách, hẻm, cụm, tuyến"
)
_SPELLINGS: Final = _spellings()
_LONGEST: Final = max(map(len, _SPELLINGS))
_FIRST: Final = frozenset(spelling[0] for spelling in _SPELLINGS)


def leading_kind(of: Sequence[Word], start: int = 0) -> tuple[KindWord, int] | None:
    """The kind that begins at a word and how many words it takes, at least one being left after
    it; None where none begins."""
    if of[start].folded not in _FIRST:  # most words
        return None
    for length in range(min(_LONGEST, len(of) - start - 1), 0, -1):
        head = of[start : start + length]
        kind = _SPELLINGS.get(tuple([word.folded for word in head]))
        if kind and all(
            word.marked in {word.folded, marked}
            for word, marked in zip(head, kind.marked, strict=True)
        ):
            return kind, length
    return None
