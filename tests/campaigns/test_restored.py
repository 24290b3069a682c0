"""After a restore nothing goes on by itself, and what may have left is in doubt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns import life, pauses, restored, test_sends
from campaigns.campaigns import Campaign
from campaigns.messages import Claim
from campaigns.restored import Held
from campaigns.states import CampaignState
from campaigns.test_sends import TestSend, TestState
from outreach import clock, numbers
from outreach.database import db, write_connection
from outreach.errors import Refused
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.carried import Carried, carried
from workers import receipts, tick
from workers.gateways.base import Inbound, Receipt

C = CampaignState


@pytest.fixture
def there(stage: Stage, vnpt: Organisation) -> Carried:
    """Three people: one message was taken, one is on its way, one is queued."""
    found = carried(stage, vnpt)
    found.answer(found.claim(2), 0, "a1")
    return found


def hold(stage: Stage, hours_ago: float = 1) -> Held:
    db.session.rollback()
    return restored.hold(clock.now() - timedelta(hours=hours_ago), stage.settings, None)


def now(campaign: Campaign) -> Campaign:
    db.session.rollback()
    return life.get(campaign.id)


def test_what_was_queued_or_on_its_way_is_in_doubt_and_the_campaign_paused(
    stage: Stage, there: Carried
) -> None:
    assert hold(stage) == Held([there.campaign.id], 2)
    assert there.states() == {"accepted": 1, "in_doubt": 2}
    campaign = now(there.campaign)
    assert (campaign.state, campaign.was_restored) == (C.PAUSED, True)
    assert there.one("SELECT COUNT(*) FROM messages_in_doubt WHERE reason = 'restored'") == 2
    tick.finish()
    assert now(campaign).state is C.PAUSED, "nobody has looked yet"
    life.resume(now(campaign), None)
    tick.finish()
    assert now(campaign).state is C.COMPLETED
    assert there.states() == {"accepted": 1, "in_doubt": 2}, "nothing is sent again by itself"


def test_nobody_takes_them_and_no_claim_is_left_open(stage: Stage, there: Carried) -> None:
    hold(stage)
    life.resume(now(there.campaign), None)
    db.session.rollback()
    assert there.take(there.lease()) is None
    assert not db.session.scalars(select(Claim.id).where(Claim.settled_at.is_(None))).all()


def test_a_receipt_that_came_since_settles_what_was_queued_then(
    stage: Stage, there: Carried
) -> None:
    waiting = there.one("SELECT number_id FROM messages WHERE state = 'queued'")
    sealed = there.one(f"SELECT sealed FROM numbers WHERE id = {waiting}")
    number = numbers.sealer().open_number(bytes(sealed))  # type: ignore[call-overload]
    hold(stage)
    said = [Inbound(b"raw", Receipt(("z9",), "delivered", "000", number))]
    with write_connection(db.engine) as connection:
        raw = receipts.store_raw(connection, numbers.sealer(), there.route.id, said)
        receipts.match(connection, numbers.sealer(), there.route.id, raw, said)
    assert there.states() == {"accepted": 1, "delivered": 1, "in_doubt": 1}


@pytest.mark.parametrize("state", [C.APPROVED, C.SCHEDULED, C.SENDING])
def test_what_had_not_begun_starts_only_when_a_person_resumes_it(
    stage: Stage, vnpt: Organisation, state: CampaignState
) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    campaign = stage.approved([stage.route(vnpt, 1).id])
    if state is C.SCHEDULED:
        life.schedule(campaign, clock.now() + timedelta(minutes=1), None)
    if state is C.SENDING:
        life.start(campaign, None)
    assert hold(stage) == Held([campaign.id], 0)
    held = now(campaign)
    assert (held.state, held.started_at, held.start_at) == (C.PAUSED, None, None)
    tick.start_due()
    tick.finish()
    assert now(campaign).state is C.PAUSED
    life.resume(now(campaign), None)
    again = now(campaign)
    assert (again.state, again.pause_reason, again.was_restored) == (C.SENDING, None, False)
    assert again.started_at is not None


def test_drafts_and_ended_campaigns_stay_as_they_are(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    route = stage.route(vnpt, 1)
    draft, ended = stage.draft([route.id]), stage.approved([route.id])
    life.cancel(ended, None)
    assert hold(stage) == Held([], 0)
    assert (now(draft).state, now(ended).state) == (C.DRAFT, C.CANCELLED)


def test_nobody_pauses_what_has_not_begun(stage: Stage, vnpt: Organisation) -> None:
    stage.subscribe(vnpt, numbers_of("vinaphone", 2))
    campaign = stage.approved([stage.route(vnpt, 1).id])
    with pytest.raises(Refused, match="cannot become paused"):
        life.pause(campaign, "why", None)


def test_a_text_of_one_s_own_that_waited_is_not_sent(stage: Stage, vnpt: Organisation) -> None:
    route = stage.route(vnpt, 1)
    asked = test_sends.request(
        stage.author, route, "Thử", stage.settings, sender="BLUEZONE", number="0912000999"
    )
    test_id = asked.id
    hold(stage)
    row = db.session.get_one(TestSend, test_id, populate_existing=True)
    assert (row.state, row.code) == (TestState.IN_DOUBT, "restored")


def test_the_reason_is_said_in_words_with_the_moment_of_the_backup(app: object) -> None:
    reason = pauses.restored(clock.parse_moment("2020-08-20T03:00:00+07:00"))
    assert pauses.is_restored(reason)
    assert not pauses.is_restored("somebody's own words")
    assert pauses.words(reason) == "restored from the backup of 20 Aug 2020 03:00"
