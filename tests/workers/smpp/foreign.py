"""SMPP servers that others wrote, each a program of its own that prints a JSON object a line."""

import asyncio
import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.workers.smsc import PASSWORD, ROOT, until
from workers.smpp.deliver import Deliver
from workers.smpp.session import Session, SessionConfig


class Store:
    """Keeps deliveries, `seconds` after they came, unless `broken`."""

    def __init__(self, seconds: float = 0.0, broken: bool = False) -> None:
        self.kept: list[Deliver] = []
        self.seconds = seconds
        self.broken = broken

    async def __call__(self, batch: list[Deliver]) -> None:
        await asyncio.sleep(self.seconds)
        if self.broken:
            raise OSError("the disk is full")
        self.kept.extend(batch)


class Server:
    """The program; a thread reads what it prints, so that it never waits for us."""

    def __init__(self, popen: "subprocess.Popen[str]") -> None:
        self.popen = popen
        self._lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self._lines.get(timeout=10)["port"])

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self._lines.put(json.loads(line))

    async def says(self, key: str) -> dict[str, Any]:
        """Its next line that has `key`."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            while not found and not self._lines.empty():
                line = self._lines.get()
                found.extend([line] if key in line else [])
            return bool(found)

        await until(look)
        return found[0]

    async def open(self, store: Store, **changes: Any) -> Session:
        """A session of ours with it."""
        values = {"system_id": "vnpt", "password": PASSWORD, "response_timeout": 5.0} | changes
        return await Session.open(SessionConfig("127.0.0.1", self.port, **values), store)


@contextmanager
def foreign_server(command: list[str], **environment: str) -> Iterator[Server]:
    """Run `command` until the test is over."""
    popen = subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Server(popen)
    finally:
        popen.kill()
        popen.wait(5)
