"""`flask routes`: contracts stored after each value was checked; a password never shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from campaigns.routes import Route
from outreach import numbers
from outreach.audit import AuditRow
from outreach.database import db
from outreach.organisations import Organisation

SECRET = "mật khẩu của nhà mạng"


def run(runner: FlaskCliRunner, *arguments: object, code: int = 0) -> Any:
    result = runner.invoke(args=["routes", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    assert SECRET not in result.output
    return json.loads(result.stdout)


@pytest.fixture
def options(vnpt: Organisation, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    return {
        "kind": "smpp",
        "name": "VNPT brandname",
        "organisation": vnpt.id,
        "host": "smpp.example.vn",
        "port": 2775,
        "system-id": "hongngu",
        "password-file": file,
        "sender": "BLUEZONE",
        "rate": 100,
        "price": 250,
    }


def arguments_of(options: dict[str, Any]) -> list[str]:
    return [part for key, value in options.items() for part in (f"--{key}", str(value))]


def test_a_route_is_stored_with_the_usual_for_what_is_left_out(
    runner: FlaskCliRunner, vnpt: Organisation, options: dict[str, Any]
) -> None:
    added = run(runner, "add", *arguments_of(options))
    assert added == {
        "id": added["id"],
        "name": "VNPT brandname",
        "kind": "smpp",
        "organisation": vnpt.id,
        "host": "smpp.example.vn",
        "port": 2775,
        "system_id": "hongngu",
        "sender": ["BLUEZONE"],
        "networks": added["networks"],
        "rate": 100.0,
        "price": 250,
        "binds": 1,
        "window": 100,
        "enabled": True,
        "standby": None,
    }
    assert {"viettel", "vinaphone", "wintel"} <= set(added["networks"])
    assert run(runner, "list") == [added]
    route = db.session.get_one(Route, added["id"])
    assert numbers.sealer().open_blob(route.password_sealed).decode() == SECRET
    row = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert (row.act, row.object_id) == ("route.add", added["id"])


def test_everything_may_be_said(runner: FlaskCliRunner, options: dict[str, Any]) -> None:
    more = ["--sender", "UBND HN", "--sender", "BLUEZONE", "--binds", "2", "--window", "50"]
    more += ["--networks", "viettel, vinaphone", "--tls", "--no-receipts"]
    added = run(runner, "add", *arguments_of(options), *more)
    assert added["sender"] == ["BLUEZONE", "UBND HN"]
    assert (added["binds"], added["window"]) == (2, 50)
    assert added["networks"] == ["viettel", "vinaphone"]
    route = db.session.get_one(Route, added["id"])
    assert (route.tls, route.gives_receipts) == (True, False)
    status = run(runner, "status")
    assert status == [
        {
            "id": added["id"],
            "name": "VNPT brandname",
            "state": "never held",
            "detail": "",
            "rate_now": 0.0,
            "limit": 100.0,
            "rate_limit_now": 100.0,
            "backlog": 0,
            "last_answer_at": None,
            "errors": [],
        }
    ]


WRONG: list[tuple[str, Any, str]] = [
    ("name", " ", "1 to 80 characters"),
    ("name", "x" * 81, "1 to 80 characters"),
    ("organisation", 999, "There is no organisation 999"),
    ("organisation", 10**30, "There is no organisation"),
    ("host", "", "1 to 255 characters"),
    ("host", "h" * 256, "1 to 255 characters"),
    ("port", 0, "not between 1 and 65535"),
    ("port", 65536, "not between 1 and 65535"),
    ("system-id", "", "1 to 64 characters"),
    ("password-file", "/nowhere/password", "cannot be read"),
    ("sender", "ABCDEFGHIJKL", "12 characters; at most 11"),
    ("rate", 0, "rate 0.0 is not"),
    ("rate", -1, "rate -1.0 is not"),
    ("rate", "nan", "rate nan is not"),
    ("rate", "inf", "rate inf is not"),
    ("price", -1, "below 0"),
    ("price", 10**12, "above"),
    ("binds", 0, "not between 1 and 100"),
    ("window", 0, "not between 1 and 1000"),
    ("networks", "viettel,at&t", "Unknown network “at&t”"),
]


def test_each_wrong_value_is_refused_at_its_field_and_nothing_is_stored(
    runner: FlaskCliRunner, options: dict[str, Any]
) -> None:
    for name, value, says in WRONG:
        answer = run(runner, "add", *arguments_of(options | {name: value}), code=1)
        assert says in answer["error"], f"{name}={value}: {answer}"
        assert answer["field"] == name.replace("-", "_"), f"{name}={value}: {answer}"
    assert run(runner, "list") == []
    run(runner, "add", *arguments_of(options))
    again = run(runner, "add", *arguments_of(options), code=1)
    assert (again["field"], "already a route" in again["error"]) == ("name", True)


def test_wrong_usage_exits_with_2(runner: FlaskCliRunner, options: dict[str, Any]) -> None:
    for wrong in ({"kind": "pigeon"}, {"rate": "fast"}, {"price": "2.5"}, {"port": "http"}):
        result = runner.invoke(args=["routes", "add", *arguments_of(options | wrong), "--json"])
        assert (result.exit_code, result.stdout) == (2, "")
    del options["sender"]
    result = runner.invoke(args=["routes", "add", *arguments_of(options), "--json"])
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_stand_by_is_named_and_taken_away(
    runner: FlaskCliRunner, vnpt: Organisation, options: dict[str, Any]
) -> None:
    second = run(runner, "add", *arguments_of(options | {"name": "second"}))["id"]
    first = run(runner, "add", *arguments_of(options | {"standby": second}))
    assert first["standby"] == second
    assert run(runner, "standby", first["id"])["standby"] is None
    assert run(runner, "standby", first["id"], "--by", second)["standby"] == second
    refused = run(runner, "standby", second, "--by", first["id"], code=1)
    assert refused["field"] == "standby"
    assert "stand-by" in refused["error"] or "dự phòng" in refused["error"]
