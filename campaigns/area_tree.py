"""The areas a person may choose from, as a tree with population and subscribers.

An office sees the area it answers for; a carrier the areas its list names. Who has neither, or has
a carrier send it by an order, sees every area: an order goes where nobody of ours is listed. A
large tree comes closed: an area is opened by the reader, or because something in it is chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from outreach import areas, formats, labels
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db
from outreach.i18n import _, language
from outreach.kept import Kept
from outreach.subscribers import Subscriber

SHOWN_OPEN: Final = 250
"""A tree of at most as many areas is shown open."""


@dataclass
class Node:
    """An area of the tree; `subscribers` are those of all below it too. `implied`: an area above
    it is chosen."""

    id: int
    code: str
    name: str
    level: Level
    parent_id: int | None
    population: int | None
    lat: float | None = None
    lon: float | None = None
    subscribers: int = 0
    chosen: bool = False
    implied: bool = False
    open: bool = False
    children: list[Node] = field(default_factory=list)

    def branch(self) -> Iterable[Node]:
        """Itself and all below it."""
        yield self
        for child in self.children:
            yield from child.branch()


@dataclass(frozen=True)
class Chosen:
    """What is ticked, added up: the `levels` of the ticked areas that lie in no other ticked one,
    the communes of them all (where the tree is not `whole`, those in it), people, subscribers."""

    levels: list[Level]
    communes: int
    population: int | None
    subscribers: int
    whole: bool = True

    @property
    def said(self) -> str:
        """How many of which level, and how many communes that are where wider ones are ticked."""
        areas = labels.counted(self.levels)
        if {Level.PROVINCE, Level.DISTRICT}.isdisjoint(self.levels) or not self.communes:
            return areas
        count = formats.number(self.communes, language=language())
        if self.whole:
            return _("%(areas)s (communes in all: %(count)s)", areas=areas, count=count)
        return _("%(areas)s (communes with subscribers: %(count)s)", areas=areas, count=count)


@dataclass(frozen=True)
class Tree:
    """The roots, and how much of them is chosen."""

    roots: list[Node]
    chosen: Chosen


_counts: Kept[dict[int, int]] = Kept(120)


def grow(
    own_area_id: int | None,
    owners: Collection[int],
    chosen: Collection[str],
    opened: Collection[str] = (),
    *,
    ordered: bool = False,
) -> Tree:
    """The tree for a person who answers for an area (None: for no one area), over the lists of
    `owners`; `chosen` and `opened` are codes; `ordered`: a carrier sends it by an order."""
    counts = _counts.get(tuple(owners), lambda: _count(owners))
    everywhere = ordered or not counts
    nodes = _nodes(own_area_id, counts, chosen, everywhere=everywhere)
    roots = _plant(nodes)
    for root in roots:
        _add_up(root, counts)
        _tick(root, set(chosen), implied=False)
        _open(root, set(opened), everything=len(nodes) <= SHOWN_OPEN)
    return Tree(roots, _sum(roots, whole=everywhere or own_area_id is not None))


def simplified(codes: Iterable[str]) -> list[str]:
    """The codes without those of areas that lie in another of them; unknown ones stay."""
    codes = list(dict.fromkeys(codes))
    wanted = select(Area.id, Area.code).where(
        Area.area_list == areas.list_in_use(), Area.code.in_(codes)
    )
    ids = {row.id: row.code for row in db.session.execute(wanted)}
    lines = areas.lines(ids)
    inside = {code for id_, code in ids.items() if (lines[id_] - {id_}) & ids.keys()}
    return [code for code in codes if code not in inside]


def _count(owners: Collection[int]) -> dict[int, int]:
    rows = (
        select(Subscriber.area_id, func.count())
        .where(Subscriber.organisation_id.in_(list(owners)))
        .group_by(Subscriber.area_id)
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


def _nodes(
    own_area_id: int | None, counts: dict[int, int], chosen: Collection[str], *, everywhere: bool
) -> dict[int, Node]:
    every = (
        select(
            Area.id,
            Area.code,
            Area.name,
            Area.level,
            Area.parent_id,
            Area.population,
            Area.lat,
            Area.lon,
        )
        .where(Area.area_list == areas.list_in_use())
        .order_by(Area.position, Area.code)
    )
    if own_area_id is not None:
        within = areas.closure_query([own_area_id])
        every = every.where(Area.id.in_(within) | Area.code.in_(list(chosen)))
    known = {row[0]: Node(*row) for row in db.session.execute(every)}
    if own_area_id is not None or everywhere:
        return known
    wanted = set(counts) | {node.id for node in known.values() if node.code in set(chosen)}
    for area_id in list(wanted):
        node = known.get(area_id)
        while node is not None and node.parent_id is not None:
            wanted.add(node.parent_id)
            node = known.get(node.parent_id)
    return {id_: node for id_, node in known.items() if id_ in wanted}


def _plant(nodes: dict[int, Node]) -> list[Node]:
    roots: list[Node] = []
    for node in nodes.values():
        parent = nodes.get(node.parent_id) if node.parent_id is not None else None
        (roots if parent is None else parent.children).append(node)
    return roots


def _add_up(node: Node, counts: dict[int, int]) -> int:
    node.subscribers = counts.get(node.id, 0) + sum(_add_up(c, counts) for c in node.children)
    return node.subscribers


def _tick(node: Node, chosen: set[str], *, implied: bool) -> None:
    node.chosen, node.implied = node.code in chosen, implied
    for child in node.children:
        _tick(child, chosen, implied=implied or node.chosen)


def _open(node: Node, opened: set[str], *, everything: bool) -> bool:
    """Open it where something below is chosen; answers whether it or something below is."""
    below = [_open(child, opened, everything=everything) for child in node.children]
    # Hamlets are many and seldom chosen one by one.
    usual = everything and node.level is not Level.COMMUNE
    node.open = bool(node.children) and (usual or node.code in opened or any(below))
    return node.chosen or any(below)


def _sum(roots: list[Node], *, whole: bool) -> Chosen:
    tops = [node for root in roots for node in root.branch() if node.chosen and not node.implied]
    communes = sum(node.level is Level.COMMUNE for top in tops for node in top.branch())
    known = [top.population for top in tops if top.population is not None]
    population = sum(known) if tops and len(known) == len(tops) else None
    levels = [top.level for top in tops]
    return Chosen(levels, communes, population, sum(top.subscribers for top in tops), whole)
