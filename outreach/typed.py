"""What people type into fields, read: numbers with their separators, days. Each refusal is said
at the field."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from outreach.errors import Refused
from outreach.i18n import _

_WHOLE: Final = re.compile(r"\d{1,3}(?:[. ]\d{3})+|\d{1,12}")
_DECIMAL: Final = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?")


def key(text: str) -> int:
    """An id that an address names. Raises ValueError where no row could have it."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number


def whole(text: str, field: str) -> int | None:
    """ "120514" or "120.514"; None for an empty field. Raises Refused for anything else."""
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not _WHOLE.fullmatch(text):
        raise Refused(_("“%(text)s” is not a whole number.", text=text[:40]), field)
    return int(re.sub(r"[. ]", "", text))


def needed(text: str, field: str) -> int:
    """The same of a field that may not be empty."""
    number = whole(text, field)
    if number is None:
        raise Refused(_("A number is needed here."), field)
    return number


def decimal(text: str, field: str) -> float:
    """ "100", "2,5" or "2.5". Raises Refused for anything else, an empty field too."""
    text = text.strip()
    if not text.isascii() or not _DECIMAL.fullmatch(text):
        raise Refused(_("“%(text)s” is not a number.", text=text[:40]), field)
    return float(text.replace(",", "."))


def day(text: str, field: str) -> date | None:
    """A day as browsers send it; None for an empty field. Raises Refused for anything else."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(_("“%(text)s” is not a day.", text=text[:40]), field) from None
