"""Receipts of test sends: they settle the test that has their id, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text

from campaigns.test_sends import TestState, may_become
from outreach import clock
from workers.gateways.base import Receipt
from workers.ranks import RANK

REMEMBERED: Final = timedelta(days=3)
"""How long after a test its receipts are looked for."""
US = clock.to_microseconds
S = TestState


def take_receipts(
    connection: Connection, route_id: int, said: Sequence[tuple[Receipt, int | None]]
) -> set[int]:
    """Note the receipts that name a test's id; answers their places in `said`, which holds each
    with its number's row, None where it names none."""
    rows = connection.execute(
        text(
            "SELECT id, number_id, carrier_ids, receipts FROM test_sends WHERE route_id = :route"
            " AND state IN ('accepted', 'undelivered') AND asked_at > :since"
        ),
        {"route": route_id, "since": US(clock.now() - REMEMBERED)},
    ).all()
    hits: set[int] = set()
    for row in rows:
        ids, heard = json.loads(row.carrier_ids), json.loads(row.receipts)
        for place, (receipt, number_id) in enumerate(said):
            named = _named(receipt, ids, exact=number_id is None)
            if named is not None and number_id in (None, row.number_id):
                hits.add(place)
                _hear(heard, named, receipt.state)
        if heard != json.loads(row.receipts):
            _write_receipts(connection, row.id, ids, heard)
    return hits


def _named(receipt: Receipt, ids: Sequence[str], *, exact: bool) -> str | None:
    """Which of a test's ids a receipt means; one that names no number only exactly as answered."""
    forms = receipt.forms[:1] if exact else receipt.forms
    return next((form for form in forms if form in ids), None)


def _hear(heard: dict[str, str], carrier_id: str, state: str) -> None:
    """Keep the strongest word of each part, as for messages."""
    if RANK[state] > RANK.get(heard.get(carrier_id, ""), -1):
        heard[carrier_id] = state


def _write_receipts(
    connection: Connection, test_id: int, ids: Sequence[str], heard: dict[str, str]
) -> None:
    values = {"id": test_id, "heard": json.dumps(heard), "now": US(clock.now())}
    connection.execute(
        text("UPDATE test_sends SET receipts = :heard, receipt_at = :now WHERE id = :id"), values
    )
    states = [heard.get(each) for each in ids]
    failed = any(state in {"undelivered", "rejected", "carrier_expired"} for state in states)
    whole = all(state == "delivered" for state in states)
    if failed or whole:
        to = S.UNDELIVERED if failed else S.DELIVERED
        connection.execute(
            text(f"UPDATE test_sends SET state = :to WHERE id = :id AND {may_become(to)}"),
            {"to": to.value, "id": test_id},
        )


def numbers_open(connection: Connection, route_id: int) -> set[int]:
    """The numbers of tests on a route whose id the carrier may know and we do not: a receipt for
    one of them under an unknown id may be the test's, and proves nothing about a message in doubt.
    """
    rows = connection.execute(
        text(
            "SELECT number_id FROM test_sends WHERE route_id = :route"
            " AND state IN ('sending', 'in_doubt') AND asked_at > :since"
        ),
        {"route": route_id, "since": US(clock.now() - REMEMBERED)},
    )
    return set(rows.scalars())
