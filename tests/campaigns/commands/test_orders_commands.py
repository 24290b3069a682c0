"""`flask orders`: JSON and nothing else on stdout, 0 done, 1 refused."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from outreach import clock
from outreach.accounts import User
from outreach.database import db
from tests.ordering import Ordering


def run(runner: FlaskCliRunner, *arguments: object, code: int = 0) -> Any:
    db.session.rollback()
    result = runner.invoke(args=[*map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_carrier_answers_sends_and_reports_by_command(
    runner: FlaskCliRunner, ordering: Ordering, tmp_path: Path
) -> None:
    order, lan = ordering.opened(), ("--as", ordering.liaison.email)
    (listed,) = run(runner, "orders", "list")
    assert (listed["state"], listed["carrier_name"], listed["sent"]) == ("open", "VNPT", 0)
    shown = run(runner, "orders", "show", order.id)
    assert shown["by_area"][0] == {
        "code": "29971",
        "name": "Xã Long Khánh A",
        "population": 10_000,
        "texts": [
            {
                "variant": "vi",
                "text": "Kinh gui ba con xa Long Khanh A: cai Bluezone tai "
                "https://bluezone.gov.vn/taiapp",
                "segments": 1,
            }
        ],
        "sent": None,
        "delivered": None,
        "cost": None,
    }
    assert run(runner, "orders", "accept", order.id, *lan)["state"] == "accepted"
    assert run(runner, "orders", "start", order.id, *lan)["started_at"] is not None
    path = tmp_path / "counts.csv"
    path.write_text("area,sent,delivered\n29971,900,850\nLong Thuận,x,\n", encoding="utf-8")
    done = run(runner, "orders", "report", order.id, path, *lan)
    told = [done[name] for name in ("added", "corrected", "unchanged", "rejected")]
    assert told == [1, 0, 0, 1]
    rejects = Path(done["rejects_file"]).read_text(encoding="utf-8-sig")
    assert rejects.splitlines()[1].startswith("3,sent,x,refused,")
    assert run(runner, "orders", "finish", order.id, *lan)["delivered"] == 850
    campaign = run(runner, "campaigns", "show", order.campaign_id)
    (part,) = campaign["orders"]
    assert (part["state"], part["sent"], part["areas_reported"], part["areas"]) == (
        "finished",
        900,
        1,
        2,
    )
    assert campaign["recipients"] == 0
    assert campaign["by_area"] == []  # our own, as ever


def test_what_is_refused_says_so(
    runner: FlaskCliRunner, ordering: Ordering, stranger: User, tmp_path: Path
) -> None:
    order = ordering.opened()
    lan = ("--as", ordering.liaison.email)
    assert "no order 999" in run(runner, "orders", "show", 999, code=1)["error"]
    foreign = run(runner, "orders", "accept", order.id, "--as", stranger.email, code=1)
    assert "of another organisation" in foreign["error"]
    office = run(runner, "orders", "accept", order.id, "--as", ordering.stage.author.email, code=1)
    assert "Your role may not answer" in office["error"]
    empty = run(runner, "orders", "return", order.id, "--reason", " ", *lan, code=1)
    assert empty["field"] == "reason"
    assert run(runner, "orders", "accept", order.id, *lan)["state"] == "accepted"
    late = clock.iso(clock.now() + timedelta(days=1))
    assert run(runner, "orders", "start", order.id, "--at", late, *lan, code=1)["field"] == "at"
    wrong = run(runner, "orders", "start", order.id, "--at", "mai", *lan, code=1)
    assert wrong["field"] == "at"
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    bad = run(runner, "orders", "report", order.id, tmp_path / "a.csv", *lan, code=1)
    assert bad["field"] == "map"


def test_a_draft_names_its_orders_by_the_carriers_ids(
    runner: FlaskCliRunner, ordering: Ordering, tmp_path: Path
) -> None:
    path = tmp_path / "campaign.json"
    fields = ordering.stage.fields([], orders=[ordering.carrier.id])
    path.write_text(json.dumps(fields), encoding="utf-8")
    made = run(runner, "campaigns", "create", path, "--as", ordering.stage.author.email)
    (part,) = made["orders"]
    assert (part["id"], part["state"], part["name"]) == (None, "planned", "VNPT")


@pytest.mark.parametrize("orders", ["1", ["1"], [True]])
def test_orders_of_another_type_are_refused_by_name(
    runner: FlaskCliRunner, ordering: Ordering, tmp_path: Path, orders: object
) -> None:
    path = tmp_path / "campaign.json"
    path.write_text(json.dumps(ordering.stage.fields([], orders=orders)), encoding="utf-8")
    assert run(runner, "campaigns", "create", path, code=1)["field"] == "orders"
