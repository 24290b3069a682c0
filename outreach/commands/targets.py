"""flask targets: the share of whom that should have installed an app, by when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from outreach import apps, areas, targets
from outreach.console import answering

group = AppGroup("targets", help="Targets of the letters.")


@group.command("add")
@click.option("--area", required=True, help="Code of the area.")
@click.option("--app", required=True, help="Code of the app.")
@click.option("--share", required=True, help="For example 60% or 18,03%.")
@click.option(
    "--of",
    "--denominator",
    "denominator",
    required=True,
    help="population, smartphone_users, or a group in the letter's words.",
)
@click.option("--deadline", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--letter", default="", help="Number of the letter it comes from.")
@answering
def add(
    *, area: str, app: str, share: str, denominator: str, deadline: datetime, letter: str
) -> dict[str, Any]:
    """Add a target."""
    target = targets.add(
        areas.by_code(area),
        apps.by_code(app),
        targets.parse_share(share),
        deadline.date(),
        group=denominator,
        letter=letter,
        actor_id=None,
    )
    return _shown(target)


@group.command("list")
@answering
def list_targets() -> list[dict[str, Any]]:
    """List the targets, the nearest deadline first."""
    return [_shown(target) for target in targets.every()]


def _shown(target: targets.Target) -> dict[str, Any]:
    return {
        "id": target.id,
        "area": target.area.code,
        "area_name": target.area.name,
        "app": target.app.code,
        "denominator": target.group_name or target.denominator.value,
        "share_percent": target.share / 100,
        "deadline": target.deadline.isoformat(),
        "letter": target.letter,
    }
