"""The areas a person may choose from, as a tree with population and subscribers.

An office sees the area it answers for; a carrier the areas its list names. Who has neither, or has
a carrier send it by an order, sees every area: an order goes where nobody of ours is listed. A
large tree comes closed: an area is opened by the reader, or because something in it is chosen. Only
what is seen of it is read; what lies below a closed area is kept as sums.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
    it is chosen. `inner`: areas lie below it, which are its `children` where it is open."""

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
    inner: bool = False
    open: bool = False
    children: list[Node] = field(default_factory=list)

    def branch(self) -> Iterable[Node]:
        """Itself and all below it that was read."""
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


@dataclass(frozen=True)
class _Sums:
    """Of each area that may be seen: the `subscribers` there and below it, and its `communes`,
    itself if it is one; `inner` are those with such an area below."""

    subscribers: dict[int, int]
    communes: dict[int, int]
    inner: frozenset[int]


@dataclass(frozen=True)
class _Listed:
    """Subscribers by area, and the sums that were made of them, by whose tree and whose areas."""

    counts: dict[int, int]
    sums: dict[tuple[object, ...], _Sums] = field(default_factory=dict)


_listed: Kept[_Listed] = Kept(120)


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
    listed = _listed.get(tuple(owners), lambda: _Listed(_count(owners)))
    everywhere = own_area_id is not None or ordered or not listed.counts
    sums = _sums_of(listed, own_area_id, everywhere=everywhere)
    named = _named({*chosen, *opened})
    lines = areas.lines(named)
    ticked = {id_ for id_, code in named.items() if code in chosen}
    above = {each for id_ in ticked for each in lines[id_] - {id_}}
    wanted = above | {id_ for id_, code in named.items() if code in opened}
    # Nobody of the list may live there, or it may lie outside the own area: it stays to be seen.
    seen = sums.subscribers.keys() | ticked | (set() if everywhere else above)
    everything = len(seen) <= SHOWN_OPEN
    # What is opened below a closed area is not seen yet.
    open_ids = {id_ for id_ in wanted if (lines.get(id_, set()) - {id_}) & seen <= wanted}
    nodes = _nodes(seen if everything else None, own_area_id, open_ids, ticked)
    roots = _plant({id_: node for id_, node in nodes.items() if id_ in seen})
    for root in roots:
        _add_up(root, sums, listed.counts)
        _tick(root, ticked, implied=False)
        _open(root, open_ids, everything=everything)
    return Tree(roots, _sum(roots, sums, whole=everywhere))


def simplified(codes: Iterable[str]) -> list[str]:
    """The codes without those of areas that lie in another of them; unknown ones stay."""
    codes = list(dict.fromkeys(codes))
    ids = _named(codes)
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


def _sums_of(listed: _Listed, own_area_id: int | None, *, everywhere: bool) -> _Sums:
    """The sums over all areas that this person may see, made once: the areas of a country seldom
    change, and their number and newest id say that some were added or removed."""
    in_use = areas.list_in_use()
    those = select(func.count(), func.max(Area.id)).where(Area.area_list == in_use)
    key = (own_area_id, everywhere, in_use, *db.session.execute(those).one())
    if key not in listed.sums:
        every = select(Area.id, Area.parent_id, Area.level).where(Area.area_list == in_use)
        if own_area_id is not None:
            every = every.where(Area.id.in_(areas.closure_query([own_area_id])))
        rows = db.session.execute(every).all()
        listed.sums[key] = _sum_up(rows, listed.counts, everywhere=everywhere)
    return listed.sums[key]


def _sum_up(
    rows: Sequence[tuple[int, int | None, Level]], counts: dict[int, int], *, everywhere: bool
) -> _Sums:
    parents = {id_: parent_id for id_, parent_id, _level in rows}
    subscribers = dict.fromkeys(parents, 0) if everywhere else {}
    for area_id, count in counts.items():
        for each in _upwards(area_id, parents):
            subscribers[each] = subscribers.get(each, 0) + count
    inner = {parents[id_] for id_ in subscribers}
    communes: dict[int, int] = {}
    for id_, _parent, level in rows:
        if id_ in subscribers and level is Level.COMMUNE:
            for each in _upwards(id_, parents):
                communes[each] = communes.get(each, 0) + 1
    return _Sums(subscribers, communes, frozenset(id_ for id_ in inner if id_ is not None))


def _upwards(area_id: int | None, parents: dict[int, int | None]) -> Iterable[int]:
    """The area and what it lies in, as far as it may be seen."""
    while area_id is not None and area_id in parents:
        yield area_id
        area_id = parents[area_id]


def _named(codes: Collection[str]) -> dict[int, str]:
    """These codes of the list in use, by the id of their area."""
    known = select(Area.id, Area.code).where(
        Area.area_list == areas.list_in_use(), Area.code.in_(codes)
    )
    return {row.id: row.code for row in db.session.execute(known)}


def _nodes(
    every: Collection[int] | None, own_area_id: int | None, opened: set[int], ticked: set[int]
) -> dict[int, Node]:
    """The areas of these ids; without any, the roots, what lies right below an opened one, and what
    is ticked."""
    root = Area.parent_id.is_(None) if own_area_id is None else Area.id == own_area_id
    seen = root | Area.parent_id.in_(opened) | Area.id.in_(ticked)
    wanted = (
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
        .where(seen if every is None else Area.id.in_(every))
        .order_by(Area.position, Area.code)
    )
    return {row[0]: Node(*row) for row in db.session.execute(wanted)}


def _plant(nodes: dict[int, Node]) -> list[Node]:
    roots: list[Node] = []
    for node in nodes.values():
        parent = nodes.get(node.parent_id) if node.parent_id is not None else None
        (roots if parent is None else parent.children).append(node)
    return roots


def _add_up(node: Node, sums: _Sums, counts: dict[int, int]) -> int:
    below = sum(_add_up(child, sums, counts) for child in node.children)
    node.inner = bool(node.children) or node.id in sums.inner
    node.subscribers = sums.subscribers.get(node.id, counts.get(node.id, 0) + below)
    return node.subscribers


def _tick(node: Node, ticked: set[int], *, implied: bool) -> None:
    node.chosen, node.implied = node.id in ticked, implied
    for child in node.children:
        _tick(child, ticked, implied=implied or node.chosen)


def _open(node: Node, opened: set[int], *, everything: bool) -> None:
    # Hamlets are many and seldom chosen one by one.
    usual = everything and node.level is not Level.COMMUNE
    node.open = node.inner and (usual or node.id in opened)
    for child in node.children:
        _open(child, opened, everything=everything)


def _sum(roots: list[Node], sums: _Sums, *, whole: bool) -> Chosen:
    tops = [node for root in roots for node in root.branch() if node.chosen and not node.implied]
    communes = sum(_communes(top, sums) for top in tops)
    known = [top.population for top in tops if top.population is not None]
    population = sum(known) if tops and len(known) == len(tops) else None
    levels = [top.level for top in tops]
    return Chosen(levels, communes, population, sum(top.subscribers for top in tops), whole)


def _communes(node: Node, sums: _Sums) -> int:
    """The communes in a ticked area; where nobody is listed in it, or it lies outside the own area,
    those that are seen of it."""
    if node.id in sums.communes or node.level is Level.COMMUNE:
        return sums.communes.get(node.id, 1)
    return sum(_communes(child, sums) for child in node.children)
