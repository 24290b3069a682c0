"""`flask audit`."""

from __future__ import annotations

import json

from flask.testing import FlaskCliRunner
from sqlalchemy import text

from outreach.accounts import User
from outreach.database import transaction


def test_a_sound_chain_is_said_to_be_sound(runner: FlaskCliRunner, liaison: User) -> None:
    result = runner.invoke(args=["audit", "verify", "--json"])
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["ok"], answer["rows"]) == (0, True, 2)


def test_a_broken_chain_exits_with_1_and_names_the_row(
    runner: FlaskCliRunner, liaison: User
) -> None:
    with transaction() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_no_update"))
        else:
            session.execute(text("DROP TRIGGER audit_no_change ON audit"))
        session.execute(text("UPDATE audit SET act = 'x' WHERE id = 2"))
    result = runner.invoke(args=["audit", "verify", "--json"])
    assert result.exit_code == 1
    assert "Audit row 2 of 2" in json.loads(result.stdout)["error"]
