"""The tree of areas one chooses from."""

from __future__ import annotations

import pytest

from campaigns import area_tree
from campaigns.area_tree import Node, Tree
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.organisations import Organisation
from tests.counting import queries
from tests.stage import Stage, numbers_of

COMMUNE, OTHER, DISTRICT, PROVINCE, NEXT = "29971", "29983", "870", "87", "869"


@pytest.fixture
def listed(stage: Stage, vnpt: Organisation) -> int:
    stage.subscribe(vnpt, numbers_of("vinaphone", 3))
    stage.subscribe(vnpt, numbers_of("vinaphone", 2, offset=10), stage.land.other_commune)
    return vnpt.id


def node(tree: Tree, code: str) -> Node:
    return next(n for root in tree.roots for n in root.branch() if n.code == code)


def codes(tree: Tree) -> set[str]:
    return {n.code for root in tree.roots for n in root.branch()}


def test_an_office_sees_all_of_its_own_area(stage: Stage, listed: int) -> None:
    tree = area_tree.grow(stage.land.district, [listed], [])
    assert [root.code for root in tree.roots] == [DISTRICT]
    assert codes(tree) == {DISTRICT, COMMUNE, OTHER}


def test_a_carrier_sees_where_its_list_is(stage: Stage, listed: int) -> None:
    tree = area_tree.grow(None, [listed], [])
    assert [root.code for root in tree.roots] == [PROVINCE]
    assert NEXT not in codes(tree), "nobody of the list lives there"


def test_a_carrier_without_a_list_sees_every_area(stage: Stage, viettel: Organisation) -> None:
    tree = area_tree.grow(None, [viettel.id], [COMMUNE])
    assert codes(tree) == {PROVINCE, DISTRICT, COMMUNE, OTHER, NEXT}
    assert (tree.chosen.communes, tree.chosen.subscribers) == (1, 0)


def test_an_order_goes_where_nobody_is_listed(stage: Stage, listed: int) -> None:
    assert NEXT in codes(area_tree.grow(None, [listed], [], ordered=True))
    own = area_tree.grow(stage.land.district, [listed], [], ordered=True)
    assert NEXT not in codes(own), "an office answers for its own area"


def test_subscribers_are_those_of_all_below(stage: Stage, listed: int) -> None:
    tree = area_tree.grow(stage.land.district, [listed], [])
    assert (node(tree, DISTRICT).subscribers, node(tree, OTHER).subscribers) == (5, 2)


def test_what_is_chosen_outside_the_own_area_stays_to_be_seen(stage: Stage, listed: int) -> None:
    tree = area_tree.grow(stage.land.district, [listed], [NEXT])
    assert node(tree, NEXT).chosen


def test_below_a_chosen_area_everything_is_implied(stage: Stage, listed: int) -> None:
    tree = area_tree.grow(stage.land.district, [listed], [DISTRICT, COMMUNE])
    assert node(tree, COMMUNE).implied
    assert not node(tree, DISTRICT).implied
    assert (tree.chosen.communes, tree.chosen.subscribers) == (2, 5)


def test_what_is_ticked_is_said_by_level(stage: Stage, listed: int) -> None:
    def said(own: int | None, *ticked: str, ordered: bool = False) -> str:
        return area_tree.grow(own, [listed], ticked, ordered=ordered).chosen.said

    own = stage.land.district
    assert said(own) == ""
    assert said(own, COMMUNE, OTHER) == "2 communes"
    assert said(own, DISTRICT, COMMUNE) == "1 districts (communes in all: 2)"
    assert (
        said(own, NEXT, COMMUNE) == "1 districts, 1 communes (communes in all: 1)"
    )  # of the other none is known
    assert said(None, PROVINCE, ordered=True) == "1 provinces (communes in all: 2)"
    assert said(None, PROVINCE, DISTRICT) == "1 provinces (communes with subscribers: 2)"


def test_population_is_the_chosen_areas_own_and_unknown_where_one_is_unknown(
    stage: Stage, listed: int
) -> None:
    with transaction() as session:
        session.get_one(Area, stage.land.commune).population = 13_655
        session.get_one(Area, stage.land.district).population = 120_514
    chosen = area_tree.grow(stage.land.district, [listed], [COMMUNE]).chosen
    assert (chosen.communes, chosen.population) == (1, 13_655)
    assert area_tree.grow(stage.land.district, [listed], [DISTRICT]).chosen.population == 120_514
    both = area_tree.grow(stage.land.district, [listed], [COMMUNE, OTHER]).chosen
    assert (both.communes, both.population) == (2, None)
    db.session.rollback()


def test_a_large_tree_is_closed_but_for_what_is_chosen_or_opened(
    stage: Stage, listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_tree, "SHOWN_OPEN", 1)
    closed = area_tree.grow(None, [listed], [])
    assert not node(closed, PROVINCE).open
    chosen = area_tree.grow(None, [listed], [COMMUNE])
    assert node(chosen, PROVINCE).open
    assert node(chosen, DISTRICT).open
    opened = area_tree.grow(None, [listed], [], [PROVINCE])
    assert node(opened, PROVINCE).open
    assert not node(opened, DISTRICT).open


def test_of_a_large_tree_only_what_is_seen_is_read(
    stage: Stage, listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_tree, "SHOWN_OPEN", 1)
    closed = area_tree.grow(None, [listed], [])
    assert codes(closed) == {PROVINCE}
    assert (closed.roots[0].inner, closed.roots[0].subscribers) == (True, 5)
    with queries() as few:
        whole = area_tree.grow(None, [listed], [PROVINCE])
    assert codes(whole) == {PROVINCE}
    assert (whole.chosen.communes, whole.chosen.subscribers) == (2, 5)
    with queries() as many:
        opened = area_tree.grow(None, [listed], [COMMUNE], [PROVINCE, DISTRICT])
    assert codes(opened) == {PROVINCE, DISTRICT, COMMUNE, OTHER}
    assert not node(opened, COMMUNE).inner
    assert len(many) == len(few)
    below_a_closed_one = area_tree.grow(None, [listed], [], [DISTRICT])
    assert codes(below_a_closed_one) == {PROVINCE}


def test_what_is_chosen_stays_to_be_seen_where_nobody_is_listed(
    stage: Stage, listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_tree, "SHOWN_OPEN", 1)
    tree = area_tree.grow(None, [listed], [NEXT])
    assert node(tree, NEXT).chosen
    assert (tree.chosen.said, tree.chosen.subscribers) == ("1 districts", 0)


def test_areas_that_lie_in_a_chosen_one_need_not_be_said(stage: Stage) -> None:
    assert area_tree.simplified([COMMUNE, DISTRICT, NEXT, COMMUNE]) == [DISTRICT, NEXT]
    assert area_tree.simplified([COMMUNE, OTHER]) == [COMMUNE, OTHER]
    assert area_tree.simplified(["no such", COMMUNE]) == ["no such", COMMUNE]
