"""Simplifying outlines together: what areas share before they share afterwards."""

from __future__ import annotations

import math
import random
from functools import cache
from itertools import pairwise

from outreach import outlines
from outreach.outlines import Ring

Place = tuple[float, float]
STEP = 0.05


def corner(i: int, j: int) -> Place:
    return 105 + i * STEP, 10 + j * STEP


@cache
def border(one: tuple[int, int], other: tuple[int, int]) -> tuple[Place, ...]:
    """A jagged line of 40 places, the same for both areas beside it."""
    if one > other:
        return border(other, one)[::-1]
    chance = random.Random(str((one, other)))
    (x, y), (u, v) = corner(*one), corner(*other)
    between = (
        (
            x + (u - x) * n / 40 + chance.uniform(-0.0003, 0.0003),
            y + (v - y) * n / 40 + chance.uniform(-0.0003, 0.0003),
        )
        for n in range(1, 40)
    )
    return ((x, y), *between, (u, v))


def cell(i: int, j: int, turned: int = 0) -> list[list[list[Place]]]:
    """One of a chequerboard's areas; its ring may begin anywhere, and run either way."""
    corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
    ring: list[Place] = []
    for at in range(4):
        ring += border(corners[at], corners[(at + 1) % 4])[:-1]
    ring = ring[turned:] + ring[:turned]
    if turned % 2:
        ring.reverse()
    return [[[*ring, ring[0]]]]


def surface(ring: Ring) -> float:
    ahead = [*ring[1:], ring[0]]
    return abs(sum(x * b - a * y for (x, y), (a, b) in zip(ring, ahead, strict=True))) / 2


def edges(rings: list[Ring]) -> list[frozenset[tuple[int, int]]]:
    return [
        frozenset(pair) for ring in rings for pair in zip(ring, [*ring[1:], ring[0]], strict=True)
    ]


def board() -> list[list[Ring]]:
    cells = [cell(i, j, turned=7 * i + 3 * j) for i in range(4) for j in range(4)]
    return outlines.simplified(cells, 30.0)


def test_no_gap_opens_and_nothing_overlaps() -> None:
    """Every edge within the board is one of exactly two areas; their surfaces add up."""
    made = board()
    shared: dict[frozenset[tuple[int, int]], int] = {}
    for rings in made:
        for edge in edges(rings):
            shared[edge] = shared.get(edge, 0) + 1
    assert set(shared.values()) == {1, 2}
    outside = [tuple(edge) for edge, count in shared.items() if count == 1]
    west, east = outlines.GRID * 105, outlines.GRID * 105 + 4 * STEP * outlines.GRID
    near = 40  # the jags, on the grid
    assert all(
        min(abs(a[0] - west), abs(a[0] - east)) <= near
        or min(abs(a[1] - 10 * outlines.GRID), abs(a[1] - 10.2 * outlines.GRID)) <= near
        for edge in outside
        for a in edge
    )
    whole = sum(surface(ring) for rings in made for ring in rings) / outlines.GRID**2
    assert math.isclose(whole, (4 * STEP) ** 2, rel_tol=0.005)


def test_points_become_fewer_and_none_strays_farther_than_asked() -> None:
    original = cell(0, 0)
    (rings,) = outlines.simplified([original], 100.0)
    (ring,) = rings
    assert len(ring) < 20 < len(original[0][0])
    kept = [*ring, ring[0]]
    for place in original[0][0]:
        assert min(_away(place, one, two) for one, two in pairwise(kept)) < 102


def _away(place: Place, one: tuple[int, int], two: tuple[int, int]) -> float:
    """Metres from a place to a line between two."""
    wide = math.cos(math.radians(10))
    x, y = ((place[0] * outlines.GRID - one[0]) * wide, place[1] * outlines.GRID - one[1])
    dx, dy = (two[0] - one[0]) * wide, two[1] - one[1]
    along = min(1.0, max(0.0, (x * dx + y * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - along * dx, y - along * dy) / outlines.GRID * outlines.METRES_A_DEGREE


def test_a_border_is_the_same_whichever_way_it_is_walked() -> None:
    """Two of its points are equally far: which one stays is not for either area to choose."""
    zigzag = [(105 + x / 1000, 10 + y / 1000) for x, y in ((0, 0), (1, 2), (2, 0), (3, 2), (4, 0))]
    above = [[[*zigzag, (105.004, 10.1), (105.0, 10.1), zigzag[0]]]]
    below = [[[*zigzag[::-1], (105.0, 9.9), (105.004, 9.9), zigzag[-1]]]]
    one, other = outlines.simplified([above, below], 170.0)
    assert len(set(edges(one)) & set(edges(other))) == 2


def circle(lon: float, lat: float, radius: float, start: int = 0) -> list[Place]:
    ring = [
        (lon + radius * math.cos(n * math.pi / 60), lat + radius * math.sin(n * math.pi / 60))
        for n in range(start, start + 120)
    ]
    return [*ring, ring[0]]


def test_an_area_within_another_fills_its_hole() -> None:
    """Nothing says where the ring of either begins, or which way it runs."""
    around = [[circle(105, 10, 0.2), circle(105, 10, 0.1)[::-1]]]
    inside = [[circle(105, 10, 0.1, start=31)]]
    one, other = outlines.simplified([around, inside], 300.0)
    assert set(edges([one[1]])) == set(edges([other[0]]))


def test_a_small_island_may_go_but_the_largest_part_stays() -> None:
    islands = [[circle(105, 10, 0.2)], [circle(106, 10, 0.0005)]]
    tiny = [[circle(107, 10, 0.0005)], [circle(107.1, 10, 0.0003)]]
    kept, small = outlines.simplified([islands, tiny], 300.0)
    assert len(kept) == 1
    assert len(small) == 1
    assert len(small[0]) > 2
