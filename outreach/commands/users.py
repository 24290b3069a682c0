"""`flask users`: people, and the links that invite them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from outreach import (
    accounts,
    areas,
    closing,
    invitations,
    organisations,
    own_numbers,
    passwords,
    phones,
)
from outreach.accounts import Role, User
from outreach.console import answering

group = AppGroup("users", help="People who may log in.")

ROLES = [role.value for role in Role if role is not Role.SYSTEM]


@group.command("add")
@click.option("--email", required=True, help="What the person logs in with.")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--organisation", type=int, help="Id of the organisation; an admin needs none.")
@click.option("--area", help="Code of the area the person answers for.")
@click.option("--name", default="", help="The person's name.")
@click.option(
    "--password-file", type=click.Path(path_type=Path), help="Without it: a link is printed."
)
@answering
def add(
    email: str,
    role: str,
    organisation: int | None,
    area: str | None,
    name: str,
    password_file: Path | None,
) -> dict[str, Any]:
    """Add a person: with a password, or with an invitation link to hand over."""
    actor = accounts.system()
    user = accounts.add(
        email,
        Role(role),
        None if organisation is None else organisations.by_id(organisation),
        None if area is None else areas.by_code(area).id,
        name=name,
        password=None if password_file is None else passwords.from_file(password_file),
        actor_id=actor.id,
    )
    return _described(user) | {"invitation": None if password_file else _link(user)}


@group.command("invite")
@click.argument("email")
@answering
def invite(email: str) -> dict[str, Any]:
    """Print a new link for a person who lost theirs or forgot the password."""
    user = accounts.by_email(email)
    return _described(user) | {"invitation": _link(user)}


@group.command("list")
@answering
def show_all() -> list[dict[str, Any]]:
    """List the people."""
    return [_described(user) for user in accounts.every()]


@group.command("close")
@click.argument("email")
@answering
def close(email: str) -> dict[str, Any]:
    """Close an account; what the person did stays."""
    user = accounts.by_email(email)
    closing.close(user, actor_id=accounts.system().id)
    return _described(user)


@group.command("phone")
@click.argument("email")
@click.argument("number", required=False)
@answering
def phone(email: str, number: str | None) -> dict[str, Any]:
    """Believe reports by SMS from NUMBER as the person's; without one, from none any more."""
    user, actor_id = accounts.by_email(email), accounts.system().id
    if number is None:
        own_numbers.withdraw(user, actor_id=actor_id)
        return _described(user) | {"phone": None}
    confirmed = own_numbers.confirm(user, number, actor_id=actor_id)
    return _described(user) | {"phone": phones.mask(confirmed)}


def _link(user: User) -> str:
    token = invitations.create(user, actor_id=accounts.system().id)
    return invitations.link(token, current_app.config["OUTREACH"])


def _described(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "organisation": user.organisation_id,
        "area": areas.code_of(user.area_id),
        "active": user.active,
    }
