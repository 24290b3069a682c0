"""Bodies of the PDUs this project speaks: encode and decode, mandatory fields then TLVs.

Decoding is liberal in what SMPP calls maximum sizes and strict in structure: any malformed body
raises ProtocolError, never a bare error.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from workers.smpp.constants import ESM_UDHI, INTERFACE_VERSION, TAG_MESSAGE_PAYLOAD
from workers.smpp.errors import ProtocolError

_TLV: Final = struct.Struct(">HH")


class Address(NamedTuple):
    """Type of number, numbering plan, and the digits or letters."""

    ton: int
    npi: int
    text: str


@dataclass(slots=True)
class BindBody:
    """bind_transceiver, bind_transmitter, bind_receiver (4.1)."""

    system_id: str
    password: str
    system_type: str = ""
    interface_version: int = INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


@dataclass(slots=True)
class MessageBody:
    """submit_sm and deliver_sm (4.4.1, 4.6.1), which share one layout."""

    source: Address
    destination: Address
    short_message: bytes
    esm_class: int = 0
    data_coding: int = 0
    registered_delivery: int = 0
    validity_period: str = ""
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    replace_if_present: int = 0
    sm_default_msg_id: int = 0
    tlvs: Mapping[int, bytes] = field(default_factory=dict)

    def user_data(self) -> tuple[bytes, bytes]:
        """(user data header with its length octet or b"", the text's octets).

        Raises ProtocolError when esm_class announces a header that is not there.
        """
        octets = self.short_message or self.tlvs.get(TAG_MESSAGE_PAYLOAD, b"")
        if not self.esm_class & ESM_UDHI:
            return b"", octets
        if not octets or octets[0] >= len(octets):
            raise ProtocolError("a user data header is announced and is not there")
        size = 1 + octets[0]
        return octets[:size], octets[size:]


@dataclass(slots=True)
class QueryBody:
    """query_sm (4.8.1)."""

    message_id: str
    source: Address


class QueryResult(NamedTuple):
    """query_sm_resp (4.8.2): message_state and error_code as the carrier's numbers."""

    message_id: str
    final_date: str
    message_state: int
    error_code: int


def encode_bind(body: BindBody) -> bytes:
    """Octets of a bind's body. Raises ProtocolError for text that is not Latin-1."""
    numbers = bytes((body.interface_version, body.addr_ton, body.addr_npi))
    head = (cstring(body.system_id), cstring(body.password), cstring(body.system_type))
    return b"".join((*head, numbers, cstring(body.address_range)))


def decode_bind(octets: bytes) -> BindBody:
    """Raises ProtocolError."""
    system_id, position = _read_cstring(octets, 0)
    password, position = _read_cstring(octets, position)
    system_type, position = _read_cstring(octets, position)
    version, ton, npi = _read_octets(octets, position, 3)
    address_range, _ = _read_cstring(octets, position + 3)
    return BindBody(system_id, password, system_type, version, ton, npi, address_range)


def encode_message(body: MessageBody) -> bytes:
    """Octets of a submit_sm or deliver_sm body.

    Raises ProtocolError for a short_message over 255 octets, a number outside an octet, or text
    that is not Latin-1.
    """
    size = len(body.short_message)
    if size > 255:
        raise ProtocolError(f"short_message of {size} octets; at most 255 fit")
    parts = (
        cstring(body.service_type),
        encode_address(body.source),
        _two_octets(body.destination.ton, body.destination.npi),
        cstring(body.destination.text),
        _three_octets(body.esm_class, body.protocol_id, body.priority_flag),
        cstring(body.schedule_delivery_time),
        cstring(body.validity_period),
        _three_octets(body.registered_delivery, body.replace_if_present, body.data_coding),
        _two_octets(body.sm_default_msg_id, size),
        body.short_message,
        encode_tlvs(body.tlvs) if body.tlvs else b"",
    )
    return b"".join(parts)


def decode_message(octets: bytes) -> MessageBody:
    """The body of a submit_sm or deliver_sm. Raises ProtocolError."""
    try:
        return _decode_message(octets)
    except (IndexError, ValueError) as error:
        raise ProtocolError("a message body ends too early") from error


def _decode_message(octets: bytes) -> MessageBody:
    index = octets.index
    service_end = index(0)
    source_end = index(0, service_end + 3)
    destination_end = index(0, source_end + 3)
    schedule_end = index(0, destination_end + 4)
    validity_end = index(0, schedule_end + 1)
    text_at = validity_end + 6
    text_end = text_at + octets[validity_end + 5]
    if text_end > len(octets):
        raise ProtocolError("short_message is shorter than sm_length says")
    text = octets.decode("latin-1")
    return MessageBody(
        source=Address(
            octets[service_end + 1], octets[service_end + 2], text[service_end + 3 : source_end]
        ),
        destination=Address(
            octets[source_end + 1], octets[source_end + 2], text[source_end + 3 : destination_end]
        ),
        short_message=octets[text_at:text_end],
        esm_class=octets[destination_end + 1],
        data_coding=octets[validity_end + 3],
        registered_delivery=octets[validity_end + 1],
        validity_period=text[schedule_end + 1 : validity_end],
        service_type=text[:service_end],
        protocol_id=octets[destination_end + 2],
        priority_flag=octets[destination_end + 3],
        schedule_delivery_time=text[destination_end + 4 : schedule_end],
        replace_if_present=octets[validity_end + 2],
        sm_default_msg_id=octets[validity_end + 4],
        tlvs=decode_tlvs(octets, text_end) if text_end < len(octets) else {},
    )


def encode_query(body: QueryBody) -> bytes:
    """Octets of a query_sm body. Raises ProtocolError for text that is not Latin-1."""
    return cstring(body.message_id) + encode_address(body.source)


def decode_query(octets: bytes) -> QueryBody:
    """Raises ProtocolError."""
    message_id, position = _read_cstring(octets, 0)
    ton, npi = _read_octets(octets, position, 2)
    source, _ = _read_cstring(octets, position + 2)
    return QueryBody(message_id, Address(ton, npi, source))


def encode_query_result(result: QueryResult) -> bytes:
    """Octets of a query_sm_resp body. Raises ProtocolError for text that is not Latin-1."""
    tail = _two_octets(result.message_state, result.error_code)
    return cstring(result.message_id) + cstring(result.final_date) + tail


def decode_query_result(octets: bytes) -> QueryResult:
    """Raises ProtocolError."""
    message_id, position = _read_cstring(octets, 0)
    final_date, position = _read_cstring(octets, position)
    state, error = _read_octets(octets, position, 2)
    return QueryResult(message_id, final_date, state, error)


def encode_id(text: str) -> bytes:
    """The only field of a bind's, a submit's or a deliver's answer: system_id or message_id."""
    return cstring(text)


def decode_id(octets: bytes) -> str:
    """The identifier leading an answer; a carrier may leave it out when it refuses ("")."""
    return octets.partition(b"\0")[0].decode("latin-1")


def encode_tlvs(tlvs: Mapping[int, bytes]) -> bytes:
    """Tag, length, value of each. Raises ProtocolError for a value over 65,535 octets."""
    try:
        return b"".join(_TLV.pack(tag, len(value)) + value for tag, value in tlvs.items())
    except struct.error as error:
        raise ProtocolError("a TLV's tag or length does not fit in 16 bits") from error


def decode_tlvs(octets: bytes, position: int = 0) -> dict[int, bytes]:
    """Tag → value from `position` on; of a tag sent twice the last. Raises ProtocolError."""
    found: dict[int, bytes] = {}
    while position < len(octets):
        if position + _TLV.size > len(octets):
            raise ProtocolError("a TLV ends within its tag or length")
        tag, length = _TLV.unpack_from(octets, position)
        position += _TLV.size + length
        if position > len(octets):
            raise ProtocolError(f"TLV 0x{tag:04X} is shorter than its length says")
        found[tag] = octets[position - length : position]
    return found


def cstring(text: str) -> bytes:
    """A C-octet string. Raises ProtocolError for text that is not Latin-1 or has a NUL in it."""
    if not text:
        return b"\0"
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ProtocolError(f"{text!r} has characters SMPP cannot carry here") from error
    if 0 in octets:
        raise ProtocolError(f"{text!r} has a NUL in it")
    return octets + b"\0"


@lru_cache(maxsize=1024)
def encode_address(address: Address) -> bytes:
    """Type, plan and text; cached, since sender names are few and lead every message."""
    return _two_octets(address.ton, address.npi) + cstring(address.text)


@lru_cache(maxsize=4096)
def _two_octets(first: int, second: int) -> bytes:
    return _octets(first, second)


@lru_cache(maxsize=4096)
def _three_octets(first: int, second: int, third: int) -> bytes:
    return _octets(first, second, third)


def _octets(*numbers: int) -> bytes:
    try:
        return bytes(numbers)
    except ValueError as error:
        raise ProtocolError(f"{numbers} do not each fit in an octet") from error


def _read_cstring(octets: bytes, position: int) -> tuple[str, int]:
    end = octets.find(0, position)
    if end < 0:
        raise ProtocolError("a text without its closing NUL")
    return octets[position:end].decode("latin-1"), end + 1


def _read_octets(octets: bytes, position: int, count: int) -> bytes:
    taken = octets[position : position + count]
    if len(taken) < count:
        raise ProtocolError("the body ends too early")
    return taken
