"""`routes add|standby|list|status`: the contracts with carriers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from campaigns import route_editing, route_status, routes
from campaigns.routes import NewRoute, Protocol
from outreach import accounts
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _
from outreach.numbers import sealer
from outreach.prefix_plan import NETWORKS

group = AppGroup("routes", help="Contracts with carrier gateways.")


@group.command("add")
@click.option("--kind", type=click.Choice([p.value for p in Protocol]), required=True)
@click.option("--name", required=True)
@click.option("--organisation", "--organisation-id", "organisation_id", type=int, required=True)
@click.option("--host", required=True)
@click.option("--port", type=int, required=True)
@click.option("--system-id", required=True)
@click.option("--password-file", type=click.Path(path_type=Path), required=True)
@click.option("--sender", "senders", multiple=True, required=True, help="May be given often.")
@click.option("--rate", type=float, required=True, help="Segments a second.")
@click.option("--price", type=int, required=True, help="Đồng a segment.")
@click.option("--binds", type=int, default=1, show_default=True)
@click.option("--window", type=int, default=100, show_default=True)
@click.option("--networks", default="", help="Comma-separated; empty: all of them.")
@click.option("--tls", is_flag=True)
@click.option("--standby", "standby_id", type=int, help="The route that takes what waits.")
@click.option("--no-receipts", is_flag=True, help="The carrier gives no receipts.")
@answering
def add(
    *,
    kind: str,
    password_file: Path,
    senders: tuple[str, ...],
    networks: str,
    no_receipts: bool,
    **plain: Any,
) -> dict[str, Any]:
    """Store a route. Its password is read from a file and sealed."""
    new = NewRoute(
        protocol=Protocol(kind),
        password_sealed=sealer().seal_blob(_password(password_file).encode()),
        senders=list(dict.fromkeys(senders)),
        networks=[n.strip() for n in networks.split(",") if n.strip()] or list(NETWORKS),
        gives_receipts=not no_receipts,
        **plain,
    )
    return routes.as_object(routes.add(new, actor_id=accounts.system().id))


def _password(file: Path) -> str:
    try:
        password = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Refused(
            _("The file %(file)s cannot be read: %(why)s.", file=file, why=error.strerror or ""),
            "password_file",
        ) from None
    if not password:
        raise Refused(_("The file %(file)s holds no password.", file=file), "password_file")
    return password


@group.command("standby")
@click.argument("route_id", type=int)
@click.option("--by", "standby_id", type=int, help="The route; left out: none stands by.")
@answering
def standby(route_id: int, standby_id: int | None) -> dict[str, Any]:
    """Name the route that takes what waits when this one is not reached, or none."""
    route = routes.get(route_id)
    new = route_editing.as_new(route, standby_id=standby_id)
    route_editing.change(route, new, confirmed=False, actor_id=accounts.system().id)
    return routes.as_object(routes.get(route_id))


@group.command("list")
@answering
def list_() -> list[dict[str, Any]]:
    """All routes."""
    return [routes.as_object(route) for route in routes.every()]


@group.command("status")
@answering
def status() -> list[dict[str, Any]]:
    """What each route is doing: state, rate now, limit, backlog, last answer, errors by code."""
    return route_status.of_all()
