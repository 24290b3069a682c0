"""Settings: an unknown or wrong one stops everything with a sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.settings import PREFIX, Settings, SettingsError

HOUSE = Path(__file__).resolve().parents[2]


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    return refused.value.message


def test_without_any_the_defaults_are_in_force() -> None:
    settings = Settings.load()
    assert (settings.port, settings.host, settings.workers) == (5000, "127.0.0.1", 2)
    assert settings.data_dir == Path.cwd() / "instance"
    assert settings.database_address == f"sqlite:///{Path.cwd()}/instance/outreach.db"
    assert settings.key_path == Path.cwd() / "instance" / "secret.key"


def test_an_empty_one_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_PORT", "")
    assert Settings.load().port == 5000


def test_an_unknown_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, "DATADIR", "/tmp")
    assert said == "Unknown setting OUTREACH_DATADIR; docs/settings.md lists them all."


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PORT", "web", "valid integer"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("WORKERS", "0", "greater than or equal to 1"),
        ("CLI_APPROVE", "maybe", "valid boolean"),
        ("NOTICE_HOURS", "9-17", "must be HH:MM-HH:MM"),
        ("NOTICE_HOURS", "21:00-07:00", "the end after the start"),
        ("NOTICE_HOURS", "07:00-24:30", "must be HH:MM-HH:MM"),
        ("FACT_CHECK_KINDS", "notices", "must be none, or one or more of advertising"),
        ("FACT_CHECK_KINDS", "none,notice", "must be none, or one or more of advertising"),
        ("DUE_COMMUNES", "3pm", "must be an hour of the day, as 15:00"),
        ("DUE_DISTRICTS", "24:00", "must be an hour of the day"),
        ("WORKING_DAYS", "mon,tuesday", "must be one or more of mon, tue"),
        ("DAYS_OFF", "2020-13-01", "must be none, or holidays and dates"),
        ("DAYS_OFF", "none,holidays", "must be none, or holidays and dates"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
        ("DATABASE_URL", "mysql://x", "sqlite:/// or postgresql://"),
        ("REDIS_URL", "localhost", "redis://, rediss:// or unix://"),
        ("LEASE_SECONDS", "1", "greater than or equal to 2"),
    ],
)
def test_a_wrong_one_is_named_with_its_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    said = refusal(monkeypatch, name, value)
    assert said.startswith(f"OUTREACH_{name}='{value}': ")
    assert why in said
    assert "Value error" not in said


@pytest.mark.parametrize("hours", ["07:00-21:00", "00:00-24:00"])
def test_hours_of_a_whole_day_are_allowed(monkeypatch: pytest.MonkeyPatch, hours: str) -> None:
    monkeypatch.setenv("OUTREACH_NOTICE_HOURS", hours)
    assert Settings.load().notice_hours == hours


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("none", set()),
        ("notice", {"notice"}),
        ("notice, advertising", {"notice", "advertising"}),
    ],
)
def test_the_kinds_whose_facts_are_checked_are_words_with_commas(
    monkeypatch: pytest.MonkeyPatch, value: str, kinds: set[str]
) -> None:
    monkeypatch.setenv("OUTREACH_FACT_CHECK_KINDS", value)
    assert Settings.load().fact_checked == kinds


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_postgresql_address_is_taken_as_hosts_write_it(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://u:p@db/name")
    assert settings.database_address == "postgresql+psycopg://u:p@db/name"


def test_a_socket_path_that_is_too_long_lies_in_a_folder_of_its_own(tmp_path: Path) -> None:
    deep = tmp_path / ("đ" * 60)
    socket = Settings(data_dir=deep).socket("valkey")
    assert len(os.fsencode(socket)) < 100
    assert socket == Settings(data_dir=deep).socket("valkey")
    assert socket.parent != Settings(data_dir=deep / "x").socket("valkey").parent


def test_a_temporary_folder_that_lies_deep_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("đ" * 60)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    socket = Settings(data_dir=deep).socket("supervisor")
    assert len(os.fsencode(socket)) < 100
    assert not socket.is_relative_to(deep)


def test_a_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "folder")
    settings.make_data_dir()
    settings.make_data_dir()
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as refused:
        Settings(data_dir=tmp_path / "file").make_data_dir()
    assert refused.value.message == f"OUTREACH_DATA_DIR='{tmp_path}/file': File exists."


def test_a_command_stops_with_exit_code_2_and_nothing_on_stdout(tmp_path: Path) -> None:
    wrong = {"OUTREACH_DATA_DIR": str(tmp_path), "OUTREACH_WORKRES": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "apps", "list", "--json"],
        cwd=HOUSE,
        env=os.environ | wrong,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Unknown setting OUTREACH_WORKRES" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_setting_is_on_the_page() -> None:
    page = (HOUSE / "docs" / "settings.md").read_text()
    missing = [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in page]
    assert missing == []


@pytest.mark.parametrize(
    "value", ["mail.example.vn", "http://mail", "smtp://", "smtp://m:0", "smtp://m:99999"]
)
def test_a_mail_server_is_an_address(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert "smtp://user@host:587" in refusal(monkeypatch, "SMTP_URL", value)


def test_the_password_of_the_mail_server_stands_in_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = refusal(monkeypatch, "SMTP_URL", "smtp://user:geheim@mail.example.vn")
    assert "SMTP_PASSWORD_FILE" in said


def test_e_mail_needs_a_server_and_an_address_of_ours() -> None:
    assert not Settings(smtp_url="smtp://m").sends_mail
    assert Settings(smtp_url="smtps://user@m:465", mail_from="a@b.vn").sends_mail
