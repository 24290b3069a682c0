from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from outreach import area_loading, areas, clock
from outreach.area_loading import Loaded
from outreach.areas import Area
from outreach.database import db, write_connection
from outreach.errors import Refused
from outreach.example.letters import AREAS_FILE


@pytest.fixture(autouse=True)
def _in_august_2020(app: Flask) -> None:
    clock.set_offset(clock.parse_moment("2020-08-18T08:00+07:00") - clock.real_now())


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "areas.csv"
    path.write_text("code,level,name,kind,parent_code,population\n" + text, encoding="utf-8")
    return path


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_package_loads_both_lists_and_says_what_they_are(app: Flask) -> None:
    old = area_loading.load_package(actor_id=None)
    new = area_loading.load_package(2025, actor_id=None)
    assert old.areas == {"province": 63, "district": 696, "commune": 10_035, "hamlet": 0}
    assert new.areas == {"province": 34, "district": 0, "commune": 3_321, "hamlet": 0}
    assert "early 2025" in old.notes[0]
    commune = areas.by_code("29992", 2020)
    assert (commune.name, commune.kind, commune.lat) == ("Xã Long Thuận", "Xã", 10.770308)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
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


ROWS = (
    "87,province,Tỉnh Đồng Tháp,Tỉnh,,1\n",
    "870,district,Huyện Hồng Ngự,Huyện,87,2\n",
    "29992,commune,Xã Long Thuận,Xã,870,3\n",
    "29983,commune,Xã Phú Thuận B,Xã,870,4\n",
)


def _at_once(app: Flask, *paths: Path) -> list[Loaded]:
    def load(path: Path) -> Loaded:
        with app.app_context():
            return area_loading.load_file(path, 2020, actor_id=None)

    db.session.rollback()
    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(load, paths))


def test_the_second_click_loads_the_same_list_once(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked, present = threading.Barrier(2), area_loading._present

    def meet(area_list: int) -> dict[str, dict[str, object]]:
        found = present(area_list)
        both_have_looked.wait(10)
        return found

    monkeypatch.setattr(area_loading, "_present", meet)
    path = _file(tmp_path, "".join(ROWS))
    for loaded in _at_once(app, path, path):
        assert loaded.areas == {"province": 1, "district": 1, "commune": 2, "hamlet": 0}
    commune = areas.by_code("29992", 2020)
    assert (commune.population, areas.children(commune.parent_id)[0].code) == (3, "29983")


def test_two_who_load_in_opposite_orders_do_not_wait_for_each_other_forever(
    app: Flask, tmp_path: Path
) -> None:
    """The second commune is held until both wait: the one for it, the other for the first, or both
    in one row."""
    area_loading.load_file(_file(tmp_path, "".join(ROWS)), 2020, actor_id=None)
    held = areas.by_code("29983", 2020).id
    communes = [row.replace("Xã ", "Phường ") for row in ROWS[2:]]
    orders = communes[::-1], communes
    db.session.rollback()

    def load(number: int) -> int:
        path = tmp_path / f"{number}.csv"
        _file(tmp_path, "".join([*ROWS[:2], *orders[number]])).rename(path)
        with app.app_context():
            return area_loading.load_file(path, 2020, actor_id=None).added

    with ThreadPoolExecutor(2) as pool:
        with write_connection(db.engine) as connection:
            connection.execute(select(Area.id).where(Area.id == held).with_for_update())
            loads = []
            for number in (0, 1):
                loads.append(pool.submit(load, number))
                _wait_for_locks(number + 1)
        assert [each.result(30) for each in loads] == [0, 0]


def _wait_for_locks(many: int) -> None:
    """Until so many wait for another's rows; SQLite has no rows to wait for."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _turn in range(200 if db.engine.dialect.name == "postgresql" else 0):
        with db.engine.connect() as connection:
            if connection.scalar(waiting) >= many:
                return
        time.sleep(0.05)


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
