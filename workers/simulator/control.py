"""The simulator's control port: a little HTTP/1.1 with JSON, for tests and for people with curl."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from workers.simulator.carrier import Carrier
from workers.simulator.outgoing import Reply
from workers.simulator.server import Smsc
from workers.smpp import constants as smpp
from workers.smpp.bodies import Address
from workers.smpp.message import source_address

_MAX_BODY: Final = 1_000_000
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 413: "Content Too Large"}

Query = dict[str, str]
Handler = Callable[[Query, dict[str, Any]], Any]


class _Bad(Exception):
    def __init__(self, sentence: str, code: int = 400) -> None:
        super().__init__(sentence)
        self.code = code


class Control:
    """Answers GET /stats /numbers /rate /messages /log and POST /config /fault /reset /drop /mo."""

    def __init__(self, smsc: Smsc) -> None:
        self._smsc = smsc
        self._server: asyncio.Server | None = None
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "/stats"): self._stats,
            ("GET", "/numbers"): self._numbers,
            ("GET", "/rate"): self._rate,
            ("GET", "/messages"): self._messages,
            ("GET", "/log"): self._log,
            ("POST", "/config"): self._config,
            ("POST", "/fault"): self._fault,
            ("POST", "/reset"): self._reset,
            ("POST", "/drop"): self._drop,
            ("POST", "/mo"): self._mo,
        }

    async def start(self, port: int) -> int:
        """Listen on the loopback only; gives the port. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more requests."""
        if self._server is not None:
            self._server.close()

    # HTTP

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        try:
            code, answer = await self._reply(reader)
            body = json.dumps(answer, ensure_ascii=False).encode() + b"\n"
            head = (
                f"HTTP/1.1 {code} {_REASONS[code]}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _reply(self, reader: asyncio.StreamReader) -> tuple[int, Any]:
        try:
            method, target, body = await _read_request(reader)
            parts = urlsplit(target)
            handler = self._handlers.get((method, parts.path))
            if handler is None:
                known = ", ".join(f"{verb} {path}" for verb, path in self._handlers)
                raise _Bad(f"{method} {parts.path} is not known; known are {known}", 404)
            return 200, handler(dict(parse_qsl(parts.query)), body)
        except _Bad as error:
            return error.code, {"error": str(error)}
        except ValueError as error:
            return 400, {"error": str(error)}

    # GET

    def _stats(self, query: Query, _: dict[str, Any]) -> Any:
        accounts = {c.account.system_id: c.summary() for c in self._carriers(query)}
        return {"accounts": accounts, "waiting": len(self._smsc.agenda)}

    def _numbers(self, query: Query, _: dict[str, Any]) -> Any:
        """Messages and parts a number, over the accounts asked for; `summary=1` leaves them out."""
        messages: Counter[int | str] = Counter()
        parts: Counter[int | str] = Counter()
        for carrier in self._carriers(query):
            messages.update(carrier.ledger.messages)
            parts.update(carrier.ledger.parts)
        over = _whole(query, "over", 0)
        answer: dict[str, Any] = {
            "count": len(messages),
            "messages": messages.total(),
            "parts": parts.total(),
            "most": max(messages.values(), default=0),
            "by_count": {str(n): times for n, times in Counter(messages.values()).items()},
        }
        if query.get("summary") != "1":
            answer["numbers"] = {
                str(number): {"messages": n, "parts": parts[number]}
                for number, n in messages.items()
                if n > over
            }
        return answer

    def _rate(self, query: Query, _: dict[str, Any]) -> Any:
        return {
            carrier.account.system_id: {
                "contract": carrier.account.rate,
                "offered": carrier.ledger.offered.summary(),
                "taken": carrier.ledger.taken.summary(),
            }
            for carrier in self._carriers(query)
        }

    def _messages(self, query: Query, _: dict[str, Any]) -> Any:
        """The latest whole messages, the newest first."""
        limit, number = _whole(query, "limit", 100), query.get("number")
        found = [
            (text, carrier.account.system_id)
            for carrier in self._carriers(query)
            for text in carrier.ledger.texts
            if number in (None, text.destination)
        ]
        found.sort(key=lambda pair: pair[0].at, reverse=True)
        now = time.monotonic()
        return [
            {
                "account": account,
                "source": text.source,
                "destination": text.destination,
                "text": text.words(),
                "data_coding": text.data_coding,
                "parts": text.parts,
                "seconds_ago": round(now - text.at, 3),
            }
            for text, account in found[:limit]
        ]

    def _log(self, query: Query, _: dict[str, Any]) -> Any:
        account = query.get("account")
        return [event for event in self._smsc.events if account in (None, event["account"])]

    # POST

    def _config(self, _: Query, body: dict[str, Any]) -> Any:
        changes = dict(body)
        carriers = self._named(changes.pop("account", None))
        changed = [carrier.account.changed(changes) for carrier in carriers]
        for carrier, account in zip(carriers, changed, strict=True):
            carrier.use(account)
        return {a.system_id: a.model_dump(exclude={"password"}) for a in changed}

    def _fault(self, query: Query, body: dict[str, Any]) -> Any:
        """As /config, but the fields are those of `faults`; only `{}` ends all faults."""
        faults = dict(body)
        name = faults.pop("account", None)
        self._smsc.log(name or "all", f"faults set: {', '.join(faults) or 'none'}")
        ended = {f: field.default for f, field in _fault_fields(self._named(name)).items()}
        return self._config(query, {"account": name, "faults": faults or ended})

    def _reset(self, _: Query, body: dict[str, Any]) -> Any:
        """Counts begin anew; with `"owed": true` receipts still to come are forgotten."""
        if body.get("owed"):
            self._smsc.agenda.clear()
        for carrier in self._smsc.carriers.values():
            carrier.forget_counts()
            if body.get("owed"):
                carrier.owed.clear()
        self._smsc.events.clear()
        return {"reset": list(self._smsc.carriers)}

    def _drop(self, _: Query, body: dict[str, Any]) -> Any:
        names = [c.account.system_id for c in self._named(body.get("account"))]
        return {"dropped": {name: self._smsc.drop(name) for name in names}}

    def _mo(self, _: Query, body: dict[str, Any]) -> Any:
        """A subscriber writes: {"account", "source", "destination", "text"}."""
        missing = [n for n in ("account", "source", "destination", "text") if not body.get(n)]
        if missing:
            raise _Bad(f"a message needs {', '.join(missing)}")
        subscriber = Address(smpp.TON_INTERNATIONAL, smpp.NPI_ISDN, str(body["source"]))
        sender = source_address(str(body["destination"]))
        for carrier in self._named(body["account"]):
            carrier.write_in(Reply(subscriber, sender, str(body["text"])))
        return {"owed": 1}

    def _carriers(self, query: Query) -> list[Carrier]:
        return self._named(query.get("account"))

    def _named(self, system_id: str | None) -> list[Carrier]:
        if system_id is None:
            return list(self._smsc.carriers.values())
        carrier = self._smsc.carriers.get(system_id)
        if carrier is None:
            known = ", ".join(self._smsc.carriers)
            raise _Bad(f"there is no account {system_id}; there are {known}", 404)
        return [carrier]


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, Any]]:
    """(method, target, JSON body or {})."""
    line = (await reader.readline()).decode("latin-1").split()
    if len(line) != 3:
        raise _Bad("that is not an HTTP request")
    size = 0
    while (header := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        if name.lower() == "content-length":
            size = int(value)
    if not 0 <= size <= _MAX_BODY:
        raise _Bad(f"a body of {size} octets; at most {_MAX_BODY}", 413)
    body = json.loads(await reader.readexactly(size)) if size else {}
    if not isinstance(body, dict):
        raise _Bad("the body must be a JSON object")
    return line[0], line[1], body


def _whole(query: Query, name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isdecimal():
        raise _Bad(f"{name} must be a whole number, not {value}")
    return int(value)


def _fault_fields(carriers: list[Carrier]) -> Any:
    return type(carriers[0].account.faults).model_fields
