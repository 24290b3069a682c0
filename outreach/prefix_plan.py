"""Which network a mobile prefix was given to, and since when: a hint, for numbers are portable.

Sources: the numbering plan of 2020 (Circular 22/2014/TT-BTTTT and its amendments) and Decision
2036/QD-BTTTT of 2017, which moved the 11-digit numbers to 10 digits from 15 September 2018. The
days on which Itel and Wintel opened are from the press: good enough for a hint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

VIETNAM: Final = "+84"
MIGRATION: Final = date(2018, 9, 15)
"""First day of the 10-digit numbers."""

_BEFORE: Final = date.min
_NETWORK_SINCE: Final = (
    ("viettel", _BEFORE, "86 96 97 98"),
    ("viettel", MIGRATION, "32 33 34 35 36 37 38 39"),
    ("vinaphone", _BEFORE, "88 91 94"),
    ("vinaphone", MIGRATION, "81 82 83 84 85"),
    ("mobifone", _BEFORE, "89 90 93"),
    ("mobifone", MIGRATION, "70 76 77 78 79"),
    ("vietnamobile", _BEFORE, "92"),
    ("vietnamobile", MIGRATION, "52 56 58"),
    ("gmobile", _BEFORE, "99"),
    ("gmobile", MIGRATION, "59"),
    ("itel", date(2019, 4, 17), "87"),
    ("wintel", date(2020, 6, 16), "55"),
)


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first two digits of a mobile number after +84, its network, and its first day."""

    digits: str
    network: str
    valid_from: date


PLAN: Final[tuple[Prefix, ...]] = tuple(
    Prefix(digits, network, since)
    for network, since, group in _NETWORK_SINCE
    for digits in group.split()
)

NETWORK_BY_PREFIX: Final[dict[str, str]] = {row.digits: row.network for row in PLAN}
"""The plan in force now: two digits after +84 → network."""

NETWORKS: Final = tuple(dict.fromkeys(NETWORK_BY_PREFIX.values()))

OLD_PREFIXES: Final[dict[str, str]] = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35",
    "166": "36", "167": "37", "168": "38", "169": "39",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip
"""Prefix of an 11-digit number without its zero → today's prefix; the last 7 digits are kept."""


def network_hint(e164: str, on: date | None = None) -> str | None:
    """The network a number's prefix belongs to, by the plan of the day `on` (default: today's).

    `e164` is "+84" and nine digits. None where it is not, or where nobody had the prefix yet.
    """
    if not (e164.startswith(VIETNAM) and len(e164) == 12 and e164[1:].isdecimal()):
        return None
    digits = e164[3:5]
    if on is None:
        return NETWORK_BY_PREFIX.get(digits)
    return next((row.network for row in _valid(on) if row.digits == digits), None)


def migrated(national: str) -> str | None:
    """Nine digits of today for ten of an 11-digit number's ("1201234567" → "701234567").

    `national` has no leading zero. None where no such number was migrated.
    """
    new = OLD_PREFIXES.get(national[:3]) if len(national) == 10 else None
    return None if new is None else new + national[3:]


def _valid(on: date) -> Iterator[Prefix]:
    return (row for row in PLAN if row.valid_from <= on)
