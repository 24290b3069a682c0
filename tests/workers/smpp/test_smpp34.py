"""Our codec and client against PyPI's `smpp34`: a codec and a server that others wrote."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.smpp.foreign import Server, Store, foreign_server
from tests.workers.smsc import in_loop, sms, until
from workers.smpp import constants, status
from workers.smpp.bodies import Address, MessageBody, decode_message, encode_message
from workers.smpp.errors import Refused
from workers.smpp.message import concat_udh
from workers.smpp.pdu import FrameBuffer, pack
from workers.smpp.receipt_text import parse_receipt

octet = st.integers(0, 255)
ascii_words = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=15)
bodies = st.builds(
    MessageBody,
    source=st.builds(Address, octet, octet, ascii_words),
    destination=st.builds(Address, octet, octet, ascii_words),
    short_message=st.binary(max_size=254),
    esm_class=octet,
    data_coding=octet,
    registered_delivery=octet,
    validity_period=st.sampled_from(["", "000000010000000R", "200820150000028+"]),
    service_type=st.text(st.characters(min_codepoint=65, max_codepoint=90), max_size=5),
    protocol_id=octet,
    priority_flag=octet,
    tlvs=st.dictionaries(st.integers(0x1400, 0x3FFF), st.binary(max_size=40), max_size=3),
)
THEIRS = {constants.SUBMIT_SM: smpp34.SubmitSm, constants.DELIVER_SM: smpp34.DeliverSm}


def fields_of(theirs: "smpp34.SubmitSm | smpp34.DeliverSm") -> MessageBody:
    return MessageBody(
        Address(theirs.source_addr_ton, theirs.source_addr_npi, theirs.source_addr),
        Address(theirs.dest_addr_ton, theirs.dest_addr_npi, theirs.destination_addr),
        theirs.short_message,
        theirs.esm_class,
        theirs.data_coding,
        theirs.registered_delivery,
        theirs.validity_period,
        theirs.service_type,
        theirs.protocol_id,
        theirs.priority_flag,
        tlvs={tlv.tag: tlv.value for tlv in theirs.tlvs},
    )


@pytest.mark.parametrize("command", THEIRS)
@given(bodies)
def test_they_read_what_we_write(command: int, body: MessageBody) -> None:
    theirs = smpp34.decode(pack(command, 77, encode_message(body)))
    assert isinstance(theirs, THEIRS[command])
    assert (fields_of(theirs), theirs.sequence_number) == (body, 77)


@pytest.mark.parametrize("command", THEIRS)
@given(bodies)
def test_we_read_what_they_write(command: int, body: MessageBody) -> None:
    theirs = THEIRS[command](
        body.source.text,
        body.destination.text,
        body.short_message,
        service_type=body.service_type,
        source_addr_ton=body.source.ton,
        source_addr_npi=body.source.npi,
        dest_addr_ton=body.destination.ton,
        dest_addr_npi=body.destination.npi,
        esm_class=body.esm_class,
        protocol_id=body.protocol_id,
        priority_flag=body.priority_flag,
        validity_period=body.validity_period,
        registered_delivery=body.registered_delivery,
        data_coding=body.data_coding,
        tlvs=[smpp34.Tlv(tag, value) for tag, value in body.tlvs.items()],
        sequence_number=78,
    )
    (frame,) = FrameBuffer().feed(theirs.encode())
    assert (frame.command, frame.sequence) == (command, 78)
    assert decode_message(frame.body) == body


@pytest.fixture
def server() -> Iterator[Server]:
    """Its server, in a process of its own: its threads outlive an event loop."""
    with foreign_server([sys.executable, str(Path(__file__).with_name("smpp34_server.py"))]) as it:
        yield it


@pytest.mark.parametrize("mode", ["transceiver", "pair"])
@in_loop
async def test_submits_receipts_and_acknowledgements_go_both_ways(server, mode: str) -> None:
    store = Store()
    session = await server.open(store, mode=mode)
    ids = await asyncio.gather(*(session.submit(sms(84900000200 + n)) for n in range(10)))
    await until(lambda: len(store.kept) == 10)
    assert {r.carrier_id for r in map(parse_receipt, store.kept)} == set(ids)
    if mode == "transceiver":  # on a receiver's bind this server never reports acknowledgements
        assert (await server.says("acknowledged"))["status"] == 0
    await session.close()


@in_loop
async def test_a_part_arrives_with_its_sender_and_its_header(server) -> None:
    session = await server.open(Store())
    await session.submit(sms(udh=concat_udh(1, 2, 1)))
    seen = await server.says("text")
    assert (seen["source"], seen["source_ton"], seen["registered_delivery"]) == ("BLUEZONE", 5, 1)
    assert (seen["destination"], seen["esm_class"]) == ("84912345678", 0x40)
    assert bytes.fromhex(seen["text"]) == b"\x05\x00\x03\x01\x02\x01Cai dat Bluezone"
    await session.close()


@in_loop
async def test_their_refusal_is_understood(server) -> None:
    session = await server.open(Store())
    with pytest.raises(Refused) as refused:
        await session.submit(sms(84900000013))
    assert refused.value.code == status.RINVDSTADR
    await session.close()


@in_loop
async def test_they_hear_that_a_receipt_could_not_be_stored(server) -> None:
    session = await server.open(Store(broken=True))
    await session.submit(sms())
    assert (await server.says("acknowledged"))["status"] == status.RX_T_APPN
    await session.close()


@in_loop
async def test_five_thousand_receipts_stored_slowly_all_arrive(server) -> None:
    store = Store(seconds=0.02)
    session = await server.open(store)
    await asyncio.gather(*(session.submit(sms(84900020000 + n * 100)) for n in range(5_000)))
    await until(lambda: len(store.kept) == 5_000, 10)
    assert session.is_open
    await session.close()
