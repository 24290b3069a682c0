"""How an area is called: in full, in a sentence, on a phone, and which kinds stand at which level.

Names are stored in full with their kind in front ("Xã Long Thuận"). Law on the organisation of
local government: 77/2015/QH13 until June 2025 (three levels), 72/2025/QH15 since (two).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from outreach.text import nfc


class Level(StrEnum):
    """The levels of areas, the widest first."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"
    HAMLET = "hamlet"


LEVELS: Final = tuple(Level)

CITY_PROVINCE: Final = "Thành phố Trung ương"
"""The kind of a city that is a province; its name begins with "Thành phố" all the same."""

KINDS: Final[dict[Level, tuple[str, ...]]] = {
    Level.PROVINCE: ("Tỉnh", CITY_PROVINCE),
    Level.DISTRICT: ("Huyện", "Quận", "Thị xã", "Thành phố"),
    Level.COMMUNE: ("Xã", "Phường", "Thị trấn", "Đặc khu"),
    Level.HAMLET: (),  # ấp, khóm, thôn, bản, buôn, khu vực …: whatever the place calls them
}

SCHOOL: Final = "Trường"
"""The kind of a school below its commune, which reports for itself (`schools`)."""

CODE_DIGITS: Final = {Level.PROVINCE: 2, Level.DISTRICT: 3, Level.COMMUNE: 5}
"""GSO codes have a fixed length a level; hamlets have no national code."""

_ON_PHONES: Final = {
    "Xã": "",
    "Tỉnh": "",
    "Phường": "P. ",
    "Thị trấn": "TT. ",
    "Đặc khu": "ĐK. ",
    "Huyện": "H. ",
    "Quận": "Q. ",
    "Thị xã": "TX. ",
    "Thành phố": "TP. ",
}


def tidy(text: str) -> str:
    """`text` in NFC with single spaces."""
    return " ".join(nfc(text).split())


def prefix(kind: str) -> str:
    """The word in front of a name of this kind."""
    return "Thành phố" if kind == CITY_PROVINCE else kind


def known_kind(kind: str, level: Level) -> str | None:
    """`kind` as it is spelt, whatever case it came in; None where the level has no such kind."""
    kind = tidy(kind)
    if level is Level.HAMLET:
        return kind[:1].upper() + kind[1:] if kind else None
    if level is Level.PROVINCE and kind.casefold() == "thành phố":
        return CITY_PROVINCE
    return next((k for k in KINDS[level] if k.casefold() == kind.casefold()), None)


def full_name(name: str, kind: str) -> str:
    """The name with its kind in front, once: "Thị Trấn Óc Eo" and "Óc Eo" → "Thị trấn Óc Eo"."""
    word, name = prefix(kind), tidy(name)
    if name.casefold().startswith(word.casefold() + " "):
        name = name[len(word) + 1 :]
    return f"{word} {name}"


def bare_name(name: str, kind: str) -> str:
    """The name without its kind: "Xã Long Thuận" → "Long Thuận"."""
    return name.removeprefix(prefix(kind) + " ")


def in_sentence(name: str, kind: str) -> str:
    """The name as it stands within a sentence: "xã Long Thuận"."""
    return f"{prefix(kind).lower()} {bare_name(name, kind)}"


def on_phones(name: str, kind: str) -> str:
    """The name where room is short: "Long Thuận", "TT. Thường Thới Tiền", "P. 5"."""
    word = prefix(kind)
    return _ON_PHONES.get(word, word + " ") + bare_name(name, kind)
