"""What a route's carrier has said and the database does not hold yet.

A carrier that is quick sends a receipt on the heels of its answer. Both are then stored in one
transaction, the receipt raw as every other: the message moves once and nothing has to be looked
for. A receipt whose answer is stored already, or is not known, is none of this room's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from outreach.sealing import Sealer
from workers import answers, receipts
from workers.answers import Answered, PartAnswer
from workers.gateways.base import Inbound, Receipt
from workers.ranks import RANK


@dataclass
class Flush:
    """Answers, claims that are done, and the receipts of those answers: one transaction's worth.

    `stored` is done once the transaction is committed, or has its error.
    """

    stored: asyncio.Future[None]
    answered: list[Answered] = field(default_factory=list)
    done_claims: list[int] = field(default_factory=list)
    inbound: list[Inbound] = field(default_factory=list)

    def fail(self, error: Exception) -> None:
        """It could not be stored: whoever waits lets the carrier keep its receipts."""
        if self.inbound:
            self.stored.set_exception(error)

    def write(self, connection: Connection, route_id: int, sealer: Sealer) -> None:
        """Store it all, in the caller's transaction."""
        if self.inbound:
            receipts.store_raw(connection, sealer, route_id, self.inbound, matched=True)
        answers.store(connection, route_id, self.answered, self.done_claims)


class Unstored:
    """The answers of one sender session that wait for their flush, by the ids they gave."""

    def __init__(self) -> None:
        self._next = Flush(asyncio.get_running_loop().create_future())
        self._parts: dict[str, tuple[str, PartAnswer]] = {}

    def __len__(self) -> int:
        """How many answers wait."""
        return len(self._next.answered)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not self._next.answered and not self._next.done_claims

    def add(self, answered: Answered) -> None:
        """One message has all its answers."""
        self._next.answered.append(answered)
        for part in answered.parts:
            if part.carrier_id:
                self._parts[part.carrier_id] = answered.number, part

    def close_claim(self, claim_id: int) -> None:
        """Every message of a claim has its answers."""
        self._next.done_claims.append(claim_id)

    def take(self) -> Flush:
        """All that waits; what comes from now on is for the next."""
        taken, self._next = self._next, Flush(asyncio.get_running_loop().create_future())
        self._parts = {}
        return taken

    def fold(self, inbound: Sequence[Inbound]) -> tuple[asyncio.Future[None] | None, list[Inbound]]:
        """Put receipts with the answers they belong to. Answers when those are stored (None where
        there were none), and the rest of `inbound`."""
        rest = []
        for each in inbound:
            part = self._part_of(each.receipt) if each.receipt is not None else None
            if part is None or each.receipt is None:
                rest.append(each)
                continue
            if part.receipt is None or RANK[each.receipt.state] > RANK[part.receipt.state]:
                part.receipt = each.receipt
            self._next.inbound.append(each)
        folded = len(rest) < len(inbound)
        return (self._next.stored if folded else None), rest

    def _part_of(self, receipt: Receipt) -> PartAnswer | None:
        """As `receipts` finds it in the database: an id has two readings, so the number must agree;
        a receipt that names none is believed only under the id exactly as the answer gave it."""
        for rank, form in enumerate(receipt.forms):
            number, part = self._parts.get(form, ("", None))
            if part is not None and (receipt.number == number or not (receipt.number or rank)):
                return part
        return None
