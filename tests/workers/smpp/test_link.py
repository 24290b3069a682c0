"""The connection itself: odd answers, full sockets, TLS."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.workers.smsc import in_loop, simulation, sms, until
from workers.smpp import constants, status
from workers.smpp.deliver import Deliver
from workers.smpp.errors import NoAnswer, NotSent, Refused
from workers.smpp.pdu import Frame, FrameBuffer, pack
from workers.smpp.session import Session, SessionConfig


async def store(_: list[Deliver]) -> None:
    """Deliveries these tests do not look at."""


@asynccontextmanager
async def odd_carrier(answer: Callable[[Frame], bytes]) -> AsyncIterator[Session]:
    """A session with a carrier that answers binds as it should, and the rest with `answer`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = FrameBuffer()
        while data := await reader.read(65_536):
            for frame in buffer.feed(data):
                is_bind = frame.command == constants.BIND_TRANSCEIVER
                yes = pack(frame.command | constants.RESPONSE, frame.sequence, b"x\0")
                writer.write(yes if is_bind else answer(frame))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = SessionConfig("127.0.0.1", port, "vnpt", "", response_timeout=1.0)
    session = await Session.open(config, store)
    try:
        yield session
    finally:
        await session.close(drain=0.1)
        server.close()


def nack(code: int) -> Callable[[Frame], bytes]:
    return lambda frame: pack(constants.GENERIC_NACK, frame.sequence, status=code)


@in_loop
async def test_a_nack_with_a_status_is_a_refusal() -> None:
    async with odd_carrier(nack(status.RSYSERR)) as session:
        with pytest.raises(Refused) as refused:
            await session.submit(sms())
        assert refused.value.kind == "temporary"


@in_loop
async def test_a_yes_to_something_else_leaves_the_submit_in_doubt() -> None:
    async with odd_carrier(nack(status.ROK)) as session:
        with pytest.raises(NoAnswer, match="0x80000000"):
            await session.submit(sms())


@in_loop
async def test_an_accepted_message_without_an_id_is_accepted() -> None:
    async with odd_carrier(lambda frame: pack(constants.SUBMIT_SM_RESP, frame.sequence)) as session:
        assert await session.submit(sms()) == ""


@in_loop
async def test_answers_nobody_waits_for_and_unknown_requests_do_no_harm() -> None:
    def answer(frame: Frame) -> bytes:
        stray = pack(constants.SUBMIT_SM_RESP, 999, b"1\0") + pack(constants.ALERT_NOTIFICATION, 1)
        if frame.command == constants.SUBMIT_SM:
            return stray + pack(0x111, 5) + pack(constants.SUBMIT_SM_RESP, frame.sequence, b"7\0")
        nacks.append(frame)
        return b""

    nacks: list[Frame] = []
    async with odd_carrier(answer) as session:
        assert await session.submit(sms()) == "7"
        await until(lambda: nacks)
        assert (nacks[0].command, nacks[0].sequence) == (constants.GENERIC_NACK, 5)
        assert nacks[0].status == status.RINVCMDID


@in_loop
async def test_what_a_full_socket_does_not_take_was_certainly_not_sent() -> None:
    async with simulation() as carrier:
        session = await carrier.open(window=400, response_timeout=0.4, enquire_every=0.3)
        carrier.play(frozen=True)
        waves = []
        for wave in range(2):
            numbers = range(84900000000 + wave * 200, 84900000200 + wave * 200)
            submits = (session.submit(sms(number, "x" * 65_000)) for number in numbers)
            waves.append(asyncio.gather(*submits, return_exceptions=True))
            await asyncio.sleep(0.05)
        kinds = [{type(answer) for answer in await wave} for wave in waves]
        assert kinds == [{NoAnswer}, {NotSent}]
        assert "enquire_link" in await session.closed
        carrier.play(frozen=False)
        await until(lambda: not carrier.carrier().peers)
        assert max(map(int, carrier.numbers()), default=0) < 84900000200


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "carrier.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@asynccontextmanager
async def tls_before(port: int, pem: Path) -> AsyncIterator[int]:
    """The port of a TLS end before the plain `port`."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plain_reader, plain_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, plain_writer), pipe(plain_reader, writer))

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


@in_loop
async def test_a_session_over_tls_checks_who_the_carrier_is(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(pem))
    async with simulation() as carrier, tls_before(carrier.port, pem) as carrier.port:
        session = await carrier.open(tls=trusting)
        assert await session.submit(sms())
        await until(lambda: carrier.stored)
        with pytest.raises(NotSent, match="certificate"):
            await carrier.open(tls=ssl.create_default_context())
        await session.close()
