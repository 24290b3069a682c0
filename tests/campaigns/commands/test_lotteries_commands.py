"""`flask lotteries`: drawing, checking and giving up by command, and a campaign's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from outreach.database import transaction
from tests.campaigns.commands.test_orders_commands import run
from tests.campaigns.drawing import SEED, WITNESSES, days, drawn, six
from tests.stage import Stage

__all__ = ["six"]
pytestmark = pytest.mark.usefixtures("six")


def options(stage: Stage) -> list[str]:
    waves = [part for day in days() for part in ("--wave", day.isoformat())]
    named = {"--name": "Ba đợt", "--app": "BLUEZONE", "--area": "870", "--level": "commune"}
    return [*waves, *(part for pair in named.items() for part in pair)]


def test_a_lottery_is_drawn_shown_verified_and_abandoned_by_command(
    runner: FlaskCliRunner, stage: Stage
) -> None:
    as_office = ("--as", stage.approver.email)
    public = ("--seed", SEED, "--witnesses", WITNESSES)
    made = run(runner, "lotteries", "draw", *options(stage), *public, *as_office)
    assert [(each["code"], each["wave"]) for each in made["outcome"]] == [
        ("29989", 1),
        ("29983", 1),
        ("30001", 2),
        ("30013", 2),
        ("30007", 3),
        ("29971", 3),
    ]
    assert (made["organisation"], made["drawn_by"]) == (stage.owner.id, stage.approver.email)
    assert run(runner, "lotteries", "show", made["id"]) == made
    (listed,) = run(runner, "lotteries", "list")
    assert (listed["state"], listed["digest"]) == ("drawn", made["digest"])
    assert run(runner, "lotteries", "verify", made["id"])["digest"] == made["digest"]
    again = run(runner, "lotteries", "draw", *options(stage), *as_office, code=1)
    assert again["error"]
    gone = run(runner, "lotteries", "abandon", made["id"], "--reason", "Chia lại", *as_office)
    assert (gone["state"], gone["abandoned_reason"]) == ("abandoned", "Chia lại")


def test_a_changed_outcome_is_refused_naming_the_area(runner: FlaskCliRunner, stage: Stage) -> None:
    lottery = drawn(stage)
    with transaction() as session:
        session.execute(text("UPDATE lottery_units SET wave = 1 WHERE code = '29971'"))
    assert "29971" in run(runner, "lotteries", "verify", lottery.id, code=1)["error"]


def test_only_the_culture_office_draws_and_for_its_own_areas(
    runner: FlaskCliRunner, stage: Stage, stranger: object
) -> None:
    email = stranger.email  # type: ignore[attr-defined]
    run(runner, "lotteries", "draw", *options(stage), "--as", email, code=1)
    wide = [*options(stage), "--area", "869", "--as", stage.approver.email]
    run(runner, "lotteries", "draw", *wide, code=1)
    run(runner, "lotteries", "draw", *options(stage), code=1)  # the system belongs to no office
    own = run(runner, "lotteries", "draw", *options(stage), "--organisation", stage.owner.id)
    run(runner, "lotteries", "abandon", own["id"], "--reason", "x", "--as", email, code=1)
    assert run(runner, "lotteries", "list")[0]["state"] == "drawn"


def test_a_campaigns_file_names_the_lottery_and_the_wave(
    runner: FlaskCliRunner, stage: Stage, tmp_path: Path, vnpt: object
) -> None:
    lottery = drawn(stage)
    route_id = stage.route(vnpt, 9).id  # type: ignore[arg-type]
    path = tmp_path / "campaign.json"
    values = stage.fields([route_id], lottery=lottery.id, wave=1, selection_rule="lottery: x")
    path.write_text(json.dumps(values), encoding="utf-8")
    assert run(runner, "campaigns", "create", path)["state"] == "draft"
    path.write_text(json.dumps(values | {"wave": 9}), encoding="utf-8")
    assert run(runner, "campaigns", "create", path, code=1)["field"] == "lottery"
    path.write_text(json.dumps(values | {"lottery": "1"}), encoding="utf-8")
    assert run(runner, "campaigns", "create", path, code=1)["field"] == "lottery"
