"""Cutting a stream of bytes into PDUs."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.smpp.errors import ProtocolError
from workers.smpp.pdu import MAX_PDU, Frame, FrameBuffer, pack

numbers = st.integers(0, 0xFFFFFFFF)
frames = st.builds(Frame, numbers, numbers, numbers, st.binary(max_size=300))


def octets_of(frame: Frame) -> bytes:
    return pack(frame.command, frame.sequence, frame.body, frame.status)


@given(st.lists(frames, max_size=8), st.data())
def test_frames_come_out_whole_however_the_stream_is_cut(sent: list[Frame], data) -> None:
    stream = b"".join(map(octets_of, sent))
    buffer, received = FrameBuffer(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        received += buffer.feed(stream[:size])
        stream = stream[size:]
    assert received == sent


@given(st.binary(max_size=400))
def test_any_bytes_give_frames_or_a_protocol_error(octets: bytes) -> None:
    with suppress(ProtocolError):
        list(FrameBuffer().feed(octets))


@pytest.mark.parametrize("length", [0, 15, MAX_PDU + 1, 0xFFFFFFFF])
def test_an_impossible_length_is_refused_after_the_good_frames_before_it(length: int) -> None:
    stream = FrameBuffer().feed(pack(0x15, 1) + struct.pack(">IIII", length, 4, 0, 2))
    assert next(stream) == Frame(0x15, 0, 1, b"")
    with pytest.raises(ProtocolError, match=str(length)):
        next(stream)
