"""A count as people write it → a whole number, and nothing that might mean two things."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from outreach.errors import Refused
from outreach.i18n import _

MOST: Final = 999_999_999
"""More than any count of people or phones in Vietnam; it fits every database's integer."""

_PLAIN: Final = re.compile(r"\d{1,12}")
# One sign, the same all through: 1.234.567, 1,234,567 or 1 234 567. "1.234,567" could be a
# fraction to somebody, so it is none of these.
_GROUPED: Final = re.compile(r"\d{1,3}([., ])\d{3}(?:\1\d{3})*")
_NEGATIVE: Final = re.compile(r"[-−–]\s*\d.*")


def parse(text: str, field: str) -> int:
    """ "1.234", "1,234", "1 234" and "1234" → 1234. Raises Refused (with `field`) for nothing, a
    negative number, a fraction, words, mixed signs, and more than `MOST`."""
    written = unicodedata.normalize("NFKC", text).strip()
    if not written:
        raise Refused(_("Enter the figure; where there is none yet, send nothing."), field)
    if _NEGATIVE.fullmatch(written):
        raise Refused(_("“%(text)s” is below zero; a count is not.", text=text.strip()), field)
    if not (_PLAIN.fullmatch(written) or _GROUPED.fullmatch(written)):
        raise Refused(
            _(
                "“%(text)s” is not a whole number. Write it in digits, for example 1234 or 1.234.",
                text=text.strip()[:40],
            ),
            field,
        )
    number = int(re.sub(r"[., ]", "", written))
    if number > MOST:
        raise Refused(_("“%(text)s” is more than there are people.", text=text.strip()), field)
    return number
