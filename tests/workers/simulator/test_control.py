"""The simulator as its own program, steered over its control port."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach import gsm7
from tests.workers.smsc import (
    PASSWORD,
    ROOT,
    Process,
    account,
    in_loop,
    simulator_process,
    sms,
    until,
)
from workers.smpp.deliver import Deliver
from workers.smpp.errors import Refused
from workers.smpp.message import ShortMessage, concat_udh
from workers.smpp.session import Session, SessionConfig


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("simulator")
    with simulator_process(folder, account(), account("viettel", rate=1000)) as process:
        yield process


@pytest.fixture
def simulator(shared: Process) -> Process:
    shared.ask("POST", "/fault", {})
    shared.ask("POST", "/reset", {"owed": True})
    return shared


async def submit(simulator: Process, *messages: ShortMessage, system_id: str = "vnpt") -> list:
    delivered: list[Deliver] = []

    async def store(batch: list[Deliver]) -> None:
        delivered.extend(batch)

    config = SessionConfig("127.0.0.1", simulator.port, system_id, PASSWORD, response_timeout=5)
    session = await Session.open(config, store)
    submits = (session.submit(message) for message in messages)
    answers = await asyncio.gather(*submits, return_exceptions=True)
    taken = [answer for answer in answers if isinstance(answer, str)]
    await until(lambda: len(delivered) == len(taken))
    await session.close()
    return answers


@in_loop
async def test_numbers_count_messages_and_parts(simulator: Process) -> None:
    parts = [ShortMessage("BLUEZONE", "84900000002", b"x", udh=concat_udh(1, 2, n)) for n in (1, 2)]
    await submit(simulator, sms(84900000001), sms(84900000003), *parts)
    await submit(simulator, sms(84900000001), system_id="viettel")
    seen = simulator.ask("GET", "/numbers")
    assert seen["numbers"]["84900000001"] == {"messages": 2, "parts": 2}
    assert seen["numbers"]["84900000002"] == {"messages": 1, "parts": 2}
    assert (seen["count"], seen["messages"], seen["parts"], seen["most"]) == (3, 4, 5, 2)
    assert seen["by_count"] == {"1": 2, "2": 1}
    assert list(simulator.ask("GET", "/numbers?over=1")["numbers"]) == ["84900000001"]
    assert "numbers" not in simulator.ask("GET", "/numbers?summary=1")
    assert simulator.ask("GET", "/numbers?account=viettel")["count"] == 1


@in_loop
async def test_texts_can_be_read_back(simulator: Process) -> None:
    wide = "Xã Long Thuận".encode("utf-16-be")
    await submit(simulator, ShortMessage("BLUEZONE", "84900000001", wide, data_coding=8))
    narrow = [gsm7.encode("Cai dat {Blue"), gsm7.encode("zone} ngay")]
    for part, octets in enumerate(narrow, 1):
        udh = concat_udh(7, 2, part)
        await submit(simulator, ShortMessage("1022", "84900000002", octets, udh=udh))
    newest, older = simulator.ask("GET", "/messages?limit=5")
    assert (newest["text"], newest["parts"], newest["source"]) == (
        "Cai dat {Bluezone} ngay",
        2,
        "1022",
    )
    assert (older["text"], older["data_coding"]) == ("Xã Long Thuận", 8)
    assert simulator.ask("GET", "/messages?number=84900000001") == [
        older | {"seconds_ago": any_time}
    ]


class _Any:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, float)

    __hash__ = None  # type: ignore[assignment]


any_time = _Any()


@in_loop
async def test_stats_rate_and_log_tell_what_happened(simulator: Process) -> None:
    await submit(simulator, *(sms() for _ in range(30)), system_id="viettel")
    stats = simulator.ask("GET", "/stats")["accounts"]["viettel"]
    assert (stats["submits"], stats["taken"], stats["deliveries_acknowledged"]) == (30, 30, 30)
    rate = simulator.ask("GET", "/rate?account=viettel")["viettel"]
    assert rate["contract"] == 1000
    assert rate["taken"]["most_in_one_second"] == 30
    events = [event["event"] for event in simulator.ask("GET", "/log?account=viettel")]
    assert events == ["bound", "connection closed"]


@in_loop
async def test_settings_and_faults_change_at_run_time(simulator: Process) -> None:
    simulator.ask("POST", "/config", {"account": "vnpt", "rules": [{"suffix": "9", "status": 11}]})
    (refused,) = await submit(simulator, sms(84900000009))
    assert isinstance(refused, Refused)
    simulator.ask("POST", "/config", {"account": "vnpt", "rules": []})
    simulator.ask("POST", "/fault", {"account": "vnpt", "throttle_share": 1})
    (throttled,) = await submit(simulator, sms(84900000009))
    assert throttled.kind == "throttled"
    assert await submit(simulator, sms(), system_id="viettel") != [throttled]
    answer = simulator.ask("POST", "/fault", {})
    assert answer["vnpt"]["faults"]["throttle_share"] == 0
    assert "password" not in answer["vnpt"]


@in_loop
async def test_a_person_can_be_made_to_write(simulator: Process) -> None:
    wrote: list[str] = []

    async def store(batch: list[Deliver]) -> None:
        wrote.extend(f"{d.source} {d.destination} {d.text}" for d in batch)

    config = SessionConfig("127.0.0.1", simulator.port, "vnpt", PASSWORD)
    session = await Session.open(config, store)
    message = {"account": "vnpt", "source": "84912345678", "destination": "8088", "text": "TC"}
    simulator.ask("POST", "/mo", message)
    await until(lambda: wrote == ["84912345678 8088 TC"])
    assert simulator.ask("POST", "/drop", {"account": "vnpt"}) == {"dropped": {"vnpt": 1}}
    await session.closed


@pytest.mark.parametrize(
    ("method", "path", "body", "sentence"),
    [
        ("GET", "/nothing", None, "GET /nothing is not known; known are GET /stats"),
        ("GET", "/stats?account=x", None, "there is no account x; there are vnpt, viettel"),
        ("GET", "/messages?limit=x", None, "limit must be a whole number, not x"),
        ("POST", "/fault", {"drop_shar": 1}, "faults.drop_shar: Extra inputs are not permitted"),
        ("POST", "/config", {"account": "vnpt", "rate": -1}, "rate: Input should be greater than"),
        ("POST", "/mo", {"account": "vnpt"}, "a message needs source, destination, text"),
    ],
)
def test_a_wrong_request_is_a_sentence(simulator, method, path, body, sentence) -> None:
    assert simulator.ask(method, path, body).startswith(sentence)


def test_a_change_that_is_refused_for_one_account_changes_none(simulator: Process) -> None:
    assert "system id" in simulator.ask("POST", "/config", {"system_id": "viettel", "rate": 7})
    rates = simulator.ask("GET", "/rate")
    assert [rates[name]["contract"] for name in ("vnpt", "viettel")] == [0, 1000]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with simulator_process(tmp_path) as process:
        process.popen.send_signal(number)
        assert process.popen.wait(5) == 0


def test_a_start_that_cannot_be_says_why(tmp_path: Path) -> None:
    config = tmp_path / "simulator.json"
    config.write_text('{"accounts": []}')
    command = [sys.executable, "-m", "workers.simulator", "--config", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the simulator cannot start: accounts: List should have at least 1 item" in done.stderr
