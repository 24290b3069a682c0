from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from outreach import area_loading, areas, clock
from outreach.database import db
from outreach.errors import Refused
from outreach.example.letters import AREAS_FILE


@pytest.fixture(autouse=True)
def _in_august_2020(app: Flask) -> None:
    clock.set_offset(clock.parse_moment("2020-08-18T08:00+07:00") - clock.real_now())


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "areas.csv"
    path.write_text("code,level,name,kind,parent_code,population\n" + text, encoding="utf-8")
    return path


def test_the_package_loads_both_lists_and_says_what_they_are(app: Flask) -> None:
    old = area_loading.load_package(actor_id=None)
    new = area_loading.load_package(2025, actor_id=None)
    assert old.areas == {"province": 63, "district": 696, "commune": 10_035, "hamlet": 0}
    assert new.areas == {"province": 34, "district": 0, "commune": 3_321, "hamlet": 0}
    assert "early 2025" in old.notes[0]
    commune = areas.by_code("29992", 2020)
    assert (commune.name, commune.kind, commune.lat) == ("Xã Long Thuận", "Xã", 10.770308)


def test_a_package_over_another_state_of_its_list_says_what_it_left_in_it(
    app: Flask, tmp_path: Path
) -> None:
    gone = "87,province,Tỉnh Đồng Tháp,Tỉnh,,\n999,district,Huyện Cũ,Huyện,87,\n"
    area_loading.load_file(_file(tmp_path, gone), 2020, actor_id=None)
    loaded = area_loading.load_package(2020, actor_id=None)
    assert "does not name, kept as they are: 1 (999)" in loaded.notes[1]


def test_loading_again_changes_nothing(app: Flask) -> None:
    first = area_loading.load_file(AREAS_FILE, actor_id=None)
    again = area_loading.load_file(AREAS_FILE, actor_id=None)
    assert (first.added, first.updated) == (19, 0)
    assert (again.added, again.updated, again.populations) == (0, 0, 19)
    assert again.notes == []


def test_loading_again_updates_names_and_keeps_populations_that_are_not_given(
    app: Flask, tmp_path: Path
) -> None:
    area_loading.load_file(AREAS_FILE, actor_id=None)
    row = "29992,commune,Phường Long Thuận,Phường,870,\n"
    loaded = area_loading.load_file(_file(tmp_path, row), 2020, actor_id=None)
    assert (loaded.added, loaded.updated) == (0, 1)
    assert "9 (29956" in loaded.notes[0]
    area = areas.by_code("29992")
    assert (area.name, area.population) == ("Phường Long Thuận", 14_444)


def test_a_bad_file_leaves_everything_as_it_was(app: Flask, tmp_path: Path) -> None:
    rows = "87,province,Tỉnh Đồng Tháp,Tỉnh,,1\n870,district,Huyện Hồng Ngự,Huyện,78,2\n"
    with pytest.raises(Refused, match="78"):
        area_loading.load_file(_file(tmp_path, rows), actor_id=None)
    assert db.session.query(areas.Area).count() == 0


def test_populations_go_to_a_list_by_code_and_strangers_are_told(
    app: Flask, tmp_path: Path
) -> None:
    populations = tmp_path / "populations.csv"
    populations.write_text("code,population_2019\n29992,15000\n99999,1\n", encoding="utf-8")
    loaded = area_loading.load_file(AREAS_FILE, None, populations, actor_id=None)
    assert areas.by_code("29992").population == 15_000
    assert "1 (99999)" in loaded.notes[0]


def test_a_file_without_districts_goes_to_the_list_in_force(app: Flask, tmp_path: Path) -> None:
    clock.set_offset(clock.parse_moment("2026-01-01T08:00+07:00") - clock.real_now())
    rows = "82,province,Đồng Tháp,Tỉnh,,\n29992,commune,Long Phú Thuận,Xã,82,\n"
    assert area_loading.load_file(_file(tmp_path, rows), actor_id=None).area_list == 2025
    with_districts = area_loading.load_file(AREAS_FILE, actor_id=None)
    assert with_districts.area_list == 2020
    with pytest.raises(Refused, match="2025"):
        area_loading.load_file(AREAS_FILE, 2025, actor_id=None)


def test_hamlets_hang_below_communes_that_are_loaded(app: Flask, tmp_path: Path) -> None:
    area_loading.load_file(AREAS_FILE, actor_id=None)
    row = "29992-01,hamlet,Long Hòa,ấp,29992,2100\n"
    loaded = area_loading.load_file(_file(tmp_path, row), 2020, actor_id=None)
    assert loaded.areas["hamlet"] == 1
    hamlet = areas.by_code("29992-01")
    assert hamlet.name == "Ấp Long Hòa"
    assert areas.closure([areas.by_code("29992").id])[-1] == hamlet.id


def test_the_list_of_june_2020_loads_from_its_file(app: Flask, shared_data: Path) -> None:
    loaded = area_loading.load_file(shared_data / "areas-2020-06.csv", actor_id=None)
    assert loaded.areas == {"province": 63, "district": 707, "commune": 10_614, "hamlet": 0}
    assert loaded.added == 11_384
    assert len(areas.closure([a.id for a in areas.children(None)])) == 11_384
