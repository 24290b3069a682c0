"""Which gateway speaks for a route: its contract, read from the database, and its protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from campaigns.routes import Protocol
from outreach.sealing import Sealer
from outreach.settings import Settings
from workers.gateways import smpp, twilio_calls
from workers.gateways.base import Gateway, Inbound


@dataclass(frozen=True)
class Contract:
    """A route's contract as its holder needs it; the password is open here and nowhere else."""

    route_id: int
    protocol: Protocol
    host: str
    port: int
    tls: bool
    system_id: str
    password: str
    rate: float
    window: int
    gives_receipts: bool


def read(connection: Connection, route_id: int, sealer: Sealer) -> Contract:
    """The contract as it is now."""
    row = connection.execute(
        text(
            'SELECT protocol, host, port, tls, system_id, password_sealed, rate, "window",'
            " gives_receipts FROM routes WHERE id = :id"
        ),
        {"id": route_id},
    ).one()
    return Contract(
        route_id,
        Protocol(row.protocol),
        row.host,
        row.port,
        bool(row.tls),
        row.system_id,
        sealer.open_blob(bytes(row.password_sealed)).decode(),
        float(row.rate),
        row.window,
        bool(row.gives_receipts),
    )


def gateway(contract: Contract, settings: Settings) -> Gateway:
    """A gateway for the contract, not open yet; called on the event loop."""
    if contract.protocol is Protocol.TWILIO:
        # Here, since that library takes half a second to load and few installations use it.
        from workers.gateways import twilio

        return twilio.TwilioGateway(
            contract.host,
            contract.port,
            contract.tls,
            contract.system_id,
            contract.password,
            twilio_calls.status_address(settings.public_url, contract.route_id),
        )
    return smpp.SmppGateway(
        smpp.config(
            contract.host,
            contract.port,
            contract.system_id,
            contract.password,
            contract.window,
            tls=contract.tls,
            answer_seconds=settings.answer_seconds,
        )
    )


def stored(protocol: Protocol, raw: Sequence[bytes]) -> list[Inbound]:
    """What raw bodies say that were stored and not matched yet."""
    if protocol is Protocol.TWILIO:
        return twilio_calls.stored(raw)
    return smpp.stored(raw)
