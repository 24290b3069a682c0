"""flask tokens: by which programs enter figures."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from outreach import accounts, api_tokens
from outreach.api_tokens import ApiToken
from outreach.console import answering

group = AppGroup("tokens", help="Tokens by which programs enter figures in a person's name.")


@group.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Which program it is for.")
@answering
def add(email: str, name: str) -> dict[str, Any]:
    """Make a token for a person and print it, this once."""
    person, actor_id = accounts.by_email(email), accounts.system().id
    secret = api_tokens.add(person, name, actor_id=actor_id)
    return _described(api_tokens.of(person)[0]) | {"token": secret}


@group.command("list")
@answering
def show_all() -> list[dict[str, Any]]:
    """List the tokens, the revoked too; none can be read."""
    return [_described(each) for each in api_tokens.every()]


@group.command("revoke")
@click.argument("token_id", type=int)
@answering
def revoke(token_id: int) -> dict[str, Any]:
    """Let a token do nothing any more."""
    token = api_tokens.by_id(token_id)
    api_tokens.revoke(token, actor_id=accounts.system().id)
    return _described(api_tokens.by_id(token_id))


def _described(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "person": token.person.email,
        "name": token.name,
        "created_at": token.created_at,
        "used_at": token.used_at,
        "revoked_at": token.revoked_at,
    }
