"""Routes: one contract with one carrier gateway. The model lives here, since plans need it; the
machinery that speaks to the carrier lives in workers/gateways.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from campaigns.rules import check_sender_name
from outreach import audit, clock
from outreach.database import BigId, Model, Moment, db, find, transaction, words
from outreach.errors import Refused
from outreach.i18n import _
from outreach.organisations import Organisation
from outreach.prefix_plan import NETWORKS

HIGHEST_PRICE = 1_000_000
LENGTHS = {"name": 80, "host": 255, "system_id": 64}


class Protocol(StrEnum):
    """How the gateway speaks."""

    SMPP = "smpp"
    TWILIO = "twilio"


class Route(Model):
    """A contract: address, sender names, rate in segments a second, price in đồng a segment."""

    __tablename__ = "routes"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(LENGTHS["name"]), unique=True)
    protocol: Mapped[Protocol] = mapped_column(words(Protocol))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    host: Mapped[str] = mapped_column(String(LENGTHS["host"]))
    port: Mapped[int]
    tls: Mapped[bool] = mapped_column(default=False)
    system_id: Mapped[str] = mapped_column(String(LENGTHS["system_id"]))
    password_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    senders: Mapped[list[str]] = mapped_column(JSON)
    networks: Mapped[list[str]] = mapped_column(JSON)
    rate: Mapped[float]
    price: Mapped[int]
    binds: Mapped[int] = mapped_column(default=1)
    window: Mapped[int] = mapped_column(default=100)
    gives_receipts: Mapped[bool] = mapped_column(default=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    # Takes what still waits when this one is not reached; campaigns/handovers.py.
    standby_id: Mapped[int | None] = mapped_column(ForeignKey("routes.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)

    standby: Mapped[Route | None] = relationship(remote_side="Route.id")

    def standby_for(self, sender: str) -> Route | None:
        """Its stand-by, where that can carry what this one does under the sender name, now."""
        other = self.standby
        return other if other is not None and other.can_replace(self, sender) else None

    def can_replace(self, other: Route, sender: str) -> bool:
        """Whether this route may carry what was meant for another, under the sender name."""
        same = self.organisation_id == other.organisation_id
        carries = set(other.networks) <= set(self.networks)
        return self.enabled and same and carries and sender in self.senders


class RouteStatus(Model):
    """What a route is doing now; its holder writes it about once a second, apart from the contract
    so that a busy route never locks the row people edit.
    """

    __tablename__ = "route_status"
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(24))
    detail: Mapped[str] = mapped_column(String(255), default="")
    since: Mapped[datetime] = mapped_column(Moment)
    rate_limit: Mapped[float]
    last_answer_at: Mapped[datetime | None] = mapped_column(Moment)
    # When a session was last open; where no holder said anything for a while, counted anew.
    reached_at: Mapped[datetime | None] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class RouteError(Model):
    """How often a carrier answered with a code: for the operator, never per person."""

    __tablename__ = "route_errors"
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    words: Mapped[str] = mapped_column(String(120))
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class NewRoute:
    """What `add` needs; the password is already sealed."""

    name: str
    protocol: Protocol
    organisation_id: int
    host: str
    port: int
    system_id: str
    password_sealed: bytes
    senders: list[str]
    rate: float
    price: int
    networks: list[str]
    binds: int = 1
    window: int = 100
    tls: bool = False
    gives_receipts: bool = True
    standby_id: int | None = None


def add(new: NewRoute, *, actor_id: int | None) -> Route:
    """Store a route after checking each value; Refused names the field, the value and the range."""
    with transaction() as session:
        check(session, new)
        route = Route(**vars(new), created_at=clock.now())
        session.add(route)
        session.flush()
        audit.record("route.add", "route", route.id, {"name": new.name}, actor_id)
    return route


def check(session: Session, new: NewRoute, but: int | None = None) -> None:
    """Raise Refused for a contract that cannot be: naming the field, the value and the range.
    `but` is the route itself, which may keep its name."""
    for field, most in LENGTHS.items():
        if not 1 <= len(getattr(new, field).strip()) <= most:
            raise Refused(_("“%(key)s” has 1 to %(most)s characters.", key=field, most=most), field)
    if session.scalar(select(Route.id).where(Route.name == new.name, Route.id != (but or 0))):
        raise Refused(_("There is already a route named “%(name)s”.", name=new.name), "name")
    if find(Organisation, new.organisation_id) is None:
        raise Refused(_("There is no organisation %(id)s.", id=new.organisation_id), "organisation")
    if not new.senders:
        raise Refused(_("The route needs at least one sender name."), "sender")
    for sender in new.senders:
        check_sender_name(sender)
    _check_numbers(new)
    unknown = [n for n in new.networks if n not in NETWORKS]
    if unknown or not new.networks:
        raise Refused(
            _(
                "Unknown network “%(network)s”; known are %(known)s.",
                network=", ".join(unknown),
                known=", ".join(NETWORKS),
            ),
            "networks",
        )
    if new.standby_id is not None:
        _check_standby(session, new, but)


def _check_standby(session: Session, new: NewRoute, but: int | None) -> None:
    """Refuse a stand-by that could not carry what this route does. There are no chains: what was
    handed over once stays there."""
    standby = find(Route, new.standby_id or 0)
    if standby is None:
        raise Refused(_("There is no route %(id)s.", id=new.standby_id), "standby")
    if standby.id == but:
        raise Refused(_("A route cannot stand by for itself."), "standby")
    _check_replaces(new, standby)
    if standby.standby_id is not None:
        raise Refused(
            _(
                "“%(standby)s” has a stand-by of its own, so it cannot be one.",
                standby=standby.name,
            ),
            "standby",
        )
    served = but and session.scalar(select(Route.name).where(Route.standby_id == but).limit(1))
    if served:
        raise Refused(
            _("This route stands by for “%(route)s”, so it has none itself.", route=served),
            "standby",
        )


def _check_replaces(new: NewRoute, standby: Route) -> None:
    named = {"standby": standby.name}
    if standby.organisation_id != new.organisation_id:
        raise Refused(
            _("“%(standby)s” is another carrier's contract; choose one of the same.", **named),
            "standby",
        )
    missing = [network for network in new.networks if network not in standby.networks]
    if missing:
        raise Refused(
            _(
                "“%(standby)s” does not carry %(networks)s, as this route does.",
                networks=", ".join(missing),
                **named,
            ),
            "standby",
        )
    if not set(new.senders) & set(standby.senders):
        raise Refused(
            _(
                "“%(standby)s” has none of the sender names %(senders)s.",
                senders=", ".join(new.senders),
                **named,
            ),
            "standby",
        )


def _check_numbers(new: NewRoute) -> None:
    if not 0 < new.rate <= 100_000:
        raise Refused(
            _("The rate %(rate)s is not a number of segments a second above 0.", rate=new.rate),
            "rate",
        )
    if new.price < 0:
        raise Refused(_("The price %(price)s is below 0.", price=new.price), "price")
    if new.price > HIGHEST_PRICE:
        raise Refused(
            _("The price %(price)s is above %(most)s.", price=new.price, most=HIGHEST_PRICE),
            "price",
        )
    for field, value, most in (
        ("port", new.port, 65535),
        ("binds", new.binds, 100),
        ("window", new.window, 1000),
    ):
        if not 1 <= value <= most:
            raise Refused(
                _(
                    "%(field)s %(value)s is not between 1 and %(most)s.",
                    field=field,
                    value=value,
                    most=most,
                ),
                field,
            )


def get(route_id: int) -> Route:
    """The route, or Refused naming the id."""
    route = find(Route, route_id)
    if route is None:
        raise Refused(_("There is no route %(id)s.", id=route_id), "routes")
    return route


def every() -> list[Route]:
    """All routes by id."""
    return list(db.session.scalars(select(Route).order_by(Route.id)))


def as_object(route: Route) -> dict[str, Any]:
    """The route as the command line prints it; never its password."""
    return {
        "id": route.id,
        "name": route.name,
        "kind": route.protocol.value,
        "organisation": route.organisation_id,
        "host": route.host,
        "port": route.port,
        "system_id": route.system_id,
        "sender": route.senders,
        "networks": route.networks,
        "rate": route.rate,
        "price": route.price,
        "binds": route.binds,
        "window": route.window,
        "enabled": route.enabled,
        "standby": route.standby_id,
    }
