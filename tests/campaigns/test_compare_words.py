"""What a comparison says of its campaigns is true of them."""

from __future__ import annotations

from datetime import date

from campaigns import compare, compare_asking, compare_words
from campaigns.states import MessageState
from outreach import area_counts, areas
from outreach.area_changes import WHOLE, AreaChange
from outreach.area_counts import Count
from outreach.database import db, transaction
from outreach.targets import Denominator
from tests.campaigns.comparing import Scene, scene
from tests.drive import at

__all__ = ["scene"]


def why() -> str:
    at("20/8 16:00")
    asked = compare_asking.ask("BLUEZONE", "2020-08-06", "2020-08-20", ["870"])
    return compare_words.why_no_effect(compare.of(asked))


def test_the_reason_given_is_true_of_how_the_campaigns_chose(scene: Scene) -> None:
    assert "not drawn by lot" in why()
    drawn = scene.send("10/8", {"29971": 3}, selection_rule="lottery: bốc thăm ngày 9/8")
    scene.move(drawn, (MessageState.ACCEPTED, 3))
    assert "were drawn by lot" in why()
    assert "may be chance" in why()
    other = scene.send("11/8", {"29971": 1}, selection_rule="low_uptake: dưới 4%")
    scene.move(other, (MessageState.ACCEPTED, 4))
    assert "not drawn by lot" in why()


def test_both_days_are_of_their_own_count_and_that_is_said(scene: Scene) -> None:
    for code, installs in (("29971", 100), ("29983", 40)):
        scene.report(code, "6/8", installs)
        scene.report(code, "20/8", installs * 2)
    at("20/8 16:00")
    area = areas.by_code("29971")
    for value, day in ((1_000, date(2019, 4, 1)), (500, date(2020, 8, 15))):
        count = Count(area.id, Denominator.POPULATION, value, f"nguồn {value}", "", day)
        area_counts.add(area, count, actor_id=None)
    db.session.rollback()
    seen = compare.of(compare_asking.ask("BLUEZONE", "2020-08-06", "2020-08-20", ["870"]))
    row = next(row for row in seen.rows if row.area.code == "29971")
    assert (row.before.share, row.after.share, row.recounted) == (0.1, 0.4, True)
    group = seen.groups[row.group]
    assert (group.rate_from, group.rate_to) == (140 / 1800, 280 / 1300)
    assert seen.recounted == 1
    assert "In 1 communes" in compare_words.recounted_said(seen.recounted)
    communes = [each.area for each in seen.rows]
    assert area_counts.sources(communes, date(2020, 8, 14)) == ["nguồn 1000"]
    assert area_counts.sources(communes, date(2020, 8, 20)) == ["nguồn 500"]


def test_what_is_carried_over_is_said_and_no_change_is_told_over_what_is_not_known(
    scene: Scene,
) -> None:
    """Two communes took one in: one all of it, the other nobody knows how much of another."""
    for code, installs in (("29971", 100), ("29983", 40), ("29974", 60)):
        scene.report(code, "6/8", installs)
        scene.report(code, "20/8", installs * 2)
    with transaction() as session:
        for new, old, share in (
            ("29983", "29983", WHOLE),
            ("29983", "29971", WHOLE),
            ("29974", "29974", WHOLE),
            ("29974", "29971", None),
        ):
            ids = {"new_id": scene.ids[new], "old_id": scene.ids[old]}
            session.add(AreaChange(**ids, share=share, day=date(2020, 8, 12), source="NQ"))
    at("20/8 16:00")
    seen = compare.of(compare_asking.ask("BLUEZONE", "2020-08-06", "2020-08-20", ["870"]))
    rows = {row.area.code: row for row in seen.rows}
    assert (rows["29983"].before.installs, rows["29983"].new) == (140, -60)
    assert (rows["29974"].before.installs, rows["29974"].before.short) == (60, True)
    assert rows["29974"].new is None
    assert seen.carried == 2
    assert "2 communes are the sums" in compare_words.carried_said(seen.carried)
