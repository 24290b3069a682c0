"""A map: where areas lie, how many people live there, and one colour for a figure.

It needs no boundaries and no network: an area is a circle at its centre, its surface proportional
to its people; one whose outline an office has uploaded may be drawn as that. Nothing is drawn that
we have no data for. Labels are placed so that none covers a
circle or another label; where there is no room for one, the table beside the map names the area.
What lies so far out at sea that it would make the land small (Trường Sa, Hoàng Sa) stands in a box
below, at a scale of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from outreach import map_land
from outreach.map_land import Extent

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
BOX: Final = 110.0
"""How high the inside of the box of what lies far is, at most."""
ISLAND: Final = 2.5
"""In the box a smaller island is drawn as large as that, since its colour could not be seen."""


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
class Inset:
    """The box of what lies far from the land: where it stands, the areas with a part in it, and its
    scale bar of `km`."""

    x: float
    y: float
    wide: float
    high: float
    names: Sequence[str]
    km: float
    bar: float


@dataclass(frozen=True, slots=True)
class Map:
    """A drawing: outlines, then circles, the largest first; a scale bar of `km`, at the foot of the
    land; who has no known centre; what lies far from the land."""

    height: float
    foot: float
    circles: Sequence[Circle]
    km: float
    bar: float
    unplaced: Sequence[str]
    inset: Inset | None = None

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
    least: float = 0.0

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        """(x, y) of a place."""
        x = self.left + (lon - self.west) * self.narrower * self.scale
        return x, self.top + (self.north - lat) * self.scale

    def bar(self) -> tuple[float, float]:
        """A round number of kilometres, and how long it is."""
        km = _round_length(WIDTH / 6 * KM_A_DEGREE / self.scale)
        return km, km * self.scale / KM_A_DEGREE


def draw(spots: Iterable[Spot]) -> Map | None:
    """The drawing of these areas; None where fewer than two have a centre or an outline."""
    every = list(spots)
    placed = [spot for spot in every if _is_placed(spot)]
    if len(placed) < 2:
        return None
    extents = [_extents(spot) for spot in placed]
    land = map_land.land(extents, _scale)
    frame = _framed(map_land.around(land))
    radii = _radii([spot.people for spot in placed], WIDTH * frame.height)
    far = [each for spot in extents for each in spot if each not in land]
    names = [spot.name for spot, of in zip(placed, extents, strict=True) if not land.issuperset(of)]
    inset, beside = _boxed(map_land.around(far), frame, names) if far else (None, frame)
    shapes, circles = [], []
    for spot, r, of in zip(placed, radii, extents, strict=True):
        frames = [frame if each in land else beside for each in of]
        if spot.outline:
            shapes.append(_shape(spot, frames))
        else:
            circles.append(Circle(spot, *frames[0].point(spot.lat or 0.0, spot.lon or 0.0), r))
    circles.sort(key=lambda circle: -circle.r)
    unplaced = [spot.name for spot in every if not _is_placed(spot)]
    labelled = _labelled([*shapes, *circles], beside.height, inset)
    return Map(beside.height, frame.height, labelled, *frame.bar(), unplaced, inset)


def _is_placed(spot: Spot) -> bool:
    return bool(spot.outline) or (spot.lat is not None and spot.lon is not None)


def _extents(spot: Spot) -> list[Extent]:
    """Of each ring, or of its centre."""
    if not spot.outline:
        lat, lon = spot.lat or 0.0, spot.lon or 0.0
        return [Extent(lon, lat, lon, lat)]
    found = []
    for ring in spot.outline:
        lons, lats = zip(*ring, strict=True)
        found.append(Extent(min(lons), min(lats), max(lons), max(lats)))
    return found


def _framed(land: Extent) -> _Frame:
    """What holds the land, outlines to their edges and circles by their centres."""
    height = _height(land)
    scale = _scale(land)
    left, top = (WIDTH - land.wide * scale) / 2, (height - land.high * scale) / 2
    return _Frame(land.west, land.north, land.narrower, scale, left, top, height)


def _height(land: Extent) -> float:
    inner = WIDTH - 2 * MARGIN
    return min(HIGHEST, max(LOWEST, inner * land.high / land.wide + 2 * MARGIN))


def _scale(land: Extent) -> float:
    return min((WIDTH - 2 * MARGIN) / land.wide, (_height(land) - 2 * MARGIN) / land.high)


def _boxed(far: Extent, land: _Frame, names: Sequence[str]) -> tuple[Inset, _Frame]:
    """A box at the right below the land, never at a larger scale, and the frame within it."""
    scale = min(land.scale, (WIDTH - 2 * MARGIN) / far.wide, BOX / far.high)
    # A line above for a name, one below for the scale bar.
    wide, high = max(far.wide * scale, BOX) + MARGIN, max(far.high * scale, LINE) + 4 * LINE
    x, y = WIDTH - GAP - wide, land.height
    left = x + (wide - far.wide * scale) / 2
    top = y + (high - far.high * scale) / 2
    height = y + high + GAP
    frame = _Frame(far.west, far.north, far.narrower, scale, left, top, height, ISLAND)
    return Inset(x, y, wide, high, names, *frame.bar()), frame


def _shape(spot: Spot, frames: Sequence[_Frame]) -> Circle:
    """An outline, each ring in its frame. Its points are those of the drawing's grid, so that areas
    that share a border share it here too."""
    rings = [_on_grid(ring, frame) for ring, frame in zip(spot.outline, frames, strict=True)]
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
    xs, ys = zip(*points, strict=True)
    if max(max(xs) - min(xs), max(ys) - min(ys)) < frame.least * GRID:
        r = round(frame.least * GRID / 2)
        return [(xs[0] - r, ys[0]), (xs[0], ys[0] - r), (xs[0] + r, ys[0]), (xs[0], ys[0] + r)]
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


def _labelled(circles: Sequence[Circle], height: float, inset: Inset | None) -> list[Circle]:
    """Each label at the first free place around its circle, the most crowded first; none where
    there is no free place."""
    if len(circles) > LABELLED:
        return list(circles)
    taken = [_Box(c.x - c.r, c.y - c.r, c.x + c.r, c.y + c.r) for c in circles if not c.path]
    if inset:
        taken.append(_Box(0.0, inset.y, WIDTH, height))
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
