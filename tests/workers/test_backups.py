"""A backup holds everything; a restore brings it back, anywhere, and lets nothing be sent by
itself."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from redis import Redis

from app import create_app
from campaigns import life, stops
from campaigns.states import CampaignState
from outreach import apps, archives, audit, numbers, opt_outs, schema
from outreach.database import db, write_connection
from outreach.errors import Refused
from outreach.organisations import Organisation
from outreach.settings import Settings
from tests import databases
from tests.stage import Stage
from tests.workers.carried import Carried, carried
from workers import backups, claims, presence, running

pytestmark = pytest.mark.own_app
once = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""What is about the file alone is the same on both databases."""
# What a restore itself writes down, and what it holds back.
OWN = {"audit", "alembic_version"}
LOCK = running.lock_start


@pytest.fixture
def lived_in(stage: Stage, vnpt: Organisation, settings: Settings) -> Carried:
    """A campaign of which the carrier has taken one message, one is on its way and one waits; the
    file of a list is kept beside it."""
    there = carried(stage, vnpt)
    there.answer(there.claim(2), 0, "a1")
    kept = settings.data_dir / "lists"
    kept.mkdir(parents=True)
    (kept / "one.sealed").write_bytes(b"\x00sealed")
    db.session.rollback()
    return there


def make(settings: Settings, name: str = "backup.zip") -> Path:
    path = settings.data_dir.parent / name
    backups.make(path, settings, lambda _line: None)
    db.session.rollback()
    return path


def restore(path: Path, settings: Settings) -> backups.Restored:
    db.session.rollback()
    return backups.restore(path, settings, lambda _line: None)


def rows_of(path: Path) -> dict[str, list[Any]]:
    """The tables' rows by their names, the columns by theirs."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(archives.MANIFEST))
        for name, told in manifest["tables"].items():
            lines = archive.read(f"tables/{name}.jsonl").decode().splitlines()
            rows = [dict(zip(told["columns"], json.loads(line), strict=True)) for line in lines]
            found[name] = sorted(rows, key=repr)
    return found


@pytest.fixture(autouse=True)
def _locks_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore holds the data folder to the end of its process, which here is the test run's."""
    monkeypatch.setattr(running, "lock_start", lambda _run, _who: 0)


def test_a_finished_installation_comes_back_row_by_row(
    lived_in: Carried, settings: Settings
) -> None:
    life.cancel(lived_in.campaign, None)
    path = make(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = rows_of(path)
    assert {"messages", "numbers", "users", "audit", "counts"} <= before.keys()
    assert not archives.PASSING & before.keys()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM attempts")
    (settings.data_dir / "lists" / "two.sealed").write_bytes(b"of later")
    done = restore(path, settings)
    assert done.held.paused == []
    after = rows_of(make(settings, "again.zip"))
    assert {n: r for n, r in after.items() if n not in OWN} == {
        n: r for n, r in before.items() if n not in OWN
    }
    assert [each.name for each in (settings.data_dir / "lists").iterdir()] == ["one.sealed"]
    assert audit.verify().ok
    assert len(after["audit"]) == len(before["audit"]) + 1, "the restore itself"
    app = apps.add("KHAC", "Khác", "https://khac.vn", actor_id=None)
    assert app.id > max(row["id"] for row in before["apps"]), "numbers go on after the last"


@once
def test_whoever_refused_since_the_backup_goes_on_refusing(
    lived_in: Carried, settings: Settings
) -> None:
    opt_outs.add(["+84912000001"], "called", None)
    path = make(settings)
    opt_outs.add(["+84912000002", "+84912000003"], "called", None)
    assert restore(path, settings).opt_outs == 2
    with db.engine.connect() as connection:
        known = opt_outs.phones(connection)
    assert sorted(known) == ["+84912000001", "+84912000002", "+84912000003"]


@once
def test_what_was_there_is_kept_and_can_be_restored_itself(
    lived_in: Carried, settings: Settings
) -> None:
    path, campaign_id = make(settings), lived_in.campaign.id
    life.cancel(life.get(campaign_id), None)
    done = restore(path, settings)
    assert life.get(campaign_id).state is CampaignState.PAUSED
    assert done.saved is not None
    restore(done.saved, settings)
    assert life.get(campaign_id).state is CampaignState.CANCELLED


@once
def test_a_backup_of_one_database_is_restored_to_the_other_and_back(
    lived_in: Carried,
    settings: Settings,
    postgresql_database: databases.Reused,
    app: Flask,
) -> None:
    life.cancel(lived_in.campaign, None)
    there = settings.model_copy(update={"database_url": postgresql_database.address})
    before = rows_of(path := make(settings))
    other = create_app(there)
    other.config["TESTING"] = True
    try:
        with other.app_context():
            restore(path, there)
            assert db.engine.dialect.name == "postgresql"
            moved = make(there, "moved.zip")
            db.session.remove()
            db.engine.dispose()
        assert without_own(rows_of(moved)) == without_own(before)
        with app.app_context():
            restore(moved, settings)
            back = rows_of(make(settings, "back.zip"))
        assert without_own(back) == without_own(before)
    finally:
        postgresql_database.wipe()


def without_own(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: them for name, them in rows.items() if name not in OWN}


@once
def test_a_backup_is_never_written_over_another(lived_in: Carried, settings: Settings) -> None:
    path = make(settings)
    with pytest.raises(Refused, match="is there already"):
        make(settings)
    with pytest.raises(Refused, match="cannot be written"):
        backups.make(path.parent / "nowhere" / "x.zip", settings, lambda _line: None)
    assert [each.name for each in path.parent.iterdir() if each.name.endswith(".part")] == []


@once
def test_a_file_that_is_not_whole_changes_nothing(lived_in: Carried, settings: Settings) -> None:
    path = make(settings)
    whole = path.read_bytes()
    at = whole.index(b"tables/messages.jsonl") + 60
    broken = (whole[: len(whole) // 2], b"no zip", whole[:at] + b"\xff\xff" + whole[at + 2 :])
    for content in broken:
        path.write_bytes(content)
        with pytest.raises(Refused, match="no whole backup"):
            restore(path, settings)
    with pytest.raises(Refused, match="There is no file"):
        restore(path.with_name("none.zip"), settings)
    assert lived_in.states() == {"accepted": 1, "queued": 1, "sending": 1}
    backups.require_finished(settings)


@once
def test_a_backup_of_another_key_or_a_newer_program_is_refused(
    lived_in: Carried, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(settings)
    monkeypatch.setattr(schema, "is_known", lambda _revision: False)
    with pytest.raises(Refused, match="newer version"):
        restore(path, settings)
    monkeypatch.undo()
    settings.key_path.write_text("")
    settings.key_path.unlink()
    with pytest.raises(Refused, match="There is no key file"):
        restore(path, settings)
    assert not settings.key_path.exists(), "no key is made that opens nothing"
    other = numbers.Sealer(lambda: {1: b"x" * 64})
    with pytest.raises(Refused, match="does not open"), archives.opened(path, other):
        pass


def test_whatever_is_started_before_a_restore_is_finished_sends_nothing(
    lived_in: Carried, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, campaign_id, route_id = make(settings), lived_in.campaign.id, lived_in.route.id

    def die(*_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backups, "_hold", die)
    with pytest.raises(KeyboardInterrupt):
        restore(path, settings)
    assert life.get(campaign_id).state is CampaignState.SENDING
    assert "not finished" in (stops.reason() or "")
    with write_connection(db.engine) as connection:
        assert claims.lease(connection, campaign_id, route_id, "me", 60) is None
    monkeypatch.undo()
    monkeypatch.setattr(running, "lock_start", lambda _run, _who: 0)
    restore(path, settings)
    assert not stops.in_force()
    assert life.get(campaign_id).state is CampaignState.PAUSED


@once
def test_an_emergency_stop_of_the_backup_is_in_force_afterwards(
    lived_in: Carried, settings: Settings
) -> None:
    life.stop_everything("wrong text", None)
    path = make(settings)
    life.lift_stop(None)
    restore(path, settings)
    assert stops.reason() == "wrong text"


@once
def test_nothing_is_restored_while_anything_runs(
    lived_in: Carried, settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(settings)
    presence.tick_lives(redis)
    with pytest.raises(Refused, match="Workers or the tick still run"):
        restore(path, settings)
    redis.delete(presence.TICK)
    run = settings.data_dir / "run"
    held = LOCK(run, "a start")
    monkeypatch.setattr(running, "lock_start", LOCK)
    with pytest.raises(Refused, match="already runs on the data folder"):
        restore(path, settings)
    os.close(held)
    assert lived_in.states() == {"accepted": 1, "queued": 1, "sending": 1}


@once
def test_a_backup_of_an_older_version_is_brought_up_to_date(
    lived_in: Carried, settings: Settings
) -> None:
    life.cancel(lived_in.campaign, None)
    path, older = make(settings), settings.data_dir.parent / "older.zip"
    with zipfile.ZipFile(path) as new, zipfile.ZipFile(older, "w") as old:
        told = json.loads(new.read(archives.MANIFEST))
        told["revision"] = "0024"
        del told["tables"]["target_letters"]  # it came later, and so did a column of the areas
        for name, table in told["tables"].items():
            lines = new.read(f"tables/{name}.jsonl").decode().splitlines()
            if name == "areas":
                at = table["columns"].index("begun_on")
                rows = [json.loads(line) for line in lines]
                for row in (table["columns"], table["kinds"], *rows):
                    del row[at]
                lines = [json.dumps(row) for row in rows]
            old.writestr(f"tables/{name}.jsonl", "".join(f"{line}\n" for line in lines))
        for name in told["files"]:
            old.writestr(name, new.read(name))
        old.writestr(archives.MANIFEST, json.dumps(told))
    before = without_own(rows_of(path))
    restore(older, settings)
    assert schema.is_current(db.engine)
    assert without_own(rows_of(make(settings, "again.zip"))) == before


@once
def test_a_restore_that_was_broken_off_keeps_the_programs_from_starting(
    lived_in: Carried, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(settings)

    def die(*_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(archives.Archive, "load", die)
    with pytest.raises(KeyboardInterrupt):
        restore(path, settings)
    with pytest.raises(Refused, match=r"not finished.*backup\.zip"):
        backups.require_finished(settings)
    monkeypatch.undo()
    monkeypatch.setattr(running, "lock_start", lambda _run, _who: 0)
    again = restore(path, settings)
    assert again.saved is None, "half of a database is worth nothing"
    backups.require_finished(settings)
    assert len(list((settings.data_dir / backups.SAVED).iterdir())) == 1


@once
def test_the_commands_answer_as_scripts_expect(
    lived_in: Carried, settings: Settings, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    path, campaign_id = tmp_path / "by-hand.zip", lived_in.campaign.id
    db.session.rollback()
    said = runner.invoke(args=["backup", str(path), "--json"])
    made = json.loads(said.stdout)
    assert (made["file"], made["files"], made["octets"]) == (str(path), 1, path.stat().st_size)
    assert str(settings.key_path) in made["key"]
    answer = json.loads(runner.invoke(args=["restore", str(path), "--json"]).stdout)
    assert answer["paused"] == [campaign_id]
    assert (answer["in_doubt"], answer["rows"]) == (2, made["rows"])
    assert Path(answer["saved_before"]).is_file()
    refused = runner.invoke(args=["backup", str(path), "--json"])
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["field"] == "file"
