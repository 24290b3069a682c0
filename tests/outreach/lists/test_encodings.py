"""Encodings of uploaded text: read where that is safe, named, refused where it is a guess."""

import codecs
import unicodedata
from pathlib import Path

import pytest

from outreach.errors import Refused
from outreach.lists.encodings import detect, lines, open_text
from outreach.lists.legacy import TCVN3, VNI, recognised
from outreach.text import nfc

NAMES = "Nguyễn Văn Tèo\nxã Long Thuận\nLê Thị Bưởi\nThường Thới Tiền\nĐặng Quốc Ỷ\n"
IN_TCVN3 = "NguyÔn V¨n TÌo\nx· Long ThuËn\nLª ThÞ B­ëi\nTh­êng Thíi TiÒn\n§Æng Quèc û\n"
IN_VNI = "Nguyeãn Vaên Teøo\nxaõ Long Thuaän\nLeâ Thò Böôûi\nThöôøng Thôùi Tieàn\nÑaëng Quoác\n"


def windows_1258(text: str) -> bytes:
    """As Windows writes it: the hats in the letter, the tone a mark of its own."""
    written = ""
    for char in text:
        decomposed = unicodedata.normalize("NFD", char)
        tones = [c for c in decomposed if c in "\u0300\u0301\u0303\u0309\u0323"]
        written += nfc("".join(c for c in decomposed if c not in tones)) + "".join(tones)
    return written.encode("cp1258")


def stored(folder: Path, content: bytes) -> Path:
    path = folder / "list.txt"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (NAMES.encode(), "UTF-8"),
        (b"0912345678\n", "UTF-8"),
        (NAMES.encode("utf-8-sig"), "UTF-8 (BOM)"),
        (NAMES.encode("utf-16"), "UTF-16"),
        (codecs.BOM_UTF16_BE + NAMES.encode("utf-16-be"), "UTF-16"),
        (NAMES.encode("utf-16-le"), "UTF-16"),
        (NAMES.encode("utf-16-be"), "UTF-16"),
        (windows_1258(NAMES), "Windows-1258"),
    ],
    ids=["utf-8", "ascii", "mark", "16 LE mark", "16 BE mark", "16 LE", "16 BE", "1258"],
)
def test_an_encoding_is_recognised_and_the_names_come_out_right(
    tmp_path: Path, content: bytes, name: str
) -> None:
    path = stored(tmp_path, content)
    assert detect(path).name == name
    with open_text(path, detect(path)) as text:
        assert nfc(text.read()) in (NAMES, "0912345678\n")


def test_vietnamese_far_down_a_long_file_is_still_seen(tmp_path: Path) -> None:
    path = stored(tmp_path, b"0912345678\n" * 300_000 + windows_1258(NAMES))
    assert detect(path).name == "Windows-1258"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (IN_TCVN3.encode("latin-1"), "TCVN3"),
        (IN_VNI.encode("latin-1"), "VNI"),
        (NAMES.encode() * 20 + b"\xff\n", "damaged"),
        (NAMES.encode("utf-16") + b"\x00", "damaged"),
        (b"\x00\x01\x02binary" * 9 + bytes(range(1, 200)), "not text"),
        ("Şükrü Çağrı Öğüt İğde Gümüş Işıl\n".encode("cp1254") * 3, "could not be recognised"),
    ],
    ids=["TCVN3", "VNI", "broken UTF-8", "broken UTF-16", "binary", "Turkish"],
)
def test_what_cannot_be_read_safely_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        detect(stored(tmp_path, content))
    assert refused.value.field == "file"


def test_a_few_signs_of_windows_are_no_reason_to_refuse(tmp_path: Path) -> None:
    path = stored(tmp_path, b"0912\xa0345\xa0678\n0987\x96654\x96321\n")
    assert list(lines(path)[1]) == ["0912\u00a0345\u00a0678", "0987–654–321"]


@pytest.mark.parametrize(("text", "name"), [(IN_TCVN3, TCVN3), (IN_VNI, VNI), (NAMES, None)])
def test_old_text_is_recognised_inside_unicode_too(text: str, name: str | None) -> None:
    assert recognised([text]) == name


def test_capitals_are_recognised_too() -> None:
    assert recognised([NAMES.upper()]) is None
    assert recognised([IN_VNI.upper()]) == VNI


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\r\n\r\nb\n", ["a", "", "b"]),
        ("a\u2028b\n".encode(), ["a\u2028b"]),
    ],
)
def test_a_file_has_the_lines_an_editor_counts(
    tmp_path: Path, content: bytes, expected: list[str]
) -> None:
    assert list(lines(stored(tmp_path, content))[1]) == expected
