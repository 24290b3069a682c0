"""The example's campaign that is over: rows, counts, receipts and audit say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from campaigns import composing, life, progress
from campaigns.campaigns import Campaign
from campaigns.states import CampaignState
from outreach import audit, clock
from outreach.accounts import User
from outreach.database import db
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from workers.example import finished

PEOPLE = 700


@pytest.fixture
def over(stage: Stage, vnpt: Organisation, viettel: Organisation) -> Campaign:
    """A campaign that was sent ten days ago, over two routes."""
    stage.subscribe(vnpt, numbers_of("vinaphone", PEOPLE))
    stage.subscribe(viettel, numbers_of("viettel", PEOPLE), stage.land.other_commune)
    routes = [
        stage.route(vnpt, 2775, networks=["vinaphone"]).id,
        stage.route(viettel, 2775, networks=["viettel"]).id,
    ]
    began = clock.now() - timedelta(days=10)
    window = {
        "not_before": clock.iso(began - timedelta(hours=1)),
        "not_after": clock.iso(began + timedelta(days=5)),
    }
    draft = composing.from_object(stage.fields(routes, **window))
    laid = finished.lay(draft, stage.author, stage.approver, began, stage.settings)
    return life.get(laid.id)


def scalar(statement: str) -> int:
    db.session.rollback()
    return int(db.session.execute(text(statement)).scalar_one())


def test_it_is_over_and_lies_in_the_past(over: Campaign, stage: Stage) -> None:
    ten_days_ago = clock.now() - timedelta(days=10)
    assert over.state is CampaignState.COMPLETED
    assert over.started_at is not None
    assert abs(over.started_at - ten_days_ago) < timedelta(minutes=2)
    assert over.completed_at is not None
    assert over.settled_at is not None
    assert over.created_at < over.started_at < over.completed_at < over.settled_at < clock.now()
    assert scalar("SELECT MAX(changed_at) FROM messages") < clock.to_microseconds(clock.now())


def test_its_counts_are_its_rows_and_add_up(over: Campaign, stage: Stage) -> None:
    stage.assert_counts_are_rows(over)
    states = stage.states(over)
    assert sum(states.values()) == 2 * PEOPLE == over.recipients_counted
    assert states.keys() == {
        "delivered",
        "undelivered",
        "rejected",
        "carrier_expired",
        "in_doubt",
    }
    assert states["in_doubt"] == finished.IN_DOUBT
    assert states["delivered"] > 0.9 * 2 * PEOPLE
    figures = progress.of(life.get(over.id))
    assert figures.total.recipients == 2 * PEOPLE
    assert figures.total.left_system == 2 * PEOPLE


def test_every_message_has_one_attempt_and_every_taken_part_a_receipt(over: Campaign) -> None:
    assert scalar("SELECT COUNT(*) FROM messages WHERE attempts <> 1 OR claim_id IS NULL") == 0
    assert scalar("SELECT COUNT(DISTINCT message_id) FROM attempts") == 2 * PEOPLE
    taken = "SELECT COUNT(*) FROM attempts WHERE outcome = 'accepted'"
    assert scalar(taken) == scalar(f"{taken} AND receipt IS NOT NULL")
    assert scalar("SELECT SUM(receipts) FROM raw_receipts WHERE matched_at IS NOT NULL") == scalar(
        taken
    )
    assert scalar("SELECT COUNT(*) FROM unmatched_receipts") == 0
    assert scalar("SELECT COUNT(*) FROM claims WHERE settled_at IS NULL OR size > 200") == 0
    assert scalar("SELECT SUM(size) FROM claims") == 2 * PEOPLE
    assert scalar("SELECT COUNT(*) FROM batches WHERE done_at IS NULL") == 0


def test_the_audit_trail_tells_its_life(over: Campaign) -> None:
    db.session.rollback()
    acts = db.session.scalars(
        text("SELECT act FROM audit WHERE object_type = 'campaign' ORDER BY id")
    ).all()
    assert [act.partition(".")[2] for act in acts] == [
        "create",
        "submit",
        "approved",
        "start",
        "complete",
    ]
    assert audit.verify().ok


def test_its_pages_show_it(
    over: Campaign, stage: Stage, client_as: Callable[[User], FlaskClient]
) -> None:
    client = client_as(stage.approver)
    page = client.get(f"/campaigns/{over.id}").text
    assert "Hoàn thành" in page
    assert "1.400" in page
    assert "1.400" in client.get("/campaigns/").text


def test_the_clock_is_as_before(over: Campaign) -> None:
    assert abs(clock.now() - clock.real_now() - clock.offset()) < timedelta(seconds=1)
    assert clock.offset() == timedelta(0)
