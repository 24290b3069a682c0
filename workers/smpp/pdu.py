"""PDUs on the wire: the 16-octet header, and cutting a stream of bytes into frames."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from workers.smpp.errors import ProtocolError

MAX_PDU: Final = 66_560
"""Octets: a full message_payload (65,535) and a kilobyte for everything beside it."""

_HEADER: Final = struct.Struct(">IIII")
_HEADER_SIZE: Final = _HEADER.size
_pack_header = _HEADER.pack
_unpack_header = _HEADER.unpack_from


class Frame(NamedTuple):
    """One PDU: its header's fields and its body, not yet looked into."""

    command: int
    status: int
    sequence: int
    body: bytes


def pack(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    """The octets of one PDU."""
    return _pack_header(_HEADER_SIZE + len(body), command, status, sequence) + body


class FrameBuffer:
    """Collects what arrives and cuts it into frames."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Frames completed by `data`, in order; iterate to the end before feeding again.

        Raises ProtocolError on an impossible length, after every good frame before it: the stream
        cannot be read any further.
        """
        if self._rest:
            data = self._rest + data
        position, end = 0, len(data)
        while end - position >= _HEADER_SIZE:
            length, command, status, sequence = _unpack_header(data, position)
            if not _HEADER_SIZE <= length <= MAX_PDU:
                raise ProtocolError(
                    f"a PDU of {length} octets; {_HEADER_SIZE} to {MAX_PDU} allowed"
                )
            stop = position + length
            if stop > end:
                break
            yield Frame(command, status, sequence, data[position + _HEADER_SIZE : stop])
            position = stop
        self._rest = data[position:]
