"""The whole way of sending again: silent carrier, a person's decision, real processes, one SMS."""

from __future__ import annotations

from pathlib import Path

from campaigns import deciding, life, resending
from campaigns.deciding import Chosen, Decision
from campaigns.states import CampaignState
from outreach.accounts import User
from outreach.database import db
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.smsc import account, simulator_process

C = CampaignState
OFF = {"suffix": "7", "state": "undelivered", "error": "027"}
SILENT = {"silent_share": 0.3, "silent_takes": False}


def test_what_a_person_sends_again_arrives_once_and_the_campaign_settles(
    stage: Stage, vnpt: Organisation, culture: User, tmp_path: Path
) -> None:
    stage.settings = stage.settings.model_copy(update={"answer_seconds": 2.0})
    phones = numbers_of("vinaphone", 60)
    stage.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account(rules=[OFF], faults=SILENT)) as carrier:
        campaign = stage.started([stage.route(vnpt, carrier.port, window=100).id])
        with stage.crew():
            campaign = stage.wait(campaign, lambda c: c.state is C.COMPLETED)
            doubtful = stage.states(campaign)["in_doubt"]
            carrier.ask("POST", "/fault", {"silent_share": 0.0})
            every = Chosen(every=True)
            decided = deciding.decide(campaign, Decision.RESEND, every, "VNPT", culture.id)
            assert decided == doubtful > 0
            campaign = stage.wait(campaign, lambda c: c.state is C.COMPLETED)
            stage.wait(campaign, lambda _: "accepted" not in stage.states(campaign))
            assert stage.states(campaign) == {"delivered": 54, "undelivered": 6}
            seen = carrier.ask("GET", "/numbers")["numbers"]
            assert {n: s["messages"] for n, s in seen.items()} == dict.fromkeys(
                (phone[1:] for phone in phones), 1
            )
            # The phones are switched on again.
            carrier.ask("POST", "/config", {"rules": []})
            assert resending.resend_failed(campaign.id, 6, culture.id) == 6
            stage.wait(campaign, lambda _: stage.states(campaign) == {"delivered": 60})
            campaign = stage.settled(campaign)
    db.session.rollback()
    assert life.get(campaign.id).state is C.COMPLETED
    stage.assert_counts_are_rows(campaign)
