"""Over which route a reminder by SMS goes: of those the office chose, or of all there are, the
first that carries the number's network, one with a session before one without.

What the office chose is never stood in for by another: who pays would be another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from campaigns import route_status, routes
from campaigns.reminder_settings import InForce
from campaigns.routes import Route
from outreach.database import db
from outreach.i18n import _
from outreach.numbers import Number

_OPEN: Final = frozenset({"open", "throttled"})


@dataclass(frozen=True)
class Routes:
    """All there are, as they are now: `live` have a session, `refused` are turned away."""

    every: Sequence[Route]
    live: Collection[int]
    refused: Collection[int]

    def open_for(self, set_there: InForce) -> list[Route]:
        """Those that may carry one, in the order they are asked."""
        there = [route for route in self._meant(set_there) if route.enabled]
        return sorted(there, key=lambda route: route.id not in self.live)

    def of(self, network: str | None, set_there: InForce) -> tuple[Route | None, str]:
        """The route for a number, else why there is none: a key of `reminders.REASONS`."""
        meant = self.open_for(set_there)
        route = next((route for route in meant if network in route.networks), None)
        if route is not None:
            return route, ""
        lost = [route for route in self._meant(set_there) if not route.enabled]
        gone = len(meant) + len(lost) < len(set_there.route_ids)
        closed = bool(set_there.route_ids) and any(network in route.networks for route in lost)
        return None, "route_closed" if gone or closed else "no_route"

    def _meant(self, set_there: InForce) -> list[Route]:
        chosen = set_there.route_ids
        return [route for route in self.every if not chosen or route.id in chosen]

    def troubles(self, set_there: InForce) -> list[str]:
        """What is wrong with the routes that were chosen, in sentences."""
        by_id = {route.id: route for route in self.every}
        return [said for id_ in set_there.route_ids if (said := self._trouble(id_, by_id.get(id_)))]

    def _trouble(self, route_id: int, route: Route | None) -> str:
        if route is None:
            return _("Route %(id)s, chosen for reminders, is gone.", id=route_id)
        if not route.enabled:
            return _("The route “%(route)s”, chosen for reminders, is closed.", route=route.name)
        if route.id in self.refused:
            return _(
                "The carrier refuses the route “%(route)s”, chosen for reminders.",
                route=route.name,
            )
        return ""


def now() -> Routes:
    """The routes as they are now. Two statements."""
    every = routes.every()
    states = route_status.of_routes([route.id for route in every])
    live = {route_id for route_id, status in states.items() if status.state in _OPEN}
    refused = {route_id for route_id, status in states.items() if status.state == "refused"}
    return Routes(every, live, refused)


def networks(number_ids: Collection[int | None]) -> dict[int | None, str | None]:
    """The network of each of the numbers, as somebody confirmed or its prefix hints."""
    rows = select(Number.id, func.coalesce(Number.confirmed, Number.hint)).where(
        Number.id.in_([each for each in number_ids if each is not None])
    )
    return dict(db.session.execute(rows).all())
