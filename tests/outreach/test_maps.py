"""The map of circles: true to the land, readable, and silent where nothing is known."""

from __future__ import annotations

import math
import random
import re
from itertools import combinations

import pytest

from outreach import maps
from outreach.maps import Circle, Map, Spot

# The ten communes of Huyện Hồng Ngự: centre and people.
HONG_NGU = [
    ("Thường Phước 1", 10.878846, 105.20778, 16552),
    ("Thường Thới Hậu A", 10.88108, 105.272146, 6704),
    ("TT. Thường Thới Tiền", 10.83145, 105.277998, 14947),
    ("Thường Phước 2", 10.838993, 105.237034, 7739),
    ("Thường Lạc", 10.866694, 105.322552, 9873),
    ("Long Khánh A", 10.80317, 105.295558, 13655),
    ("Long Khánh B", 10.791036, 105.318973, 9222),
    ("Long Thuận", 10.770308, 105.295558, 14444),
    ("Phú Thuận B", 10.757004, 105.342391, 14158),
    ("Phú Thuận A", 10.736872, 105.307265, 13277),
]


def spots(value: str = "5,05%") -> list[Spot]:
    return [Spot(n, lat, lon, p, 3, "1", value) for n, lat, lon, p in HONG_NGU]


def drawn(given: list[Spot]) -> Map:
    made = maps.draw(given)
    assert made is not None
    return made


def by_name(made: Map) -> dict[str, Circle]:
    return {circle.spot.name: circle for circle in made.circles}


def test_north_is_up_and_east_is_right() -> None:
    circles = by_name(drawn(spots()))
    assert circles["Thường Thới Hậu A"].y < circles["Phú Thuận A"].y
    assert circles["Thường Phước 1"].x < circles["Phú Thuận B"].x


def test_distances_are_those_of_the_land() -> None:
    """Haversine between two centres, and the drawing's own scale."""
    made = drawn(spots())
    one, other = by_name(made)["Thường Phước 1"], by_name(made)["Phú Thuận A"]
    lat1, lon1, lat2, lon2 = (
        math.radians(each) for each in (one.spot.lat, one.spot.lon, other.spot.lat, other.spot.lon)
    )
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    true = 2 * 6371 * math.asin(math.sqrt(half))
    shown = math.hypot(one.x - other.x, one.y - other.y) * made.km / made.bar
    assert shown == pytest.approx(true, rel=0.01)


def test_surfaces_are_proportional_to_people() -> None:
    circles = by_name(drawn(spots()))
    one, other = circles["Thường Phước 1"], circles["Thường Thới Hậu A"]
    assert (one.r / other.r) ** 2 == pytest.approx(16552 / 6704, rel=0.01)


def test_every_circle_lies_in_the_drawing() -> None:
    made = drawn(spots())
    for circle in made.circles:
        assert circle.r <= circle.x <= made.width - circle.r
        assert circle.r <= circle.y <= made.height - circle.r


def test_labels_of_the_example_all_have_a_place() -> None:
    assert all(circle.label for circle in drawn(spots()).circles)


@pytest.mark.parametrize("count", [2, 12, 40, 60])
def test_no_label_covers_a_circle_or_another_label(count: int) -> None:
    chance = random.Random(count)
    given = [
        Spot(f"Xã {i}" * chance.randint(1, 3), 10 + chance.random() / 3, 105 + chance.random() / 3,
             chance.randint(500, 20_000), 1, str(i), "5,05%")
        for i in range(count)
    ]  # fmt: skip
    made = drawn(given)
    boxes = {
        c.spot.name: box
        for c in made.circles
        if c.label
        for label, box in maps._places(c)
        if label == c.label
    }
    discs = [maps._Box(c.x - c.r, c.y - c.r, c.x + c.r, c.y + c.r) for c in made.circles]
    assert boxes
    assert all(one.overlap(other) == 0 for one, other in combinations(boxes.values(), 2))
    assert all(box.overlap(disc) == 0 for box in boxes.values() for disc in discs)
    assert all(box.outside(made.height) == 0 for box in boxes.values())


def test_a_small_circle_is_never_hidden_under_a_large_one() -> None:
    radii = [circle.r for circle in drawn(spots()).circles]
    assert radii == sorted(radii, reverse=True)


def test_a_small_circle_carries_no_number() -> None:
    many = [Spot(f"{i}", 10 + i / 100, 105, 1000, mark=str(i)) for i in range(200)]
    assert not any(circle.marked for circle in drawn(many).circles)
    assert all(circle.marked for circle in drawn(spots()).circles)


def test_who_has_no_centre_is_named_not_drawn() -> None:
    made = drawn([*spots(), Spot("Đảo xa", None, None, 5000)])
    assert made.unplaced == ["Đảo xa"]
    assert "Đảo xa" not in by_name(made)


def square(lon: float, lat: float, side: float = 0.1) -> list[tuple[float, float]]:
    return [(lon, lat), (lon + side, lat), (lon + side, lat + side), (lon, lat + side)]


def test_what_lies_far_out_at_sea_stands_in_a_box_and_the_land_stays_large() -> None:
    """As Trường Sa, of which one island lies near the coast: that one is drawn where it is."""
    coast = [Spot(f"{i}", None, None, 9, outline=[square(109 + i / 10, 12)]) for i in range(3)]
    islands = [square(109.5, 12.3, 0.001), square(114.3, 8.6, 0.01), square(114.4, 11.4, 0.01)]
    made = drawn([*coast, Spot("Trường Sa", None, None, 93, outline=islands)])
    alone = drawn([*coast, Spot("Trường Sa", None, None, 93, outline=islands[:1])])
    assert alone.inset is None
    assert made.inset is not None
    assert made.inset.names == ["Trường Sa"]
    assert made.km == alone.km
    assert [c.path for c in made.circles][:3] == [c.path for c in alone.circles][:3]
    assert made.foot == alone.height == made.inset.y
    starts = re.findall(r"M(\d+) (\d+)", by_name(made)["Trường Sa"].path)
    near, *far = [(int(x) / maps.GRID, int(y) / maps.GRID) for x, y in starts]
    assert near[1] < made.foot
    box = made.inset
    assert all(box.x < x < box.x + box.wide and box.y < y < box.y + box.high for x, y in far)
    assert far[0][1] > far[1][1], "north is up in the box too"
    assert made.height >= box.y + box.high


def test_a_circle_far_out_at_sea_stands_in_the_box_and_no_label_covers_it() -> None:
    made = drawn([*spots(), Spot("Đảo xa", 9.7, 114.4, 93, value="5,05%")])
    assert made.inset is not None
    assert by_name(made)["Đảo xa"].y > made.foot
    assert all(c.label.y < made.foot for c in made.circles if c.label)


def test_areas_of_which_most_lie_far_from_each_other_are_one_land() -> None:
    islands = [Spot(f"{i}", 8 + 2 * i, 111 + i, 93) for i in range(3)]
    assert drawn(islands).inset is None


def test_an_island_in_the_box_is_large_enough_to_show_its_colour() -> None:
    coast = [Spot(f"{i}", 12, 109 + i / 10, 9) for i in range(3)]
    made = drawn([*coast, Spot("Đảo", None, None, 93, outline=[square(114, 9, 1e-5)])])
    island = by_name(made)["Đảo"]
    assert min(island.wide, island.high) >= maps.ISLAND


def test_fewer_than_two_centres_are_no_map() -> None:
    assert maps.draw([]) is None
    assert maps.draw([*spots()[:1], Spot("Đảo xa", None, None, 5000)]) is None


def test_areas_without_people_and_at_one_place_are_still_drawn() -> None:
    made = drawn([Spot("A", 10.0, 105.0, None), Spot("B", 10.0, 105.0, None)])
    assert all(circle.r > 0 for circle in made.circles)
