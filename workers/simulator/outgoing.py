"""What goes to the client by itself: receipts, and messages a subscriber wrote."""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from outreach import gsm7
from workers.simulator.behaviour import State
from workers.simulator.settings import IdFormat
from workers.smpp import constants as smpp
from workers.smpp.bodies import Address, MessageBody, encode_message

MESSAGE_STATES: Final[dict[State, int]] = {
    "enroute": 1,
    "delivered": 2,
    "expired": 3,
    "undelivered": 5,
    "rejected": 8,
}
_WORDS: Final[dict[State, str]] = {
    "enroute": "ENROUTE",
    "delivered": "DELIVRD",
    "expired": "EXPIRED",
    "undelivered": "UNDELIV",
    "rejected": "REJECTD",
}
_VIETNAM: Final = 7 * 3600


@dataclass(slots=True)
class Receipt:
    """One delivery receipt; `bind` is the number of the bind that submitted the message."""

    message_id: str
    sender: Address
    subscriber: Address
    state: State
    error: str
    submitted_at: float
    bind: int
    style: Literal["text", "tlv", "both"]

    def octets(self) -> bytes:
        """The deliver_sm's body (SMPP 3.4, appendix B and 5.3.2)."""
        text = f"id:{self.message_id} stat:{_WORDS[self.state]}" if self.style == "tlv" else ""
        tlvs: dict[int, bytes] = {}
        if self.style != "tlv":
            text = self._text()
        if self.style != "text":
            tlvs[smpp.TAG_RECEIPTED_MESSAGE_ID] = self.message_id.encode("ascii") + b"\0"
            tlvs[smpp.TAG_MESSAGE_STATE] = bytes((MESSAGE_STATES[self.state],))
        return encode_message(
            MessageBody(
                source=self.subscriber,
                destination=self.sender,
                short_message=text.encode("ascii"),
                esm_class=smpp.ESM_INTERMEDIATE if self.state == "enroute" else smpp.ESM_RECEIPT,
                tlvs=tlvs,
            )
        )

    def _text(self) -> str:
        delivered = "001" if self.state == "delivered" else "000"
        return (
            f"id:{self.message_id} sub:001 dlvrd:{delivered} "
            f"submit date:{_minute(int(self.submitted_at) // 60)} "
            f"done date:{_minute(int(time.time()) // 60)} "
            f"stat:{_WORDS[self.state]} err:{self.error} text:"
        )


@dataclass(slots=True)
class Reply:
    """A message a subscriber wrote to the sender's name or short code."""

    subscriber: Address
    sender: Address
    text: str
    bind: int = 0

    def octets(self) -> bytes:
        """The deliver_sm's body, in GSM 03.38 if that can write it, else UCS-2."""
        try:
            coding, octets = smpp.CODING_DEFAULT, gsm7.encode(self.text)
        except gsm7.NotGsm7:
            coding, octets = smpp.CODING_UCS2, self.text.encode("utf-16-be")
        fits = len(octets) <= smpp.MAX_SHORT_MESSAGE
        return encode_message(
            MessageBody(
                source=self.subscriber,
                destination=self.sender,
                short_message=octets if fits else b"",
                data_coding=coding,
                tlvs={} if fits else {smpp.TAG_MESSAGE_PAYLOAD: octets},
            )
        )


Outgoing = Receipt | Reply


def written_id(number: int, form: IdFormat) -> str:
    """Message id `number` as the account writes it."""
    if form == "hex":
        return f"{number:x}"
    if form == "HEX":
        return f"{number:X}"
    return f"{number:020d}" if form == "padded" else str(number)


@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    """YYMMDDhhmm in the carrier's own time, Vietnam's."""
    return time.strftime("%y%m%d%H%M", time.gmtime(minute * 60 + _VIETNAM))
