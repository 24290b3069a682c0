"""`flask tokens`."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskCliRunner

from outreach import api_tokens
from outreach.accounts import User


def run(runner: FlaskCliRunner, *arguments: str, code: int = 0) -> Any:
    result = runner.invoke(args=["tokens", *arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_token_is_printed_once_and_revoked(runner: FlaskCliRunner, culture: User) -> None:
    made = run(runner, "add", culture.email, "--name", "Hệ thống huyện")
    assert api_tokens.valid(made.pop("token")) is not None
    assert run(runner, "list") == [made]
    revoked = run(runner, "revoke", str(made["id"]))
    assert revoked["revoked_at"] is not None
    assert run(runner, "revoke", "999", code=1)["field"] == "token"
