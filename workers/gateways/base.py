"""The contract between the sender and a carrier: what is submitted, and what can come of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

Kind = Literal["permanent", "temporary", "throttled", "auth"]


class CarrierRefused(Exception):
    """The carrier answered no; this submit was certainly not taken.

    `kind` says whether to try again, `code` is the carrier's own, `words` what it means.
    """

    def __init__(self, kind: Kind, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.kind = kind
        self.code = code
        self.words = words


class NoAnswer(Exception):
    """It may be on its way and nothing came back: in doubt, never resent by itself."""


class NotSent(Exception):
    """Certainly never left: may be sent again."""


class TooLate(NotSent):
    """It never left, since the moment after which it must not begin had passed."""


class Outgoing(NamedTuple):
    """One message for one person: number in E.164, `validity` in seconds for the carrier to try."""

    number: str
    sender: str
    text: str
    validity: int
    reference: int


class Receipt(NamedTuple):
    """What a carrier said later about a submit. `number` E.164 or "" where it names none.

    `state`: delivered | undelivered | rejected | carrier_expired | accepted | enroute | unknown.
    `forms` are the ids it may be known under, the likeliest first.
    """

    forms: tuple[str, ...]
    state: str
    code: str
    number: str


class Inbound(NamedTuple):
    """What came in: `raw` as it is stored, sealed, before the carrier is answered; then either a
    receipt, or a person's own words from a number."""

    raw: bytes
    receipt: Receipt | None
    number: str = ""
    words: str = ""


class Question(NamedTuple):
    """A message whose fate is asked for: to whom and under which sender name it went, no earlier
    than `since` (real time), and the ids its parts are known under; none where all were lost."""

    number: str
    sender: str
    since: datetime
    ids: tuple[str, ...]


# An answer that came after NoAnswer was raised: the carrier's id, or its refusal.
OnLate = Callable[[str | CarrierRefused], None]
OnInbound = Callable[[Sequence[Inbound]], Awaitable[None]]


class Gateway(Protocol):
    """A carrier, open or not. All calls on one event loop."""

    closed: asyncio.Future[str]
    write_within: float
    """Seconds after its slot in which a submit is to be written: little where the carrier counts
    every second, `inf` where it queues by itself."""
    needs_id: bool
    """Whether a message can be asked for only by an id of the carrier's."""

    async def open(self, on_inbound: OnInbound) -> None:
        """Connect. Raises CarrierRefused or NotSent."""

    def parts(self, message: Outgoing) -> list[object]:
        """The submits a message takes, in order: one a segment, or one for all."""

    def cost(self, part: object) -> int:
        """Segments in one submit: what it takes of the route's rate."""

    async def submit(self, part: object, not_after: float, late: OnLate | None = None) -> str:
        """Submit one part; answers the carrier's id in the form it is matched under.

        `not_after` is a moment of time.monotonic() after which it must not be written any more.
        Raises CarrierRefused, NoAnswer or NotSent (TooLate for `not_after`). `late` is called, on
        the event loop, if the answer comes after all once NoAnswer was raised; at most once.
        """

    async def query(self, question: Question) -> list[Inbound]:
        """Ask what became of a message; answers the carrier's words, to be taken in like receipts,
        and none where it does not know.

        Raises CarrierRefused where it answers no such questions, or not so many; NoAnswer, NotSent.
        """

    async def close(self) -> None:
        """Hang up, after what is outstanding was answered."""
