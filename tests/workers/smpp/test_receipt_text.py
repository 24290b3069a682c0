"""Receipts in every form carriers write them, and the joining of ids."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.smpp.bodies import Address, MessageBody, encode_message
from workers.smpp.deliver import Deliver, decode_deliver
from workers.smpp.receipt_text import carrier_id_forms, parse_receipt

SUBSCRIBER, SENDER = Address(1, 1, "84912345678"), Address(5, 0, "BLUEZONE")


def delivered(text: str | bytes, tlvs=None, esm_class=4, coding=0, source=SUBSCRIBER) -> Deliver:
    octets = text if isinstance(text, bytes) else text.encode("latin-1")
    body = MessageBody(source, SENDER, octets, esm_class, coding, tlvs=tlvs or {})
    return decode_deliver(encode_message(body))


STANDARD = (
    "id:0123456789 sub:001 dlvrd:001 submit date:2008201500 done date:2008201501 "
    "stat:DELIVRD err:000 text:Cai dat Bluezone"
)


@pytest.mark.parametrize(
    ("label", "text", "carrier_id", "state", "error"),
    [
        ("appendix B", STANDARD, "0123456789", "delivered", "000"),
        ("upper case", STANDARD.upper(), "0123456789", "delivered", "000"),
        ("lower case", STANDARD.lower(), "0123456789", "delivered", "000"),
        ("blanks after colons", STANDARD.replace(":", ": "), "0123456789", "delivered", "000"),
        ("two blanks", STANDARD.replace(" ", "  "), "0123456789", "delivered", "000"),
        ("line ends", STANDARD.replace(" ", "\r\n"), "0123456789", "delivered", "000"),
        ("commas", "id:7,stat:DELIVRD,err:0", "7", "delivered", "0"),
        ("other order", "stat:UNDELIV err:00B text:x id:abc-1", "abc-1", "undelivered", "00B"),
        ("closing NUL", "id:1F stat:EXPIRED err:027\0", "1F", "carrier_expired", "027"),
        ("whole word", "id:9 stat:DELIVERED", "9", "delivered", ""),
        ("undeliverable", "id:9 stat:UNDELIVERABLE", "9", "undelivered", ""),
        ("deleted", "id:9 stat:DELETED err:1", "9", "undelivered", "1"),
        ("failed", "id:9 stat:FAILED", "9", "undelivered", ""),
        ("rejected", "id:9 stat:REJECTD", "9", "rejected", ""),
        ("accepted", "id:9 stat:ACCEPTD", "9", "accepted", ""),
        ("en route", "id:9 stat:ENROUTE", "9", "enroute", ""),
        ("unknown", "id:9 stat:UNKNOWN", "9", "unknown", ""),
        ("a word of its own", "id:9 stat:PERHAPS", "9", "unknown", ""),
        ("no text field", "id:9 sub:001 stat:DELIVRD", "9", "delivered", ""),
        (
            "the message quotes a receipt",
            STANDARD + " id:666 stat:UNDELIV",
            "0123456789",
            "delivered",
            "000",
        ),
        ("empty", "", "", "unknown", ""),
        ("other words", "khong phai bien nhan", "", "unknown", ""),
    ],
)
def test_receipt_texts(label: str, text: str, carrier_id: str, state: str, error: str) -> None:
    receipt = parse_receipt(delivered(text))
    assert (receipt.carrier_id, receipt.state, receipt.error) == (carrier_id, state, error), label


@pytest.mark.parametrize(
    ("label", "tlvs", "text", "carrier_id", "state", "error"),
    [
        ("alone", {0x1E: b"4D2\0", 0x427: b"\x02"}, "", "4D2", "delivered", ""),
        ("without NUL", {0x1E: b"4D2", 0x427: b"\x08"}, "", "4D2", "rejected", ""),
        ("beside text", {0x1E: b"4D2\0", 0x427: b"\x05"}, STANDARD, "4D2", "undelivered", "000"),
        ("only the id", {0x1E: b"4D2\0"}, STANDARD, "4D2", "delivered", "000"),
        ("only the state", {0x427: b"\x03"}, STANDARD, "0123456789", "carrier_expired", "000"),
        (
            "network error",
            {0x1E: b"1\0", 0x427: b"\x05", 0x423: b"\x03\x00\x1b"},
            "",
            "1",
            "undelivered",
            "27",
        ),
        ("a state of its own", {0x1E: b"1\0", 0x427: b"\xc8"}, "", "1", "unknown", ""),
        ("in the payload", {0x424: STANDARD.encode()}, "", "0123456789", "delivered", "000"),
    ],
)
def test_receipt_parameters(label, tlvs, text, carrier_id, state, error) -> None:
    receipt = parse_receipt(delivered(text, tlvs))
    assert (receipt.carrier_id, receipt.state, receipt.error) == (carrier_id, state, error), label


@pytest.mark.parametrize(
    ("label", "written", "expected"),
    [
        ("minutes", "2008201500", datetime(2020, 8, 20, 8, 0, tzinfo=UTC)),
        ("seconds", "200820150059", datetime(2020, 8, 20, 8, 0, 59, tzinfo=UTC)),
        ("whole year", "20200820150059", datetime(2020, 8, 20, 8, 0, 59, tzinfo=UTC)),
        ("whole year, minutes", "202008201500", datetime(2020, 8, 20, 8, 0, tzinfo=UTC)),
        ("zeros", "0000000000", None),
        ("words", "yesterday", None),
    ],
)
def test_done_dates_are_vietnams_time(label: str, written: str, expected: datetime | None) -> None:
    assert parse_receipt(delivered(f"id:1 done date:{written} stat:DELIVRD")).done_at == expected, (
        label
    )


@pytest.mark.parametrize("written", ["84912345678", "+84912345678", "0084912345678", "0912345678"])
def test_the_subscriber_is_written_in_one_form(written: str) -> None:
    receipt = parse_receipt(delivered(STANDARD, source=Address(1, 1, written)))
    assert receipt.msisdn == "84912345678"


def test_a_carrier_that_does_not_swap_the_addresses_is_understood() -> None:
    body = MessageBody(SENDER, SUBSCRIBER, STANDARD.encode(), 4)
    assert parse_receipt(decode_deliver(encode_message(body))).msisdn == "84912345678"


def test_a_receipt_in_ucs2_is_read() -> None:
    receipt = parse_receipt(delivered(STANDARD.encode("utf-16-be")[:250], coding=8))
    assert (receipt.carrier_id, receipt.state) == ("0123456789", "delivered")


def test_a_receipt_keeps_its_raw_body_from_which_it_can_be_read_again() -> None:
    deliver = delivered(STANDARD)
    assert parse_receipt(decode_deliver(parse_receipt(deliver).raw)) == parse_receipt(deliver)


@given(st.binary(max_size=254), st.dictionaries(st.sampled_from([0x1E, 0x423, 0x427]), st.binary()))
def test_no_receipt_raises(text: bytes, tlvs: dict[int, bytes]) -> None:
    parse_receipt(delivered(text, tlvs))


@pytest.mark.parametrize(
    ("label", "esm_class", "tlvs", "expected"),
    [
        ("receipt", 0x04, {}, True),
        ("intermediate notification", 0x20, {}, True),
        ("with a header", 0x44, {}, True),
        ("parameter alone", 0x00, {0x1E: b"1\0"}, True),
        ("a person typing a receipt", 0x00, {}, False),
        ("a person's acknowledgement", 0x08, {}, False),
    ],
)
def test_what_counts_as_a_receipt(label: str, esm_class: int, tlvs, expected: bool) -> None:
    text = b"\0" + STANDARD.encode() if esm_class & 0x40 else STANDARD
    assert delivered(text, tlvs, esm_class).is_receipt is expected, label


@pytest.mark.parametrize(
    ("label", "carrier_id", "forms"),
    [
        ("decimal", "1234", ("1234", "4D2", "4660")),
        ("decimal, zeros", "0000001234", ("1234", "4D2", "4660")),
        ("hex", "4d2", ("4D2", "1234")),
        ("hex, upper, zeros", "0004D2", ("4D2", "1234")),
        ("marked hex", "0x1234", ("1234", "4660")),
        ("blanks and NUL", " 4D2 \0", ("4D2", "1234")),
        ("one digit", "7", ("7",)),
        ("zero", "000", ("0",)),
        ("no number", "a7f3-xyz_01", ("A7F3-XYZ_01",)),
        ("no number, zeros", "00-1", ("00-1",)),
        ("empty", "", ()),
    ],
)
def test_forms_of_a_carriers_id(label: str, carrier_id: str, forms: tuple[str, ...]) -> None:
    assert carrier_id_forms(carrier_id) == forms, label


@given(
    st.integers(0, 2**100),
    st.sampled_from(["{:d}", "{:x}", "{:X}", "{:020d}", "{:032X}"]),
    st.sampled_from(["{:d}", "{:x}", "{:X}", "{:020d}", "{:032X}"]),
)
def test_the_id_of_an_answer_is_found_from_its_receipt(
    number: int, answer: str, receipt: str
) -> None:
    stored = carrier_id_forms(answer.format(number))[0]
    assert stored in carrier_id_forms(receipt.format(number))
