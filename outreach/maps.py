"""A map of circles: where areas lie, how many people live there, and one colour for a figure.

It needs no boundaries and no network: an area is a circle at its centre, its surface proportional
to its people. Nothing is drawn that we have no data for. Labels are placed so that none covers a
circle or another label; where there is no room for one, the table beside the map names the area.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
RING: Final = 3.0
"""What a late area's dashed ring adds to its circle."""
LABELLED: Final = 60
"""With more areas than that labels would be a grey cloud."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An area to draw. `colour` is a class of its ramp (0: no figure), `mark` stands in the circle
    (its rank), `value` under its name, as printed; `late` draws a dashed ring."""

    name: str
    lat: float | None
    lon: float | None
    people: int | None
    colour: int = 0
    mark: str = ""
    value: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """Where the two lines of a label stand: `anchor` as SVG's text-anchor, `y` of the first."""

    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Circle:
    """One area as drawn."""

    spot: Spot
    x: float
    y: float
    r: float
    label: Label | None = None

    @property
    def marked(self) -> bool:
        """Whether its number has room in it."""
        return bool(self.spot.mark) and self.r >= ROOM_FOR_A_MARK


@dataclass(frozen=True, slots=True)
class Map:
    """A drawing: circles, the largest first; a scale bar of `km`; who has no known centre."""

    height: float
    circles: Sequence[Circle]
    km: float
    bar: float
    unplaced: Sequence[str]

    @property
    def width(self) -> float:
        """Units from left to right."""
        return WIDTH


def draw(spots: Iterable[Spot]) -> Map | None:
    """The drawing of these areas; None where fewer than two have a centre."""
    every = list(spots)
    placed = [spot for spot in every if spot.lat is not None and spot.lon is not None]
    if len(placed) < 2:
        return None
    points, height, unit_km = _project(placed)
    radii = _radii([spot.people for spot in placed], WIDTH * height)
    circles = [Circle(spot, x, y, r) for spot, (x, y), r in zip(placed, points, radii, strict=True)]
    circles.sort(key=lambda circle: -circle.r)
    km = _round_length(WIDTH / 6 * unit_km)
    unplaced = [spot.name for spot in every if spot.lat is None or spot.lon is None]
    return Map(height, _labelled(circles, height), km, km / unit_km, unplaced)


def _project(placed: Sequence[Spot]) -> tuple[list[tuple[float, float]], float, float]:
    """(x, y) of each, the height of the drawing, and the kilometres of one unit. Equirectangular:
    over a province its error is far below a circle's size."""
    lats = [spot.lat or 0.0 for spot in placed]
    lons = [spot.lon or 0.0 for spot in placed]
    narrower = math.cos(math.radians((min(lats) + max(lats)) / 2))
    wide = max((max(lons) - min(lons)) * narrower, 1e-6)
    high = max(max(lats) - min(lats), 1e-6)
    inner = WIDTH - 2 * MARGIN
    height = min(HIGHEST, max(LOWEST, inner * high / wide + 2 * MARGIN))
    scale = min(inner / wide, (height - 2 * MARGIN) / high)
    left = (WIDTH - wide * scale) / 2
    top = (height - high * scale) / 2
    points = [
        (left + (lon - min(lons)) * narrower * scale, top + (max(lats) - lat) * scale)
        for lat, lon in zip(lats, lons, strict=True)
    ]
    return points, height, KM_A_DEGREE / scale


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
    taken = [_Box(c.x - c.r, c.y - c.r, c.x + c.r, c.y + c.r) for c in circles]
    done = list(circles)
    for place in sorted(range(len(circles)), key=lambda i: _elbow_room(i, circles)):
        circle = circles[place]
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


def _places(circle: Circle) -> list[tuple[Label, _Box]]:
    """Right, left, below, above, then the corners."""
    name, value = len(circle.spot.name), len(circle.spot.value)
    wide = LETTER * max(name, value)
    high = LINE * (2 if name and value else 1)
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
