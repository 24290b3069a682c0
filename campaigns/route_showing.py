"""How routes are, as pages say it: moments, and the carriers' codes in people's words.

Codes are those of SMPP 3.4 (table 5-2) as route_errors keeps them. What is not here is said in the
carrier's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from campaigns import route_status
from outreach.i18n import N_, _

WORDS: Final[dict[str, str]] = {
    "0x00000001": N_("The text is too long for the carrier"),
    "0x00000005": N_("Somebody is logged in already: more binds than the contract allows"),
    "0x00000008": N_("The carrier's system is in trouble; it is tried again by itself"),
    "0x0000000A": N_("The sender name is not registered with the carrier"),
    "0x0000000B": N_("The number does not exist, or is not this carrier's"),
    "0x0000000D": N_("The carrier refused the log-in"),
    "0x0000000E": N_("The password is wrong"),
    "0x0000000F": N_("The log-in (system id) is not known to the carrier"),
    "0x00000014": N_("The carrier's queue is full; sending slows down by itself"),
    "0x00000058": N_("Too fast for the contract; sending slows down by itself"),
    "0x00000064": N_("The carrier could not take it now; it is tried again by itself"),
    "0x00000065": N_("The carrier refused the message for good"),
    "0x000000FF": N_("The carrier gave no reason"),
    "encoding": N_("The text holds a letter that cannot be sent"),
}


@dataclass(frozen=True)
class Error:
    """One code of a carrier: what it means, how often it came, when last."""

    code: str
    said: str
    count: int
    last: datetime


@dataclass(frozen=True)
class Shown:
    """How one route is now; rates in segments a second, `backlog` in messages."""

    state: str
    detail: str
    rate_now: float
    backlog: int
    last_answer: datetime | None
    errors: list[Error]


def of_all() -> dict[int, Shown]:
    """By route. As many queries for one route as for all."""
    return {each["id"]: _shown(each) for each in route_status.of_all()}


def _shown(status: dict[str, Any]) -> Shown:
    return Shown(
        status["state"],
        status["detail"],
        status["rate_now"],
        status["backlog"],
        _moment(status["last_answer_at"]),
        [_error(each) for each in status["errors"]],
    )


def _error(error: dict[str, Any]) -> Error:
    code, words = error["code"], error["words"]
    said = _(WORDS[code]) if code in WORDS else words
    return Error(code, said, error["count"], datetime.fromisoformat(error["last_at"]))


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
