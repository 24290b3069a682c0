"""Operators read ids, never phone numbers."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from outreach import logs
from outreach.settings import Settings


@pytest.fixture(autouse=True)
def _set_up(tmp_path) -> None:
    logs.set_up(Settings(data_dir=tmp_path))


def _last(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().err.splitlines()[-1])


def test_an_event_is_one_line_of_json_with_its_ids(capsys) -> None:
    structlog.get_logger("sender").info("claim committed", claim=7, route=2)
    line = _last(capsys)
    assert line["event"] == "claim committed"
    assert (line["claim"], line["route"], line["level"], line["logger"]) == (7, 2, "info", "sender")


@pytest.mark.parametrize("number", ["0912345678", "+84912345678", "84912345678"])
def test_a_phone_number_never_reaches_the_log(capsys, number: str) -> None:
    logging.getLogger("library").warning("no route to %s", number)
    structlog.get_logger().warning("refused", to=number)
    written = capsys.readouterr().err
    assert number not in written
    assert written.count("[number]") == 2


def test_a_phone_number_in_a_trace_is_hidden(capsys) -> None:
    try:
        raise ValueError("cannot send to 0387654321")
    except ValueError:
        structlog.get_logger().exception("failed")
    line = _last(capsys)
    assert "cannot send to [number]" in line["exception"]


def test_ids_and_times_are_left_alone(capsys) -> None:
    structlog.get_logger().info("x", id=1234567890, at=1599999999.5, digest="a0912345678b")
    line = _last(capsys)
    assert (line["id"], line["at"], line["digest"]) == (1234567890, 1599999999.5, "a0912345678b")


def test_setting_up_twice_writes_once(capsys, tmp_path) -> None:
    logs.set_up(Settings(data_dir=tmp_path))
    logging.getLogger().warning("once")
    assert capsys.readouterr().err.count("once") == 1


def test_the_level_of_the_settings_holds(capsys, tmp_path) -> None:
    logs.set_up(Settings(data_dir=tmp_path, log_level="ERROR"))
    logging.getLogger().warning("quiet")
    assert capsys.readouterr().err == ""
