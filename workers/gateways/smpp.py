"""Any carrier that speaks SMPP 3.4, over our own session."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Literal, cast

from campaigns import segments
from outreach import gsm7
from workers.gateways.base import (
    CarrierRefused,
    Inbound,
    Kind,
    NoAnswer,
    NotSent,
    OnInbound,
    OnLate,
    Outgoing,
    Question,
    Receipt,
    TooLate,
)
from workers.pacing import LATEST_WRITE
from workers.smpp import constants as smpp
from workers.smpp import errors, status
from workers.smpp.bodies import QueryResult, decode_query_result, encode_query_result
from workers.smpp.deliver import Deliver, decode_deliver
from workers.smpp.message import ShortMessage, concat_udh
from workers.smpp.receipt_text import carrier_id_forms, parse_receipt, state_by_number
from workers.smpp.session import Session, SessionConfig

# What a stored answer to query_sm begins with: no deliver_sm does, whose first word is shorter.
_QUERIED = b"query_sm"
# Such a refusal is about the question as such; any other only says that this message is not known.
_NO_QUERIES = frozenset({status.RINVCMDID, status.RINVBNDSTS})


class SmppGateway:
    """One bind, opened once; whoever holds it makes a new one when `closed` is done."""

    write_within = LATEST_WRITE
    needs_id = True

    def __init__(self, config: SessionConfig) -> None:
        self._config = config
        self._last_id = ""  # as the carrier wrote it
        self._session: Session | None = None
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def open(self, on_inbound: OnInbound) -> None:
        """Connect and bind; see the contract."""

        async def deliver(batch: list[Deliver]) -> None:
            await on_inbound([inbound(each) for each in batch])

        try:
            self._session = await Session.open(self._config, deliver)
        except errors.Refused as refused:
            raise _refusal(refused) from refused
        except errors.NoAnswer as error:
            raise NotSent(str(error)) from error
        except errors.NotSent as error:
            raise NotSent(str(error)) from error
        self.closed = self._session.closed

    def parts(self, message: Outgoing) -> list[object]:
        """One submit_sm a segment, joined by a user data header where there are several."""
        coding, payloads = _encoded(message.text)
        total = len(payloads)
        return [
            ShortMessage(
                source=message.sender,
                destination=message.number.removeprefix("+"),
                payload=payload,
                data_coding=coding,
                udh=concat_udh(message.reference, total, part) if total > 1 else b"",
                validity=message.validity,
            )
            for part, payload in enumerate(payloads, start=1)
        ]

    def cost(self, part: object) -> int:
        """Each part is one segment."""
        return 1

    async def submit(self, part: object, not_after: float, late: OnLate | None = None) -> str:
        """Submit one segment; see the contract."""
        if self._session is None:
            raise NotSent("the session is not open")
        try:
            carrier_id = await self._session.submit(
                cast("ShortMessage", part),
                not_after=not_after,
                late=None if late is None else partial(_tell_late, late),
            )
        except errors.Refused as refused:
            raise _refusal(refused) from refused
        except errors.NoAnswer as error:
            raise NoAnswer(str(error)) from error
        except errors.TooLate as error:
            raise TooLate(str(error)) from error
        except errors.NotSent as error:
            raise NotSent(str(error)) from error
        self._last_id = carrier_id
        return _matched_under(carrier_id)

    async def query(self, question: Question) -> list[Inbound]:
        """Ask for each part by its id (query_sm); see the contract."""
        said = []
        for carrier_id in question.ids:
            for written in self._writings(carrier_id):
                result = await self._query(written, question.sender)
                if result is not None:
                    said.append(queried(_answer_kept(question.number, carrier_id, result)))
                    break
        return said

    def _writings(self, carrier_id: str) -> list[str]:
        """How the carrier may write an id that we keep in its canonical form: like the last one it
        gave us, else as it is, else in small letters."""
        like_last = carrier_id
        if self._last_id.startswith("0"):
            like_last = carrier_id.zfill(len(self._last_id))
        if self._last_id != self._last_id.upper():
            like_last = like_last.lower()
        return list(dict.fromkeys((like_last, carrier_id, carrier_id.lower())))

    async def _query(self, carrier_id: str, sender: str) -> QueryResult | None:
        if self._session is None:
            raise NotSent("the session is not open")
        try:
            return await self._session.query(carrier_id, sender)
        except errors.Refused as refused:
            if refused.code in _NO_QUERIES or refused.kind in {"throttled", "auth"}:
                raise _refusal(refused) from refused
            return None
        except (errors.NoAnswer, errors.ProtocolError) as error:
            raise NoAnswer(str(error)) from error
        except errors.NotSent as error:
            raise NotSent(str(error)) from error

    async def close(self) -> None:
        """Unbind and hang up."""
        if self._session is not None:
            await self._session.close()


@lru_cache(maxsize=4096)
def _encoded(text: str) -> tuple[int, list[bytes]]:
    """Data coding and payloads of a text; thousands of people read the same one."""
    pieces = segments.split(text)
    if segments.count(text).encoding == segments.GSM_7:
        return smpp.CODING_DEFAULT, [gsm7.encode(piece) for piece in pieces]
    return smpp.CODING_UCS2, [piece.encode("utf-16-be") for piece in pieces]


def _matched_under(carrier_id: str) -> str:
    forms = carrier_id_forms(carrier_id)
    return forms[0] if forms else ""


def _tell_late(late: OnLate, outcome: str | errors.Refused) -> None:
    late(_refusal(outcome) if isinstance(outcome, errors.Refused) else _matched_under(outcome))


def _refusal(refused: errors.Refused) -> CarrierRefused:
    kind: Kind = refused.kind
    code = f"0x{refused.code:08X}" if refused.code >= 0 else "encoding"
    return CarrierRefused(kind, code, refused.words)


def inbound(deliver: Deliver) -> Inbound:
    """A deliver_sm as the house knows it."""
    if not deliver.is_receipt:
        return Inbound(deliver.raw, None, _e164(deliver.source), deliver.text)
    said = parse_receipt(deliver)
    receipt = Receipt(carrier_id_forms(said.carrier_id), said.state, said.error, _e164(said.msisdn))
    return Inbound(deliver.raw, receipt)


def _answer_kept(number: str, carrier_id: str, result: QueryResult) -> bytes:
    """A query's answer as it is stored, with what was asked: it names no number itself."""
    asked = f"{number} {carrier_id}".encode()
    return b"\0".join((_QUERIED, asked, encode_query_result(result)))


def queried(raw: bytes) -> Inbound:
    """A stored answer to query_sm as the house knows it."""
    _mark, asked, octets = raw.split(b"\0", 2)
    number, _, carrier_id = asked.decode().partition(" ")
    result = decode_query_result(octets)
    code = f"{result.error_code:03d}" if result.error_code else ""
    state = state_by_number(result.message_state)
    return Inbound(raw, Receipt((carrier_id,), state, code, number))


def stored(raw: Sequence[bytes]) -> list[Inbound]:
    """The same from raw bodies that were stored before and not matched yet."""
    return [
        queried(each) if each.startswith(_QUERIED) else inbound(decode_deliver(each))
        for each in raw
    ]


def _e164(msisdn: str) -> str:
    return f"+{msisdn}" if msisdn.isdecimal() else ""


def config(
    host: str,
    port: int,
    system_id: str,
    password: str,
    window: int,
    *,
    tls: bool,
    answer_seconds: float = 20.0,
    mode: Literal["transceiver", "pair"] = "transceiver",
) -> SessionConfig:
    """The session's configuration for a route's contract."""
    return SessionConfig(
        host=host,
        port=port,
        system_id=system_id,
        password=password,
        window=window,
        mode=mode,
        tls=ssl.create_default_context() if tls else None,
        response_timeout=answer_seconds,
    )
