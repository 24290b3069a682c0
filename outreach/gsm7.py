"""The GSM 7-bit default alphabet: its characters, encode and decode, one character an octet.

Source: 3GPP TS 23.038 (GSM 03.38), tables 6.2.1 and 6.2.1.1. SMPP carries these codes unpacked
(data_coding 0 where the carrier's default alphabet is GSM 03.38): one septet in each octet.
"""

ESCAPE = 0x1B

_BASIC_BY_CODE = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_ESCAPED_BY_CODE = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

BASIC: frozenset[str] = frozenset(_BASIC_BY_CODE) - {chr(ESCAPE)}
"""Characters that cost one septet."""

ESCAPED: frozenset[str] = frozenset(_ESCAPED_BY_CODE.values())
"""Characters that cost two septets: the escape, then a code of the second table."""

ALL: frozenset[str] = BASIC | ESCAPED
"""Every character of the alphabet."""


class NotGsm7(ValueError):
    """A character the alphabet does not have; `character` says which."""

    def __init__(self, character: str) -> None:
        super().__init__(f"the GSM 7-bit alphabet has no {character!r}")
        self.character = character


class _Codes(dict[int, str]):
    """Character → code as text; `str.translate` swallows LookupError, so raise something else."""

    def __missing__(self, code_point: int) -> str:
        raise NotGsm7(chr(code_point))


_ENCODE = _Codes({ord(char): chr(code) for code, char in enumerate(_BASIC_BY_CODE)})
del _ENCODE[ESCAPE]
_ENCODE.update({ord(char): chr(ESCAPE) + chr(code) for code, char in _ESCAPED_BY_CODE.items()})


def is_gsm7(char: str) -> bool:
    """Whether the single character is in the basic or the escape set."""
    return char in ALL


def encode(text: str) -> bytes:
    """Codes of `text`, one septet an octet; an escape pair takes two octets.

    Raises NotGsm7 for the first character outside the alphabet.
    """
    return text.translate(_ENCODE).encode("latin-1")


def decode(octets: bytes) -> str:
    """Text of unpacked septets.

    As 6.2.1.1 asks of a receiver: an unknown escape pair shows the basic character, a lone escape
    at the end shows a space. Octets over 0x7F, which no septet can hold, become U+FFFD.
    """
    if ESCAPE not in octets:
        return octets.decode("latin-1").translate(_DECODE)
    head, *rest = octets.split(bytes((ESCAPE,)))
    parts = [head.decode("latin-1").translate(_DECODE)]
    for piece in rest:
        first = _ESCAPED_BY_CODE.get(piece[0]) if piece else " "
        tail = piece if first is None else piece[1:]
        parts.append((first or "") + tail.decode("latin-1").translate(_DECODE))
    return "".join(parts)


_DECODE = dict(enumerate(_BASIC_BY_CODE))
_DECODE.update(dict.fromkeys(range(128, 256), "�"))
