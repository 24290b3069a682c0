"""The careful reading of a phone number: signs cleared away, then one decision about its digits.

Called for what the plain pattern of `outreach.phones` leaves over, so it may take its time.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType, shortnumberinfo

from outreach.prefix_plan import NETWORK_BY_PREFIX, VIETNAM, migrated
from outreach.text import without_zero_width

Verdict = tuple[str | None, str | None, str | None]
"""E.164, network, reason; the reason is None where the number is good."""

MOBILE: Final = 9
"""Digits of a mobile number after +84."""
_MOST: Final = 20
"""No number of any country is longer, whatever stands before it; more is not worth reading."""

_SHORTENED: Final = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_WHOLE: Final = re.compile(r"([1-9]\d{7,})[.,]0+")  # a spreadsheet's number as text
_LABEL: Final = re.compile(
    r"(?:s[ốo]\s*)?(?:[đd]i[ệe]n tho[ạa]i|di [đd][ộo]ng|[đd]t[đd]{2}|s?[đd]t|[đd]{2}|s[ốo]|hotline"
    r"|zalo|tel|phone|mobile)\s*[.:]*\s*(?=[+(\do])",
    re.IGNORECASE,
)
_LETTER_O: Final = re.compile("[oOоО]")  # Latin and Cyrillic
_QUOTES: Final = (
    "'‘’`´\"="  # ="0912345678" is how some programs keep a spreadsheet from cutting the 0
)
_SIGNS: Final = re.compile(r"[\s.,()\[\]/\\;:|_'\"‘’`´‐‑‒–—―−-]+")
_BETWEEN: Final = re.compile(
    r"\s*(?:[/\\;,|&\n\r]|\s[-–—]+\s|\b(?:hoặc|hoac|và|va|or|and)\b|\s\+|\s{2,})\s*",
    re.IGNORECASE,
)
_NUMBER: Final = r"(?:(?:\+|00)?84|0)0?(?:[35789]\d{8}|1\d{9}|2\d{9})"
_SEVERAL: Final = re.compile(rf"\+?{_NUMBER}(?:\+?{_NUMBER})+")
_LANDLINES: Final = frozenset(
    {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.VOIP}
)
_SERVICES: Final = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
    }
)


def read_messy(text: str) -> Verdict:
    """Read `text` however it is spelt; the reason says why it is no mobile number of Vietnam."""
    tidy = _tidy(text)
    if not tidy:
        return _refused("empty")
    shortened = _SHORTENED.fullmatch(tidy)
    if shortened:
        return _from_shortened(shortened)
    whole = _WHOLE.fullmatch(tidy)
    if whole:
        tidy = whole[1]
    tidy = _zeros_for_o(_LABEL.sub("", tidy, count=1))
    if _holds_several(tidy):
        return _refused("two_numbers")
    plus, digits = _digits(tidy)
    return _refused("not_a_number") if digits is None else _from_digits(plus, digits)


def _refused(reason: str) -> Verdict:
    return None, None, reason


def _tidy(text: str) -> str:
    """Full-width and other scripts' digits made ours; unseen characters and apostrophes gone."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", without_zero_width(text))
        text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return text.strip().strip(_QUOTES).strip()


def _from_shortened(match: re.Match[str]) -> Verdict:
    """`9.12345678E+08` still has all its digits; `9.12346E+08` has lost some for ever."""
    whole, fraction, exponent = match[1], match[2] or "", int(match[3])
    if len(fraction) < exponent or fraction[exponent:].strip("0"):
        return _refused("unrecoverable")
    return _from_digits(False, whole + fraction[:exponent])


def _zeros_for_o(text: str) -> str:
    """The letter O typed for zero, where everything else is digits already."""
    rest = _LETTER_O.sub("0", text)
    only_digits = _SIGNS.sub("", rest).removeprefix("+").isdigit()
    return rest if only_digits and sum(c.isdigit() for c in text) >= 5 else text


def _holds_several(text: str) -> bool:
    """Whether the cell holds two numbers: apart, run together, or "0912345678/79"."""
    parts = [_SIGNS.sub("", part) for part in _BETWEEN.split(text)]
    long = [p for p in parts if sum(c.isdigit() for c in p) >= MOBILE - 1]
    if len(long) > 1:
        return True
    tail = re.search(r"\d{3}\s*/\s*\d{1,4}$", text)
    if tail and len(long) == 1 and len(parts) == 2:
        return True
    return _SEVERAL.fullmatch(_SIGNS.sub("", text)) is not None


def _digits(text: str) -> tuple[bool, str | None]:
    """Whether a plus leads, and the digits alone; None where letters or nothing remain."""
    bare = _SIGNS.sub("", text)
    plus = bare.startswith("+")
    digits = bare.removeprefix("+")
    return plus, digits if digits.isdecimal() and digits.isascii() else None


def _from_digits(plus: bool, digits: str) -> Verdict:
    if len(digits) > _MOST:
        return _refused("too_long")
    abroad = _country_code_and_rest(plus, digits)
    if abroad and not abroad.startswith("84") and _is_foreign(abroad):
        return _refused("foreign")
    national = _national(abroad or digits)
    network = NETWORK_BY_PREFIX.get(national[:2]) if len(national) == MOBILE else None
    if network:
        return VIETNAM + national, network, None
    return _refused(_why_not(national, digits))


def _country_code_and_rest(plus: bool, digits: str) -> str | None:
    """The digits after + or 00; None for a national number."""
    if plus:
        return digits.removeprefix("00") if digits.startswith("0084") else digits
    return digits[2:] if digits.startswith("00") and len(digits) > 10 else None


def _is_foreign(digits: str) -> bool:
    """Whether a country has the code these digits begin with ("+0912…" is a slip, not abroad)."""
    try:
        return phonenumbers.parse("+" + digits).country_code != 84
    except phonenumbers.NumberParseException:
        return False


def _national(digits: str) -> str:
    """The digits after +84, today's: nine for a mobile number.

    Nine digits starting 84 are national with their zero lost, eleven are international.
    """
    rest = digits
    if rest.startswith("084") and len(rest) > 11:  # "0" before a number that has its 84
        rest = rest[1:]
    if rest.startswith("84") and len(rest) > MOBILE:
        rest = rest[2:]
    if rest.startswith("0"):
        rest = rest[1:]
    return migrated(rest) or rest


def _why_not(national: str, digits: str) -> str:
    """The reason, for a number of Vietnam that is no mobile number of the plan."""
    if shortnumberinfo.is_valid_short_number_for_region(
        phonenumbers.PhoneNumber(84, int(digits)), "VN"
    ):
        return "service"
    kind = phonenumbers.number_type(phonenumbers.PhoneNumber(84, int(national or "0")))
    if kind in _LANDLINES:
        return "landline"
    if kind in _SERVICES and not digits.startswith("01"):
        return "service"
    expected = 10 if national.startswith("2") else MOBILE
    if len(national) == expected:
        return "unassigned"
    return "too_short" if len(national) < expected else "too_long"
