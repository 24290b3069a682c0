"""In which encoding a text file is written: judged over the whole file, and said.

UTF-8 with and without its mark, UTF-16, and Windows-1258 are read; TCVN3 and VNI are recognised
and refused, for turning them silently would hide a wrong guess in people's names.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final

from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import legacy
from outreach.text import nfc

WINDOWS_1258: Final = "Windows-1258"
FIELD: Final = "file"

_CHUNK: Final = 1 << 20
_SAMPLE: Final = 1 << 18
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 (BOM)"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """`codec` as Python calls it, `name` as a person does."""

    codec: str
    name: str


def detect(path: Path) -> Encoding:
    """The encoding of the text file at `path`.

    Decodes all of it once. Raises `Refused` (field `file`) for TCVN3, VNI, a damaged file and what
    is no text.
    """
    with path.open("rb") as file:
        head = file.read(4)
        for mark, codec, name in _MARKS:
            if head.startswith(mark):
                return _verified(file, Encoding(codec, name))
        file.seek(0)
        unmarked = _wide(file.read(_CHUNK))
        if unmarked:
            return _verified(file, unmarked)
        file.seek(0)
        sample = _not_utf8(file)
    return Encoding("utf-8", "UTF-8") if sample is None else _older(sample)


def open_text(path: Path, encoding: Encoding, newline: str | None = "") -> TextIOWrapper:
    """The file as text; undefined bytes of Windows-1258 show as U+FFFD. `newline` is open()'s."""
    errors = "replace" if encoding.name == WINDOWS_1258 else "strict"
    return path.open(encoding=encoding.codec, errors=errors, newline=newline)


def lines(path: Path) -> tuple[Encoding, Iterator[str]]:
    """The encoding of `path` and its lines without their ends; an empty line is "".

    Raises `Refused` as `detect` does.
    """
    encoding = detect(path)
    return encoding, _lines(path, encoding)


def refuse_legacy(name: str) -> Refused:
    """The refusal of text in TCVN3 or VNI, telling what to do."""
    return Refused(
        _(
            "The text is in %(name)s, an encoding from before Unicode. Convert it to Unicode "
            "(in UniKey: Ctrl+Shift+F6, from %(name)s to Unicode), then upload it again.",
            name=name,
        ),
        FIELD,
    )


def _lines(path: Path, encoding: Encoding) -> Iterator[str]:
    errors = "replace" if encoding.name == WINDOWS_1258 else "strict"
    with path.open(encoding=encoding.codec, errors=errors) as text:
        try:
            for line in text:
                yield line.removesuffix("\n")
        except UnicodeError:
            raise _damaged(encoding.name) from None


def _damaged(name: str) -> Refused:
    return Refused(
        _(
            "The file seems to be %(name)s but parts of it are damaged. Open it in a spreadsheet "
            "program and save it as “CSV UTF-8”.",
            name=name,
        ),
        FIELD,
    )


def _wide(head: bytes) -> Encoding | None:
    """UTF-16 without its mark: every second byte of digits and Latin letters is 0."""
    if b"\0" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) * 0.2:
        raise Refused(_("The file is not text. Save the list as XLSX or CSV."), FIELD)
    codec = "utf-16-be" if even > odd else "utf-16-le"
    return Encoding(codec, "UTF-16")


def _verified(file: BinaryIO, encoding: Encoding) -> Encoding:
    """`encoding`, once the whole file has been decoded with it."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _damaged(encoding.name) from None
    return encoding


def _not_utf8(file: BinaryIO) -> bytes | None:
    """None for valid UTF-8; otherwise a sample of what is not ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, sample = True, bytearray()
    while (chunk := file.read(_CHUNK)) and (valid or len(sample) < _SAMPLE):
        if not chunk.isascii() and len(sample) < _SAMPLE:
            sample += chunk
        if valid:
            valid = _decodes(decoder, chunk)
    return None if valid and not decoder.getstate()[0] else bytes(sample)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _older(sample: bytes) -> Encoding:
    """Windows-1258, or a refusal; `sample` is not valid UTF-8."""
    as_utf8 = sample.decode("utf-8", "replace")
    wrong = as_utf8.count("\ufffd")
    if wrong * 10 < sum(not char.isascii() for char in as_utf8):
        raise _damaged("UTF-8")
    old = legacy.recognised([sample.decode("latin-1")])
    as_1258 = nfc(sample.decode("cp1258", "replace"))
    words = legacy.words_with_marks(as_1258)
    share = legacy.share_of_vietnamese(words)
    if old and share < 0.5:
        raise refuse_legacy(old)
    if share < 0.3 and len(words) >= 5:
        raise Refused(
            _(
                "The encoding of the file could not be recognised. Open it in a spreadsheet "
                "program and save it as “CSV UTF-8” or XLSX."
            ),
            FIELD,
        )
    return Encoding("cp1258", WINDOWS_1258)
