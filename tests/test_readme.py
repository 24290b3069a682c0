"""The README's walk-through, run as it stands: from nothing to a campaign that is finished."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_house import HOUSE

MARK = "<!-- walk-through"
PORTS = ("5050", "2875", "2876")
LONGEST = 420  # seconds; about 30 on two free cores, but other tests run beside it


class Walked(NamedTuple):
    code: int
    answers: str
    complaints: str


def walk_through() -> str:
    """The block below the mark, on ports of our own and with the programs of this environment."""
    after = (HOUSE / "README.md").read_text().split(MARK, 1)[1]
    block = re.search(r"```bash\n(.*?)```", after, re.DOTALL)
    assert block is not None
    lines = block[1].replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    for usual, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        assert usual in lines
        lines = lines.replace(usual, str(free))
    return lines


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture
def walked(tmp_path: Path) -> Walked:
    """The block, run by bash in a temporary folder; whatever happens, nothing of it is left."""
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("w") as answers, err.open("w") as complaints:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", walk_through()],
            cwd=HOUSE,
            env=os.environ | {"TMPDIR": str(tmp_path)},
            stdout=answers,
            stderr=complaints,
            start_new_session=True,
        )
        try:
            code = process.wait(LONGEST)
        finally:
            end(process)
    return Walked(code, out.read_text(), err.read_text())


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop what the block started and did not come to stop."""
    deadline = time.monotonic() + 30
    with suppress(ProcessLookupError):  # none is left
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)


def test_the_readme_leads_from_nothing_to_a_finished_campaign(
    walked: Walked,
) -> None:
    assert walked.code == 0, walked.answers + walked.complaints
    answers = [json.loads(line) for line in walked.answers.splitlines() if line.startswith("{")]
    imported = next(answer for answer in answers if "rejected" in answer)
    assert (imported["read"], imported["added"], imported["rejected"]) == (120, 119, 1)
    campaign = next(a for a in reversed(answers) if a.get("state") == "completed")
    counts = campaign["counts"]
    assert campaign["recipients"] == sum(counts.values()) == 119
    assert counts["accepted"] + counts["delivered"] == 119
    assert campaign["cost"] == 119 * 280
