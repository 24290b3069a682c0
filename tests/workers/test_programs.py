"""The supervisor is told about every program, whatever the folder is called."""

from __future__ import annotations

import shlex
from configparser import RawConfigParser
from pathlib import Path

from outreach.settings import Settings
from workers import programs
from workers.example import carriers


def _read(settings: Settings, demo: bool = False) -> RawConfigParser:
    config = RawConfigParser()
    config.read_string(programs.configuration(settings, programs.all_programs(settings, demo=demo)))
    return config


def test_every_program_is_there_and_restarted(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    settings = Settings(data_dir=tmp_path, workers=3)
    carriers.lay_out(settings)
    config = _read(settings, demo=True)
    named = {name for name in config.sections() if name.startswith("program:")}
    kinds = ("valkey", "simulator", "worker", "tick", "web")
    assert named == {f"program:{kind}" for kind in kinds}
    assert config["program:worker"]["numprocs"] == "3"
    assert {config[name]["autorestart"] for name in named} == {"true"}


def test_a_given_redis_and_no_example_leave_out_their_servers() -> None:
    config = _read(Settings(data_dir=Path("/srv/x"), redis_url="redis://elsewhere"))
    assert "program:valkey" not in config
    assert "program:simulator" not in config
    assert "--after" not in config["program:web"]["command"]


def test_the_store_starts_first_and_stops_last() -> None:
    config = _read(Settings(data_dir=Path("/srv/x")))
    turn = {name: int(config[name]["priority"]) for name in config.sections() if "program" in name}
    assert min(turn, key=turn.__getitem__) == "program:valkey"


def test_blanks_and_percent_signs_in_a_folder_survive() -> None:
    folder = Path("/srv/100% của tôi")
    config = _read(Settings(data_dir=folder))
    command = shlex.split(config["program:valkey"]["command"].replace("%%", "%"))
    assert str(folder / "valkey") in command
