"""What people wrote back: a refusal becomes an opt-out at once, a report of install figures waits
for the tick; the words stay sealed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from outreach import numbers, opt_outs, sms_reports
from outreach.refusals import is_refusal
from outreach.sealing import Sealer
from workers.gateways.base import Inbound


def take(connection: Connection, sealer: Sealer, route_id: int, inbound: Sequence[Inbound]) -> int:
    """Keep the reports and record the refusals among what came in, these for numbers we know and
    for others; answers how many numbers refuse that did not before. What is queued for those is
    not sent: each claim looks."""
    sms_reports.take(connection, sealer, route_id, [(each.number, each.words) for each in inbound])
    refused = [each.number for each in inbound if each.number and is_refusal(each.words)]
    if not refused:
        return 0
    ids = numbers.ensure(connection, sealer, refused)
    return opt_outs.record(connection, ids.values(), f"answered by SMS on route {route_id}", None)
