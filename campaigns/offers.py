"""What a person may choose from when they write a campaign: their routes and sender names, the
apps, groups and networks, whose lists it would go to, and the carriers that may get an order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from campaigns import lotteries, routes
from campaigns.campaigns import Campaign
from campaigns.composing import Draft
from campaigns.lotteries import Lottery
from campaigns.routes import Route
from outreach import access, apps, clock, organisations
from outreach.access import Act
from outreach.accounts import User
from outreach.apps import App
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.labels import NETWORKS as NETWORK_NAMES
from outreach.organisations import Kind as OrganisationKind
from outreach.organisations import Organisation
from outreach.prefix_plan import NETWORKS
from outreach.subscribers import Group


@dataclass(frozen=True)
class Offers:
    """The choices of one person; `groups` leaves out health data, unless the campaign has it."""

    organisation_id: int
    routes: list[Route]
    apps: list[App]
    groups: list[Group]
    networks: dict[str, str]
    carriers: list[Organisation]
    lotteries: list[Lottery]

    @property
    def senders(self) -> list[str]:
        """The sender names of all the routes, each once."""
        return list(dict.fromkeys(name for route in self.routes for name in route.senders))

    @property
    def list_owners(self) -> list[int]:
        """The organisations whose lists can be reached."""
        return sorted({self.organisation_id} | {route.organisation_id for route in self.routes})

    def refused(self, draft: Draft) -> list[Refused]:
        """What the draft takes that was not offered."""
        wrong = []
        if foreign := set(draft.routes) - {route.id for route in self.routes}:
            wrong.append(Refused(_("There is no route %(id)s.", id=min(foreign)), "routes"))
        if unknown := set(draft.orders) - {carrier.id for carrier in self.carriers}:
            wrong.append(Refused(_("There is no organisation %(id)s.", id=min(unknown)), "orders"))
        if restricted := set(draft.groups) - {group.code for group in self.groups}:
            wrong.append(
                Refused(
                    _("The group “%(group)s” is not one you may choose.", group=min(restricted)),
                    "groups",
                )
            )
        if draft.lottery and draft.lottery not in {lottery.id for lottery in self.lotteries}:
            wrong.append(Refused(_("There is no lottery %(id)s.", id=draft.lottery), "lottery"))
        return wrong


def to(person: User, campaign: Campaign | None = None) -> Offers:
    """What this person may choose; of a campaign of theirs also what it has already."""
    own = person.organisation_id or 0
    kept_routes = set(campaign.route_ids) if campaign is not None else set()
    kept_groups = set(campaign.groups) if campaign is not None else set()
    return Offers(
        organisation_id=own,
        routes=[
            route
            for route in routes.every()
            if route.id in kept_routes or (route.enabled and _may_send_over(person, route))
        ],
        apps=list(apps.every()),
        groups=[
            group
            for group in db.session.scalars(select(Group).order_by(Group.bit))
            if not group.restricted or group.code in kept_groups
        ],
        networks={name: NETWORK_NAMES.get(name, name) for name in NETWORKS},
        carriers=_carriers(person),
        lotteries=_lotteries(person, campaign),
    )


def _lotteries(person: User, campaign: Campaign | None) -> list[Lottery]:
    """Those whose days are not over, the newest first; and that of the campaign."""
    kept = None if campaign is None else campaign.lottery_id
    today = clock.local(clock.now()).date()
    every = lotteries.standing([app.id for app in apps.every()])
    offered = [each for each in every if each.id == kept or each.ends_on >= today]
    return access.among(person, Act.LOTTERY_VIEW, offered)


def _carriers(person: User) -> list[Organisation]:
    """Who may get an order: of an office any carrier, of a carrier itself."""
    every = [each for each in organisations.every() if each.kind is OrganisationKind.CARRIER]
    own = person.organisation
    if own is not None and own.kind is OrganisationKind.CARRIER:
        return [each for each in every if each.id == own.id]
    return every


def _may_send_over(person: User, route: Route) -> bool:
    organisation = person.organisation
    if organisation is not None and organisation.kind is OrganisationKind.CARRIER:
        return route.organisation_id == organisation.id
    return access.allowed(person, Act.ROUTE_VIEW, route)
