"""The map of a drive: what each mode colours, and that what is not known is hollow and not 0."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campaigns import drive_map
from campaigns.drive_map import Drawn, Mode
from campaigns.states import MessageState
from outreach import apps, area_counts, areas, boundaries, league, targets
from outreach.access import Act
from outreach.area_counts import Count
from outreach.targets import Denominator
from tests.campaigns.comparing import Scene, scene
from tests.counting import queries
from tests.drive import at
from tests.outreach.test_boundary_files import content, feature

__all__ = ["scene"]
M = MessageState


@pytest.fixture
def shown(scene: Scene) -> Scene:
    """Two communes with figures, of whom one was messaged; the others have none."""
    for code, before, after in (("29971", 30, 50), ("29983", 40, 36)):
        scene.report(code, "13/8", before)
        scene.report(code, "19/8", after)
    scene.move(scene.send("14/8", {"29971": 20, "29971H1": 5}), (M.DELIVERED, 20), (M.QUEUED, 0))
    at("20/8 16:00")
    return scene


def drawn(scene: Scene, mode: Mode, **more: object) -> Drawn:
    asked = league.ask(scene.staff, None, "", "", "", "", Act.COMPARE)
    return drive_map.draw(asked, mode, "vi", shaded=True, **{"name": "", **more})  # type: ignore[arg-type]


def said(of: Drawn) -> dict[str, str]:
    return {place.row.area.code: place.said for place in of.places if place.value is not None}


def test_each_mode_says_its_own_figure(shown: Scene) -> None:
    assert said(drawn(shown, Mode.RATE)) == {"29971": "5,00%", "29983": "4,50%"}
    assert said(drawn(shown, Mode.CHANGE)) == {"29971": "+2,00", "29983": "−0,50"}
    assert said(drawn(shown, Mode.MESSAGES)) == {
        "29971": "2,0", "29983": "0,0", "29974": "0,0", "29977": "0,0"
    }  # fmt: skip
    late = said(drawn(shown, Mode.LATE))
    assert late["29971"] == late["29983"]
    assert late["29977"] == "100%"


def test_messages_are_of_the_people_there_were_as_in_a_comparison(shown: Scene) -> None:
    count = Count(
        shown.ids["29971"], Denominator.POPULATION, 500, "Sở", counted_on=date(2020, 8, 1)
    )
    area_counts.add(areas.by_code("29971"), count, actor_id=None)
    anew = replace(count, value=2500, valid_from=date(2020, 8, 20))
    area_counts.add(areas.by_code("29971"), anew, actor_id=None)
    assert said(drawn(shown, Mode.MESSAGES))["29971"] == "0,8"
    asked = league.ask(shown.staff, None, "", "", "2020-08-19", "", Act.COMPARE)
    before = drive_map.draw(asked, Mode.MESSAGES, "vi", shaded=False, name="")
    assert said(before)["29971"] == "4,0"


def test_the_distance_is_from_the_target_of_each_area_of_the_same_people(shown: Scene) -> None:
    app, until = apps.by_code("BLUEZONE"), date(2020, 8, 31)
    assert said(drawn(shown, Mode.DISTANCE)) == {}
    for code, share, group in (
        ("870", 4_75, "population"),
        ("29983", 10_00, "population"),
        ("29971", 60_00, "smartphone_users"),
    ):
        targets.add(areas.by_code(code), app, share, until, group=group, letter="", actor_id=None)
    found = said(drawn(shown, Mode.DISTANCE))
    assert found == {"29983": "−5,50"}, "29971 has its own target, of other people"


def test_what_is_not_known_is_hollow_and_last(shown: Scene) -> None:
    found = drawn(shown, Mode.RATE)
    assert [place.value is None for place in found.places] == [False, False, True, True, True]
    assert found.map is not None
    colours = {circle.spot.name: circle.spot.colour for circle in found.map.circles}
    assert colours["Long Khánh A"] > colours["Long Thuận"] > 0
    assert colours["Mới"] == 0
    heard = {circle.spot.name: circle.spot.heard for circle in found.map.circles}
    assert heard["Mới"].startswith("Xã Mới: ")
    assert "5,00%" in heard["Long Khánh A"]


def test_another_day_keeps_its_classes(shown: Scene) -> None:
    scale = drawn(shown, Mode.CHANGE).scale
    assert scale.name == "1"
    assert drawn(shown, Mode.CHANGE, name="5").scale.name == "5"
    assert drawn(shown, Mode.CHANGE, name="vô nghĩa").scale == scale
    assert drawn(shown, Mode.RATE, name="20").scale.edges[-1] == 30.0


def test_outlines_are_drawn_where_there_are_some_and_circles_beside_them(shown: Scene) -> None:
    triangle = [[105.1, 10.7], [105.3, 10.7], [105.3, 10.9], [105.1, 10.7]]
    file = content(feature(name="Long Khánh A"), feature(triangle, code="29983"))
    boundaries.take(file, "x", "commune", "Sở", areas.by_code("870"), shown.staff.id)
    found = drawn(shown, Mode.RATE)
    assert found.map is not None
    shapes = [circle.spot.name for circle in found.map.circles if circle.path]
    assert sorted(shapes) == ["Long Khánh A", "Long Thuận"]
    assert len(found.map.circles) == 5
    assert [each.source for each in found.uploads] == ["Sở"]
    plain = drive_map.draw(found.asked, Mode.RATE, "vi", shaded=False, name="")
    assert plain.map is not None
    assert not any(circle.path for circle in plain.map.circles)


def test_too_many_areas_are_no_map(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive_map, "MOST", 4)
    found = drawn(shown, Mode.RATE)
    assert found.map is None
    assert len(found.places) == 5


@pytest.mark.parametrize("mode", list(Mode))
def test_statements_of_a_mode_are_few(shown: Scene, mode: Mode) -> None:
    with queries() as sent:
        drawn(shown, mode)
    assert len(sent) <= 28
