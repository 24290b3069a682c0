"""Which campaigns a person's right covers, as a condition of one SELECT.

It says of every row what `access.allowed` says of one campaign, so that a list asks the database
once however many campaigns there are; a test holds the two equal.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true

from campaigns.campaigns import Campaign, CampaignArea, RouteChoice
from campaigns.routes import Route
from outreach import access, areas
from outreach.access import Act, Person, Scope


def covered(person: Person, act: Act) -> ColumnElement[bool]:
    """True of the campaigns on which the person may do the act."""
    match access.scope_of(person.role, act):
        case Scope.NO:
            return false()
        case Scope.ANY:
            return true()
        case Scope.OWN:
            return _own(person)
        case Scope.CARRIED:
            return or_(_own(person), _carried(person))
        case Scope.AREA:
            return _all_within(person.own_area_id)
        case Scope.TOUCHES:
            return or_(_own(person), _touches(person.own_area_id))


def _own(person: Person) -> ColumnElement[bool]:
    if person.organisation_id is None:
        return false()
    return Campaign.organisation_id == person.organisation_id


def _carried(person: Person) -> ColumnElement[bool]:
    carried = exists().where(
        RouteChoice.campaign_id == Campaign.id,
        Route.id == RouteChoice.route_id,
        Route.organisation_id == person.organisation_id,
    )
    return carried.correlate(Campaign)


def _all_within(own: int | None) -> ColumnElement[bool]:
    if own is None:
        return true()
    below = areas.closure_query([own])
    return and_(_has_area(None), ~_has_area(CampaignArea.area_id.not_in(below)))


def _touches(own: int | None) -> ColumnElement[bool]:
    """Some area lies in the own one, or the own one lies in some area."""
    if own is None:
        return true()
    above = [area.id for area in areas.ancestors(own)]
    return or_(
        _has_area(CampaignArea.area_id.in_(areas.closure_query([own]))),
        _has_area(CampaignArea.area_id.in_(above)),
    )


def _has_area(which: ColumnElement[bool] | None) -> ColumnElement[bool]:
    found: Select[int] = select(CampaignArea.area_id).where(CampaignArea.campaign_id == Campaign.id)
    return (found if which is None else found.where(which)).correlate(Campaign).exists()
