"""Outlines simplified together, so that borders shared before are shared afterwards.

Points go to a grid of 0.00001°, about a metre. Rings are cut where areas meet in other ways, and
each piece is simplified once (Douglas and Peucker, 1973) for all the rings it is a part of: what
one area loses the next one gets, and no gap opens between them. No library of shapes is needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

GRID: Final = 100_000
"""Lines of the grid a degree."""
METRES_A_DEGREE: Final = 111_320.0

Point = tuple[int, int]
"""Longitude and latitude on the grid."""
Ring = list[Point]
"""Without its first point at the end again."""
Polygons = Sequence[Sequence[Sequence[Sequence[float]]]]
"""As GeoJSON writes several: polygon, ring, place."""


def simplified(shapes: Sequence[Polygons], metres: float) -> list[list[Ring]]:
    """The rings of each shape, its largest first, that stray no more than `metres` from what they
    were. Rings that become less than a triangle are gone, but for a shape's largest."""
    on_grid = [
        [ring for polygon in shape for each in polygon if (ring := _on_grid(each))]
        for shape in shapes
    ]
    middle = _middle_latitude(on_grid)
    pieces = _Pieces(metres, math.cos(math.radians(middle / GRID)))
    joints = _joints(ring for rings in on_grid for ring in rings)
    return [_of_shape(rings, joints, pieces) for rings in on_grid]


def _on_grid(ring: Iterable[Sequence[float]]) -> Ring:
    """Nothing for a ring that is a line or a point there."""
    points: Ring = []
    for place in ring:
        point = round(place[0] * GRID), round(place[1] * GRID)
        if not points or points[-1] != point:
            points.append(point)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return points if len(points) > 2 else []


def _middle_latitude(shapes: Sequence[Sequence[Ring]]) -> float:
    lats = [point[1] for rings in shapes for ring in rings for point in ring]
    return (min(lats) + max(lats)) / 2 if lats else 0.0


def _joints(rings: Iterable[Ring]) -> set[Point]:
    """Where rings come together or part: points whose neighbours are not the same in all rings."""
    neighbours: dict[Point, tuple[Point, Point]] = {}
    joints: set[Point] = set()
    for ring in rings:
        for before, point, after in zip(
            (ring[-1], *ring[:-1]), ring, (*ring[1:], ring[0]), strict=True
        ):
            both = (before, after) if before < after else (after, before)
            if neighbours.setdefault(point, both) != both:
                joints.add(point)
    return joints


def _of_shape(rings: Sequence[Ring], joints: set[Point], pieces: _Pieces) -> list[Ring]:
    by_size = sorted(rings, key=_twice_area, reverse=True)
    kept = [_of_ring(ring, joints, pieces) for ring in by_size]
    if kept and len(kept[0]) < 3:
        kept[0] = by_size[0]
    return [ring for ring in kept if len(ring) > 2]


def _twice_area(ring: Ring) -> int:
    """By the shoelace formula."""
    ahead = (*ring[1:], ring[0])
    return abs(sum(x * b - a * y for (x, y), (a, b) in zip(ring, ahead, strict=True)))


def _of_ring(ring: Ring, joints: set[Point], pieces: _Pieces) -> Ring:
    """Piece by piece; a ring that nobody shares in part begins where any ring of these points
    would."""
    start = next((at for at, point in enumerate(ring) if point in joints), None)
    if start is None:
        start = ring.index(min(ring))
    closed = [*ring[start:], *ring[: start + 1]]
    cuts = [at for at, point in enumerate(closed) if point in joints]
    if not cuts or cuts[0] != 0:
        cuts = [0, len(closed) - 1]
    made: Ring = []
    for first, last in pairwise(cuts):
        made += pieces.simplify(closed[first : last + 1])[:-1]
    return made


class _Pieces:
    """Simplifies each piece once, whichever way it is walked."""

    def __init__(self, metres: float, narrower: float) -> None:
        self._known: dict[tuple[Point, ...], Ring] = {}
        self._narrower = narrower
        self._most = (metres / METRES_A_DEGREE * GRID) ** 2

    def simplify(self, piece: Ring) -> Ring:
        turned = (piece[-1], piece[-2]) < (piece[0], piece[1])
        key = tuple(reversed(piece)) if turned else tuple(piece)
        if key not in self._known:
            self._known[key] = self._douglas_peucker(key)
        found = self._known[key]
        return found[::-1] if turned else found

    def _douglas_peucker(self, points: Sequence[Point]) -> Ring:
        """Keep the point farthest from the line between two kept ones while it is too far."""
        kept = [False] * len(points)
        kept[0] = kept[-1] = True
        spans = [(0, len(points) - 1)]
        while spans:
            first, last = spans.pop()
            at, far = self._farthest(points, first, last)
            if far > self._most:
                kept[at] = True
                spans += [(first, at), (at, last)]
        return [point for point, keep in zip(points, kept, strict=True) if keep]

    def _farthest(self, points: Sequence[Point], first: int, last: int) -> tuple[int, float]:
        """(which, its squared distance) of the points between from the line through both."""
        narrower = self._narrower
        x, y = points[first]
        dx, dy = (points[last][0] - x) * narrower, points[last][1] - y
        long = dx * dx + dy * dy
        where, far = first, -1.0
        for at in range(first + 1, last):
            a, b = points[at]
            px, py = (a - x) * narrower, b - y
            along = min(1.0, max(0.0, (px * dx + py * dy) / long)) if long else 0.0
            away_x, away_y = px - along * dx, py - along * dy
            distance = away_x * away_x + away_y * away_y
            if distance > far:
                where, far = at, distance
        return where, far
