"""Phone numbers as lists really hold them → E.164, or the reason why not.

Two ways to one answer: a regular expression for the plain shapes of the plan (most of a list), and
for what is left a careful reading, with Google's `phonenumbers` to tell a landline from a service
and a foreign number from a slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from outreach.i18n import N_
from outreach.phone_shapes import Verdict, read_messy
from outreach.prefix_plan import NETWORK_BY_PREFIX, VIETNAM

REASONS: Final[dict[str, str]] = {
    "landline": N_("a landline, which receives no text messages"),
    "service": N_("a service number, not a person's"),
    "foreign": N_("a number of another country"),
    "too_short": N_("digits are missing: a mobile number has 10, with its first 0"),
    "too_long": N_("too many digits: a mobile number has 10, with its first 0"),
    "unassigned": N_("no network has numbers that begin like this"),
    "not_a_number": N_("not a phone number"),
    "two_numbers": N_("more than one number in the cell: put each on a row of its own"),
    "unrecoverable": N_(
        "the spreadsheet shortened it (like 9.12E+08) and the last digits are lost: "
        "format the column as text and enter the number again"
    ),
    "empty": N_("no number"),
}
"""Reason → what to tell a person; say it with `_()`."""

_PREFIX: Final = "|".join(
    f"{tens}[{''.join(sorted(d[1] for d in NETWORK_BY_PREFIX if d[0] == tens))}]"
    for tens in sorted({d[0] for d in NETWORK_BY_PREFIX})
)
# The optional head comes first and is greedy; "841234567" still reads as nine national digits,
# because nothing is left for the prefix once 84 is taken for the country.
_PLAIN: Final = re.compile(rf"(?:0|\+?84|0084|)(({_PREFIX})[0-9]{{7}})")
_plain = _PLAIN.fullmatch
_FAR_TOO_MANY: Final = 10**20


@dataclass(frozen=True, slots=True)
class Phone:
    """What one cell or line held: `e164` with its `network` hint, or the `reason` it was refused.

    Exactly one of `e164` and `reason` is set.
    """

    input: str
    e164: str | None
    network: str | None
    reason: str | None


def clean(value: object) -> Phone:
    """Read one value: text, or a number or None from a spreadsheet's cell."""
    e164, network, reason = _verdict(value)
    return Phone("" if value is None else str(value), e164, network, reason)


def clean_many(values: Iterable[object]) -> list[Verdict]:
    """`(e164, network, reason)` for each value, in order: `clean` for whole columns."""
    networks = NETWORK_BY_PREFIX
    cleaned: list[Verdict] = []
    add = cleaned.append
    for value in values:
        if type(value) is str and (match := _plain(value)):
            national, prefix = match.groups()
            add((VIETNAM + national, networks[prefix], None))
        else:
            add(_verdict(value))
    return cleaned


def mask(e164: str) -> str:
    """A number as most people may see it: `09•• ••• 123`."""
    dialled = national(e164)
    return f"{dialled[:2]}•• ••• {dialled[-3:]}"


def national(e164: str) -> str:
    """A number as it is dialled here: `0912345678`."""
    return "0" + e164.removeprefix(VIETNAM)


def _verdict(value: object) -> Verdict:
    text = _as_text(value)
    if text is None:
        return None, None, "not_a_number"
    match = _plain(text)
    if match:
        return VIETNAM + match[1], NETWORK_BY_PREFIX[match[2]], None
    return read_messy(text)


def _as_text(value: object) -> str | None:
    """The digits a spreadsheet's cell shows; None for what cannot be a number (a date, TRUE)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if not 0 <= value < _FAR_TOO_MANY or value != int(value):
        return None
    return str(int(value))
