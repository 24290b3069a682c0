"""One connection to the simulator: binds, takes submits, delivers, plays the faults of the wire."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from workers.simulator.carrier import Carrier
from workers.simulator.outgoing import Outgoing
from workers.smpp import constants as smpp
from workers.smpp import status
from workers.smpp.bodies import (
    MessageBody,
    decode_bind,
    decode_message,
    decode_query,
    encode_id,
    encode_query_result,
    encode_tlvs,
)
from workers.smpp.errors import ProtocolError
from workers.smpp.pdu import Frame, FrameBuffer, pack

if TYPE_CHECKING:
    from workers.simulator.server import Smsc

_GARBAGE: Final = b"\xff" * 64
_LEAD_SECONDS: Final = 0.05
_SYSTEM_ID: Final = "SIMULATOR"
_BINDS: Final = {
    smpp.BIND_TRANSMITTER: (True, False),
    smpp.BIND_RECEIVER: (False, True),
    smpp.BIND_TRANSCEIVER: (True, True),
}


class Peer(asyncio.Protocol):
    """`number` is this bind's own, never used again."""

    def __init__(self, smsc: "Smsc", number: int) -> None:
        self.number = number
        self.carrier: Carrier | None = None
        self._smsc = smsc
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = FrameBuffer()
        self._may_submit = self._may_receive = False
        self._frozen = False
        self._outstanding = 0
        self._arrived_at = 0.0
        self._sequence = 0
        self._unacknowledged: dict[int, tuple[Outgoing, Carrier]] = {}
        self._outbox: list[bytes] = []
        self._answered = 0
        self._flush_due = False
        self._handlers: dict[int, Callable[[Frame], None]] = {
            smpp.SUBMIT_SM: self._submit,
            smpp.DELIVER_SM_RESP: self._acknowledge,
            smpp.ENQUIRE_LINK: self._enquire,
            smpp.UNBIND: self._unbind,
            smpp.QUERY_SM: self._query,
            **dict.fromkeys(_BINDS, self._bind),
        }

    @property
    def unacknowledged_count(self) -> int:
        """Deliveries sent over this bind and not answered."""
        return len(self._unacknowledged)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client."""
        self._transport = cast(asyncio.Transport, transport)
        self._smsc.arrived(self)

    def data_received(self, data: bytes) -> None:
        """All frames of a chunk arrived together, so they share one time of arrival."""
        self._arrived_at = time.monotonic()
        try:
            for frame in self._buffer.feed(data):
                self._handle(frame)
        except ProtocolError as error:
            self._smsc.log(self._who(), f"not SMPP: {error}")
            self._send(pack(smpp.GENERIC_NACK, 0, status=status.RINVCMDLEN))
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Deliveries without an answer go back to their carriers."""
        self._transport = None
        self._smsc.left(self)
        if self.carrier is not None:
            self.carrier.peers.pop(self.number, None)
            self._smsc.log(self._who(), "connection closed")
        unanswered, self._unacknowledged = list(self._unacknowledged.values()), {}
        for owner in dict.fromkeys(owner for _, owner in unanswered):
            owner.unacknowledged([item for item, theirs in unanswered if theirs is owner])

    # What the carrier calls

    def may_receive(self) -> bool:
        """Whether a delivery may go out over this bind now."""
        if not self._may_receive or self._frozen or self._transport is None or self.carrier is None:
            return False
        return len(self._unacknowledged) < self.carrier.account.receipts.window

    def deliver(self, item: Outgoing, owner: Carrier) -> None:
        """Send a delivery that `owner` owes."""
        self._sequence += 1
        self._unacknowledged[self._sequence] = (item, owner)
        self._send(pack(smpp.DELIVER_SM, self._sequence, item.octets()))

    def freeze(self, frozen: bool) -> None:
        """Neither read nor write, as a hung SMSC; or go on."""
        if self._transport is None or frozen == self._frozen:
            return
        self._frozen = frozen
        if frozen:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
            self._flush()

    def hang_up(self, unbind: bool = False) -> None:
        """Write what waits and close; with `unbind` say so first."""
        if unbind and self.carrier is not None:
            self._sequence += 1
            self._send(pack(smpp.UNBIND, self._sequence))
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def drop(self) -> None:
        """Cut the connection; answers not yet written are lost."""
        self._outbox.clear()
        if self._transport is not None:
            self._transport.abort()

    # One frame

    def _handle(self, frame: Frame) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        handler = self._handlers.get(frame.command)
        if handler is not None:
            handler(frame)
        elif not frame.command & smpp.RESPONSE:
            self._send(pack(smpp.GENERIC_NACK, frame.sequence, status=status.RINVCMDID))

    def _bind(self, frame: Frame) -> None:
        body = decode_bind(frame.body)
        code = status.RALYBND if self.carrier else self._smsc.bind_refusal(body)
        self._smsc.log(body.system_id, f"bind refused 0x{code:08X}" if code else "bound")
        version = encode_tlvs({smpp.TAG_SC_INTERFACE_VERSION: bytes((smpp.INTERFACE_VERSION,))})
        answer = b"" if code else encode_id(_SYSTEM_ID) + version
        self._send(pack(frame.command | smpp.RESPONSE, frame.sequence, answer, code))
        if code:
            return
        self._may_submit, self._may_receive = _BINDS[frame.command]
        self.carrier = self._smsc.carriers[body.system_id]
        self.carrier.peers[self.number] = self
        self.carrier.ledger.stats["binds"] += 1
        self.freeze(self.carrier.account.faults.frozen)
        self.carrier.pump()

    def _submit(self, frame: Frame) -> None:
        carrier = self.carrier
        if carrier is None or not self._may_submit:
            self._answer(frame, status.RINVBNDSTS)
            return
        self._outstanding += 1
        try:
            body = decode_message(frame.body)
            parts = body.user_data()
        except ProtocolError:
            self._answer_submit(frame, status.RINVMSGLEN, "", 0.0)
            return
        code = carrier.verdict(body, self._outstanding, self._arrived_at)
        if code:
            self._answer_submit(frame, code, "", carrier.behaviour.answer_delay(""))
        else:
            self._take(frame, carrier, body, parts)

    def _take(
        self, frame: Frame, carrier: Carrier, body: MessageBody, parts: tuple[bytes, bytes]
    ) -> None:
        """A segment nothing is wrong with: play the fault that is drawn for it, or take it."""
        fault, faults = carrier.behaviour.fault(), carrier.account.faults
        if fault:
            carrier.ledger.stats[f"fault_{fault}"] += 1
        spared = {"drop": faults.drop_takes, "silent": faults.silent_takes}.get(fault, True)
        written, leads = "", False
        if spared:
            written, leads = carrier.take(body, parts, self._arrived_at, self.number)
        if fault == "drop":
            self._smsc.log(self._who(), "connection dropped on purpose")
            self.drop()
        elif fault == "garbage":
            self._send(_GARBAGE)
        elif fault != "silent":
            delay = carrier.behaviour.answer_delay(fault)
            self._answer_submit(frame, 0, written, max(delay, _LEAD_SECONDS) if leads else delay)

    def _answer_submit(self, frame: Frame, code: int, written: str, delay: float) -> None:
        body = encode_id(written) if written else b""
        octets = pack(smpp.SUBMIT_SM_RESP, frame.sequence, body, code)
        if delay:
            self._smsc.agenda.later(delay, self._answer_now, octets)
        else:
            self._answer_now(octets)

    def _answer_now(self, octets: bytes) -> None:
        """The client's window has room again once the answer is written."""
        self._answered += 1
        self._send(octets)

    def _acknowledge(self, frame: Frame) -> None:
        item, owner = self._unacknowledged.pop(frame.sequence, (None, None))
        if item is not None and owner is not None:
            owner.acknowledged(item, frame.status)

    def _enquire(self, frame: Frame) -> None:
        self._answer(frame)

    def _unbind(self, frame: Frame) -> None:
        self._answer(frame)
        self.hang_up()

    def _query(self, frame: Frame) -> None:
        result = self.carrier.query(decode_query(frame.body)) if self.carrier else None
        if result is None:
            self._answer(frame, status.RQUERYFAIL)
        else:
            octets = encode_query_result(result)
            self._send(pack(frame.command | smpp.RESPONSE, frame.sequence, octets))

    # Writing

    def _answer(self, frame: Frame, code: int = 0) -> None:
        self._send(pack(frame.command | smpp.RESPONSE, frame.sequence, status=code))

    def _send(self, octets: bytes) -> None:
        self._outbox.append(octets)
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        if self._transport is None or self._frozen or not self._outbox:
            return
        self._transport.write(b"".join(self._outbox))
        self._outbox.clear()
        self._outstanding -= self._answered
        self._answered = 0

    def _who(self) -> str:
        return self.carrier.account.system_id if self.carrier else "not bound"
