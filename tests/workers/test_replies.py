"""Who answers TC gets nothing more, even of a campaign that is under way."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from outreach.database import db
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.smsc import account, simulator_process


def test_a_refusal_by_sms_stops_what_is_queued_for_the_number(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    phones = numbers_of("vinaphone", 60)
    stage.subscribe(vnpt, phones)
    with simulator_process(tmp_path, account()) as carrier:
        route = stage.route(vnpt, carrier.port, rate=10.0)
        campaign = stage.started([route.id])
        with stage.crew():
            stage.wait(campaign, lambda _: stage.states(campaign).get("delivered", 0) > 3)
            last = phones[-1].removeprefix("+")
            carrier.ask(
                "POST",
                "/mo",
                {"account": "vnpt", "source": last, "destination": "BLUEZONE", "text": "TC"},
            )
            stage.wait(campaign, lambda c: c.completed_at is not None, 40)
        seen = carrier.ask("GET", "/numbers")["numbers"]
    assert last not in seen
    assert stage.states(campaign)["cancelled"] == 1
    assert db.session.execute(text("SELECT COUNT(*) FROM opt_outs")).scalar() == 1
