"""The campaigns that wait for a person: to have their facts checked, or to be decided about."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select

from campaigns import facts, scopes
from campaigns.campaigns import Campaign, Revision
from campaigns.states import CampaignState
from outreach import access
from outreach.access import Act, Scope
from outreach.accounts import User
from outreach.database import db


def decides(person: User) -> bool:
    """Whether anything ever waits for somebody of this role."""
    acts = (Act.CAMPAIGN_APPROVE, Act.CAMPAIGN_CHECK_FACTS)
    return any(access.scope_of(person.role, act) is not Scope.NO for act in acts)


def count(person: User) -> int:
    """How many campaigns wait for this person; one query."""
    if not decides(person):
        return 0
    return db.session.scalar(select(func.count(Campaign.id)).where(condition(person))) or 0


def condition(person: User) -> ColumnElement[bool]:
    """True of the campaigns that wait for this person. Nobody decides about what they wrote."""
    wrote = exists().where(Revision.campaign_id == Campaign.id, Revision.author_id == person.id)
    ready = or_(not_(Campaign.needs_facts), facts.checked())
    to_approve = and_(scopes.covered(person, Act.CAMPAIGN_APPROVE), ready)
    to_check = and_(scopes.covered(person, Act.CAMPAIGN_CHECK_FACTS), not_(ready))
    return and_(
        Campaign.state == CampaignState.SUBMITTED,
        not_(wrote.correlate(Campaign)),
        or_(to_approve, to_check),
    )
