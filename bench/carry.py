"""How fast a campaign is carried: from `start` to `settled_at`, expansion and receipts included.

    .venv/bin/python -m bench.carry --people 100000 [--postgresql] [--workers 1]

One segment a person over SMPP to the simulator (its own process), a receipt for each at once.
"""

from __future__ import annotations

import argparse
import contextlib
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
    parser.add_argument("--postgresql", action="store_true", help="start one, and count its CPU")
    parser.add_argument("--workers", type=int, default=1, help="processes, each with its bind")
    parser.add_argument("--window", type=int, default=500)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        _world.postgresql() if options.postgresql else contextlib.nullcontext() as server,
        _world.world(Path(folder), server.address if server else "") as here,
    ):
        _world.populate(options.people)
        campaign = _world.approved_campaign(here, UNLIMITED, options.window, options.workers)
        _measure(here, campaign, options, server)


def _measure(
    here: _world.World,
    campaign: Campaign,
    options: argparse.Namespace,
    server: _world.Server | None,
) -> None:
    names = [*_world.crew(here, options.workers), "valkey"]
    watched = [*names, "simulator"]
    server_before = server.cpu_seconds() if server else 0.0
    before, begun = {name: here.cpu_seconds([name]) for name in watched}, time.monotonic()
    life.start(campaign, None)
    marks = {name: at - begun for name, at in follow(campaign.id).items()}
    cpu = {name: here.cpu_seconds([name]) - before[name] for name in watched}
    server_used = server.cpu_seconds() - server_before if server else None
    seen = here.simulator("/numbers?summary=1")
    by_state = counts.of_campaigns(db.session(), [campaign.id])[campaign.id]
    _world.say(
        bench="carry",
        database="postgresql" if server else "sqlite",
        people=options.people,
        workers=options.workers,
        expanded_s=round(marks["expanded"], 2),
        completed_s=round(marks["completed"], 2),
        settled_s=round(marks["settled"], 2),
        messages_per_s=round(options.people / marks["settled"]),
        cpu_s_per_10k=round(sum(cpu[name] for name in names) / options.people * 10_000, 2),
        cpu_s_by_process={name: round(used, 2) for name, used in cpu.items()},
        server_cpu_s=None if server_used is None else round(server_used, 2),
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


def follow(campaign_id: int) -> dict[str, float]:
    """Wait until a campaign is settled; when it was expanded, completed and settled, by
    time.monotonic()."""
    marks: dict[str, float] = {}
    begun = time.monotonic()
    while "settled" not in marks:
        db.session.rollback()
        campaign = life.get(campaign_id)
        for name in ("expanded", "completed", "settled"):
            if getattr(campaign, f"{name}_at") is not None:
                marks.setdefault(name, time.monotonic())
        if time.monotonic() - begun > 1800:
            raise TimeoutError(f"not settled after half an hour: {marks}")
        time.sleep(0.05)
    return marks


if __name__ == "__main__":
    main()
