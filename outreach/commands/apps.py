"""flask apps: what people are asked to install."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from outreach import apps
from outreach.console import answering

group = AppGroup("apps", help="Apps people are asked to install.")


@group.command("add")
@click.option("--code", required=True, help="Short code, for example BLUEZONE.")
@click.option("--name", required=True)
@click.option("--link", required=True, help="Page where one installs it; a message's {link}.")
@click.option("--description", default="", help="What it is for, for the people at the pages.")
@answering
def add(code: str, name: str, link: str, description: str) -> dict[str, Any]:
    """Add an app."""
    return _shown(apps.add(code, name, link, description, actor_id=None))


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
    }
