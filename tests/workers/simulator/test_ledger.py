"""Counts: "once each" is proved with these."""

import random

from hypothesis import given
from hypothesis import strategies as st

from outreach import gsm7
from workers.simulator.ledger import Concat, Ledger, RateMeter, concatenation
from workers.smpp import constants as smpp
from workers.smpp.bodies import Address, MessageBody
from workers.smpp.message import concat_udh


def segment(octets: bytes, udh: bytes = b"", coding: int = 0, number: str = "84912345678"):
    esm = smpp.ESM_UDHI if udh else 0
    source, destination = Address(5, 0, "BLUEZONE"), Address(1, 1, number)
    return MessageBody(source, destination, udh + octets, esm, coding)


def take(ledger: Ledger, octets: bytes, udh: bytes = b"", coding: int = 0) -> None:
    ledger.take(segment(octets, udh, coding), udh, octets, 0.0)


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=60), st.integers(0, 20))
def test_the_most_in_any_second_is_exact(milliseconds: list[int], contract: int) -> None:
    times = sorted(n / 1000 for n in milliseconds)
    meter = RateMeter()
    for at in times:
        meter.note(at, contract)
    held = [sum(at - 1 < t for t in times[: i + 1]) for i, at in enumerate(times)]
    assert meter.most == max(held)
    assert meter.over == sum(0 < contract < n for n in held)


def test_parts_in_any_order_are_one_message_and_read_as_one_text() -> None:
    ledger = Ledger(10)
    text = "Kính gửi bà con xã Long Thuận. " * 8
    octets = text.encode("utf-16-be")
    parts = [octets[i : i + 134] for i in range(0, len(octets), 134)]
    order = list(enumerate(parts, 1))
    random.Random(5).shuffle(order)
    for part, piece in order:
        take(ledger, piece, concat_udh(9, len(parts), part), smpp.CODING_UCS2)
    assert ledger.messages == {84912345678: 1}
    assert ledger.parts == {84912345678: len(parts)}
    assert (ledger.texts[0].words(), ledger.texts[0].parts) == (text, len(parts))
    assert ledger.incomplete == 0


def test_a_message_sent_again_counts_twice_even_under_the_same_reference() -> None:
    ledger = Ledger(10)
    for _ in range(2):
        take(ledger, b"a", concat_udh(9, 2, 1))
        take(ledger, b"b", concat_udh(9, 2, 2))
    assert ledger.messages == {84912345678: 2}


def test_a_part_sent_again_before_the_message_is_whole_is_seen() -> None:
    ledger = Ledger(10)
    take(ledger, b"a", concat_udh(9, 2, 1))
    take(ledger, b"a", concat_udh(9, 2, 1))
    assert ledger.messages == {84912345678: 2}
    assert ledger.stats["parts_repeated"] == 1
    assert ledger.incomplete == 1


def test_only_the_latest_texts_are_kept() -> None:
    ledger = Ledger(2)
    for text in ("one", "two", "{three}"):
        take(ledger, gsm7.encode(text))
    assert [text.words() for text in ledger.texts] == ["two", "{three}"]
    assert ledger.messages == {84912345678: 3}


def test_a_reference_of_16_bits_and_the_parameters_are_understood() -> None:
    body = segment(b"x")
    assert concatenation(body, b"\6\x08\4\x01\x02\3\2") == Concat(258, 3, 2)
    assert concatenation(body, b"\x0a\x05\x01\0\x00\x03\x07\x02\x01") == Concat(7, 2, 1)
    assert concatenation(body, b"") is None
    body.tlvs = {0x020C: b"\0\x07", 0x020E: b"\x03", 0x020F: b"\x01"}
    assert concatenation(body, b"") == Concat(7, 3, 1)
