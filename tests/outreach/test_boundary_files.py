"""Files of boundaries: whose each feature is, and what is said of one that is not taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from outreach import boundary_files
from outreach.area_names import Level
from outreach.areas import Area
from outreach.boundary_files import Read
from outreach.database import db, transaction
from outreach.errors import Refused
from tests.people import Land

SQUARE = [[105.0, 10.0], [105.1, 10.0], [105.1, 10.1], [105.0, 10.1], [105.0, 10.0]]


def feature(ring: Any = None, kind: str = "Polygon", **properties: object) -> dict[str, Any]:
    places = [SQUARE if ring is None else ring]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": places if kind == "Polygon" else [places]},
    }


def content(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def read(land: Land, *features: object, level: Level = Level.COMMUNE) -> Read:
    district = db.session.get_one(Area, land.district)
    return boundary_files.read(content(*features), level, 2020, district)


@pytest.mark.parametrize(
    "properties",
    [
        {"code": "29971"},
        {"MA_XA": 29971},
        {"maxa": 29971.0, "mahuyen": 870},
        {"ADM3_PCODE": "VN29971"},
        {"Tên xã": "Long Khánh A"},
        {"TEN_XA": "xa long khanh a", "TEN_HUYEN": "Hồng Ngự", "TEN_TINH": "Đồng Tháp"},
        {"id": 3, "name": "Xã Long Khánh A", "code": "khác"},
        {"NAME_1": "ĐồngTháp", "NAME_2": "HồngNgự(Huyện)", "NAME_3": "LongKhánhA(Xã)"},
        {
            "NAME_1": "Tây Nam",
            "NAME_2": "Đồng Tháp",
            "NAME_3": "Hồng Ngự",
            "NAME_4": "Long Khánh A",
        },
        {"shapeName": "Long Khanh A Commune", "shapeType": "ADM3"},
    ],
)
def test_an_area_is_found_by_code_or_by_name(land: Land, properties: dict[str, object]) -> None:
    assert list(read(land, feature(**properties)).found) == [land.commune]


def test_the_kind_beside_a_name_decides_between_two_of_one_name(land: Land) -> None:
    """As in GADM: the town and the district around it are both called Hồng Ngự."""
    with transaction() as session:
        session.add(
            Area(
                area_list=2020, code="868", level=Level.DISTRICT, kind="Thị xã",
                name="Thị xã Hồng Ngự", parent_id=land.province,
            )
        )  # fmt: skip
    province = db.session.get_one(Area, land.province)
    named = {"NAME_1": "Đồng Tháp", "NAME_2": "Hồng Ngự"}
    file = content(feature(**named, TYPE_2="Huyện"), feature(**named))
    done = boundary_files.read(file, Level.DISTRICT, 2020, province)
    assert list(done.found) == [land.district]
    assert [reject.code for reject in done.rejects] == ["ambiguous"]


def test_a_bare_number_is_not_believed_where_the_shape_lies_elsewhere(land: Land) -> None:
    """Files that number their areas from 1 on, where another province has that code."""
    with transaction() as session:
        commune = session.get_one(Area, land.commune)
        commune.lat, commune.lon = 10.8, 105.3
    near = [[a + 0.2, b + 0.7] for a, b in SQUARE]
    other = feature(code="29983")
    done = read(land, other, feature(code="29971"))
    (reject,) = done.rejects
    assert "29971 Xã Long Khánh A, which lies elsewhere" in reject.sentence
    assert len(read(land, other, feature(code="29971", name="Long Khánh A")).found) == 2
    assert len(read(land, other, feature(near, code="29971")).found) == 2
    assert len(read(land, other, feature(near, code="29971", name="tên cũ")).found) == 2
    with pytest.raises(Refused, match="lies elsewhere"):
        read(land, feature(code="29971", name="tên cũ"))


def test_one_feature_alone_and_areas_among_lines_are_read(land: Land) -> None:
    alone = feature(code="29971")
    line = {"type": "LineString", "coordinates": SQUARE}
    alone["geometry"] = {"type": "GeometryCollection", "geometries": [line, alone["geometry"]]}
    file = b"\xef\xbb\xbf" + json.dumps(alone).encode()
    found = boundary_files.read(file, Level.COMMUNE, 2020, None).found
    assert found == {land.commune: [[SQUARE]]}


def test_a_code_that_lost_its_zero_is_found(land: Land) -> None:
    with transaction() as session:
        session.add(
            Area(area_list=2020, code="01", level=Level.PROVINCE, kind="Tỉnh", name="Tỉnh Một")
        )
    found = boundary_files.read(content(feature(ma_tinh=1)), Level.PROVINCE, 2020, None).found
    assert len(found) == 1


NOT_TAKEN: list[tuple[dict[str, Any], str]] = [
    (feature(code="26734"), "neither a code nor a name"),
    (feature(name="Xã Không Có"), "no area of this level"),
    (feature(name="Hồng Ngự"), "no area of this level"),
    (feature(code="29971", name="Long Thuận"), "its code is that of 29971 Xã Long Khánh A"),
    (feature([*SQUARE[:-1], [105.0, 10.2]], code="29971"), "open"),
    (feature(SQUARE[:3], code="29971"), "fewer than four"),
    (feature([[b, a] for a, b in SQUARE], code="29971"), "wrong way round"),
    (feature([[a * 5000, b * 100_000] for a, b in SQUARE], code="29971"), "VN-2000"),
    (feature([[a - 90, b] for a, b in SQUARE], code="29971"), "outside Vietnam"),
    (feature([["105", 10], *SQUARE[1:]], code="29971"), "no pair of numbers"),
    (feature([[True, 10], *SQUARE[1:]], code="29971"), "no pair of numbers"),
    (feature([[1e300, 10], *SQUARE[1:]], code="29971"), "no degrees"),
    (feature(code="29971", kind="Point"), "no Polygon"),
    ({"type": "Feature", "properties": {"code": "29971"}, "geometry": None}, "no Polygon"),
    ({"type": "Feature"}, "no Polygon"),
    (feature(code="29971", kind="GeometryCollection"), "no Polygon"),
    ({**feature(code="29971"), "geometry": {"type": "Polygon", "coordinates": [7]}}, "fewer"),
    ({**feature(code="29971"), "geometry": {"type": "Polygon", "coordinates": []}}, "no ring"),
    ({**feature(code="29971"), "geometry": {"type": "MultiPolygon", "coordinates": [[]]}}, "ring"),
]


@pytest.mark.parametrize(("wrong", "why"), NOT_TAKEN, ids=[why for _f, why in NOT_TAKEN])
def test_what_is_in_doubt_is_not_taken_and_said(
    land: Land, wrong: dict[str, Any], why: str
) -> None:
    done = read(land, feature(code="29983"), wrong)
    assert list(done.found) == [land.other_commune]
    (reject,) = done.rejects
    assert reject.number == 2
    assert why in reject.sentence
    with pytest.raises(Refused) as refused:
        read(land, wrong)
    assert refused.value.field == "file"
    assert why in refused.value.sentence


def test_a_number_beyond_all_numbers_is_no_degree(land: Land) -> None:
    endless = content(feature([[1e300, 10], *SQUARE[1:]], code="29971")).replace(b"e+300", b"e999")
    with pytest.raises(Refused, match="no degrees"):
        boundary_files.read(endless, Level.COMMUNE, 2020, None)


def test_a_whole_number_beyond_all_fractions_is_no_degree(land: Land) -> None:
    with pytest.raises(Refused, match="no degrees"):
        read(land, feature([[10**400, 10], *SQUARE[1:]], code="29971"))


def test_a_name_that_no_database_takes_is_no_name(land: Land) -> None:
    done = read(land, feature(code="29971"), feature(code="9", name="Xã \ud800"))
    assert [(reject.name, reject.code) for reject in done.rejects] == [("", "unnamed")]


def test_no_name_is_guessed(land: Land) -> None:
    """Two communes of the district are called alike."""
    with transaction() as session:
        for code, kind in (("29990", "Xã"), ("29991", "Thị trấn")):
            session.add(
                Area(
                    area_list=2020, code=code, level=Level.COMMUNE, kind=kind,
                    name=f"{kind} An Bình", parent_id=land.district,
                )
            )  # fmt: skip
    done = read(land, feature(code="29983"), feature(name="An Bình"), feature(name="Xã An Bình"))
    (reject,) = done.rejects
    assert reject.number == 2
    assert "29990 Xã An Bình; 29991 Thị trấn An Bình" in reject.sentence
    assert len(done.found) == 2


def test_what_is_wrong_is_named_before_what_is_only_not_ones_own(land: Land) -> None:
    own, others = feature(code="870"), feature(code="869")
    done = read(land, others, feature(name="Huyện Không Có"), own, level=Level.DISTRICT)
    assert [(reject.number, reject.code) for reject in done.rejects] == [
        (2, "unknown"),
        (1, "outside"),
    ]


def test_two_features_of_one_area_are_both_named(land: Land) -> None:
    done = read(land, feature(code="29971"), feature(code="29983"), feature(name="Long Khánh A"))
    assert [reject.number for reject in done.rejects] == [1, 3]
    assert "1, 3" in done.rejects[0].sentence
    assert list(done.found) == [land.other_commune]


def test_an_office_uploads_its_own_areas_only(land: Land) -> None:
    district = feature(code="869")
    with pytest.raises(Refused, match="outside yours"):
        read(land, district, level=Level.DISTRICT)
    province = db.session.get_one(Area, land.province)
    done = boundary_files.read(content(district), Level.DISTRICT, 2020, province)
    assert list(done.found) == [land.next_district]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "no GeoJSON"),
        (b"\xff\xfe", "no GeoJSON"),
        (b"{", "no GeoJSON"),
        (b'{"type": "FeatureCollection", "features": [NaN]}', "no GeoJSON"),
        (b"[" * 100_000, "no GeoJSON"),
        (b"[]", "no GeoJSON"),
        (b'{"type": "Topology", "objects": {}}', "TopoJSON .* saved as GeoJSON"),
        (b'{"type": "FeatureCollection", "features": {}}', "no GeoJSON"),
        (b'{"type": "FeatureCollection", "features": []}', "no feature"),
        (b"PK\3\4", "Unpack it"),
        (b"[" * (2 * boundary_files.MOST_POINTS + 1), "more than 600000 points"),
        (b" " * (boundary_files.LARGEST + 1), "larger than 20 MB. Simplify it"),
    ],
    ids=range(12),
)
def test_what_is_no_such_file_is_refused(land: Land, bad: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        boundary_files.read(bad, Level.COMMUNE, 2020, None)
