"""Our client against the npm package `smpp`: a server, and a codec, that others wrote."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach import gsm7
from tests.workers.smpp.foreign import Server, Store, foreign_server
from tests.workers.smsc import in_loop, sms, until
from workers.smpp import status
from workers.smpp.errors import NoAnswer, Refused
from workers.smpp.message import ShortMessage, concat_udh
from workers.smpp.receipt_text import carrier_id_forms, parse_receipt

PACKAGE = "smpp@0.5.1"
SCRIPT = Path(__file__).with_name("node_server.js")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of node modules with the package in it."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    try:
        done = subprocess.run(
            [*command, "--prefix", str(folder)],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install the package within 60 s")
    if done.returncode:
        pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-200:]}")
    return folder / "node_modules"


@pytest.fixture
def server(modules: Path) -> Iterator[Server]:
    with foreign_server(["node", str(SCRIPT)], NODE_PATH=str(modules)) as running:
        yield running


@in_loop
async def test_a_message_arrives_and_its_receipt_is_acknowledged_after_storing(server) -> None:
    store = Store(seconds=0.2)
    session = await server.open(store)
    message_id = await session.submit(sms(validity=3600))
    seen = await server.says("text")
    assert (seen["text"], seen["source"], seen["source_ton"]) == ("Cai dat Bluezone", "BLUEZONE", 5)
    assert (seen["destination"], seen["data_coding"]) == ("84912345678", 0)
    assert not store.kept
    assert (await server.says("acknowledged"))["status"] == 0
    receipt = parse_receipt(store.kept[0])
    assert (receipt.state, receipt.msisdn) == ("delivered", "84912345678")
    assert (message_id, receipt.carrier_id) == ("1000", "4096")
    assert carrier_id_forms(message_id)[0] in carrier_id_forms(receipt.carrier_id)
    await session.close()


@in_loop
async def test_each_encoding_is_read_as_we_meant_it(server) -> None:
    session = await server.open(Store())
    words = "Kính gửi bà con xã Long Thuận: cài đặt Bluezone 😷"
    wide = ShortMessage("BLUEZONE", "84912345678", words.encode("utf-16-be"), data_coding=8)
    await session.submit(wide)
    assert (await server.says("text"))["text"] == words
    # The library takes coding 1 for GSM 03.38, and 0 for whatever the carrier's default is.
    narrow = "100% @ {xa} [1] à è 5€"
    await session.submit(ShortMessage("8088", "84912345678", gsm7.encode(narrow), data_coding=1))
    seen = await server.says("text")
    assert (seen["text"], seen["source_ton"]) == (narrow, 0)
    await session.close()


@in_loop
async def test_parts_carry_a_header_it_understands(server) -> None:
    session = await server.open(Store())
    await session.submit(sms(udh=concat_udh(0x2A, 3, 2)))
    seen = await server.says("text")
    assert (seen["udh"], seen["text"]) == (["00032a0302"], "Cai dat Bluezone")
    await session.close()


@in_loop
async def test_a_long_text_goes_as_payload(server) -> None:
    session = await server.open(Store())
    await session.submit(sms(text="Bluezone " * 40))
    assert (await server.says("text"))["text"] == "Bluezone " * 40
    await session.close()


@in_loop
async def test_refusal_silence_and_keepalive_are_told_apart(server) -> None:
    session = await server.open(Store(), enquire_every=0.2)
    with pytest.raises(Refused) as refused:
        await session.submit(sms(84900000013))
    assert (refused.value.kind, refused.value.code) == ("permanent", status.RINVDSTADR)
    with pytest.raises(NoAnswer):
        await session.submit(sms(84900000077), timeout=0.2)
    await server.says("enquired")
    assert session.is_open
    server.popen.kill()
    await until(session.closed.done)


@in_loop
async def test_a_wrong_password_is_refused(server) -> None:
    with pytest.raises(Refused) as refused:
        await server.open(Store(), password="wrong")
    assert refused.value.kind == "auth"


@in_loop
async def test_a_full_window_stays_in_step(server) -> None:
    store = Store()
    session = await server.open(store)
    numbers = [84900001000 + n for n in range(1_000) if n % 100 not in (13, 77)]
    ids = await asyncio.gather(*(session.submit(sms(number)) for number in numbers))
    await until(lambda: len(store.kept) == len(numbers))
    receipts = {r.msisdn: r.carrier_id for r in map(parse_receipt, store.kept)}
    assert {str(n): str(int(i, 16)) for n, i in zip(numbers, ids, strict=True)} == receipts
    await session.close()
