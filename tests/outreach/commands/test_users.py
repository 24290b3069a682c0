"""`flask users`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskCliRunner

from outreach import accounts
from outreach.accounts import User
from outreach.organisations import Organisation
from tests.people import PASSWORD


def run(runner: FlaskCliRunner, *arguments: str, code: int = 0) -> Any:
    result = runner.invoke(args=["users", *arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_person_added_without_a_password_gets_a_link(
    runner: FlaskCliRunner, vnpt: Organisation
) -> None:
    added = run(
        runner, "add", "--email", "lan@vnpt.vn", "--role", "liaison", "--organisation", str(vnpt.id)
    )
    assert added["invitation"].startswith("http://127.0.0.1:5000/invitations/")
    assert (added["role"], added["organisation"], added["area"]) == ("liaison", vnpt.id, None)
    assert run(runner, "list") == [{k: v for k, v in added.items() if k != "invitation"}]


def test_a_person_added_with_a_password_can_log_in(
    runner: FlaskCliRunner, culture_office: Organisation, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    office = str(culture_office.id)
    options = ["--role", "reporter", "--organisation", office, "--area", "29971"]
    added = run(
        runner, "add", "--email", "xa@x.vn", *options, "--name", "Út", "--password-file", str(file)
    )
    assert (added["invitation"], added["area"], added["name"]) == (None, "29971", "Út")
    assert accounts.by_email("xa@x.vn").verify_and_update_password(PASSWORD)


def test_a_forgotten_password_needs_a_new_link(runner: FlaskCliRunner, liaison: User) -> None:
    assert "/invitations/" in run(runner, "invite", liaison.email)["invitation"]


def test_a_closed_account_shows_in_the_list(runner: FlaskCliRunner, liaison: User) -> None:
    assert run(runner, "close", liaison.email)["active"] is False
    assert run(runner, "list")[0]["active"] is False
    assert "closed" in run(runner, "invite", liaison.email, code=1)["error"]


def test_a_refusal_names_the_field_and_exits_with_1(
    runner: FlaskCliRunner, culture_office: Organisation
) -> None:
    office = str(culture_office.id)
    refused = run(
        runner, "add", "--email", "x@x.vn", "--role", "liaison", "--organisation", office, code=1
    )
    assert refused["field"] == "organisation"
    refused = run(
        runner, "add", "--email", "x@x.vn", "--role", "culture", "--organisation", "99", code=1
    )
    assert refused["field"] == "organisation"


def test_an_unknown_role_is_wrong_usage(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["users", "add", "--email", "x@x.vn", "--role", "system"])
    assert result.exit_code == 2


def test_a_number_is_confirmed_and_believed_no_more(runner: FlaskCliRunner, culture: User) -> None:
    assert run(runner, "phone", culture.email, "0912000999")["phone"] == "09•• ••• 999"
    assert run(runner, "phone", culture.email)["phone"] is None
    assert run(runner, "phone", culture.email, code=1)["field"] == "phone"
