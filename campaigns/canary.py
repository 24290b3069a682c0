"""The canary: a campaign of which too many of the first messages fail stops by itself.

A wrong sender name, a carrier that blocks a text, a list of dead numbers show in the first few
hundred messages; nobody need be at the screen. It is judged from the counts until it is passed:
once so many have arrived that no more than the share can fail of the first, or once a person
decides knowingly, by resuming what it stopped or by having messages sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from campaigns import counts, life, pauses
from campaigns.campaigns import Campaign
from campaigns.states import FAILED, CampaignState, MessageState
from outreach import clock
from outreach.database import db, transaction
from outreach.settings import Settings

M = MessageState
LATE = FAILED - {M.REJECTED}
ByState = Mapping[MessageState, int]


class Failing(NamedTuple):
    """So many failed, of so many first messages of which the carrier said something."""

    failed: int
    of: int


def failing(by_state: ByState, size: int, percent: int) -> Failing | None:
    """Whether more than `percent` of the first `size` messages fail, for sure, or of what has an
    answer already where that is more; None while they do not.

    Refusals come with the answer and are weighed against all that is answered; what did not arrive
    comes with the receipts, and is weighed against those: else quick refusals would count for much
    while deliveries are on their way, and slow failures for little.
    """
    first = min(size, sum(by_state.values()))
    failed, late = _sum(by_state, FAILED), _sum(by_state, LATE)
    delivered = by_state.get(M.DELIVERED, 0)
    answered = failed + delivered + by_state.get(M.ACCEPTED, 0)
    for seen in (Failing(failed, answered), Failing(late, late + delivered)):
        if seen.failed * 100 > percent * max(first, seen.of):
            return seen
    return None


def arrived(by_state: ByState, size: int, percent: int) -> bool:
    """Whether so many have arrived that no more than `percent` of the first can fail."""
    first = min(size, sum(by_state.values()))
    return first > 0 and by_state.get(M.DELIVERED, 0) >= first - first * percent // 100


def _sum(by_state: ByState, states: Iterable[MessageState]) -> int:
    return sum(by_state.get(state, 0) for state in states)


def judge(sending: Iterable[Campaign], settings: Settings) -> None:
    """Look at campaigns that are sending: stop what fails, note what has passed."""
    open_now = [each for each in sending if each.expanded_at and not each.canary_passed_at]
    if not open_now:
        return
    seen = counts.of_campaigns(db.session(), [each.id for each in open_now])
    rule = settings.canary_size, settings.canary_percent
    for campaign in open_now:
        by_state = seen.get(campaign.id, {})
        if (failed := failing(by_state, *rule)) is not None:
            # What has left altogether cannot be stopped any more.
            if by_state.get(M.QUEUED, 0):
                _stop(campaign, failed)
        elif arrived(by_state, *rule):
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
