"""The whole way: from an approved campaign over real processes and TCP to settled receipts."""

from __future__ import annotations

from pathlib import Path

from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.smsc import account, simulator_process


def test_every_recipient_gets_one_message_and_its_receipt_settles_it(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 1200)
    stage.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account(receipts={"undelivered": 0.1})) as carrier:
        route = stage.route(vnpt, carrier.port)
        campaign = stage.started([route.id])
        with stage.crew():
            campaign = stage.settled(campaign)
        seen = carrier.ask("GET", "/numbers")
    assert {f"+{n}": s["messages"] for n, s in seen["numbers"].items()} == dict.fromkeys(phones, 1)
    states = stage.states(campaign)
    assert set(states) == {"delivered", "undelivered"}
    assert sum(states.values()) == len(phones)
    stage.assert_counts_are_rows(campaign)
