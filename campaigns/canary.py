"""The canary: a campaign of which too many of the first messages fail stops by itself.

A wrong sender name, a carrier that blocks a text, a list of dead numbers show in the first few
hundred messages; nobody need be at the screen. Those that were claimed first are watched, and no
others: whatever is known early of the rest is not like it. A refusal comes with the answer and a
failure with the first part's receipt, while a long text has arrived only with its last part.

It is passed once so many of the first have arrived that no more than the share can fail, or once a
person decides knowingly, by resuming what it stopped or by having messages sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, text

from campaigns import counts, life, pauses
from campaigns.campaigns import Campaign
from campaigns.states import FAILED, CampaignState, MessageState
from outreach import clock
from outreach.database import db, transaction
from outreach.settings import Settings

M = MessageState
ByState = Mapping[MessageState, int]


class Failing(NamedTuple):
    """So many failed of the first messages of a campaign."""

    failed: int
    of: int


def failing(first: ByState, of: int, percent: int) -> Failing | None:
    """Whether more than `percent` of the first `of` messages have failed; None while they have
    not."""
    failed = sum(first.get(state, 0) for state in FAILED)
    return Failing(failed, of) if failed * 100 > percent * of else None


def arrived(first: ByState, of: int, percent: int) -> bool:
    """Whether so many of the first `of` have arrived that no more than `percent` can fail."""
    return of > 0 and first.get(M.DELIVERED, 0) >= of - of * percent // 100


def states_of_first(campaign_id: int, most: int) -> Counter[MessageState]:
    """How the messages stand that were claimed first. One that was queued again and claimed later
    makes way for the next."""
    claims = _first_claims(campaign_id, 2 * most)
    if not claims:
        return Counter()
    rows = db.session.execute(
        text(
            "SELECT m.claim_id, m.id, m.state FROM batches b JOIN messages m"
            " ON m.id BETWEEN b.first_id AND b.last_id AND m.batch_id = b.id"
            " WHERE b.id IN :batches AND m.claim_id IN :claims"
        ).bindparams(bindparam("batches", expanding=True), bindparam("claims", expanding=True)),
        {
            "batches": sorted({each.batch_id for each in claims}),
            "claims": [each.id for each in claims],
        },
    )
    first = sorted(rows, key=lambda row: (row.claim_id, row.id))[:most]
    return Counter(MessageState(row.state) for row in first)


def _first_claims(campaign_id: int, messages: int) -> list[Row[Any]]:
    """The first claims of a campaign that hold so many messages together."""
    rows = db.session.execute(
        text(
            "SELECT id, batch_id, size FROM claims WHERE campaign_id = :id"
            " ORDER BY claimed_at, id LIMIT :most"
        ),
        {"id": campaign_id, "most": messages},
    )
    found: list[Row[Any]] = []
    for row in rows:
        if sum(each.size for each in found) >= messages:
            break
        found.append(row)
    return found


def judge(sending: Iterable[Campaign], settings: Settings) -> None:
    """Look at campaigns that are sending: stop what fails, note what has passed."""
    open_now = [each for each in sending if each.expanded_at and not each.canary_passed_at]
    if not open_now:
        return
    seen = counts.of_campaigns(db.session(), [each.id for each in open_now])
    for campaign in open_now:
        by_state = seen.get(campaign.id, {})
        first = min(settings.canary_size, sum(by_state.values()))
        rule = first, settings.canary_percent
        if failing(by_state, *rule) is None and not arrived(by_state, *rule):
            continue  # nor can it be so of the first
        watched = states_of_first(campaign.id, first)
        if (failed := failing(watched, *rule)) is not None:
            # What has left altogether cannot be stopped any more.
            if by_state.get(M.QUEUED, 0):
                _stop(campaign, failed)
        elif arrived(watched, *rule):
            _note_passed(campaign)


def _stop(campaign: Campaign, seen: Failing) -> None:
    """Pause it, unless a person or another tick was first."""
    with transaction():
        if _still_open(campaign):
            life.pause(campaign, pauses.canary(*seen), None)


def _note_passed(campaign: Campaign) -> None:
    with transaction():
        if _still_open(campaign):
            campaign.canary_passed_at = clock.now()


def _still_open(campaign: Campaign) -> bool:
    life.hold(campaign)
    return campaign.state is CampaignState.SENDING and campaign.canary_passed_at is None
