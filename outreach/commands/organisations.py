"""`flask organisations`: carriers and offices."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from outreach import accounts, areas, organisations
from outreach.console import answering
from outreach.organisations import Kind, Organisation
from outreach.prefix_plan import NETWORKS

group = AppGroup("organisations", help="Carriers and offices.")


@group.command("add")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in Kind]))
@click.option("--network", type=click.Choice(NETWORKS), help="A carrier's network.")
@click.option("--area", help="Code of the area an office answers for; without it: all areas.")
@click.option("--phone", default="", help="Where people may call; a message's {dien_thoai}.")
@answering
def add(name: str, kind: str, network: str | None, area: str | None, phone: str) -> dict[str, Any]:
    """Add an organisation."""
    organisation = organisations.add(
        name,
        Kind(kind),
        network,
        None if area is None else areas.by_code(area).id,
        phone,
        actor_id=accounts.system().id,
    )
    return _described(organisation)


@group.command("list")
@answering
def show_all() -> list[dict[str, Any]]:
    """List the organisations."""
    return [_described(organisation) for organisation in organisations.every()]


def _described(organisation: Organisation) -> dict[str, Any]:
    return {
        "id": organisation.id,
        "name": organisation.name,
        "kind": organisation.kind,
        "network": organisation.network,
        "area": areas.code_of(organisation.area_id),
        "phone": organisation.phone,
    }
