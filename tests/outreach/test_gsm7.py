"""The GSM 7-bit alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach import gsm7

ALPHABET = sorted(gsm7.BASIC | gsm7.ESCAPED)


def test_the_alphabet_has_127_basic_characters_and_10_escaped() -> None:
    assert (len(gsm7.BASIC), len(gsm7.ESCAPED)) == (127, 10)


@given(st.text(st.sampled_from(ALPHABET)))
def test_what_is_encoded_is_decoded_again(text: str) -> None:
    assert gsm7.decode(gsm7.encode(text)) == text


@given(st.text(st.sampled_from(ALPHABET)))
def test_an_escaped_character_costs_two_octets(text: str) -> None:
    pairs = sum(char in gsm7.ESCAPED for char in text)
    assert len(gsm7.encode(text)) == len(text) + pairs


@given(st.binary())
def test_any_octets_decode_to_some_text(octets: bytes) -> None:
    assert isinstance(gsm7.decode(octets), str)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("@", b"\x00"),
        ("Bluezone", b"Bluezone"),
        ("à è é", b"\x7f \x04 \x05"),
        ("{€}", b"\x1b\x28\x1b\x65\x1b\x29"),
        ("_", b"\x11"),
        ("Ñ§", b"\x5d\x5f"),
    ],
)
def test_codes_are_those_of_the_standard(text: str, octets: bytes) -> None:
    assert gsm7.encode(text) == octets


@pytest.mark.parametrize("char", ["ạ", "đ", "ç", "\x1b", "`", "“"])
def test_a_character_outside_the_alphabet_is_named(char: str) -> None:
    assert not gsm7.is_gsm7(char)
    with pytest.raises(gsm7.NotGsm7) as refused:
        gsm7.encode("Hong Ngu " + char)
    assert refused.value.character == char


@pytest.mark.parametrize(
    ("octets", "text"),
    [(b"a\x1b", "a "), (b"\x1bab", "ab"), (b"\x1b\x1b", "  "), (b"\xff", "\ufffd")],
)
def test_odd_octets_are_shown_as_the_standard_asks(octets: bytes, text: str) -> None:
    assert gsm7.decode(octets) == text
