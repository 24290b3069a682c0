"""Messages in doubt: what is known about each, and the three decisions a person may take.

The decisions move messages under the one table, by `settle` with Cause.PERSON. A message that is no
longer in doubt when the decision comes (another person's, or a receipt) stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import selectinload

from campaigns import failures, reasons, resending
from campaigns.campaigns import Campaign, RouteChoice
from campaigns.messages import SENT_AGAIN_IN_DOUBT, Change, InDoubt, settle
from campaigns.states import Cause, MessageState
from outreach import access, audit, clock
from outreach.access import Act
from outreach.accounts import User
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.numbers import sealer
from outreach.phones import mask

PER_PAGE: Final = 50
BY_PERSON: Final = "person"
"""The reason of a message that a person marked."""
LONGEST_REASON: Final = 300
IDS_NOTED: Final = 500
# Unmatched receipts are looked through from the newest on, so that a page never reads them all.
RECEIPTS_LOOKED_AT: Final = 5_000


class Decision(StrEnum):
    """What a person may decide about messages in doubt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    RESEND = "resend"


REASON_WORDS: Final[dict[str, str]] = {
    "no_answer": N_("The carrier did not answer"),
    "partial": N_("Only a part of the text was taken"),
    "worker_silent": N_("Our own sender fell silent"),
    "restored": N_("A backup was restored"),
}
OTHER_WORDS: Final = N_("No answer was stored")
EXPLAINED: Final[dict[str, str]] = {
    "no_answer": N_(
        "The message was handed to the carrier, and no answer came back in time, or the connection "
        "broke. The carrier may have it or not."
    ),
    "partial": N_(
        "The text has several parts. The carrier took the first, and then no longer answered or "
        "refused. The person may have read a part of it."
    ),
    "worker_silent": N_(
        "The program that was sending stopped or stood still before it noted an answer. The "
        "message may have left or not."
    ),
    "restored": N_(
        "The database was restored from a backup, in which the message still waited. It may have "
        "left between the backup and the failure, or not."
    ),
}


@dataclass(frozen=True)
class Group:
    """The messages in doubt for one reason."""

    reason: str
    messages: int
    segments: int

    @property
    def words(self) -> str:
        """The reason in the reader's language."""
        return _(REASON_WORDS.get(self.reason, OTHER_WORDS))

    @property
    def explained(self) -> str:
        """What is known and what is not."""
        return _(EXPLAINED[self.reason]) if self.reason in EXPLAINED else ""


@dataclass(frozen=True)
class Said:
    """One thing the carrier said: an answer to a submit, a receipt, or a receipt without a home."""

    at: datetime | None
    kind: str
    words: str
    code: str


@dataclass
class Doubt:
    """One message in doubt and everything known about it; the number is masked."""

    id: int
    number: str
    area: str
    route: str
    reason: str
    since: datetime
    claimed_at: datetime | None
    attempts: int
    segments: int
    said: list[Said] = field(default_factory=list)


def groups(campaign_id: int) -> list[Group]:
    """The reasons of a campaign's messages in doubt with how many there are; read from counts."""
    found: dict[str, list[int]] = {}
    for row in reasons.of_campaign(db.session(), campaign_id):
        if row.state is MessageState.IN_DOUBT:
            total = found.setdefault(row.reason, [0, 0])
            total[0] += row.messages
            total[1] += row.segments
    return [Group(reason, *total) for reason, total in sorted(found.items())]


CARRIERS: Final = selectinload(Campaign.route_choices).joinedload(RouteChoice.route)


def _waiting(person: User) -> list[tuple[Campaign, int]]:
    """Campaigns that send no more and about whose messages in doubt this person decides."""
    open_now = reasons.in_doubt(db.session())
    if not open_now:
        return []
    ended = select(Campaign).where(Campaign.id.in_(open_now), Campaign.completed_at.is_not(None))
    ended = ended.options(selectinload(Campaign.areas), CARRIERS)
    found = db.session.scalars(ended.order_by(Campaign.id.desc())).all()
    mine = access.among(person, Act.INDOUBT_DECIDE, found)
    return [(campaign, open_now[campaign.id]) for campaign in mine]


def waiting_for(person: User) -> int:
    """How many messages in doubt wait for this person; asked with every page of the house."""
    if access.scope_of(person.role, Act.INDOUBT_DECIDE) is access.Scope.NO:
        return 0
    return sum(count for _campaign, count in _waiting(person))


def waiting_list(person: User) -> list[dict[str, Any]]:
    """The campaigns whose messages in doubt wait for this person, newest first."""
    return [
        {
            "id": campaign.id,
            "name": campaign.name,
            "state": campaign.state.value,
            "completed_at": campaign.completed_at,
            "not_after": campaign.not_after,
            "count": count,
        }
        for campaign, count in _waiting(person)
    ]


_LISTED = (
    "SELECT d.message_id, d.reason, d.since, m.number_id, m.route_id, m.attempts, m.segments,"
    " n.sealed, a.name AS area, r.name AS route, c.claimed_at FROM messages_in_doubt d"
    " JOIN messages m ON m.id = d.message_id JOIN numbers n ON n.id = m.number_id"
    " JOIN areas a ON a.id = m.area_id JOIN routes r ON r.id = m.route_id"
    " LEFT JOIN claims c ON c.id = m.claim_id WHERE d.campaign_id = :id"
)


def listed(
    campaign_id: int, reason: str | None = None, page: int = 1, most: int | None = PER_PAGE
) -> list[Doubt]:
    """A page of the messages in doubt, of one reason or of all, with their evidence; `most` None
    gives them all."""
    only = "" if reason is None else " AND d.reason = :reason"
    cut = "" if most is None else " LIMIT :most OFFSET :skip"
    rows = db.session.execute(
        text(f"{_LISTED}{only} ORDER BY d.reason, d.message_id{cut}"),
        {"id": campaign_id, "reason": reason, "most": most, "skip": (page - 1) * (most or 0)},
    ).all()
    found = {row.message_id: _doubt(row) for row in rows}
    _add_attempts(found)
    _add_strays(found, {(row.route_id, row.number_id): row.message_id for row in rows})
    return list(found.values())


def _doubt(row: Any) -> Doubt:
    return Doubt(
        row.message_id,
        mask(sealer().open_number(bytes(row.sealed))),
        row.area,
        row.route,
        row.reason,
        clock.from_microseconds(row.since),
        None if row.claimed_at is None else clock.from_microseconds(row.claimed_at),
        row.attempts,
        row.segments,
    )


OUTCOME_WORDS: Final = {
    "accepted": N_("part %(part)s of %(parts)s: taken by the carrier"),
    "refused": N_("part %(part)s of %(parts)s: refused by the carrier"),
    "no_answer": N_("part %(part)s of %(parts)s: put on the wire, no answer came"),
}
RECEIPT_WORDS: Final = {
    "delivered": N_("the carrier says it arrived"),
    "undelivered": N_("the carrier says it did not arrive"),
    "rejected": N_("the carrier refused it later"),
    "carrier_expired": N_("the carrier gave up"),
}
ON_ITS_WAY: Final = N_("the carrier says it is on its way")


def _add_attempts(found: dict[int, Doubt]) -> None:
    """What the carrier answered and receipted, part by part."""
    rows = db.session.execute(
        text(
            "SELECT message_id, part, parts, outcome, code, answered_at, receipt, receipt_code,"
            " receipt_at FROM attempts WHERE message_id IN :ids ORDER BY message_id, number, part"
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(found)},
    )
    for row in rows:
        said = found[row.message_id].said
        words = _(OUTCOME_WORDS[row.outcome], part=row.part, parts=row.parts)
        said.append(Said(clock.from_microseconds(row.answered_at), "answer", words, row.code or ""))
        if row.receipt is not None:
            words = _(RECEIPT_WORDS.get(row.receipt, ON_ITS_WAY))
            at = clock.from_microseconds(row.receipt_at)
            said.append(Said(at, "receipt", words, row.receipt_code or ""))


def _add_strays(found: dict[int, Doubt], of: dict[tuple[int, int], int]) -> None:
    """Receipts that name these numbers under an id nobody knows."""
    rows = db.session.execute(
        text(
            "SELECT route_id, number_id, state, code, received_at FROM unmatched_receipts"
            " WHERE number_id IN :numbers"
            " AND id > (SELECT MAX(id) FROM unmatched_receipts) - :looked ORDER BY id"
        ).bindparams(bindparam("numbers", expanding=True)),
        {"numbers": [number for _route, number in of], "looked": RECEIPTS_LOOKED_AT},
    )
    for row in rows:
        message_id = of.get((row.route_id, row.number_id))
        if message_id is not None:
            words = _(RECEIPT_WORDS.get(row.state, ON_ITS_WAY))
            at = clock.from_microseconds(row.received_at)
            found[message_id].said.append(Said(at, "stray", words, row.code))


@dataclass(frozen=True)
class Chosen:
    """Which messages are meant: these, or all of a reason (None: any) that were in doubt `until`
    the page was shown."""

    ids: Collection[int] = ()
    every: bool = False
    reason: str | None = None
    until: datetime | None = None


def chosen_ids(campaign_id: int, chosen: Chosen) -> list[int]:
    """The ids that are meant and still in doubt, in order."""
    wanted = select(InDoubt.message_id).where(InDoubt.campaign_id == campaign_id)
    if chosen.every:
        if chosen.reason is not None:
            wanted = wanted.where(InDoubt.reason == chosen.reason)
        if chosen.until is not None:
            wanted = wanted.where(InDoubt.since <= chosen.until)
    else:
        wanted = wanted.where(InDoubt.message_id.in_(chosen.ids))
    return list(db.session.scalars(wanted.order_by(InDoubt.message_id)))


def cost(campaign: Campaign, ids: Sequence[int]) -> int:
    """Đồng for sending these once more, at the contracts' prices."""
    price = {i: route.price for i, route in failures.routes_of(campaign).items()}
    rows = db.session.execute(
        text(
            "SELECT route_id, SUM(segments) AS segments FROM messages WHERE id IN :ids"
            " GROUP BY route_id"
        ).bindparams(bindparam("ids", expanding=True)),
        {"ids": list(ids)},
    )
    return sum(int(row.segments) * price[row.route_id] for row in rows)


def decide(
    campaign: Campaign, decision: Decision, chosen: Chosen, reason: str, actor_id: int | None
) -> int:
    """Take a decision about messages in doubt; answers how many it moved.

    Raises Refused without a reason, where none of them is in doubt any more, and, for resending,
    where the campaign may not send.
    """
    reason = require_reason(reason)
    with transaction():
        ids = require_some(campaign.id, chosen)
        moved = _move(campaign, decision, ids, actor_id)
        detail = {"reason": reason, "messages": moved, "ids": ids[:IDS_NOTED]}
        audit.record(f"campaign.doubt_{decision}", "campaign", campaign.id, detail, actor_id)
    return moved


def require_reason(reason: str) -> str:
    """The reason without blanks around it. Raises Refused where there is none, or it is long."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say what you know and from whom: it stays with the decision."), "why")
    if len(reason) > LONGEST_REASON:
        raise Refused(_("The reason has at most %(most)s characters.", most=LONGEST_REASON), "why")
    return reason


def require_some(campaign_id: int, chosen: Chosen) -> list[int]:
    """The ids that are meant and still in doubt. Raises Refused where there is none."""
    if not chosen.every and not chosen.ids:
        raise Refused(_("Tick the messages you decide about, or choose all of them."), "message")
    if ids := chosen_ids(campaign_id, chosen):
        return ids
    raise Refused(
        _(
            "None of these is in doubt any more: somebody else has just decided, or a receipt "
            "came. Nothing was done."
        ),
        "message",
    )


def _move(campaign: Campaign, decision: Decision, ids: Sequence[int], actor_id: int | None) -> int:
    if decision is Decision.RESEND:
        return resending.queue_again(campaign, Cause.PERSON, ids, SENT_AGAIN_IN_DOUBT, actor_id)
    to = MessageState.DELIVERED if decision is Decision.DELIVERED else MessageState.UNDELIVERED
    changes = [Change(i, to, BY_PERSON) for i in ids]
    return settle(db.session.connection(), Cause.PERSON, changes)


def as_objects(doubts: Iterable[Doubt]) -> list[dict[str, Any]]:
    """`campaigns doubt`: numbers masked, moments with their offset."""
    return [
        {
            "id": each.id,
            "number": each.number,
            "area": each.area,
            "route": each.route,
            "reason": each.reason,
            "since": clock.iso(each.since),
            "claimed_at": clock.iso(each.claimed_at),
            "attempts": each.attempts,
            "said": [
                {"at": clock.iso(s.at), "kind": s.kind, "words": s.words, "code": s.code}
                for s in each.said
            ],
        }
        for each in doubts
    ]
