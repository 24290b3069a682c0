"""The health office's check of a campaign's facts: whether it is needed, and whether it was made.

Needed where the rule set of its kind asks for it (`checks_facts`) and a health office answers for
one of its areas. It is fixed at the submission, so that what the approver waits for does not change
while they wait. A check holds for one digest, and until the campaign is returned.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from campaigns import rules
from campaigns.campaigns import Approval, Campaign, Decision
from outreach import areas
from outreach.database import db
from outreach.organisations import Kind, Organisation
from outreach.settings import Settings


def needed(campaign: Campaign, settings: Settings) -> bool:
    """Whether its facts have to be checked before it may be approved."""
    in_force = rules.over(campaign.kind, campaign.not_before, campaign.not_after, settings)
    if not any(rule_set.checks_facts for rule_set in in_force):
        return False
    anywhere = frozenset[int]().union(*areas.lines(campaign.area_ids).values())
    return bool(_offices(anywhere))


def offices(campaign: Campaign) -> list[str]:
    """The health offices that answer for all of its areas, by name: one of them may check it."""
    lines = areas.lines(campaign.area_ids).values()
    everywhere = frozenset.intersection(*lines) if lines else frozenset[int]()
    return _offices(everywhere)


def _offices(area_ids: frozenset[int]) -> list[str]:
    """The health offices that answer for one of these areas; without an area, for the country."""
    here = or_(Organisation.area_id.is_(None), Organisation.area_id.in_(area_ids))
    wanted = select(Organisation.name).where(Organisation.kind == Kind.HEALTH, here)
    return list(db.session.scalars(wanted.order_by(Organisation.id)))


def check_of(campaign: Campaign) -> Approval | None:
    """The check that holds for what the campaign is now; None where there is none."""
    wanted = select(Approval).join(Campaign, Campaign.id == Approval.campaign_id)
    wanted = wanted.where(Campaign.id == campaign.id, *_holds(Approval))
    return db.session.scalar(wanted.order_by(Approval.id).limit(1))


@cache  # asked with every page; to put it together takes longer than to run it
def checked() -> ColumnElement[bool]:
    """The same as a condition on the campaigns of a SELECT."""
    check = aliased(Approval)
    return exists().where(check.campaign_id == Campaign.id, *_holds(check)).correlate(Campaign)


def _holds(check: type[Approval]) -> tuple[ColumnElement[bool], ...]:
    later = aliased(Approval)
    returned = exists().where(
        later.campaign_id == check.campaign_id,
        later.decision == Decision.RETURNED,
        later.id > check.id,
    )
    return (
        and_(check.decision == Decision.FACTS_OK, check.digest == Campaign.digest),
        ~returned,
    )
