"""For tests of SMPP: async tests without a plug-in, the simulator in this loop or as a process."""

import asyncio
import functools
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.simulator.carrier import Carrier
from workers.simulator.server import Smsc
from workers.simulator.settings import make_settings
from workers.smpp.deliver import Deliver
from workers.smpp.message import ShortMessage
from workers.smpp.session import Session, SessionConfig

ROOT = Path(__file__).parents[2]
PASSWORD = "wordpass"


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in a loop of its own, 30 s at most."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 30))

    return run


def account(system_id: str = "vnpt", **behaviour: Any) -> dict[str, Any]:
    """An account that receipts at once, with `behaviour` on top."""
    return {
        "system_id": system_id,
        "password": PASSWORD,
        "receipts": {"delay": [0, 0]} | behaviour.pop("receipts", {}),
        **behaviour,
    }


@dataclass
class Simulation:
    """The simulator in the test's own loop; `stored` is what sessions of `open` were delivered."""

    smsc: Smsc
    port: int
    stored: list[Deliver] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def carrier(self, system_id: str = "vnpt") -> Carrier:
        return self.smsc.carriers[system_id]

    def stat(self, name: str) -> int:
        return int(self.carrier().summary().get(name, 0))

    def numbers(self) -> dict[str, int]:
        """Messages a number, of all accounts."""
        seen: dict[str, int] = {}
        for carrier in self.smsc.carriers.values():
            for number, times in carrier.ledger.messages.items():
                seen[str(number)] = seen.get(str(number), 0) + times
        return seen

    def play(self, **faults: Any) -> None:
        carrier = self.carrier()
        carrier.use(carrier.account.changed({"faults": faults}))

    def config(self, **changes: Any) -> SessionConfig:
        values = {"system_id": "vnpt", "password": PASSWORD, "response_timeout": 5.0} | changes
        return SessionConfig("127.0.0.1", self.port, **values)

    async def store(self, batch: list[Deliver]) -> None:
        self.stored.extend(batch)

    async def open(
        self,
        on_deliver: Callable[[list[Deliver]], Awaitable[None]] | None = None,
        **changes: Any,
    ) -> Session:
        session = await Session.open(self.config(**changes), on_deliver or self.store)
        self.sessions.append(session)
        return session


@asynccontextmanager
async def simulation(*accounts: dict[str, Any], **settings: Any) -> AsyncIterator[Simulation]:
    """The simulator with these accounts, by default one calm one."""
    smsc = Smsc(make_settings({"accounts": list(accounts) or [account()], **settings}))
    running = Simulation(smsc, await smsc.start("127.0.0.1", 0))
    try:
        yield running
    finally:
        for session in running.sessions:
            await session.close(drain=0.1)
        await smsc.stop()


def sms(
    number: int | str = 84912345678, text: str = "Cai dat Bluezone", **more: Any
) -> ShortMessage:
    return ShortMessage("BLUEZONE", str(number), text.encode(), **more)


async def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait for `condition`; an AssertionError when it does not come true."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true in time")


@dataclass
class Process:
    """The simulator as its own program."""

    popen: "subprocess.Popen[str]"
    port: int
    control_port: int

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The control port's answer; for a refusal its sentence."""
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.control_port}{path}"
        request = urllib.request.Request(url, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            return json.load(error)["error"]


@contextmanager
def simulator_process(tmp_path: Path, *accounts: dict[str, Any]) -> Iterator[Process]:
    """`python -m workers.simulator` on free ports, stopped by SIGTERM."""
    config = tmp_path / "simulator.json"
    config.write_text(json.dumps({"accounts": list(accounts) or [account()]}))
    command = [sys.executable, "-m", "workers.simulator", "--port", "0", "--control-port", "0"]
    popen = subprocess.Popen(
        [*command, "--config", str(config)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert popen.stdout is not None
        ports = json.loads(popen.stdout.readline())
        yield Process(popen, ports["port"], ports["control_port"])
    finally:
        popen.terminate()
        popen.wait(10)
