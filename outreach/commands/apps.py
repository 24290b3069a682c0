"""flask apps: what people are asked to install."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from outreach import apps
from outreach.apps import Unit
from outreach.console import answering

UNITS = click.Choice([unit.value for unit in Unit])

group = AppGroup("apps", help="Apps people are asked to install.")


@group.command("add")
@click.option("--code", required=True, help="Short code, for example BLUEZONE.")
@click.option("--name", required=True)
@click.option("--link", required=True, help="Page where one installs it; a message's {link}.")
@click.option("--description", default="", help="What it is for, for the people at the pages.")
@click.option("--counts", type=UNITS, default="numbers", help="What counts as an install.")
@answering
def add(code: str, name: str, link: str, description: str, counts: str) -> dict[str, Any]:
    """Add an app."""
    return _shown(apps.add(code, name, link, description, Unit(counts), actor_id=None))


@group.command("define")
@click.argument("code")
@click.option("--counts", type=UNITS, required=True, help="What counts as an install.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="From which day.")
@click.option("--reason", required=True, help="Why: a letter, another source of the figures.")
@answering
def define(code: str, counts: str, since: datetime, reason: str) -> dict[str, Any]:
    """Say that from a day on something else counts as an install of the app CODE."""
    app = apps.by_code(code)
    apps.define(app, Unit(counts), since.date(), reason, actor_id=None)
    return _shown(apps.by_code(code))


@group.command("list")
@answering
def list_apps() -> list[dict[str, Any]]:
    """List the apps."""
    return [_shown(app) for app in apps.every()]


def _shown(app: apps.App) -> dict[str, Any]:
    return {
        "id": app.id,
        "code": app.code,
        "name": app.name,
        "link": app.link,
        "description": app.description,
        "counts": app.counts,
        "definitions": [
            {"since": each.since.isoformat(), "before": each.before, "after": each.after}
            for each in app.definitions
        ],
    }
