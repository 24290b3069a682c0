"""Bodies: what is encoded is decoded again, what is malformed is a ProtocolError."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.smpp import bodies
from workers.smpp.bodies import Address, BindBody, MessageBody, QueryBody, QueryResult
from workers.smpp.errors import ProtocolError

octet = st.integers(0, 255)
words = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=20)
addresses = st.builds(Address, octet, octet, words)
tlvs = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40), max_size=4)
messages = st.builds(
    MessageBody,
    source=addresses,
    destination=addresses,
    short_message=st.binary(max_size=254),
    esm_class=octet,
    data_coding=octet,
    registered_delivery=octet,
    validity_period=words,
    service_type=words,
    protocol_id=octet,
    priority_flag=octet,
    schedule_delivery_time=words,
    replace_if_present=octet,
    sm_default_msg_id=octet,
    tlvs=tlvs,
)
DECODERS = [
    bodies.decode_message,
    bodies.decode_bind,
    bodies.decode_query,
    bodies.decode_query_result,
    bodies.decode_tlvs,
    bodies.decode_id,
]


@given(messages)
def test_a_message_is_decoded_as_it_was_encoded(body: MessageBody) -> None:
    assert bodies.decode_message(bodies.encode_message(body)) == body


@given(st.builds(BindBody, words, words, words, octet, octet, octet, words))
def test_a_bind_is_decoded_as_it_was_encoded(body: BindBody) -> None:
    assert bodies.decode_bind(bodies.encode_bind(body)) == body


@given(st.builds(QueryBody, words, addresses))
def test_a_query_is_decoded_as_it_was_encoded(body: QueryBody) -> None:
    assert bodies.decode_query(bodies.encode_query(body)) == body


@given(st.builds(QueryResult, words, words, octet, octet))
def test_a_query_result_is_decoded_as_it_was_encoded(result: QueryResult) -> None:
    assert bodies.decode_query_result(bodies.encode_query_result(result)) == result


@given(words)
def test_an_identifier_is_decoded_as_it_was_encoded(identifier: str) -> None:
    assert bodies.decode_id(bodies.encode_id(identifier)) == identifier


@pytest.mark.parametrize("decode", DECODERS)
@given(st.binary(max_size=120))
def test_malformed_bytes_are_a_protocol_error_and_nothing_else(decode, octets: bytes) -> None:
    with suppress(ProtocolError):
        decode(octets)


@given(messages, st.data())
def test_a_message_cut_short_is_refused_or_lacks_only_tlvs(body: MessageBody, data) -> None:
    whole = bodies.encode_message(body)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with suppress(ProtocolError):
        assert bodies.decode_message(cut).short_message == body.short_message


@pytest.mark.parametrize(
    "body",
    [
        MessageBody(Address(5, 0, "BLUEZONE"), Address(1, 1, "84912345678"), b"x" * 256),
        MessageBody(Address(5, 0, "TỪNG NGÕ"), Address(1, 1, "84912345678"), b"x"),
        MessageBody(Address(5, 0, "BLUE\0ZONE"), Address(1, 1, "84912345678"), b"x"),
        MessageBody(Address(256, 0, "BLUEZONE"), Address(1, 1, "84912345678"), b"x"),
        MessageBody(Address(5, 0, "A"), Address(1, 1, "84"), b"x", tlvs={1: b"x" * 65_536}),
        MessageBody(Address(5, 0, "A"), Address(1, 1, "84"), b"x", data_coding=256),
    ],
)
def test_what_smpp_cannot_carry_is_not_encoded(body: MessageBody) -> None:
    with pytest.raises(ProtocolError):
        bodies.encode_message(body)


def test_a_user_data_header_is_cut_off_the_text() -> None:
    body = MessageBody(Address(5, 0, "A"), Address(1, 1, "84"), b"\5\0\3\1\2\1xin", esm_class=0x40)
    assert body.user_data() == (b"\5\0\3\1\2\1", b"xin")
    body.esm_class = 0
    assert body.user_data() == (b"", b"\5\0\3\1\2\1xin")


@pytest.mark.parametrize("octets", [b"", b"\5", b"\5\0\3\1\2"])
def test_a_user_data_header_that_is_not_there_is_refused(octets: bytes) -> None:
    body = MessageBody(Address(5, 0, "A"), Address(1, 1, "84"), octets, esm_class=0x40)
    with pytest.raises(ProtocolError):
        body.user_data()
