"""What the routes are doing, as their holders last wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from campaigns import counts, routes
from outreach import clock
from outreach.database import db

# A holder writes each second; a row older than this speaks of a holder that is gone.
SILENT_AFTER = timedelta(seconds=15)


@dataclass(frozen=True)
class Status:
    """A route's state: open | throttled | down | refused | connecting | closed."""

    state: str
    detail: str
    since: datetime
    rate_limit: float
    last_answer_at: datetime | None


def of_routes(ids: list[int]) -> dict[int, Status]:
    """The status of each route that ever had a holder; `down` where that has fallen silent."""
    now = clock.now()
    rows = db.session.execute(
        text(
            "SELECT route_id, state, detail, since, rate_limit, last_answer_at, updated_at"
            " FROM route_status"
        )
    )
    return {row.route_id: _status(row, now) for row in rows if row.route_id in ids}


def _status(row: Any, now: datetime) -> Status:
    updated = clock.from_microseconds(row.updated_at)
    answer = row.last_answer_at
    silent = now - updated > SILENT_AFTER
    return Status(
        "down" if silent else row.state,
        "" if silent else row.detail,
        updated if silent else clock.from_microseconds(row.since),
        float(row.rate_limit),
        None if answer is None else clock.from_microseconds(answer),
    )


def of_all() -> list[dict[str, Any]]:
    """`routes status`: state, rate now and its limit (segments a second), backlog in messages,
    last answer, and errors by the carrier's code."""
    every = routes.every()
    statuses = of_routes([route.id for route in every])
    backlog, rate, errors = _backlog(), _rate_now(), _errors()
    return [
        {
            "id": route.id,
            "name": route.name,
            "state": status.state if (status := statuses.get(route.id)) else "never held",
            "detail": status.detail if status else "",
            "rate_now": rate.get(route.id, 0.0),
            "limit": route.rate,
            "rate_limit_now": status.rate_limit if status else route.rate,
            "backlog": backlog.get(route.id, 0),
            "last_answer_at": clock.iso(status.last_answer_at) if status else None,
            "errors": errors.get(route.id, []),
        }
        for route in every
    ]


def _backlog() -> dict[int, int]:
    rows = db.session.execute(
        text(
            f"SELECT route_id, SUM(messages) FROM {counts.OF_WHOLE} c"
            " WHERE state IN ('queued', 'sending') GROUP BY route_id"
        )
    )
    return {route: int(messages) for route, messages in rows}


def _rate_now() -> dict[int, float]:
    """Segments a second over the last 10 s: what was claimed for the wire, at what a message of
    its campaign takes on average."""
    since = clock.to_microseconds(clock.now() - timedelta(seconds=10))
    claimed = db.session.execute(
        text(
            "SELECT route_id, campaign_id, SUM(size) AS size FROM claims"
            " WHERE id > (SELECT COALESCE(MAX(id), 0) - 2000 FROM claims)"
            " AND claimed_at >= :since GROUP BY route_id, campaign_id"
        ),
        {"since": since},
    ).all()
    lengths = {
        row.campaign_id: counts.mean_segments(db.session(), row.campaign_id) for row in claimed
    }
    rates: dict[int, float] = {}
    for row in claimed:
        segments = int(row.size) * lengths[row.campaign_id] / 10
        rates[row.route_id] = round(rates.get(row.route_id, 0.0) + segments, 2)
    return rates


def _errors() -> dict[int, list[dict[str, Any]]]:
    result: dict[int, list[dict[str, Any]]] = {}
    rows = db.session.execute(
        text("SELECT route_id, code, words, count, last_at FROM route_errors ORDER BY count DESC")
    )
    for row in rows:
        result.setdefault(row.route_id, []).append(
            {
                "code": row.code,
                "words": row.words,
                "count": row.count,
                "last_at": clock.iso(clock.from_microseconds(row.last_at)),
            }
        )
    return result
