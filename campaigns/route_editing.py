"""Changing a contract with a carrier while campaigns hang on it.

What was approved names the routes, not their rate, price or credentials: a change of these needs
no new approval, takes hold of what is being sent within seconds, and so is confirmed knowingly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import or_, select

from campaigns import routes
from campaigns.campaigns import Campaign, RouteChoice
from campaigns.routes import NewRoute, Route
from campaigns.states import APPROVED_STATES, CampaignState
from outreach import audit, seen
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _

UNDER_WAY: Final = APPROVED_STATES | {CampaignState.SUBMITTED}
CONTRACT: Final = (
    "name", "host", "port", "tls", "system_id", "senders", "networks", "rate", "price", "binds",
    "window", "gives_receipts", "standby_id",
)  # fmt: skip
"""What may be changed; another carrier or another protocol is another route."""


def shown(route: Route) -> dict[str, object]:
    """What a form of the route shows, for `seen`; a new password counts as a change."""
    values = {name: getattr(route, name) for name in CONTRACT}
    return values | {"password": route.password_sealed.hex(), "enabled": route.enabled}


def under_way(route_id: int) -> Sequence[Campaign]:
    """The campaigns that wait for approval, are approved or being sent over this route, or may be
    handed to it."""
    named = select(RouteChoice.campaign_id).where(
        or_(RouteChoice.route_id == route_id, RouteChoice.standby_id == route_id)
    )
    hanging = select(Campaign).where(Campaign.id.in_(named), Campaign.state.in_(UNDER_WAY))
    return db.session.scalars(hanging.order_by(Campaign.id)).all()


def change(
    route: Route,
    new: NewRoute,
    *,
    confirmed: bool,
    form: str | None = None,
    actor_id: int | None,
) -> None:
    """Change a contract; its carrier and protocol stay, whatever `new` says of them.

    Raises Refused as `routes.add` does, for taking a sender name away from a campaign under way,
    where such campaigns are not `confirmed`, and where `form`, the mark of what was shown, is no
    longer true.
    """
    with transaction() as session:
        now = _locked(route)
        seen.demand(form, shown(now))
        new = replace(new, organisation_id=now.organisation_id, protocol=now.protocol)
        routes.check(session, new, but=now.id)
        changed = {
            name: [getattr(now, name), getattr(new, name)]
            for name in CONTRACT
            if getattr(now, name) != getattr(new, name)
        }
        if new.password_sealed != now.password_sealed:
            changed["password"] = []  # that it changed, never what it was or is
        if not changed:
            return
        # What stands by was fixed for campaigns under way when they were submitted.
        if changed.keys() != {"standby_id"}:
            _refuse_unconfirmed(now, new, confirmed=confirmed)
        _store(now, new)
        audit.record("route.change", "route", now.id, changed, actor_id)


def _store(route: Route, new: NewRoute) -> None:
    for name in (*CONTRACT, "password_sealed"):
        setattr(route, name, getattr(new, name))


def set_enabled(route: Route, *, enabled: bool, confirmed: bool, actor_id: int | None) -> None:
    """Close a route, so that nothing is sent over it, or open it again. Raises Refused for closing
    one with campaigns under way unless that is `confirmed`."""
    with transaction():
        now = _locked(route)
        if now.enabled == enabled:
            return
        if not enabled:
            _refuse_unconfirmed(now, None, confirmed=confirmed)
        now.enabled = enabled
        act = "route.reopen" if enabled else "route.close"
        audit.record(act, "route", now.id, {}, actor_id)


def _locked(route: Route) -> Route:
    return db.session.get_one(Route, route.id, with_for_update=True, populate_existing=True)


def _refuse_unconfirmed(route: Route, new: NewRoute | None, *, confirmed: bool) -> None:
    hanging = under_way(route.id)
    kept = route.senders if new is None else new.senders
    for campaign in hanging:
        if campaign.sender in route.senders and campaign.sender not in kept:
            raise Refused(
                _(
                    "“%(campaign)s” is under way with the sender name %(sender)s; it stays.",
                    campaign=campaign.name,
                    sender=campaign.sender,
                ),
                "senders",
            )
    if hanging and not confirmed:
        raise Refused(
            _("Campaigns under way use this route: %(n)s. Confirm that.", n=len(hanging)),
            "confirmed",
        )


def as_new(route: Route, **changes: Any) -> NewRoute:
    """The contract as it is, with changes."""
    kept = {name: getattr(route, name) for name in (*CONTRACT, "password_sealed")}
    kept |= {"protocol": route.protocol, "organisation_id": route.organisation_id}
    return NewRoute(**kept | changes)
