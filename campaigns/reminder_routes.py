"""Over which route a reminder by SMS goes: of those the office chose, or of all there are, the
first that carries the number's network, one with a session before one without.

What the office chose is never stood in for by another: who pays would be another.
"""

from __future__ import annotations

from typing import Final

from campaigns import route_status, routes, test_sends
from campaigns.reminder_settings import InForce
from campaigns.routes import Route
from outreach.accounts import User

_OPEN: Final = frozenset({"open", "throttled"})


def open_ones(set_there: InForce) -> list[Route]:
    """The routes that may carry one now, in the order they are asked."""
    chosen = [route for route in routes.every() if route.enabled and _is_of(route, set_there)]
    states = route_status.of_routes([route.id for route in chosen])
    live = {route_id for route_id, status in states.items() if status.state in _OPEN}
    return sorted(chosen, key=lambda route: route.id not in live)


def _is_of(route: Route, set_there: InForce) -> bool:
    return not set_there.route_ids or route.id in set_there.route_ids


def of(person: User, set_there: InForce) -> tuple[Route | None, str]:
    """The route for a person's own number, else why there is none: a key of `reminders.REASONS`."""
    there = open_ones(set_there)
    route = test_sends.route_for(person, there)
    if route is not None:
        return route, ""
    return None, "route_closed" if _was_meant(person, set_there) else "no_route"


def _was_meant(person: User, set_there: InForce) -> bool:
    """Whether a route that was chosen and is closed would carry it, or one is gone."""
    chosen = set(set_there.route_ids)
    there = [route for route in routes.every() if route.id in chosen]
    closed = [route for route in there if not route.enabled]
    return len(there) < len(chosen) or test_sends.route_for(person, closed) is not None
