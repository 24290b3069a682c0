"""What waits for a route that is not reached goes over the stand-by that was approved; no more."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from campaigns import deciding, expansion, handovers, life, preparing, progress
from campaigns.campaigns import RouteChoice
from campaigns.deciding import Chosen, Decision
from campaigns.routes import Route
from campaigns.states import Cause, MessageState
from outreach import audit, clock
from outreach.audit import AuditRow
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.carried import Carried
from workers import tick
from workers.answers import Answered

AFTER = 120.0


def say(route_id: int, state: str, reached: float = 300, updated: float = 0) -> None:
    """As its holder reports: the state, and how many seconds ago it was last open."""
    now = clock.now()
    with transaction() as session:
        session.execute(text("DELETE FROM route_status WHERE route_id = :id"), {"id": route_id})
        session.execute(
            text(
                "INSERT INTO route_status (route_id, state, detail, since, rate_limit, reached_at,"
                " updated_at) VALUES (:id, :state, 'no connection', :now, 100, :reached, :updated)"
            ),
            {
                "id": route_id,
                "state": state,
                "now": clock.to_microseconds(now),
                "reached": clock.to_microseconds(now - timedelta(seconds=reached)),
                "updated": clock.to_microseconds(now - timedelta(seconds=updated)),
            },
        )


@pytest.fixture
def standby(stage: Stage, vnpt: Organisation) -> Route:
    return stage.route(vnpt, 2, name="second")


@pytest.fixture
def there(
    stage: Stage, vnpt: Organisation, standby: Route, monkeypatch: pytest.MonkeyPatch
) -> Carried:
    """Twenty people in batches of three on a route that has not been reached for five minutes."""
    monkeypatch.setattr(expansion, "BATCH", 3)
    phones = numbers_of("vinaphone", 20)
    stage.subscribe(vnpt, phones[:10])
    stage.subscribe(vnpt, phones[10:], stage.land.other_commune)
    route = stage.route(vnpt, 1, name="first", standby_id=standby.id)
    campaign = stage.started([route.id])
    audience = preparing.audience_of(campaign, stage.settings)
    db.session.rollback()
    assert expansion.expand(db.engine, audience, len(phones))
    say(route.id, "down")
    say(standby.id, "open")
    return Carried(stage, campaign, route, phones)


def by_route(there: Carried) -> dict[tuple[str, str], int]:
    there.stage.assert_counts_are_rows(there.campaign)
    rows = db.session.execute(
        text(
            "SELECT r.name, m.state, COUNT(*) FROM messages m JOIN routes r ON r.id = m.route_id"
            " GROUP BY r.name, m.state"
        )
    )
    return {(name, state): n for name, state, n in rows}


def unlease() -> None:
    """As if the leases of batches had run out, and those of claims not yet."""
    with transaction() as session:
        session.execute(text("UPDATE batches SET leased_until = 0 WHERE owner IS NOT NULL"))


def handed() -> int:
    return sum(iter(lambda: sum(map(handovers.hand_over, handovers.due(AFTER))), 0))


def test_all_that_waits_goes_to_the_stand_by_and_can_be_claimed_there(
    there: Carried, standby: Route
) -> None:
    assert handed() == 20
    assert by_route(there) == {("second", "queued"): 20}
    over = Carried(there.stage, there.campaign, standby, there.phones)
    claims = [over.claim(3, owner=str(i)) for i in range(7)]
    claimed = [m.message_id for claim in claims for m in claim.messages]
    assert len(set(claimed)) == len(claimed) == 20
    assert by_route(there) == {("second", "sending"): 20}


def test_what_is_claimed_in_doubt_or_with_the_carrier_stays_with_the_old_route(
    there: Carried, standby: Route
) -> None:
    claim = there.claim(2)
    there.answer(claim, 0, "A1")
    assert handed() == 17  # the batch of the claim is leased
    unlease()
    assert handed() == 1
    assert by_route(there) == {
        ("first", "accepted"): 1,
        ("first", "sending"): 1,
        ("second", "queued"): 18,
    }
    there.lapse()
    assert handed() == 0
    assert there.state(claim.messages[1].message_id) == "in_doubt"
    assert by_route(there)["first", "in_doubt"] == 1


def test_what_a_frozen_worker_gives_back_follows(there: Carried, standby: Route) -> None:
    claim = there.claim(3)
    there.lapse()
    assert handed() == 17
    message = claim.messages[0]
    unsent = Answered(message.message_id, claim.claim_id, 1, MessageState.QUEUED, Cause.NOT_SENT)
    there.store(unsent)
    assert by_route(there)["first", "queued"] == 1
    assert handed() == 1
    assert by_route(there) == {("first", "in_doubt"): 2, ("second", "queued"): 18}


def test_a_worker_that_thaws_claims_nothing_of_what_was_handed_over(there: Carried) -> None:
    lease = there.lease()
    unlease()
    assert handed() == 20
    assert there.take(lease) is None


def test_what_a_person_sent_again_not_knowing_waits_for_its_own_route(there: Carried) -> None:
    """Word of its first attempt can come over the old route only."""
    there.claim(2)
    there.lapse()
    actor = there.stage.approver.id
    every = Chosen(every=True)
    campaign = life.get(there.campaign.id)
    assert deciding.decide(campaign, Decision.RESEND, every, "VNPT", actor) == 2
    assert handed() == 18
    assert by_route(there) == {("first", "queued"): 2, ("second", "queued"): 18}
    still_open = f"SELECT COUNT(*) FROM batches WHERE route_id = {there.route.id}"
    assert there.one(f"{still_open} AND done_at IS NULL") == 1


NOT_NOW = {
    "reached a minute ago": lambda a, b: say(a, "down", reached=60),
    "open": lambda a, b: say(a, "open"),
    "closed by a person": lambda a, b: say(a, "closed"),
    "no holder": lambda a, b: say(a, "down", updated=60),
    "stand-by down": lambda a, b: say(b, "down"),
    "stand-by silent": lambda a, b: say(b, "open", updated=60),
}


@pytest.mark.parametrize("name", NOT_NOW)
def test_nothing_is_handed_over_while(there: Carried, standby: Route, name: str) -> None:
    NOT_NOW[name](there.route.id, standby.id)
    assert handovers.due(AFTER) == []


CHANGES = {
    "another sender": {"senders": ["CDC"]},
    "fewer networks": {"networks": ["viettel"]},
    "closed": {"enabled": False},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_stand_by_that_cannot_serve_any_more_gets_nothing(
    there: Carried, standby: Route, name: str
) -> None:
    with transaction() as session:
        for key, value in CHANGES[name].items():
            setattr(session.get_one(Route, standby.id), key, value)
    assert handovers.due(AFTER) == []


def test_a_stand_by_that_nobody_approved_gets_nothing(
    there: Carried, stage: Stage, vnpt: Organisation
) -> None:
    third = stage.route(vnpt, 3, name="third")
    say(third.id, "open")
    with transaction() as session:
        session.execute(text("UPDATE campaign_routes SET standby_id = :id"), {"id": third.id})
    (due,) = handovers.due(AFTER)
    assert handovers.hand_over(due) == 0
    assert by_route(there) == {("first", "queued"): 20}


def test_a_pause_or_the_emergency_stop_hands_nothing_over(there: Carried) -> None:
    (due,) = handovers.due(AFTER)
    life.pause(life.get(there.campaign.id), "wait", there.stage.approver.id)
    assert handovers.due(AFTER) == []
    assert handovers.hand_over(due) == 0


def test_it_is_in_the_trail_once_and_on_the_campaigns_page(there: Carried) -> None:
    tick.once()
    assert by_route(there) == {("second", "queued"): 20}
    shown = progress.of(life.get(there.campaign.id))
    assert [(h.route, h.standby, h.messages) for h in shown.handed] == [("first", "second", 20)]
    assert {(r.name, r.recipients) for r in shown.by_route} == {("first", 0), ("second", 20)}
    acts = select(AuditRow.act).where(AuditRow.act == "campaign.hand_over")
    assert len(db.session.scalars(acts).all()) == 1
    db.session.rollback()
    say(there.route.id, "open", reached=0)
    tick.once()
    assert by_route(there) == {("second", "queued"): 20}  # nothing goes back by itself
    assert db.session.scalars(select(RouteChoice.handed_over)).all() == [20]


def test_one_that_is_killed_in_between_has_done_nothing_and_the_next_does_it_all(
    there: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    (due,) = handovers.due(AFTER)
    with monkeypatch.context() as broken:
        broken.setattr(audit, "record", None)
        with pytest.raises(TypeError):
            handovers.hand_over(due)
    assert by_route(there) == {("first", "queued"): 20}
    assert handed() == 20
    held = "(SELECT COUNT(*) FROM messages m WHERE m.batch_id = batches.id)"
    assert there.one(f"SELECT COUNT(*) FROM batches WHERE size <> {held}") == 0


def test_two_ticks_at_once_hand_each_message_over_once(there: Carried, app: Flask) -> None:
    moved: list[int] = []
    begin = threading.Barrier(3)

    def work() -> None:
        with app.app_context():
            begin.wait()
            moved.append(handed())

    db.session.rollback()
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(moved) == 20
    assert by_route(there) == {("second", "queued"): 20}
    assert db.session.scalars(select(RouteChoice.handed_over)).all() == [20]
