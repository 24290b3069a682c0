"""Why people were not reached, in people's words: from a message's state and reason to what to do.

A message's reason is the carrier's own code (an SMPP status, the `err` of a receipt, Twilio's
number) or our own word. Sources: SMPP 3.4, table 5-2; 3GPP TS 29.002, 17.6.6, whose numbers most
carriers put into `err`; Twilio's error dictionary. A code that is not known is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from campaigns import reasons
from campaigns.campaigns import Campaign
from campaigns.reasons import ReasonRow
from campaigns.routes import Protocol, Route
from campaigns.states import FAILED, MessageState
from outreach.database import db
from outreach.i18n import N_, _

M = MessageState


class Why(StrEnum):
    """A reason as people understand it, in the order a page tells them."""

    OFF = "off"
    FULL = "full"
    BUSY = "busy"
    GAVE_UP = "gave_up"
    NUMBER = "number"
    BLOCKED = "blocked"
    CONTENT = "content"
    SENDER = "sender"
    OPTED_OUT = "opted_out"
    UNKNOWN = "unknown"
    PERSON = "person"
    WINDOW = "window"
    CANCELLED = "cancelled"


class Do(StrEnum):
    """What can be done about it."""

    RESEND = "resend"
    VISIT = "visit"
    CARRIER = "carrier"
    WRITE = "write"
    NOTHING = "nothing"


WORDS: Final[dict[Why, str]] = {
    Why.OFF: N_("The phone was switched off or out of reach"),
    Why.FULL: N_("The phone's inbox is full"),
    Why.BUSY: N_("The carrier could not take it at that time"),
    Why.GAVE_UP: N_("The carrier tried until the allowed time ended"),
    Why.NUMBER: N_("The number is wrong, or nobody uses it any more"),
    Why.BLOCKED: N_("The carrier or the subscriber blocks such messages"),
    Why.CONTENT: N_("The carrier refused the text"),
    Why.SENDER: N_("The carrier refused our sender name or our contract"),
    Why.OPTED_OUT: N_("The person has opted out"),
    Why.UNKNOWN: N_("The carrier gave no reason that we know"),
    Why.PERSON: N_("Somebody looked into it and marked it as failed"),
    Why.WINDOW: N_("The time allowed for sending ended first"),
    Why.CANCELLED: N_("The campaign was ended before"),
}
ADVICE: Final[dict[Do, str]] = {
    Do.RESEND: N_("Send again, best at another time of day."),
    Do.VISIT: N_("Phone or visit them: take the list."),
    Do.CARRIER: N_("Ask the carrier; tell them the code."),
    Do.WRITE: N_("To reach them after all, write a new campaign."),
    Do.NOTHING: N_("Leave them in peace; nothing is sent to them."),
}
FOR_NOW: Final = frozenset({Why.OFF, Why.FULL, Why.BUSY, Why.GAVE_UP})
"""What may be otherwise tomorrow, so that sending again makes sense."""
_DO: Final = {
    Why.NUMBER: Do.VISIT,
    Why.BLOCKED: Do.VISIT,
    Why.CONTENT: Do.CARRIER,
    Why.SENDER: Do.CARRIER,
    Why.OPTED_OUT: Do.NOTHING,
    Why.UNKNOWN: Do.CARRIER,
    Why.PERSON: Do.VISIT,
    Why.WINDOW: Do.WRITE,
    Why.CANCELLED: Do.WRITE,
}

_SUBMIT: Final = {
    0x01: Why.CONTENT, 0x04: Why.BUSY, 0x05: Why.BUSY, 0x08: Why.BUSY, 0x0A: Why.SENDER,
    0x0B: Why.NUMBER, 0x14: Why.BUSY, 0x45: Why.BUSY, 0x48: Why.SENDER, 0x49: Why.SENDER,
    0x50: Why.NUMBER, 0x51: Why.NUMBER, 0x58: Why.BUSY, 0x64: Why.BUSY, 0x65: Why.BLOCKED,
    0x66: Why.BLOCKED, 0x67: Why.BUSY,
}  # fmt: skip
"""SMPP's command_status in the answer to a submit."""
_MAP: Final = {
    1: Why.NUMBER,  # unknownSubscriber
    5: Why.NUMBER,  # unidentifiedSubscriber
    6: Why.OFF,  # absentSubscriberSM
    9: Why.BLOCKED,  # illegalSubscriber
    11: Why.BLOCKED,  # teleserviceNotProvisioned
    12: Why.BLOCKED,  # illegalEquipment
    13: Why.BLOCKED,  # callBarred
    21: Why.BLOCKED,  # facilityNotSupported
    27: Why.OFF,  # absentSubscriber
    31: Why.OFF,  # subscriberBusyForMT-SMS
    32: Why.FULL,  # sm-DeliveryFailure: the memory is full
    33: Why.OFF,  # messageWaitingListFull: away for long
    34: Why.BUSY,  # systemFailure
}
"""The `err` of an SMPP receipt."""
_TWILIO: Final = {
    14107: Why.BUSY, 20429: Why.BUSY, 21211: Why.NUMBER, 21265: Why.NUMBER, 21602: Why.CONTENT,
    21604: Why.NUMBER, 21610: Why.OPTED_OUT, 21611: Why.BUSY, 21612: Why.BLOCKED,
    21614: Why.NUMBER, 21617: Why.CONTENT, 21635: Why.NUMBER, 30001: Why.BUSY, 30002: Why.SENDER,
    30003: Why.OFF, 30004: Why.BLOCKED, 30005: Why.NUMBER, 30006: Why.NUMBER, 30007: Why.CONTENT,
    30036: Why.GAVE_UP, 30410: Why.BUSY,
}  # fmt: skip
_OURS: Final = {
    "person": Why.PERSON,
    "opted_out": Why.OPTED_OUT,
    "window_closed": Why.WINDOW,
    "campaign_ended": Why.CANCELLED,
    "encoding": Why.CONTENT,
}


_DOUBTS: Final = frozenset({"no_answer", "partial", "worker_silent", "restored"})


def why(state: MessageState, reason: str, protocol: Protocol) -> Why:
    """Why a message in this state of failure did not reach its person."""
    if reason in _OURS:
        return _OURS[reason]
    if state is M.CARRIER_EXPIRED:
        return Why.GAVE_UP
    if protocol is Protocol.TWILIO:
        return _TWILIO.get(int(reason), Why.UNKNOWN) if reason.isdecimal() else Why.UNKNOWN
    if reason.startswith("0x"):
        return _SUBMIT.get(int(reason, 16), Why.UNKNOWN)
    return _MAP.get(int(reason), Why.UNKNOWN) if reason.isdecimal() else Why.UNKNOWN


def code_of(reason: str) -> str:
    """The carrier's code in a message's reason, "" where the reason is a word of ours."""
    return "" if reason in _OURS or reason in _DOUBTS else reason


def do(cause: Why) -> Do:
    """What to do about it first."""
    return Do.RESEND if cause in FOR_NOW else _DO[cause]


@dataclass
class Line:
    """One reason on the page: how many people, what to do, which codes the carriers gave."""

    why: Why
    messages: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The reason in the reader's language."""
        return _(WORDS[self.why])

    @property
    def advice(self) -> str:
        """What to do, in the reader's language."""
        return _(ADVICE[self.do])

    @property
    def do(self) -> Do:
        """What to do."""
        return do(self.why)


@dataclass
class Account:
    """Everybody a campaign did not reach, by reason; and those to whom sending again makes sense,
    with what that costs at the contracts' prices."""

    lines: list[Line]
    again: int
    again_segments: int
    again_cost: int

    @property
    def people(self) -> int:
        """All of them."""
        return sum(line.messages for line in self.lines)


def of(campaign: Campaign) -> Account:
    """Why whom it did not reach was not reached; read from counts, never from the messages."""
    by_why: dict[Why, Line] = {}
    again = segments = cost = 0
    routes = routes_of(campaign)
    for row in reasons.of_campaign(db.session(), campaign.id):
        if row.state is M.IN_DOUBT:
            continue
        cause = cause_of(row, routes)
        line = by_why.setdefault(cause, Line(cause))
        line.messages += row.messages
        if code := code_of(row.reason):
            line.codes[code] = line.codes.get(code, 0) + row.messages
        if may_go_again(row, routes):
            again += row.messages
            segments += row.segments
            cost += row.segments * routes[row.route_id].price
    return Account([by_why[w] for w in Why if w in by_why], again, segments, cost)


def routes_of(campaign: Campaign) -> dict[int, Route]:
    """The campaign's routes by id."""
    return campaign.carried_by


def cause_of(row: ReasonRow, routes: dict[int, Route]) -> Why:
    """Why the messages of a row of reasons reached nobody."""
    return why(row.state, row.reason, routes[row.route_id].protocol)


def may_go_again(row: ReasonRow, routes: dict[int, Route]) -> bool:
    """Whether the messages of a row failed for now only."""
    return row.state in FAILED and cause_of(row, routes) in FOR_NOW
