"""How much of a route's contract is used, counted at the carrier, and seconds with too much.

    .venv/bin/python -m bench.pacing [--seconds 15]

The whole of it runs: worker processes on as many binds, texts of one to three segments, receipts.
The simulator, a process of its own, notes each segment as it comes and refuses none.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench import _world, carry
from campaigns import life

SEGMENT = 150
WORDING = {str(n): "Cai {ung_dung}: {link} " + "x" * SEGMENT * (n - 1) for n in (1, 2, 3)}
MEAN_SEGMENTS = 2


def main() -> None:
    """Print a JSON line for each rate and number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    for rate in (50.0, 200.0, 1000.0):
        for workers in (1, 3):
            _measure(rate, workers, int(rate * options.seconds / MEAN_SEGMENTS))


def _measure(rate: float, workers: int, people: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        _world.world(Path(folder), rate=rate, throttle=False, binds=workers) as here,
    ):
        _world.populate(people)
        campaign = _world.approved_campaign(here, rate, window=200, binds=workers, wording=WORDING)
        _world.crew(here, workers)
        life.start(campaign, None)
        carry.follow(campaign.id)
        seen = here.simulator("/rate")["bench"]["offered"]
    _world.say(
        bench="pacing",
        rate=rate,
        workers=workers,
        segments=seen["segments"],
        share_of_contract=round(seen["average"] / rate, 4),
        most_in_one_second=seen["most_in_one_second"],
        segments_over_the_contract=seen["over_contract"],
    )


if __name__ == "__main__":
    main()
