from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from outreach import area_editing, area_loading, areas, clock, organisations
from outreach.areas import Area, Place
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.example.letters import AREAS_FILE


@pytest.fixture
def letters(app: Flask) -> Flask:
    area_loading.load_file(AREAS_FILE, actor_id=None)
    return app


def _add(area_list: int, code: str, name: str) -> Area:
    with transaction() as session:
        area = Area(area_list=area_list, code=code, level="commune", name=name, kind="Xã")
        session.add(area)
    return area


def test_the_list_of_2025_is_in_force_from_the_first_of_july() -> None:
    assert areas.in_force(date(2025, 6, 30)) == 2020
    assert areas.in_force(date(2025, 7, 1)) == 2025


def test_a_code_means_the_area_of_the_list_in_force(app: Flask) -> None:
    _add(2020, "29992", "Xã Long Thuận")
    _add(2025, "29992", "Xã Long Phú Thuận")
    clock.set_offset(clock.parse_moment("2020-08-18T08:00+07:00") - clock.real_now())
    assert areas.by_code("29992").name == "Xã Long Thuận"
    clock.set_offset(clock.parse_moment("2025-08-18T08:00+07:00") - clock.real_now())
    assert areas.by_code(" 29992 ").name == "Xã Long Phú Thuận"
    assert areas.by_code("29992", 2020).name == "Xã Long Thuận"


def test_where_one_list_is_loaded_it_is_the_one_in_use(letters: Flask) -> None:
    clock.set_offset(clock.parse_moment("2026-01-01T08:00+07:00") - clock.real_now())
    assert areas.list_in_use() == 2020
    assert areas.by_code("870").name == "Huyện Hồng Ngự"
    assert [area.code for area in areas.children(None)] == ["20", "26", "38", "45", "87"]


def test_an_unknown_code_is_refused_by_its_value(letters: Flask) -> None:
    with pytest.raises(Refused, match="999") as refused:
        areas.by_code("999")
    assert refused.value.field == "area"
    with pytest.raises(Refused):
        areas.by_code("870", 2025)


def test_children_stand_in_the_order_of_their_codes(letters: Flask) -> None:
    communes = areas.children(areas.by_code("870").id)
    assert len(communes) == 10
    assert [area.code for area in communes] == sorted(area.code for area in communes)
    assert communes[2].short_name == "TT. Thường Thới Tiền"


def test_an_area_owns_its_population(letters: Flask) -> None:
    district = areas.by_code("870")
    assert district.population == 120_514
    assert sum(area.population or 0 for area in areas.children(district.id)) == 120_571


def test_the_closure_holds_each_area_and_all_below_once(letters: Flask) -> None:
    district, commune = areas.by_code("870"), areas.by_code("29992")
    below = areas.closure([commune.id, district.id])
    assert len(below) == len(set(below)) == 11
    assert below[0] == district.id
    assert areas.closure([commune.id]) == [commune.id]
    assert areas.closure([]) == []


def test_a_place_names_commune_district_and_province_as_in_a_sentence(letters: Flask) -> None:
    commune, district = areas.by_code("29992"), areas.by_code("870")
    assert areas.places([commune.id, district.id]) == {
        commune.id: Place("xã Long Thuận", "huyện Hồng Ngự", "tỉnh Đồng Tháp"),
        district.id: Place("", "huyện Hồng Ngự", "tỉnh Đồng Tháp"),
    }


def test_ancestors_come_widest_first(letters: Flask) -> None:
    above = areas.ancestors(areas.by_code("29992").id)
    assert [area.code for area in above] == ["87", "870"]


def test_an_area_in_use_stays(letters: Flask) -> None:
    with pytest.raises(Refused, match="in use"):
        area_editing.remove(areas.by_code("870"), actor_id=None)
    commune = areas.by_code("29992")
    kind = organisations.Kind.OFFICE
    organisations.add("UBND xã Long Thuận", kind, area_id=commune.id, actor_id=None)
    with pytest.raises(Refused, match="Long Thuận"):
        area_editing.remove(areas.by_code("29992"), actor_id=None)
    assert len(areas.children(areas.by_code("870").id)) == 10


def test_an_unused_area_goes_with_its_other_names(letters: Flask) -> None:
    area = areas.by_code("29998")
    area_editing.add_alias(area, "Phú Thuận Cũ", actor_id=None)
    area_editing.remove(area, actor_id=None)
    with pytest.raises(Refused):
        areas.by_code("29998")
    assert db.session.query(areas.AreaAlias).count() == 0


def test_the_same_other_name_twice_is_refused(letters: Flask) -> None:
    area = areas.by_code("29977")
    assert area_editing.add_alias(area, "Thường Thới Hậu B", actor_id=None) == "thuong thoi hau b"
    with pytest.raises(Refused, match="already"):
        area_editing.add_alias(areas.by_code("29977"), "thuong thoi HAU B", actor_id=None)


def test_the_communes_below_an_area_are_found_through_its_districts(letters: Flask) -> None:
    province, district = areas.by_code("87"), areas.by_code("870")
    commune = areas.by_code("29992")
    below = areas.communes_below([province.id, district.id, commune.id])
    assert len(below[district.id]) == 10
    assert sorted(below[province.id]) == sorted(below[district.id])
    assert commune.id not in below
