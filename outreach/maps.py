"""A map: where areas lie, how many people live there, and one colour for a figure.

It needs no boundaries and no network: an area is a circle at its centre, its surface proportional
to its people; one whose outline an office has uploaded may be drawn as that. Nothing is drawn that
we have no data for. Labels are placed so that none covers a
circle or another label; where there is no room for one, the table beside the map names the area.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

WIDTH: Final = 440.0
"""Units of the drawing; heights follow the land, within these limits."""
LOWEST, HIGHEST = 260.0, 560.0
MARGIN: Final = 34.0
KM_A_DEGREE: Final = 111.32
FULL: Final = 0.09
"""The part of the drawing that all circles together cover, at most."""
LARGEST, SMALLEST = 22.0, 4.0
ROOM_FOR_A_MARK: Final = 8.5
"""The radius from which a circle has room for its number."""
LETTER, LINE = 7.1, 15.0
"""About how wide a letter of a label is, and how high a line."""
GAP: Final = 5.0
GRID: Final = 4
"""Points of outlines lie on so many lines a unit: a third of a pixel."""
RING: Final = 3.0
"""What a late area's dashed ring adds to its circle."""
LABELLED: Final = 60
"""With more areas than that labels would be a grey cloud."""


Ring = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Spot:
    """An area to draw. `colour` is a class of its ramp (0: no figure), `mark` stands in the circle
    (its rank), `value` under its name, as printed; `late` draws a dashed ring. `outline`: its
    rings of (longitude, latitude), of which the first is the largest, to be drawn as they are.
    `heard`: what a reader of the screen hears; the name and the value where it is ""."""

    name: str
    lat: float | None
    lon: float | None
    people: int | None
    colour: int = 0
    mark: str = ""
    value: str = ""
    late: bool = False
    outline: Sequence[Ring] = ()
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Where the two lines of a label stand: `anchor` as SVG's text-anchor, `y` of the first."""

    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Circle:
    """One area as drawn. `path`: its outline in units of 1/`GRID`, as SVG writes it, in place of
    the circle; a label then has room within `wide` and `high`."""

    spot: Spot
    x: float
    y: float
    r: float
    label: Label | None = None
    path: str = ""
    wide: float = 0.0
    high: float = 0.0

    @property
    def marked(self) -> bool:
        """Whether its number has room in it."""
        return bool(self.spot.mark) and self.r >= ROOM_FOR_A_MARK and not self.path


@dataclass(frozen=True, slots=True)
class Map:
    """A drawing: outlines, then circles, the largest first; a scale bar of `km`; who has no known
    centre."""

    height: float
    circles: Sequence[Circle]
    km: float
    bar: float
    unplaced: Sequence[str]

    @property
    def width(self) -> float:
        """Units from left to right."""
        return WIDTH


@dataclass(frozen=True, slots=True)
class _Frame:
    """From degrees to the drawing. Equirectangular: over a province its error is far below a
    circle's size."""

    west: float
    north: float
    narrower: float
    scale: float
    left: float
    top: float
    height: float

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        """(x, y) of a place."""
        x = self.left + (lon - self.west) * self.narrower * self.scale
        return x, self.top + (self.north - lat) * self.scale


def draw(spots: Iterable[Spot]) -> Map | None:
    """The drawing of these areas; None where fewer than two have a centre or an outline."""
    every = list(spots)
    placed = [spot for spot in every if _is_placed(spot)]
    if len(placed) < 2:
        return None
    frame = _framed(placed)
    radii = _radii([spot.people for spot in placed], WIDTH * frame.height)
    circles = [
        Circle(spot, *frame.point(spot.lat or 0.0, spot.lon or 0.0), r)
        for spot, r in zip(placed, radii, strict=True)
        if not spot.outline
    ]
    circles.sort(key=lambda circle: -circle.r)
    shapes = [_shape(spot, frame) for spot in placed if spot.outline]
    km = _round_length(WIDTH / 6 * KM_A_DEGREE / frame.scale)
    unplaced = [spot.name for spot in every if not _is_placed(spot)]
    labelled = _labelled([*shapes, *circles], frame.height)
    return Map(frame.height, labelled, km, km * frame.scale / KM_A_DEGREE, unplaced)


def _is_placed(spot: Spot) -> bool:
    return bool(spot.outline) or (spot.lat is not None and spot.lon is not None)


def _framed(placed: Sequence[Spot]) -> _Frame:
    """What holds them all, outlines to their edges and circles by their centres."""
    places = [place for spot in placed for ring in spot.outline for place in ring]
    places += [(spot.lon or 0.0, spot.lat or 0.0) for spot in placed if not spot.outline]
    lons, lats = [lon for lon, _lat in places], [lat for _lon, lat in places]
    narrower = math.cos(math.radians((min(lats) + max(lats)) / 2))
    wide = max((max(lons) - min(lons)) * narrower, 1e-6)
    high = max(max(lats) - min(lats), 1e-6)
    inner = WIDTH - 2 * MARGIN
    height = min(HIGHEST, max(LOWEST, inner * high / wide + 2 * MARGIN))
    scale = min(inner / wide, (height - 2 * MARGIN) / high)
    left, top = (WIDTH - wide * scale) / 2, (height - high * scale) / 2
    return _Frame(min(lons), max(lats), narrower, scale, left, top, height)


def _shape(spot: Spot, frame: _Frame) -> Circle:
    """An outline. Its points are those of the drawing's grid, so that areas that share a border
    share it here too."""
    rings = [_on_grid(ring, frame) for ring in spot.outline]
    xs, ys = ([point[axis] / GRID for point in rings[0]] for axis in (0, 1))
    middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    path = "".join(_path(ring) for ring in rings if len(ring) > 2) or _path(rings[0])
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    return Circle(spot, *middle, min(wide, high) / 2, path=path, wide=wide, high=high)


def _on_grid(ring: Ring, frame: _Frame) -> list[tuple[int, int]]:
    points: list[tuple[int, int]] = []
    for lon, lat in ring:
        x, y = frame.point(lat, lon)
        point = round(x * GRID), round(y * GRID)
        if not points or points[-1] != point:
            points.append(point)
    return points


def _path(points: Sequence[tuple[int, int]]) -> str:
    """As SVG writes it: from one point to the next, closed."""
    (x, y), steps = points[0], []
    for one, other in pairwise(points):
        steps.append(f"{other[0] - one[0]} {other[1] - one[1]}")
    return f"M{x} {y}l{' '.join(steps)}z" if steps else f"M{x} {y}l1 0z"


def _radii(people: Sequence[int | None], surface: float) -> list[float]:
    """Surfaces proportional to people; who has no number of people is drawn small."""
    known = [count for count in people if count]
    if not known:
        return [ROOM_FOR_A_MARK if len(people) <= LABELLED else SMALLEST] * len(people)
    a_person = FULL * surface / sum(known)
    largest = math.sqrt(max(known) * a_person / math.pi)
    shrink = min(1.0, LARGEST / largest)
    return [
        max(SMALLEST, math.sqrt((count or 0) * a_person / math.pi) * shrink) for count in people
    ]


def _round_length(km: float) -> float:
    """The longest of 1, 2, 5, 10… that is not longer than `km`."""
    power = 10.0 ** math.floor(math.log10(km))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= km)


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: _Box) -> float:
        """The surface both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)

    def outside(self, height: float) -> float:
        """How far it sticks out of the drawing."""
        over = (-self.left, -self.top, self.right - WIDTH, self.bottom - height)
        return sum(max(0.0, each) for each in over)


def _labelled(circles: Sequence[Circle], height: float) -> list[Circle]:
    """Each label at the first free place around its circle, the most crowded first; none where
    there is no free place."""
    if len(circles) > LABELLED:
        return list(circles)
    taken = [_Box(c.x - c.r, c.y - c.r, c.x + c.r, c.y + c.r) for c in circles if not c.path]
    done = list(circles)
    for place in sorted(range(len(circles)), key=lambda i: _elbow_room(i, circles)):
        circle = circles[place]
        if circle.path and not _has_room(circle):
            continue
        label, box = min(_places(circle), key=lambda each: _cost(each[1], taken, height))
        if _cost(box, taken, height) == 0:
            taken.append(box)
            done[place] = replace(circle, label=label)
    return done


def _elbow_room(place: int, circles: Sequence[Circle]) -> float:
    """How far the nearest other circle is."""
    me = circles[place]
    return min(math.hypot(me.x - c.x, me.y - c.y) - c.r for c in circles if c is not me)


def _cost(box: _Box, taken: Sequence[_Box], height: float) -> float:
    return sum(box.overlap(other) for other in taken) + 100 * box.outside(height)


def _size(spot: Spot) -> tuple[float, float]:
    """How wide and high its label is."""
    name, value = len(spot.name), len(spot.value)
    return LETTER * max(name, value), LINE * (2 if name and value else 1)


def _has_room(shape: Circle) -> bool:
    """Whether its label may stand in it."""
    wide, high = _size(shape.spot)
    return wide <= shape.wide * 0.9 and high <= shape.high * 0.7


def _places(circle: Circle) -> list[tuple[Label, _Box]]:
    """In the middle of an outline; of a circle right, left, below, above, then the corners."""
    wide, high = _size(circle.spot)
    if circle.path:
        left, top = circle.x - wide / 2, circle.y - high / 2
        label = Label(circle.x, top + LINE * 0.8, "middle")
        return [(label, _Box(left, top, left + wide, top + high))]
    away = circle.r + GAP + (RING if circle.spot.late else 0.0)
    corner = away * 0.8
    places = []
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        reach = corner if dx and dy else away
        x = circle.x + dx * reach
        middle = circle.y + dy * (reach + high / 2)
        left = x - wide * (0.5 if dx == 0 else 0.0 if dx > 0 else 1.0)
        anchor = "middle" if dx == 0 else "start" if dx > 0 else "end"
        top = middle - high / 2
        box = _Box(left, top, left + wide, top + high)
        places.append((Label(x, top + LINE * 0.8, anchor), box))
    return places
