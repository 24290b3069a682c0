"""How many segments a text is billed as, and where it is cut.

Source: 3GPP TS 23.038 and 23.040: 140 octets a message, 6 of them a header once there are several.
A segment never splits an escape pair (`{` in GSM-7) or a surrogate pair (an emoji in UCS-2), so a
long text can need one segment more than the division says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from outreach import gsm7
from outreach.text import nfc

GSM_7: Final = "GSM-7"
UCS_2: Final = "UCS-2"

ALONE: Final = {GSM_7: 160, UCS_2: 70}
"""Units one message holds by itself."""

JOINED: Final = {GSM_7: 153, UCS_2: 67}
"""Units each of several joined segments holds."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a text costs: `units` are septets (GSM-7) or UTF-16 code units (UCS-2).

    `forcing` are the characters GSM-7 does not have, each once, in order: they force UCS-2.
    """

    encoding: str
    units: int
    segments: int
    forcing: list[str]


def count(text: str) -> Count:
    """Count `text` as it goes out: in NFC, braces literal. An empty text has no segment."""
    text = nfc(text)
    forcing = _forcing(text)
    encoding = UCS_2 if forcing else GSM_7
    units = _units(text, encoding)
    if units == len(text):
        return Count(encoding, units, _segments_of_units(units, encoding), forcing)
    return Count(encoding, units, len(_pieces(text, encoding)), forcing)


def _segments_of_units(units: int, encoding: str) -> int:
    """Segments of a text of which every character takes one unit: no pair is ever split."""
    return math.ceil(units / JOINED[encoding]) if units > ALONE[encoding] else min(units, 1)


def split(text: str) -> list[str]:
    """The segments of `text` in NFC, in order; joined they are the text again."""
    text = nfc(text)
    return _pieces(text, UCS_2 if _forcing(text) else GSM_7)


def cut_needed(text: str, segments: int | None = None) -> int:
    """Units to take off the end so that `text` fits `segments` (default: one fewer than now).

    In the text's own encoding; 0 where it fits already. Raises ValueError for less than one.
    """
    text = nfc(text)
    now = count(text)
    wanted = max(1, now.segments - 1) if segments is None else segments
    if wanted < 1:
        raise ValueError("a text cannot have less than one segment")
    if now.segments <= wanted:
        return 0
    limit = (ALONE if wanted == 1 else JOINED)[now.encoding]
    if now.units == len(text):
        return now.units - wanted * limit
    kept = list(_packed(text, now.encoding, limit))[:wanted]
    return now.units - sum(_units(part, now.encoding) for part in kept)


def room_left(text: str) -> int:
    """Units that still fit into the last segment of `text`, in its own encoding."""
    text = nfc(text)
    encoding = UCS_2 if _forcing(text) else GSM_7
    pieces = _pieces(text, encoding)
    limit = (ALONE if len(pieces) <= 1 else JOINED)[encoding]
    return limit - (_units(pieces[-1], encoding) if pieces else 0)


def _forcing(text: str) -> list[str]:
    used = dict.fromkeys(text)
    return [] if used.keys() <= gsm7.ALL else [char for char in used if char not in gsm7.ALL]


def _units(text: str, encoding: str) -> int:
    """Septets or code units of a whole text."""
    if encoding == UCS_2:
        return len(text) if max(text, default="") <= "\uffff" else sum(map(_code_units, text))
    return len(text) if gsm7.ESCAPED.isdisjoint(text) else sum(map(_septets, text))


def _septets(char: str) -> int:
    return 2 if char in gsm7.ESCAPED else 1


def _code_units(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def _cost_in(encoding: str) -> Callable[[str], int]:
    return _septets if encoding == GSM_7 else _code_units


def _pieces(text: str, encoding: str) -> list[str]:
    alone = list(_packed(text, encoding, ALONE[encoding]))
    return alone if len(alone) <= 1 else list(_packed(text, encoding, JOINED[encoding]))


def _packed(text: str, encoding: str, limit: int) -> Iterator[str]:
    """Fill segments of at most `limit` units from the front, whole characters only."""
    cost = _cost_in(encoding)
    start = used = 0
    for at, char in enumerate(text):
        units = cost(char)
        if used + units > limit:
            yield text[start:at]
            start, used = at, 0
        used += units
    if start < len(text):
        yield text[start:]
