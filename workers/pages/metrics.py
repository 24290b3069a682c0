"""`/metrics`: a few gauges for Prometheus, to this machine alone or with the token."""

from __future__ import annotations

import hmac
import ipaddress
from collections import Counter
from collections.abc import Iterator

from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from rq import Queue
from sqlalchemy import select

from campaigns import counts
from campaigns.campaigns import Campaign
from campaigns.states import MessageState
from outreach import health, store
from outreach.database import db
from outreach.pages.guard import public
from workers import presence

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@public("numbers about the machinery alone, and only to this machine or with the token")
def metrics() -> ResponseReturnValue:
    """The gauges in Prometheus's text format."""
    if not _allowed():
        abort(404)
    registry = CollectorRegistry()
    registry.register(_Installation())
    return generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST}


def _allowed() -> bool:
    """Whether the caller has the token, or sits on this machine and nothing stands in between."""
    token = current_app.config["OUTREACH"].metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    local = ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104
    return local and not forwarded and not token


class _Installation(Collector):  # type: ignore[misc] # prometheus_client is not typed for us
    """Everything is read at the moment of the scrape, so all web processes answer alike."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = health.examine()
        yield _gauge("tungngo_workers", "Workers that live.", found.workers)
        yield _gauge("tungngo_redis_up", "1 where Redis answers.", found.redis == "ok")
        yield _gauge(
            "tungngo_migrations_current", "1 where none is pending.", found.migrations == "current"
        )
        if found.redis == "ok":
            yield from _queues()
        if found.migrations == "current":
            yield _messages()


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=float(value))


def _queues() -> Iterator[GaugeMetricFamily]:
    client = store.current()
    silence = presence.tick_silence(client)
    if silence is not None:
        yield _gauge("tungngo_tick_silence_seconds", "Since the tick's last round.", silence)
    waiting = GaugeMetricFamily("tungngo_queue_jobs", "Jobs waiting in a queue.", labels=["queue"])
    for queue in Queue.all(connection=client):
        waiting.add_metric([queue.name], queue.count)
    yield waiting


def _messages() -> GaugeMetricFamily:
    ids = list(db.session.scalars(select(Campaign.id)))
    sums: Counter[MessageState] = Counter()
    for by_state in counts.of_campaigns(db.session(), ids).values():
        sums.update(by_state)
    family = GaugeMetricFamily("tungngo_messages", "Messages of every campaign.", labels=["state"])
    for state in MessageState:
        family.add_metric([state.value], sums[state])
    return family
