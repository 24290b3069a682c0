"""The page of an area: its course, the campaigns that messaged it, carriers and neighbours."""

from __future__ import annotations

from datetime import date

from campaigns import area_showing
from campaigns.area_showing import Look
from campaigns.states import MessageState
from outreach import apps, area_counts, areas, fieldwork, targets
from outreach.area_counts import Count
from tests.campaigns.comparing import LAST, Scene, scene
from tests.counting import queries
from tests.drive import at

__all__ = ["scene"]
M = MessageState


def look(code: str = "29971", *, messages: bool = True) -> Look:
    area, app = areas.by_code(code), apps.by_code("BLUEZONE")
    above = areas.ancestors(area.id)[-1]
    return area_showing.look(area, app, LAST, messages=messages, above=above)


def figures(scene: Scene) -> None:
    """Four communes with figures; the rates are 40%, 25%, 20% and 50%."""
    for code, installs in (("29971", 400), ("29983", 200), ("29974", 400), ("29977", 300)):
        scene.report(code, "10/8", installs - 50)
        scene.report(code, "19/8", installs)
    at("20/8 14:00")


def test_the_course_has_campaigns_on_the_day_they_began(scene: Scene) -> None:
    figures(scene)
    wave = scene.send("12/8", {"29971": 6})
    scene.move(wave, (M.ACCEPTED, 6))
    at("20/8 14:00")
    seen = look()
    assert [each.name for each in seen.sent_on(date(2020, 8, 12))] == [wave.name]
    drawn = area_showing.chart(seen, "en")
    assert drawn is not None
    (line,) = drawn["series"]
    assert (line["values"][0], line["values"][-1], line["last"]) == (35.0, 40.0, "40.00%")
    assert [mark["at"] for mark in drawn["sent"]] == [2], "two days after the first figure"


def test_the_target_stands_in_the_chart(scene: Scene) -> None:
    figures(scene)
    district, app = areas.by_code("870"), apps.by_code("BLUEZONE")
    day = date(2020, 8, 31)
    targets.add(district, app, 60_00, day, group="population", letter="", actor_id=None)
    drawn = area_showing.chart(look(), "en")
    assert drawn is not None
    assert drawn["targets"] == [{"at": 60.0, "label": "Target 60%, 31 Aug"}]
    assert drawn["most"] >= 60


def test_teams_and_letters_stand_on_their_days(scene: Scene) -> None:
    figures(scene)
    commune, district, app = areas.by_code("29971"), areas.by_code("870"), apps.by_code("BLUEZONE")
    for code, day, households in (("29971", 11, 30), ("29971", 12, 20), ("29983", 12, 5)):
        entry = fieldwork.Entry(str(households), "4")
        fieldwork.enter(areas.by_code(code), date(2020, 8, day), entry, actor_id=scene.staff.id)
    at("13/8 09:00")
    until = date(2020, 8, 31)
    targets.add(district, app, 60_00, until, group="population", letter="12/UBND", actor_id=None)
    other = apps.by_code("NCOVI")
    targets.add(commune, other, 50_00, until, group="population", letter="13/UBND", actor_id=None)
    at("20/8 14:00")
    seen, above = look(), look("870")
    assert seen.work[date(2020, 8, 12)] == (1, 20, 4)
    assert above.work[date(2020, 8, 12)] == (2, 25, 8)
    assert [each.letter for each in seen.set_on(date(2020, 8, 13))] == ["12/UBND"]
    drawn = area_showing.chart(seen, "en")
    assert drawn is not None
    assert drawn["holidays"] == [{"from": 1, "to": 2, "label": "Teams 11 Aug–12 Aug"}]
    assert drawn["breaks"] == [{"at": 3, "label": "Letter 13 Aug"}]


def test_teams_that_are_out_every_other_day_are_few_shades() -> None:
    days = [date(2020, 8, day) for day in (1, 3, 5, 7, 9, 14, 15, 28)]
    runs = area_showing.runs(days)
    assert len(runs) <= area_showing.MOST_SHADES
    assert (runs[0][0], runs[-1]) == (days[0], (days[-1], days[-1]))
    assert area_showing.runs([]) == []


def test_the_neighbours_are_those_next_in_the_ranking(scene: Scene) -> None:
    figures(scene)
    near = look().neighbours
    assert near is not None
    assert near.codes == ["29977", "29971", "29983", "29974"]
    assert [row.rank for row in near.rows] == [1, 2, 3, 4]
    alone = look("29980").neighbours
    assert alone is not None
    assert alone.rows == [], "nobody has counted it, so it has no rank"


def test_who_may_not_see_messages_sees_none(scene: Scene) -> None:
    figures(scene)
    seen = look(messages=False)
    assert seen.sendings is None
    assert seen.carriers is None


def test_statements_do_not_grow_with_figures_and_campaigns(scene: Scene) -> None:
    figures(scene)
    look("870")
    with queries() as few:
        look("870")
    scene.move(scene.send("12/8", {"29971": 6, "29983": 3}), (M.ACCEPTED, 9))
    for day in range(11, 18):
        scene.report("29974", f"{day}/8", 380 + day)
    at("20/8 14:00")
    look("870")
    with queries() as many:
        look("870")
    assert len(many) <= len(few) <= 26


def test_each_day_has_the_rate_of_its_own_count_and_the_change_is_drawn(scene: Scene) -> None:
    figures(scene)
    area, kind = areas.by_code("29971"), targets.Denominator.POPULATION
    for value, day in ((1_000, date(2019, 4, 1)), (500, date(2020, 8, 15))):
        area_counts.add(area, Count(area.id, kind, value, "x", "", day), actor_id=None)
    seen = look()
    rates_of = {each.day.day: seen.share(each) for each in seen.days}
    assert (rates_of[14], rates_of[15], rates_of[19]) == (0.35, 0.7, 0.8)
    drawn = area_showing.chart(seen, "en")
    assert drawn is not None
    assert drawn["breaks"] == [{"at": 5, "label": "From 15 Aug: of 500"}]
