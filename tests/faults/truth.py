"""What must be true after every fault, read from the rows and from the carrier's own books."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text

from campaigns.campaigns import Campaign
from outreach import clock, numbers
from outreach.database import db
from tests.faults.hands import until
from tests.stage import Stage
from tests.workers.smsc import Process

TAKEN = {"accepted", "delivered", "undelivered", "carrier_expired"}


@dataclass
class Truth:
    """Each person's state as we have it, and how many messages each got, as the carriers say."""

    states: dict[str, str]
    seen: dict[str, int]

    def of(self, *states: str) -> set[str]:
        return {phone for phone, state in self.states.items() if state in states}


def look(campaign: Campaign, *carriers: Process) -> Truth:
    """Read both books."""
    db.session.rollback()
    rows = db.session.execute(
        text(
            "SELECT n.sealed, m.state FROM messages m JOIN numbers n ON n.id = m.number_id"
            " WHERE m.campaign_id = :id"
        ),
        {"id": campaign.id},
    ).all()
    sealer = numbers.sealer()
    states = [(sealer.open_number(bytes(row.sealed)), row.state) for row in rows]
    assert len(states) == len(dict(states)), "a person is in two states"
    seen: dict[str, int] = {}
    for carrier in carriers:
        for number, counted in carrier.ask("GET", "/numbers")["numbers"].items():
            seen[f"+{number}"] = seen.get(f"+{number}", 0) + counted["messages"]
    return Truth(dict(states), seen)


def assert_true(
    stage: Stage, campaign: Campaign, people: Iterable[str], *carriers: Process
) -> Truth:
    """Everybody once, nobody twice, nothing open, counts as the rows; what was seen is returned."""
    until(lambda: not _open_ends(campaign), 10)
    truth = look(campaign, *carriers)
    assert set(truth.states) == set(people)
    assert set(truth.seen.values()) <= {1}, "somebody got it twice"
    assert truth.of(*TAKEN) <= set(truth.seen), "taken by nobody, yet accepted"
    assert set(truth.seen) <= truth.of(*TAKEN, "in_doubt"), "it left us, and we do not know"
    assert truth.of("queued", "sending") == set()
    assert _doubts_with_an_answer(campaign) == 0
    stage.assert_counts_are_rows(campaign)
    return truth


def _open_ends(campaign: Campaign) -> dict[str, int]:
    """What may not be left: claims not settled, leases in force, receipts not matched."""
    db.session.rollback()
    questions = {
        "claims": "SELECT COUNT(*) FROM claims WHERE campaign_id = :id AND settled_at IS NULL",
        "leases": "SELECT COUNT(*) FROM batches WHERE campaign_id = :id AND leased_until > :now"
        " AND done_at IS NULL",
        "receipts": "SELECT COUNT(*) FROM raw_receipts WHERE matched_at IS NULL",
    }
    values = {"id": campaign.id, "now": clock.to_microseconds(clock.real_now())}
    found = {k: db.session.execute(text(q), values).scalar_one() for k, q in questions.items()}
    return {name: count for name, count in found.items() if count}


def _doubts_with_an_answer(campaign: Campaign) -> int:
    """Messages in doubt though an answer is stored, or accepted though none is."""
    db.session.rollback()
    return int(
        db.session.execute(
            text(
                "SELECT COUNT(*) FROM messages m WHERE m.campaign_id = :id AND m.segments = 1 AND"
                " (m.state = 'in_doubt') = EXISTS (SELECT 1 FROM attempts a WHERE"
                " a.message_id = m.id AND a.number = m.attempts AND a.outcome = 'accepted')"
                " AND m.state IN ('in_doubt', 'accepted', 'delivered', 'undelivered')"
            ),
            {"id": campaign.id},
        ).scalar_one()
    )
