"""How far several campaigns are, in two queries for all of them: what a list or first page says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text

from campaigns import counts, route_status
from campaigns.progress import WAITING
from campaigns.route_status import Status
from campaigns.states import LEFT_SYSTEM
from outreach.database import db


@dataclass(frozen=True, slots=True)
class CampaignWay:
    """Messages in all and of them those a carrier may have; the slowest route's seconds left at the
    rate its carrier allows now, None where nobody can say."""

    recipients: int
    left_system: int
    seconds_left: int | None

    @property
    def share(self) -> float:
        """What has left the system, 0 to 1."""
        return self.left_system / self.recipients if self.recipients else 0.0


def of(ids: Sequence[int]) -> dict[int, CampaignWay]:
    """The way of each campaign that has begun."""
    if not ids:
        return {}
    rows = db.session.execute(_COUNTED, {"ids": list(ids)}).all()
    rates = route_status.of_routes([row.route_id for row in rows])
    return {each: _way([row for row in rows if row.campaign_id == each], rates) for each in ids}


_COUNTED = text(
    "SELECT campaign_id, route_id, state, SUM(messages) AS messages, SUM(segments) AS segments"
    f" FROM {counts.OF_WHOLE} c WHERE campaign_id IN :ids GROUP BY campaign_id, route_id, state"
).bindparams(bindparam("ids", expanding=True))


def _way(rows: Sequence[Any], rates: Mapping[int, Status]) -> CampaignWay:
    waiting: dict[int, int] = {}
    for row in rows:
        if row.state in WAITING and row.segments:
            waiting[row.route_id] = waiting.get(row.route_id, 0) + int(row.segments)
    allowed = {route: rates[route].rate_limit for route in waiting if route in rates}
    seconds = [max(1, round(waiting[r] / rate)) for r, rate in allowed.items() if rate > 0]
    return CampaignWay(
        sum(int(row.messages) for row in rows),
        sum(int(row.messages) for row in rows if row.state in LEFT_SYSTEM),
        max(seconds, default=None),
    )
