"""What people wrote back: a refusal becomes an opt-out at once; the words stay sealed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from outreach import numbers, opt_outs
from outreach.refusals import is_refusal
from outreach.sealing import Sealer
from workers.gateways.base import Inbound


def take(connection: Connection, sealer: Sealer, route_id: int, inbound: Sequence[Inbound]) -> int:
    """Record the refusals among what came in, for numbers we know and for others; answers how
    many numbers are new. What is queued for them is not sent: each claim looks."""
    refused = [each.number for each in inbound if each.number and is_refusal(each.words)]
    if not refused:
        return 0
    ids = numbers.ensure(connection, sealer, refused)
    return opt_outs.record(connection, ids.values(), f"answered by SMS on route {route_id}", None)
