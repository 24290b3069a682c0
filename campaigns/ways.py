"""How far several campaigns are, in two queries for all of them: what a list or first page says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, text

from campaigns import counts, route_status
from campaigns.states import LEFT_SYSTEM, MessageState
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
    by_state = counts.of_campaigns(db.session(), list(ids))
    left = _seconds_left(ids)
    return {each: _way(by_state.get(each, {}), left.get(each)) for each in ids}


def _way(by_state: dict[MessageState, int], seconds_left: int | None) -> CampaignWay:
    gone = sum(by_state.get(state, 0) for state in LEFT_SYSTEM)
    return CampaignWay(sum(by_state.values()), gone, seconds_left)


def _seconds_left(ids: Sequence[int]) -> dict[int, int]:
    statement = text(
        "SELECT campaign_id, route_id, SUM(segments) AS segments FROM ("
        " SELECT campaign_id, route_id, state, segments FROM counts WHERE campaign_id IN :ids"
        " UNION ALL SELECT campaign_id, route_id, state, segments FROM count_deltas"
        " WHERE campaign_id IN :ids) c WHERE state IN ('queued', 'sending')"
        " GROUP BY campaign_id, route_id"
    ).bindparams(bindparam("ids", expanding=True))
    waiting = db.session.execute(statement, {"ids": list(ids)}).all()
    rates = route_status.of_routes([row.route_id for row in waiting])
    found: dict[int, int] = {}
    for row in waiting:
        rate = rates[row.route_id].rate_limit if row.route_id in rates else 0.0
        if rate > 0 and row.segments:
            seconds = max(1, round(int(row.segments) / rate))
            found[row.campaign_id] = max(found.get(row.campaign_id, 0), seconds)
    return found


def in_doubt(ids: Sequence[int]) -> dict[int, int]:
    """How many messages are in doubt in each of the campaigns that has any."""
    if not ids:
        return {}
    statement = text(
        "SELECT campaign_id, SUM(messages) AS messages FROM ("
        " SELECT campaign_id, messages FROM counts"
        " WHERE campaign_id IN :ids AND state = 'in_doubt' UNION ALL"
        " SELECT campaign_id, messages FROM count_deltas"
        " WHERE campaign_id IN :ids AND state = 'in_doubt') c GROUP BY campaign_id"
    ).bindparams(bindparam("ids", expanding=True))
    rows = db.session.execute(statement, {"ids": list(ids)})
    return {row.campaign_id: int(row.messages) for row in rows if row.messages}
