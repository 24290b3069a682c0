"""`flask campaigns`: JSON and nothing else on stdout, 0 done, 1 refused, 2 usage."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from campaigns.campaigns import Campaign
from outreach import accounts, clock
from outreach.accounts import Role, User
from outreach.database import db
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of

PAGE = Path(__file__).parents[3] / "docs" / "campaign-file.md"


def run(runner: FlaskCliRunner, *arguments: object, code: int = 0) -> Any:
    result = runner.invoke(args=["campaigns", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def refused(runner: FlaskCliRunner, *arguments: object) -> tuple[str, str | None]:
    answer = run(runner, *arguments, code=1)
    assert set(answer) == {"error", "field"}
    return answer["error"], answer["field"]


@pytest.fixture
def route_id(stage: Stage, vnpt: Organisation) -> int:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    return stage.route(vnpt, 9).id


@pytest.fixture
def file(stage: Stage, route_id: int, tmp_path: Path) -> Path:
    path = tmp_path / "campaign.json"
    path.write_text(json.dumps(stage.fields([route_id])), encoding="utf-8")
    return path


def test_the_documented_example_is_a_campaign(
    runner: FlaskCliRunner, stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    example = json.loads(found[1])
    route = stage.route(vnpt, 9, networks=["viettel"])
    assert [stage.owner.id, route.id] == [example["organisation"], *example["routes"]]
    path = tmp_path / "example.json"
    path.write_text(found[1], encoding="utf-8")
    created = run(runner, "create", path, "--as", stage.author.email)
    assert (created["name"], created["state"]) == ("Bluezone đợt 1", "draft")
    campaign = db.session.get_one(Campaign, created["id"])
    assert (campaign.created_by_id, campaign.networks) == (stage.author.id, ["viettel"])
    assert clock.iso(campaign.not_after) == "2020-08-25T20:00:00+07:00"
    keys = set(re.findall(r"`([a-z_]+)`", "\n".join(_first_cells())))
    assert keys == {*example, "urgent", "not_messaged_days", "orders", "lottery", "wave"}


def _first_cells() -> list[str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line.split("|")[1] for line in lines if line.startswith("| `")]


def test_a_campaign_goes_its_whole_way_by_commands(
    runner: FlaskCliRunner, app: Flask, stage: Stage, file: Path
) -> None:
    author = ["--as", stage.author.email]
    created = run(runner, "create", file, *author)
    one = created["id"]
    assert run(runner, "list")[0] == {
        "id": one,
        "name": "Bluezone đợt 1",
        "state": "draft",
        "organisation": stage.owner.id,
        "recipients": None,
        "start_at": None,
    }
    submitted = run(runner, "submit", one, *author)
    assert (submitted["state"], submitted["recipients"]) == ("submitted", 3)
    assert run(runner, "return", one, "--reason", "Thêm số")["state"] == "returned"
    run(runner, "submit", one, *author)
    sentence, field = refused(runner, "approve", one, "--as", stage.approver.email)
    assert ("OUTREACH_CLI_APPROVE=1" in sentence, field) == (True, "approve")
    app.config["OUTREACH"] = stage.settings.model_copy(update={"cli_approve": True})
    sentence, field = refused(runner, "approve", one, *author)
    assert ("somebody else must approve" in sentence, field) == (True, "approve")
    assert run(runner, "approve", one)["approved_by"] == accounts.SYSTEM_EMAIL
    at = clock.iso(clock.now() + timedelta(hours=2))
    assert run(runner, "schedule", one, "--at", at, *author)["state"] == "scheduled"
    assert run(runner, "list")[0]["start_at"] == at
    assert run(runner, "start", one)["started_at"].endswith("+07:00")
    assert run(runner, "pause", one)["state"] == "paused"
    assert run(runner, "resume", one)["state"] == "sending"
    assert run(runner, "cancel", one)["state"] == "cancelled"
    shown = run(runner, "show", one)
    assert (shown["id"], shown["state"]) == (one, "cancelled")
    assert refused(runner, "start", one) == (
        "“Bluezone đợt 1” is cancelled; it cannot become sending.",
        "state",
    )


def test_the_facts_are_checked_by_command_where_it_is_allowed(
    runner: FlaskCliRunner,
    app: Flask,
    stage: Stage,
    file: Path,
    health_office: Organisation,
    make_person: Callable[..., User],
) -> None:
    health = make_person(Role.HEALTH, health_office)
    one = run(runner, "create", file, "--as", stage.author.email)["id"]
    run(runner, "submit", one, "--as", stage.author.email)
    sentence, field = refused(runner, "check-facts", one, "--as", health.email)
    assert ("OUTREACH_CLI_APPROVE=1" in sentence, field) == (True, "facts")
    app.config["OUTREACH"] = stage.settings.model_copy(update={"cli_approve": True})
    sentence, field = refused(runner, "approve", one)
    assert ("has not yet checked the facts" in sentence, field) == (True, "facts")
    sentence, field = refused(runner, "check-facts", one, "--as", stage.approver.email)
    assert "Your role may not check the facts" in sentence
    before = run(runner, "show", one)
    assert run(runner, "check-facts", one, "--as", health.email) == before
    sentence, field = refused(runner, "check-facts", one)
    assert ("has already checked the facts" in sentence, field) == (True, "facts")
    assert run(runner, "approve", one)["state"] == "approved"


def test_who_may_not_is_refused(
    runner: FlaskCliRunner, stage: Stage, file: Path, stranger: User, liaison: User
) -> None:
    sentence, _ = refused(runner, "create", file, "--as", liaison.email)
    assert sentence == "You may not draft a campaign of another organisation or area."
    one = run(runner, "create", file)["id"]
    for name in ("submit", "cancel", "resume"):
        assert "You may not" in refused(runner, name, one, "--as", stranger.email)[0]
    assert refused(runner, "submit", one, "--as", "nobody@x.vn") == (
        "Nobody logs in as “nobody@x.vn”.",
        "as",
    )


NO_CAMPAIGNS = [
    (b"", "is not JSON"),
    (b"\xff\xfe{\x00}\x00", "is not JSON"),
    (b'{"name": "x"', "is not JSON"),
    (b"[" * 100_000, "is not JSON"),
    (b"[]", "one JSON object"),
    (b'{"nmae": "x"}', "Unknown key “nmae”"),
]


def test_a_file_that_is_no_campaign_is_refused(
    runner: FlaskCliRunner, stage: Stage, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    for content, says in NO_CAMPAIGNS:
        path.write_bytes(content)
        assert says in refused(runner, "create", path)[0]


def test_what_is_not_there_is_refused(runner: FlaskCliRunner, stage: Stage, tmp_path: Path) -> None:
    assert refused(runner, "create", tmp_path / "none.json")[1] == "file"
    assert refused(runner, "create", tmp_path)[1] == "file"
    for name in ("show", "submit", "approve", "start", "pause", "resume", "cancel"):
        for missing in (999, 10**30):
            if name != "approve":
                assert refused(runner, name, missing) == (f"There is no campaign {missing}.", "id")
    assert refused(runner, "schedule", 1, "--at", "soon")[1] in {"id", "at"}


def test_wrong_usage_exits_with_2(runner: FlaskCliRunner, stage: Stage) -> None:
    for arguments in (["show"], ["show", "x"], ["return", "1"], ["schedule", "1"], ["nosuch"]):
        result = runner.invoke(args=["campaigns", *arguments, "--json"])
        assert (result.exit_code, result.stdout) == (2, "")


def test_days_without_a_message_are_part_of_the_file(
    runner: FlaskCliRunner, stage: Stage, file: Path
) -> None:
    fields = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(fields | {"not_messaged_days": 14}), encoding="utf-8")
    created = run(runner, "create", file, "--as", stage.author.email)
    assert db.session.get_one(Campaign, created["id"]).not_messaged_days == 14
    for wrong in (-1, 366, "7", True):
        file.write_text(json.dumps(fields | {"not_messaged_days": wrong}), encoding="utf-8")
        assert refused(runner, "create", file)[1] == "not_messaged_days"
