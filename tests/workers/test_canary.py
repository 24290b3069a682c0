"""The whole way: a carrier that refuses everybody is asked for the first few, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.states import CampaignState
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.smsc import account, simulator_process


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_carrier_that_refuses_everything_stops_the_campaign(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    changes = {"canary_size": 20, "canary_percent": 20}
    stage.settings = stage.settings.model_copy(update=changes)
    stage.subscribe(vnpt, numbers_of("vinaphone", 400))
    refusals = {"share": 1.0, "status": "ESME_RINVDSTADR"}
    with simulator_process(tmp_path, account(refusals=refusals)) as carrier:
        campaign = stage.started([stage.route(vnpt, carrier.port, rate=40.0).id])
        with stage.crew():
            campaign = stage.wait(campaign, lambda c: c.state is CampaignState.PAUSED)
            stage.wait(campaign, lambda _: "sending" not in stage.states(campaign))
    states = stage.states(campaign)
    assert campaign.stopped_by_canary
    assert 4 < states["rejected"] < 200
    assert states["queued"] == 400 - states["rejected"]
    stage.assert_counts_are_rows(campaign)
