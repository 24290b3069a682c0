"""A campaign that is over: the example's first, to three communes, ten days before the present one.

It goes through the rules and the tables of every other, only the wire is missing: written,
submitted, approved, expanded, claimed, answered and reported in one transaction, by a clock that is
turned back. So no worker ever sees it under way, and a load that is killed leaves nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from campaigns import approvals, batches, composing, expansion, life, preparing, segments
from campaigns.campaigns import Campaign
from campaigns.states import Cause, MessageState
from outreach import clock
from outreach.accounts import User
from outreach.database import transaction
from outreach.numbers import sealer
from outreach.settings import Settings
from workers import answers, claims, receipts
from workers.answers import Answered, PartAnswer
from workers.claims import Claim, Claimed, Lease
from workers.gateways.base import Inbound, Receipt

OWNER: Final = "example"
WINDOW: Final = 200
"""Messages a claim takes, as a worker's."""
LEASE: Final = 600.0
IN_DOUBT: Final = 3
"""Messages of the last claim whose answers never came: a person decides about them."""
WRITTEN, CHECKED, APPROVED = timedelta(days=2), timedelta(days=1, hours=4), timedelta(days=1)
"""How long before it began the campaign was written and submitted, checked and approved."""
WORDS: Final = {"delivered": "DELIVRD", "undelivered": "UNDELIV", "carrier_expired": "EXPIRED"}
CODES: Final = {"delivered": "000", "undelivered": "069", "carrier_expired": "027"}
REFUSED: Final = ("0x0000000B", "ESME_RINVDSTADR")


@dataclass(frozen=True)
class People:
    """Who decided about it: who wrote it, who checked its facts where its kind asks for that, and
    who approved it."""

    author: User
    approver: User
    checker: User | None = None


def lay(draft: composing.Draft, people: People, began: datetime, settings: Settings) -> Campaign:
    """The campaign as it stands when all is over: completed and settled. `began` is the moment its
    first message left; the draft's window must be open then."""
    with turned_back(), transaction() as session:
        turn(began - WRITTEN)
        campaign = composing.create(draft, people.author.id, settings)
        approvals.submit(campaign, people.author, settings)
        _decide(campaign.id, people, began)
        turn(began)
        campaign = life.get(campaign.id)
        life.start(campaign, people.approver.id)
        session.flush()
        connection = session.connection()
        expansion.expand_at_once(connection, preparing.audience_of(campaign, settings))
        turn(_carry(connection, campaign, began) + timedelta(minutes=2))
        campaign = life.get(campaign.id)
        life.complete(campaign)
        campaign = life.get(campaign.id)
        campaign.settled_at = campaign.not_after + timedelta(hours=2)
    return campaign


def _decide(campaign_id: int, people: People, began: datetime) -> None:
    campaign = life.get(campaign_id)
    if campaign.needs_facts and people.checker is not None:
        turn(began - CHECKED)
        approvals.check_facts(campaign, people.checker, campaign.digest or "")
    turn(began - APPROVED)
    campaign = life.get(campaign_id)
    approvals.approve(campaign, people.approver, campaign.digest or "")


@contextmanager
def turned_back() -> Iterator[None]:
    """Whatever the clock of this process is turned to within, it is as before afterwards."""
    before = clock.offset()
    try:
        yield
    finally:
        clock.set_offset(before)


def turn(moment: datetime) -> None:
    """Let it be this moment for this process."""
    clock.set_offset(moment - clock.real_now())


def _carry(connection: Connection, campaign: Campaign, began: datetime) -> datetime:
    """Send every message but over a wire; answers when the last was sent."""
    at = began
    *_first, last_route = campaign.route_ids
    for route_id in campaign.route_ids:
        claimed: list[tuple[Lease, Claim]] = []
        while lease := claims.lease(connection, campaign.id, route_id, OWNER, LEASE):
            while claim := claims.take(connection, lease, OWNER, WINDOW, LEASE):
                claimed.append((lease, claim))
                at += timedelta(milliseconds=400)
                turn(at)
            batches.release(connection, lease.batch_id, OWNER)
        for lease, claim in claimed:
            doubtful = claim is claimed[-1][1] and route_id == last_route
            sure = len(claim.messages) - (IN_DOUBT if doubtful else 0)
            _answer(connection, lease, claim, sure)
            at += timedelta(milliseconds=600)
            turn(at)
            _report(connection, lease, claim.messages[:sure])
    return at


def _answer(connection: Connection, lease: Lease, claim: Claim, sure: int) -> None:
    told = [_answered(lease, claim, each) for each in claim.messages[:sure]]
    lost = [_lost(lease, claim, each) for each in claim.messages[sure:]]
    answers.store(connection, lease.route_id, [*told, *lost], [claim.claim_id])


def _answered(lease: Lease, claim: Claim, message: Claimed) -> Answered:
    count = _parts(lease, message)
    if _fate(message.message_id) == "rejected":
        parts = [PartAnswer("refused", None, *REFUSED)]
        to, reason = MessageState.REJECTED, REFUSED[0]
    else:
        parts = [PartAnswer("accepted", _carrier_id(message, part)) for part in range(count)]
        to, reason = MessageState.ACCEPTED, None
    return Answered(
        message.message_id,
        claim.claim_id,
        message.attempt,
        to,
        Cause.ANSWER,
        reason,
        parts=parts,
        part_count=count,
    )


def _lost(lease: Lease, claim: Claim, message: Claimed) -> Answered:
    return Answered(
        message.message_id,
        claim.claim_id,
        message.attempt,
        MessageState.IN_DOUBT,
        Cause.ANSWER,
        "no_answer",
        parts=[PartAnswer("no_answer")],  # the rest of the text was not tried
        part_count=_parts(lease, message),
    )


def _report(connection: Connection, lease: Lease, messages: Sequence[Claimed]) -> None:
    """The receipts of one claim, stored raw and matched."""
    told = [
        Inbound(_raw(receipt), receipt)
        for message in messages
        if _fate(message.message_id) != "rejected"
        for receipt in _receipts(lease, message)
    ]
    raw_id = receipts.store_raw(connection, sealer(), lease.route_id, told)
    receipts.match(connection, sealer(), lease.route_id, raw_id, told)


def _receipts(lease: Lease, message: Claimed) -> Iterator[Receipt]:
    state, number = _fate(message.message_id), sealer().open_number(message.sealed)
    for part in range(_parts(lease, message)):
        form = _carrier_id(message, part)
        yield Receipt((form,), state, CODES[state], number)


def _raw(receipt: Receipt) -> bytes:
    done = f"{clock.local(clock.now()):%y%m%d%H%M}"
    said = f"id:{receipt.forms[0]} done date:{done} stat:{WORDS[receipt.state]} err:{receipt.code}"
    return said.encode("ascii")


def _parts(lease: Lease, message: Claimed) -> int:
    return segments.count(lease.texts[message.text_id]).segments


def _carrier_id(message: Claimed, part: int) -> str:
    return str(20_200_810_000_000 + message.message_id * 10 + part)


def _fate(message_id: int) -> str:
    """What became of a message: the same at every load, some in a hundred not reached."""
    place = message_id * 7919 % 1000
    if place < 9:
        return "rejected"
    return "undelivered" if place < 34 else "carrier_expired" if place < 41 else "delivered"
