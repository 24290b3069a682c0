"""Through whom a campaign goes: the routes it is sent over, and the carriers that get an order."""

from __future__ import annotations

from campaigns import routes
from campaigns.campaigns import RouteChoice
from campaigns.routes import Route
from outreach.database import find
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Kind as OrganisationKind
from outreach.organisations import Organisation


def route_choices(
    organisation: Organisation, route_ids: list[int], sender: str, *, needed: bool
) -> list[RouteChoice]:
    """The routes in their order. Refused for none where they are `needed`, for one that is not the
    organisation's to use, and for one that does not have the sender name."""
    if needed and not route_ids:
        raise Refused(_("Choose at least one route."), "routes")
    chosen = [routes.get(route_id) for route_id in dict.fromkeys(route_ids)]
    for route in chosen:
        _refuse_foreign(organisation, route)
        if sender not in route.senders:
            raise Refused(
                _(
                    "The route “%(route)s” does not have the sender name “%(sender)s”; it has "
                    "%(senders)s.",
                    route=route.name,
                    sender=sender,
                    senders=", ".join(route.senders),
                ),
                "sender",
            )
    return [
        RouteChoice(position=i, route_id=route.id, route=route) for i, route in enumerate(chosen)
    ]


def _refuse_foreign(organisation: Organisation, route: Route) -> None:
    """A carrier sends to its own people over its own routes; an office over anybody's."""
    if organisation.kind is OrganisationKind.CARRIER and route.organisation_id != organisation.id:
        raise Refused(
            _(
                "The route “%(route)s” is not a contract of %(organisation)s; a carrier sends "
                "over its own routes only.",
                route=route.name,
                organisation=organisation.name,
            ),
            "routes",
        )


def order_carriers(
    organisation: Organisation, ids: list[int], route_ids: list[int]
) -> list[Organisation]:
    """The carriers that get an order, by their ids. Refused for an organisation that is no carrier,
    for another carrier than the own, and for one whose route is used as well."""
    over_routes = {routes.get(route_id).organisation_id for route_id in route_ids}
    chosen = []
    for carrier_id in dict.fromkeys(ids):
        carrier = find(Organisation, carrier_id)
        if carrier is None:
            raise Refused(_("There is no organisation %(id)s.", id=carrier_id), "orders")
        _refuse_order(organisation, carrier)
        if carrier.id in over_routes:
            raise Refused(
                _(
                    "%(carrier)s carries a route of this campaign already; with an order too, its "
                    "people would be messaged twice. Choose one of the two.",
                    carrier=carrier.name,
                ),
                "orders",
            )
        chosen.append(carrier)
    return chosen


def _refuse_order(organisation: Organisation, carrier: Organisation) -> None:
    if carrier.kind is not OrganisationKind.CARRIER:
        raise Refused(
            _("%(name)s is no carrier; only a carrier gets an order.", name=carrier.name), "orders"
        )
    if organisation.kind is OrganisationKind.CARRIER and carrier.id != organisation.id:
        raise Refused(
            _("A carrier orders from nobody but itself; not from %(name)s.", name=carrier.name),
            "orders",
        )
