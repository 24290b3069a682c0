"""The approval in force, and whether it still covers what would be sent."""

from __future__ import annotations

from sqlalchemy import Connection, text

from campaigns import preparing
from campaigns.preparing import Sealed


def approved_digest(connection: Connection, campaign_id: int) -> str | None:
    """The digest of the approval in force; None where the last decision was not an approval."""
    row = connection.execute(
        text(
            "SELECT decision, digest FROM approvals WHERE campaign_id = :id"
            " AND decision <> 'facts_ok' ORDER BY id DESC LIMIT 1"
        ),
        {"id": campaign_id},
    ).first()
    return row.digest if row is not None and row.decision == "approved" else None


def sealed_as_approved(connection: Connection, campaign_id: int) -> Sealed | None:
    """What may be sent, computed from the rows as they are now; None where that is not what the
    approval in force names."""
    sealed = preparing.seal(connection, campaign_id)
    named = connection.execute(
        text("SELECT digest FROM campaigns WHERE id = :id"), {"id": campaign_id}
    ).scalar_one()
    approved = approved_digest(connection, campaign_id)
    return sealed if sealed.digest == named == approved else None
