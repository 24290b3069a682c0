"""`routes check`: beside `routes add|list|status`, but it speaks with the carrier."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app

from campaigns import routes
from campaigns.commands import routes as routes_commands
from outreach.console import answering
from outreach.database import db
from outreach.numbers import sealer
from workers import checking

group = routes_commands.group


@group.command("check")
@click.argument("route_id", metavar="ID", type=int)
@answering
def check(route_id: int) -> dict[str, Any]:
    """Bind to the carrier of route ID and unbind again; answer what it said."""
    route = routes.get(route_id)
    name = route.name
    db.session.rollback()
    checked = checking.check(db.engine, sealer(), route_id, current_app.config["OUTREACH"])
    return {"id": route_id, "name": name} | vars(checked)
