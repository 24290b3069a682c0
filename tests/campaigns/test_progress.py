"""`campaigns show`: exactly the object scripts rely on, true at every moment."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from campaigns import approvals, life, progress, route_status
from campaigns.campaigns import Campaign
from campaigns.messages import Change, settle
from campaigns.states import Cause, MessageState
from outreach import clock
from outreach.database import db, transaction, write_connection
from outreach.organisations import Organisation
from tests.campaigns.expanding import expand
from tests.stage import Stage, numbers_of

M = MessageState
KEYS = [
    *("id", "name", "state", "recipients", "suppressed", "counts", "segments", "cost", "by_area"),
    *("by_route", "approved_by", "digest", "started_at", "completed_at", "settled_at", "orders"),
    *("lottery", "wave"),
]


def show(campaign: Campaign) -> dict[str, Any]:
    db.session.rollback()
    shown = progress.as_object(life.get(campaign.id))
    assert shown["recipients"] == sum(shown["counts"].values())
    for part in (*shown["by_area"], *shown["by_route"]):
        assert part["recipients"] == sum(part["counts"].values())
    for parts in (shown["by_area"], shown["by_route"]):
        assert sum(part["recipients"] for part in parts) == shown["recipients"]
    return shown


def move(cause: Cause, to: MessageState, first: int, count: int) -> None:
    with write_connection(db.engine) as connection:
        ids = connection.execute(text("SELECT id FROM messages ORDER BY id")).scalars().all()
        changes = [Change(i, to) for i in ids[first : first + count]]
        assert settle(connection, cause, changes) == count


@pytest.fixture
def draft(stage: Stage, vnpt: Organisation, viettel: Organisation) -> Campaign:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    stage.subscribe(viettel, numbers_of("viettel", 2), stage.land.other_commune)
    stage.subscribe(viettel, numbers_of("mobifone", 1), stage.land.other_commune)
    routes = [
        stage.route(vnpt, 9, networks=["vinaphone"], price=300),
        stage.route(viettel, 9, networks=["viettel"], price=200),
    ]
    long = {"vi": "Kính gửi bà con {xa}: " + "x" * 160}
    return stage.draft([r.id for r in routes], wording=long)


def test_a_campaign_is_shown_the_same_way_from_draft_to_end(stage: Stage, draft: Campaign) -> None:
    shown = show(draft)
    assert list(shown) == KEYS
    assert (shown["state"], shown["recipients"], shown["counts"]) == ("draft", 0, {})
    assert (shown["digest"], shown["approved_by"], shown["started_at"]) == (None, None, None)
    approvals.submit(draft, stage.author, stage.settings)
    planned = show(draft)
    assert planned["counts"] == {"queued": 5}
    assert planned["suppressed"] == {"wrong_network": 1}
    assert (planned["segments"], planned["cost"]) == (10, 3 * 2 * 300 + 2 * 2 * 200)
    assert planned["by_area"] == [
        {"code": "29971", "name": "Xã Long Khánh A", "recipients": 3, "counts": {"queued": 3}},
        {"code": "29983", "name": "Xã Long Thuận", "recipients": 2, "counts": {"queued": 2}},
    ]
    first = draft.route_ids[0]
    assert planned["by_route"][0] == {
        "id": first,
        "name": "route of VNPT",
        "recipients": 3,
        "counts": {"queued": 3},
        "segments": 6,
        "cost": 1800,
        "rate_now": 0.0,
    }
    assert len(planned["digest"]) == 64
    approvals.approve(draft, stage.approver, planned["digest"])
    assert show(draft)["approved_by"] == stage.approver.email


def test_the_cost_is_what_carriers_took_and_nothing_for_what_was_never_sent(
    stage: Stage, draft: Campaign
) -> None:
    approvals.submit(draft, stage.author, stage.settings)
    approvals.approve(draft, stage.approver, draft.digest or "")
    life.start(draft, None)
    assert expand(stage, draft)
    move(Cause.CLAIMED, M.SENDING, 0, 2)
    move(Cause.ANSWER, M.ACCEPTED, 0, 1)
    move(Cause.ANSWER, M.REJECTED, 1, 1)
    life.cancel(life.get(draft.id), None)
    shown = show(draft)
    assert set(shown["counts"]) == set(MessageState)
    assert shown["counts"] | {"accepted": 1, "rejected": 1, "queued": 3} == shown["counts"]
    assert [r["cost"] for r in shown["by_route"]] == [600, 0]
    assert shown["completed_at"].endswith("+07:00")


def test_rates_are_segments_a_second(stage: Stage, draft: Campaign) -> None:
    approvals.submit(draft, stage.author, stage.settings)
    approvals.approve(draft, stage.approver, draft.digest or "")
    life.start(draft, None)
    assert expand(stage, draft)
    now, route_id = clock.to_microseconds(clock.now()), draft.route_ids[0]
    with transaction() as session:
        session.execute(text("UPDATE campaigns SET started_at = :at"), {"at": now - 60 * 1_000_000})
        session.execute(
            text(
                "INSERT INTO claims (batch_id, campaign_id, route_id, owner, size, lease_until,"
                " claimed_at) SELECT MIN(id), campaign_id, route_id, 'me', 30, :now, :now"
                " FROM batches WHERE route_id = :route GROUP BY campaign_id, route_id"
            ),
            {"now": now, "route": route_id},
        )
    assert show(draft)["by_route"][0]["rate_now"] == 2.0  # 30 messages of 2 segments in 30 s
    status = {each["id"]: each for each in route_status.of_all()}[route_id]
    assert (status["rate_now"], status["backlog"], status["state"]) == (6.0, 3, "never held")
