"""How fast a campaign is carried: from `start` to `settled_at`, expansion and receipts included.

    .venv/bin/python -m bench.carry --people 100000 [--database-url postgresql://…] [--workers 1]

One segment a person over SMPP to the simulator (its own process), a receipt for each at once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from bench import _world
from campaigns import counts, life
from campaigns.campaigns import Campaign
from outreach.database import db

UNLIMITED = 50_000.0


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--database-url", default="")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--window", type=int, default=500)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        _world.world(Path(folder), options.database_url) as here,
    ):
        _world.populate(options.people)
        campaign = _world.approved_campaign(here, UNLIMITED, options.window)
        _measure(here, campaign, options)


def _measure(here: _world.World, campaign: Campaign, options: argparse.Namespace) -> None:
    names = [*_world.crew(here, options.workers), "valkey"]
    watched = [*names, "simulator"]
    before, begun = {name: here.cpu_seconds([name]) for name in watched}, time.monotonic()
    life.start(campaign, None)
    marks = _follow(campaign.id, begun)
    cpu = {name: here.cpu_seconds([name]) - before[name] for name in watched}
    seen = here.simulator("/numbers?summary=1")
    by_state = counts.of_campaigns(db.session(), [campaign.id])[campaign.id]
    _world.say(
        bench="carry",
        database="postgresql" if options.database_url else "sqlite",
        people=options.people,
        workers=options.workers,
        expanded_s=round(marks["expanded"], 2),
        completed_s=round(marks["completed"], 2),
        settled_s=round(marks["settled"], 2),
        messages_per_s=round(options.people / marks["settled"]),
        cpu_s_per_10k=round(sum(cpu[name] for name in names) / options.people * 10_000, 2),
        cpu_s_by_process={name: round(used, 2) for name, used in cpu.items()},
        stored_with_answer=round(_stored_together(), 2),
        worker_peak_mb=round(max(here.peak_mb(n) for n in names if n.startswith("worker"))),
        most_per_number=seen["most"],
        states={state.value: n for state, n in by_state.items()},
    )


def _stored_together() -> float:
    """The share of receipts that were stored in one transaction with their answers."""
    together = text(
        "SELECT AVG(CASE WHEN receipt_at = answered_at THEN 1.0 ELSE 0 END) FROM attempts"
    )
    return float(db.session.execute(together).scalar_one() or 0)


def _follow(campaign_id: int, begun: float) -> dict[str, float]:
    marks: dict[str, float] = {}
    while "settled" not in marks:
        db.session.rollback()
        campaign = life.get(campaign_id)
        for name in ("expanded", "completed", "settled"):
            if getattr(campaign, f"{name}_at") is not None:
                marks.setdefault(name, time.monotonic() - begun)
        if time.monotonic() - begun > 1800:
            raise TimeoutError(f"not settled after half an hour: {marks}")
        time.sleep(0.05)
    return marks


if __name__ == "__main__":
    main()
