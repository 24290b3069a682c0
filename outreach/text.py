"""Vietnamese text: one normal form, the form without diacritics, the form for comparing.

"Không dấu" is the carriers' default practice: decompose, drop the marks, and spell out what does
not decompose (đ, Đ and the signs of a word processor).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
"""Characters nobody sees: zero-width spaces and joiners, the byte order mark, the soft hyphen and
the marks of direction that copying from a phone's contact list leaves behind."""

_DROP_ZERO_WIDTH: Final = dict.fromkeys(map(ord, ZERO_WIDTH))

# U+0300–U+036F without U+0338, which makes ≠ out of =: dropping that would turn the meaning round.
# Marks of other scripts (Thai, Khmer, kana) are letters there and stay.
_MARKS: Final = re.compile("[\u0300-\u0337\u0339-\u036f]")

_SPELT_OUT: Final = str.maketrans(
    dict.fromkeys("đð", "d")
    | dict.fromkeys("ĐÐƉ", "D")  # U+0110, U+00D0, U+0189: all three are typed for Đ
    | {"₫": "d", "ı": "i"}
    | dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " ")
    | dict.fromkeys("\u202f\u205f\u3000\t", " ")
    | dict.fromkeys("\u2028\u2029\u0085", "\n")
    | dict.fromkeys("‘’‚‛′ʹʼ`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‹", "<")
    | dict.fromkeys("›", ">")
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("•·", "-")
    | {"…": "...", "×": "x"}
)

_SPACES: Final = re.compile(r"\s+")


def nfc(text: str) -> str:
    """`text` in Unicode's composed form, the only one that is counted, stored and sent."""
    return unicodedata.normalize("NFC", text)


def writable(text: str) -> bool:
    """Whether a database takes the text: no NUL, and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def without_zero_width(text: str) -> str:
    """`text` without the characters nobody sees."""
    return text if text.isascii() else text.translate(_DROP_ZERO_WIDTH)


def strip_marks(text: str) -> str:
    """`text` without Vietnamese diacritics, typographic quotes, dashes and hard spaces, in NFC.

    Vietnamese text becomes ASCII, so GSM-7. What has no plain spelling (an emoji, Chinese, ≠) is
    left as it is. Stripping twice changes nothing more.
    """
    if text.isascii():
        return text.replace("\t", " ").replace("`", "'")
    # Compose before spelling out: ´ and ` come apart or arise only in the composed form.
    decomposed = unicodedata.normalize("NFD", without_zero_width(text))
    return nfc(_MARKS.sub("", decomposed).translate(_SPELT_OUT))


def fold(text: str) -> str:
    """`text` for comparing headings and names of areas: case, marks and spaces do not matter.

    "  Xã  LONG Thuận " and "xa long thuan" fold to the same.
    """
    if not text.isascii():
        text = strip_marks(unicodedata.normalize("NFKC", text))
    return _SPACES.sub(" ", text).strip().casefold()
