"""What of a map is the land, and what lies so far out at sea that it would make the land small:
Trường Sa and Hoàng Sa, beside the communes of their provinces.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import product
from typing import Final

CELL: Final = 0.5
"""Degrees: places in cells that touch are one land."""
SHRUNK: Final = 2.0
"""How many times smaller the land may become by what lies far from it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a ring covers, or a circle by its centre, in degrees; or several of them."""

    west: float
    south: float
    east: float
    north: float

    @property
    def narrower(self) -> float:
        """How much shorter a degree of longitude is there than one of latitude."""
        return math.cos(math.radians((self.south + self.north) / 2))

    @property
    def wide(self) -> float:
        """In degrees of latitude."""
        return max((self.east - self.west) * self.narrower, 1e-6)

    @property
    def high(self) -> float:
        """In degrees."""
        return max(self.north - self.south, 1e-6)

    def cells(self) -> set[tuple[int, int]]:
        """Those of a coarse net that it lies in."""
        across = range(math.floor(self.west / CELL), math.floor(self.east / CELL) + 1)
        up = range(math.floor(self.south / CELL), math.floor(self.north / CELL) + 1)
        return {(i, j) for i in across for j in up}


def around(extents: Iterable[Extent]) -> Extent:
    """All of them as one."""
    wests, souths, easts, norths = zip(*map(astuple, extents), strict=True)
    return Extent(min(wests), min(souths), max(easts), max(norths))


def land(spots: Sequence[Sequence[Extent]], scale: Callable[[Extent], float]) -> set[Extent]:
    """Everything, but for what lies so far from where most areas are that it would make them small:
    islands are taken in, the nearest first, while they do not. `scale`: how large what lies in an
    extent is drawn if that is all."""
    groups = _groups({each for of in spots for each in of})
    held = [sum(not group.isdisjoint(of) for of in spots) for group in groups]
    most = groups[held.index(max(held))]
    if 2 * max(held) <= len(spots):
        return set().union(*groups)
    least = scale(around(most)) / SHRUNK
    for group in sorted(groups, key=lambda group: -scale(around(most | group))):
        if scale(around(most | group)) >= least:
            most = most | group
    return most


def _groups(extents: Collection[Extent]) -> list[set[Extent]]:
    """Those that lie together: whose cells touch."""
    by_cell: dict[tuple[int, int], list[Extent]] = defaultdict(list)
    for extent in extents:
        for cell in extent.cells():
            by_cell[cell].append(extent)
    groups = []
    while by_cell:
        group: set[Extent] = set()
        cells = [next(iter(by_cell))]
        while cells:
            i, j = cells.pop()
            for extent in by_cell.pop((i, j), ()):
                group.add(extent)
                cells += extent.cells()
            cells += [
                cell for cell in product((i - 1, i, i + 1), (j - 1, j, j + 1)) if cell in by_cell
            ]
        groups.append(group)
    return groups
