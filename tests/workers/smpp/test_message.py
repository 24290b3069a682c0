"""From a short message to a submit_sm."""

import pytest

from outreach import gsm7
from workers.smpp.bodies import Address, decode_message
from workers.smpp.errors import ProtocolError
from workers.smpp.message import (
    ShortMessage,
    concat_udh,
    encode_submit,
    relative_time,
    source_address,
)


@pytest.mark.parametrize(
    ("label", "source", "expected"),
    [
        ("sender name", "BLUEZONE", Address(5, 0, "BLUEZONE")),
        ("sender name with digits", "1022 DT", Address(5, 0, "1022 DT")),
        ("number", "84912345678", Address(1, 1, "84912345678")),
        ("number with plus", "+84912345678", Address(1, 1, "84912345678")),
        ("short code", "8088", Address(0, 1, "8088")),
    ],
)
def test_a_sender_is_addressed_by_what_it_is(label: str, source: str, expected: Address) -> None:
    assert source_address(source) == expected, label


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, ""),
        (-5, ""),
        (1, "000000000001000R"),
        (59 * 60, "000000005900000R"),
        (86_400 + 2 * 3600 + 3, "000001020003000R"),
        (90 * 86_400, "000030000000000R"),
    ],
)
def test_validity_is_written_as_a_relative_time(seconds: int, expected: str) -> None:
    assert relative_time(seconds) == expected


def test_a_segment_carries_what_the_caller_said() -> None:
    udh = concat_udh(300, 3, 2)
    message = ShortMessage(
        "BLUEZONE", "84912345678", "ạ".encode("utf-16-be"), data_coding=8, udh=udh, validity=3600
    )
    body = decode_message(encode_submit(message))
    assert body.user_data() == (b"\x05\x00\x03\x2c\x03\x02", "ạ".encode("utf-16-be"))
    assert (body.esm_class, body.data_coding, body.registered_delivery) == (0x40, 8, 1)
    assert body.destination == Address(1, 1, "84912345678")
    assert body.validity_period == "000000010000000R"


def test_a_plain_message_has_no_header_and_the_carriers_validity() -> None:
    message = ShortMessage(
        "BLUEZONE", "84912345678", gsm7.encode("100% @ {xa}"), registered_delivery=0
    )
    body = decode_message(encode_submit(message))
    assert (body.esm_class, body.validity_period, body.registered_delivery) == (0, "", 0)
    assert gsm7.decode(body.short_message) == "100% @ {xa}"


def test_over_254_octets_the_text_goes_into_the_payload_parameter() -> None:
    for size, short in ((254, 254), (255, 0)):
        body = decode_message(encode_submit(ShortMessage("A", "84912345678", b"x" * size)))
        assert len(body.short_message) == short
        assert body.user_data() == (b"", b"x" * size)


@pytest.mark.parametrize(("total", "part"), [(2, 0), (2, 3), (256, 1)])
def test_an_impossible_part_is_refused(total: int, part: int) -> None:
    with pytest.raises(ProtocolError):
        concat_udh(1, total, part)
