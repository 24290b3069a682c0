"""A report by SMS as it is typed on a phone: `BC 29992 1250`, its app and its area named or not.

Case, marks and spaces do not matter, nor do signs around a code; the figure is read as everywhere
(`figures`). A commune's code has five digits, a school's seven, and the first group of a figure
three at most, so "29992 1250", "29992-1250" and "1 250" are told apart without a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from outreach.text import fold

LONGEST: Final = 160
"""Letters of words that can be a report: nothing of it is read of a longer text."""
CONFIRMED: Final = "DUNG"
"""The word that says a doubtful figure is right: “đúng”, and as phones write it."""

_REPORT: Final = re.compile(r"\s*bc(?![a-z])[\s:;.,/=]*", re.IGNORECASE)
_CODE: Final = re.compile(r"\d{4,16}")
_CODE_AND_SIGN: Final = re.compile(r"(?<!\S)(\d{5}(?:\d\d)?)(?:-+|\s?[:;.,/=]+)(?=\s|\d)")
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Said:
    """What a report says, as it is written; "" for what it leaves out. `app` may be of several
    words; `confirmed`: it says that the figure is right."""

    app: str
    area: str
    figure: str
    confirmed: bool


def is_report(words: str) -> bool:
    """Whether a text is meant as a report: it begins with BC."""
    return len(words) <= LONGEST and _REPORT.match(fold(words)) is not None


def read(words: str) -> Said:
    """Take a report apart. What is not a figure in it is found where the figure is parsed."""
    words = words.replace(
        "\0", " "
    )  # no database takes it, and the answer repeats what was written
    begun = _REPORT.match(words)
    rest = words[begun.end() :] if begun else words
    tokens = _CODE_AND_SIGN.sub(r"\1 ", rest).split()
    confirmed = any(fold(each).strip(".!") == CONFIRMED.lower() for each in tokens)
    tokens = [each for each in tokens if fold(each).strip(".!") != CONFIRMED.lower()]
    numbers = [each for each in tokens if not _LETTER.search(each)]
    names = " ".join(each for each in tokens if _LETTER.search(each))
    area, figure = _apart(numbers)
    return Said(names.strip(" :,.;-"), area, figure.rstrip(".,;"), confirmed)


def _apart(numbers: Sequence[str]) -> tuple[str, str]:
    """The area's code and the figure; a lone number is the figure."""
    if len(numbers) > 1 and _CODE.fullmatch(numbers[0]):
        return numbers[0], " ".join(numbers[1:])
    return "", " ".join(numbers)
