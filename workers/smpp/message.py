"""The short message a caller hands to a session, and how it becomes a submit_sm."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from workers.smpp import constants as smpp
from workers.smpp.bodies import (
    Address,
    MessageBody,
    cstring,
    encode_address,
    encode_message,
)
from workers.smpp.errors import ProtocolError

_LONGEST_VALIDITY: Final = 30 * 86_400
_SHORTEST_INTERNATIONAL: Final = 9


@dataclass(slots=True)
class ShortMessage:
    """One segment, ready to go.

    `source` is a sender name, a short code or a number; `destination` digits with the country
    code (`84…`); `payload` the octets of the text in `data_coding` (0: GSM 03.38 one septet an
    octet, 8: UTF-16 big-endian), without `udh`, the user data header with its length octet.
    `validity` is a relative SMPP time, or seconds (0: the carrier's own).
    """

    source: str
    destination: str
    payload: bytes
    data_coding: int = smpp.CODING_DEFAULT
    udh: bytes = b""
    validity: str | int = 0
    registered_delivery: int = 1


def concat_udh(reference: int, total: int, part: int) -> bytes:
    """The header of part `part` (from 1) of `total`, with an 8-bit reference.

    Source: 3GPP TS 23.040, 9.2.3.24.1. Raises ProtocolError for an impossible part.
    """
    if not (1 <= part <= total <= 255):
        raise ProtocolError(f"part {part} of {total} is not possible")
    return bytes((5, 0, 3, reference & 0xFF, total, part))


def encode_submit(message: ShortMessage) -> bytes:
    """The body of a submit_sm; over 254 octets the text goes into message_payload.

    Raises ProtocolError for what cannot be encoded.
    """
    head, tail = _around_destination(
        message.source,
        message.payload,
        message.data_coding,
        message.udh,
        message.validity,
        message.registered_delivery,
    )
    return head + cstring(message.destination) + tail


@lru_cache(maxsize=4096)
def _around_destination(
    source: str,
    payload: bytes,
    data_coding: int,
    udh: bytes,
    validity: str | int,
    registered_delivery: int,
) -> tuple[bytes, bytes]:
    """What stands before and after the destination's digits: the same for thousands of people."""
    octets = udh + payload if udh else payload
    fits = len(octets) <= smpp.MAX_SHORT_MESSAGE
    sender = source_address(source)
    body = MessageBody(
        source=sender,
        destination=Address(smpp.TON_INTERNATIONAL, smpp.NPI_ISDN, ""),
        short_message=octets if fits else b"",
        esm_class=smpp.ESM_UDHI if udh else 0,
        data_coding=data_coding,
        registered_delivery=registered_delivery,
        validity_period=validity if isinstance(validity, str) else relative_time(validity),
        tlvs={} if fits else {smpp.TAG_MESSAGE_PAYLOAD: octets},
    )
    whole = encode_message(body)
    # service_type is empty; then the two addresses, the second without digits.
    digits_at = len(cstring("")) + len(encode_address(sender)) + 2
    return whole[:digits_at], whole[digits_at + 1 :]


@lru_cache(maxsize=1024)
def source_address(source: str) -> Address:
    """How a sender is named: letters are TON 5, a full number TON 1, a short code TON 0."""
    digits = source.removeprefix("+")
    if not digits.isdecimal():
        return Address(smpp.TON_ALPHANUMERIC, smpp.NPI_UNKNOWN, source)
    if len(digits) >= _SHORTEST_INTERNATIONAL:
        return Address(smpp.TON_INTERNATIONAL, smpp.NPI_ISDN, digits)
    return Address(smpp.TON_UNKNOWN, smpp.NPI_ISDN, digits)


@lru_cache(maxsize=4096)
def relative_time(seconds: int) -> str:
    """`seconds` from now as SMPP writes it (7.1.1.2); 0 or less is "", over 30 days is 30 days."""
    if seconds <= 0:
        return ""
    minutes, second = divmod(min(seconds, _LONGEST_VALIDITY), 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"0000{day:02d}{hour:02d}{minute:02d}{second:02d}000R"
