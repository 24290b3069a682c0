"""Checking a route: what its carrier says to a bind, asked by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from campaigns import route_status
from outreach import audit, clock, numbers
from outreach.database import db, transaction, write_connection
from outreach.sealing import Sealer
from outreach.settings import Settings
from workers import receipts
from workers.gateways import registry
from workers.gateways.base import CarrierRefused, Gateway, Inbound, NotSent
from workers.smpp.errors import ProtocolError

OPEN, REFUSED, DOWN, SLOW = "open", "refused", "down", "slow"
PATIENCE: Final = 8.0
"""Seconds for a person who waits before a page."""


@dataclass(frozen=True)
class Checked:
    """What came of it: `state` as `routes status` has it, `words` the carrier's or the network's.
    `by` says who spoke with the carrier: this check, or the worker that holds its bind."""

    state: str
    words: str
    by: str


def check_by_hand(route_id: int, settings: Settings, *, actor_id: int | None) -> Checked:
    """`check` for a person who waits: it ends after `PATIENCE`, and who asked is recorded."""
    db.session.rollback()  # no transaction stands open while the carrier thinks
    checked = check(db.engine, numbers.sealer(), route_id, settings, PATIENCE)
    with transaction():
        audit.record("route.check", "route", route_id, {"state": checked.state}, actor_id)
    return checked


def check(
    engine: Engine,
    sealer: Sealer,
    route_id: int,
    settings: Settings,
    patience: float | None = None,
) -> Checked:
    """Bind to the route's carrier and unbind again, within `patience` seconds if given.

    Where a worker holds the route, it is asked instead: one bind more than the contract allows
    could cost the worker its own.
    """
    with engine.connect() as connection:
        contract = registry.read(connection, route_id, sealer)
        held = _held(connection, route_id)
    status = route_status.of_routes([route_id]).get(route_id) if held else None
    if status is not None:
        return Checked(status.state, status.detail, "worker")
    return asyncio.run(_within(patience, _bind(engine, sealer, contract, settings)))


async def _within(patience: float | None, asked: Awaitable[Checked]) -> Checked:
    try:
        async with asyncio.timeout(patience):
            return await asked
    except TimeoutError:
        return Checked(SLOW, "", "check")


def _held(connection: Connection, route_id: int) -> bool:
    row = connection.execute(
        text("SELECT 1 FROM seats WHERE route_id = :route AND leased_until > :now LIMIT 1"),
        {"route": route_id, "now": clock.to_microseconds(clock.real_now())},
    ).first()
    return row is not None


async def _bind(
    engine: Engine, sealer: Sealer, contract: registry.Contract, settings: Settings
) -> Checked:
    async def store(inbound: Sequence[Inbound]) -> None:
        # A carrier sends what waits as soon as somebody binds; the tick matches it.
        with write_connection(engine) as connection:
            receipts.store_raw(connection, sealer, contract.route_id, inbound)

    gateway: Gateway = registry.gateway(contract, settings)
    try:
        await gateway.open(store)
    except CarrierRefused as refused:
        return Checked(REFUSED, str(refused), "check")
    except (NotSent, ProtocolError) as error:  # the latter: what no bind can say
        return Checked(DOWN, str(error), "check")
    await gateway.close()
    return Checked(OPEN, "", "check")
