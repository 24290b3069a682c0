"""A carrier's gateway fails in mid-campaign: what waits arrives over the stand-by, once; what is in
doubt stays. Real processes, two simulated gateways."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from campaigns.states import CampaignState
from outreach import clock
from outreach.database import db, write_connection
from outreach.numbers import sealer
from outreach.organisations import Organisation
from tests.stage import Stage, numbers_of
from tests.workers.smsc import account, simulator_process
from workers.holding import Holder, Report
from workers.throttle import Throttle

SILENT = {"silent_share": 0.2, "silent_takes": False}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_waits_goes_over_the_stand_by_and_what_is_in_doubt_never_does(
    stage: Stage, vnpt: Organisation, tmp_path: Path
) -> None:
    stage.settings = stage.settings.model_copy(
        update={"answer_seconds": 1.0, "standby_seconds": 1.0}
    )
    phones = numbers_of("vinaphone", 300)
    stage.subscribe(vnpt, phones)
    folders = tmp_path / "first", tmp_path / "second"
    for folder in folders:
        folder.mkdir()
    with (
        simulator_process(folders[0], account(faults=SILENT)) as first,
        simulator_process(folders[1], account("other")) as second,
    ):
        other = stage.route(vnpt, second.port, name="second", system_id="other")
        route = stage.route(vnpt, first.port, name="first", rate=60.0, standby_id=other.id)
        campaign = stage.started([route.id])
        with stage.crew() as crew:
            stage.wait(campaign, lambda _: stage.states(campaign).get("delivered", 0) > 20)
            first.ask("POST", "/fault", {"refuse_binds": True})
            first.ask("POST", "/drop")
            stage.wait(campaign, lambda _: second.ask("GET", "/numbers?summary=1")["count"])
            crew.kill(crew.of("tick")[0])  # in the middle, perhaps; another goes on
            crew.start("tick")
            crew.start("tick")
            campaign = stage.wait(campaign, lambda c: c.state is CampaignState.COMPLETED)
            # The first is back, with the receipts it owed: nothing more is sent over it.
            first.ask("POST", "/fault", {})
            stage.wait(campaign, lambda _: "accepted" not in stage.states(campaign))
        seen = [each.ask("GET", "/numbers")["numbers"] for each in (first, second)]
    stage.assert_counts_are_rows(campaign)
    rows = db.session.execute(
        text(
            "SELECT n.sealed, m.state, m.route_id FROM messages m"
            " JOIN numbers n ON n.id = m.number_id"
        )
    ).all()
    found = {sealer().open_number(bytes(row.sealed))[1:]: row for row in rows}
    assert not seen[0].keys() & seen[1].keys()
    assert all(each["messages"] == 1 for times in seen for each in times.values())
    doubtful = {number for number, row in found.items() if row.state == "in_doubt"}
    assert doubtful
    assert not doubtful & seen[1].keys()
    assert {found[number].route_id for number in doubtful} == {route.id}
    rest = found.keys() - doubtful
    assert {found[number].state for number in rest} == {"delivered"}
    assert rest == (seen[0].keys() | seen[1].keys()) - doubtful
    assert {n for n in rest if found[n].route_id == other.id} == seen[1].keys()


def test_a_route_is_reached_while_any_seat_has_a_session_and_counted_anew_after_a_silence(
    stage: Stage, vnpt: Organisation
) -> None:
    route = stage.route(vnpt, 9)

    def report(seconds: float, *, is_open: bool) -> float:
        """A seat reports so many seconds later; answers how long ago the route was reached."""
        clock.set_offset(clock.now() - clock.real_now() + timedelta(seconds=seconds))
        seat = SimpleNamespace(
            throttle=Throttle(100),
            report=Report("open" if is_open else "down"),
            gateway=object() if is_open else None,
            contract=SimpleNamespace(route_id=route.id),
            last_answer_at=None,
        )
        with write_connection(db.engine) as connection:
            Holder._write_status(seat, connection)
            reached = connection.execute(text("SELECT reached_at FROM route_status")).scalar_one()
        return round((clock.now() - clock.from_microseconds(reached)).total_seconds())

    assert report(0, is_open=False) == 0
    assert report(10, is_open=False) == 10
    assert report(10, is_open=True) == 0
    assert report(5, is_open=False) == 5
    assert report(10, is_open=False) == 15
    assert report(600, is_open=False) == 0
    assert report(10, is_open=False) == 10
