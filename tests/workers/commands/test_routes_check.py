"""`routes check`: what the carrier says to a bind."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskCliRunner
from sqlalchemy import text

from outreach import clock
from outreach.database import transaction
from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.smsc import simulator_process


def check(runner: FlaskCliRunner, route_id: int, code: int = 0) -> Any:
    result = runner.invoke(args=["routes", "check", str(route_id), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_carrier_says_yes_or_no_to_a_bind(
    runner: FlaskCliRunner, stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    with simulator_process(tmp_path) as carrier:
        good = stage.route(vnpt, carrier.port)
        assert check(runner, good.id) == {
            "id": good.id,
            "name": good.name,
            "state": "open",
            "words": "",
            "by": "check",
        }
        stranger = stage.route(vnpt, carrier.port, name="stranger", system_id="nobody")
        refused = check(runner, stranger.id)
        assert refused["state"] == "refused"
        assert refused["words"]
    gone = check(runner, good.id)
    assert gone["state"] == "down"
    assert gone["words"]


def test_a_route_held_by_a_worker_is_not_bound_a_second_time(
    runner: FlaskCliRunner, stage: Stage, vnpt: Organisation
) -> None:
    route = stage.route(vnpt, 9)
    now = clock.to_microseconds(clock.now())
    until = clock.to_microseconds(clock.real_now() + timedelta(seconds=30))
    with transaction() as session:
        session.execute(
            text("INSERT INTO seats (route_id, number, leased_until) VALUES (:r, 0, :u)"),
            {"r": route.id, "u": until},
        )
        session.execute(
            text(
                "INSERT INTO route_status (route_id, state, detail, since, rate_limit, updated_at)"
                " VALUES (:r, 'throttled', 'too fast', :now, 50, :now)"
            ),
            {"r": route.id, "now": now},
        )
    checked = check(runner, route.id)
    assert (checked["state"], checked["words"], checked["by"]) == (
        "throttled",
        "too fast",
        "worker",
    )


def test_an_unknown_route_is_refused(runner: FlaskCliRunner, stage: Stage) -> None:
    assert check(runner, 10**30, code=1)["field"] == "routes"
