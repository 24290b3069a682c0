"""A file of counts: looked at whole, every wrong row named, entered as a whole or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask

from outreach import area_count_files, area_counts
from outreach.area_count_files import Given, Trial
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.targets import Denominator
from tests.drive import Drive, at

CENSUS = Given("Tổng điều tra", "", date(2019, 4, 1))


@pytest.fixture(autouse=True)
def _now(drive: Drive) -> None:
    at("20/8 15:00")


def look(drive: Drive, path: Path, given: Given = CENSUS) -> Trial:
    db.session.rollback()
    return area_count_files.look(path, db.session.get_one(Area, drive.land.district), given)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "dan-so.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_district_is_counted_by_one_file(drive: Drive, tmp_path: Path) -> None:
    rows = "Xã;Dân số;Người dùng smartphone\nLong Thuận;14.444;7000\n29971;14947;\n870;120514;\n"
    path = written(tmp_path, rows)
    trial = look(drive, path)
    assert (len(trial.new), trial.rejects) == (4, [])
    district = db.session.get_one(Area, drive.land.district)
    entered = area_count_files.enter(path, "dan-so.csv", district, CENSUS, drive.staff.id)
    assert entered == 4
    (newest, _phones) = (
        area_counts.of_area(drive.land.other_commune, kind).newest for kind in area_counts.KINDS
    )
    assert newest is not None
    assert (newest.value, newest.source, newest.valid_from) == (
        14_444,
        "Tổng điều tra",
        date(2019, 4, 1),
    )
    assert (look(drive, path).new, look(drive, path).same) == ([], 4)


def test_a_workbook_says_source_and_days_row_by_row(drive: Drive, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Đơn vị", "Dân số", "Nguồn", "Số liệu ngày", "Áp dụng từ", "Công văn"])
    book.active.append(["29983", 15000, "UBND xã", date(2020, 8, 1), "18/8/2020", "12/UBND"])
    path = tmp_path / "dan-so.xlsx"
    book.save(path)
    (count,) = look(drive, path, Given()).new
    assert count == area_counts.Count(
        drive.land.other_commune,
        Denominator.POPULATION,
        15_000,
        "UBND xã",
        "12/UBND",
        date(2020, 8, 1),
        date(2020, 8, 18),
    )


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("29983,nhiều,,", "population", "whole number"),
        ("29983,,,", "area", "no number"),
        ("869,5,,", "area", "outside"),
        ("Nơi nào đó,5,,", "area", "no such area"),
        ("29983,5,6,", "population", "More smartphone users"),
        ("29983,5,,21/8/2020", "counted_on", "not come yet"),
        ("29983,5,,hôm qua", "counted_on", "no date"),
        ("29983,0,,", "population", "from 1"),
    ],
)
def test_a_wrong_row_is_named_and_keeps_the_file_out(
    drive: Drive, tmp_path: Path, row: str, column: str, said: str
) -> None:
    head = "area,population,smartphone_users,counted_on\n29971,10,,\n"
    path = written(tmp_path, head + row + "\n")
    trial = look(drive, path)
    assert trial.rejects, row
    assert (trial.rejects[0].row, trial.rejects[0].column) == (3, column)
    assert said in trial.rejects[0].sentence
    assert not trial.sound
    district = db.session.get_one(Area, drive.land.district)
    with pytest.raises(Refused):
        area_count_files.enter(path, "x", district, CENSUS, drive.staff.id)
    assert area_counts.history(drive.land.commune) == []


def test_an_area_twice_and_a_missing_source_are_refused(drive: Drive, tmp_path: Path) -> None:
    twice = look(drive, written(tmp_path, "area,population\n29983,5\n29983,6\n"))
    assert [each.row for each in twice.rejects] == [2, 3]
    nowhere = look(drive, written(tmp_path, "area,population\n29983,5\n"), Given())
    assert [each.column for each in nowhere.rejects] == ["Source"]
    with pytest.raises(Refused, match="no column of population"):
        look(drive, written(tmp_path, "area,installs\n29983,5\n"))


def test_two_large_files_in_opposite_orders_do_not_wait_for_each_other_forever(
    app: Flask, drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has more areas than are locked at once, and both are half way at the same moment."""
    ways = (["29971", "29983"], ["29983", "29971"])
    files = [tmp_path / f"dan-so-{number}.csv" for number in (1, 2)]
    for number, (path, codes) in enumerate(zip(files, ways, strict=True), 1):
        rows = [f"{code},{number}000,nguồn {number},2020-08-0{number}\n" for code in codes]
        path.write_text("code,population,source,counted_on\n" + "".join(rows), encoding="utf-8")
    half_way, write = threading.Barrier(2), area_counts._write

    def meet(*given: Any) -> None:
        write(*given)
        with suppress(threading.BrokenBarrierError):  # the other waits for what is locked here
            half_way.wait(0.5)

    monkeypatch.setattr(area_counts, "CHUNK", 1)
    monkeypatch.setattr(area_counts, "_write", meet)
    district_id, staff_id = drive.land.district, drive.staff.id
    db.session.rollback()

    def enter(path: Path) -> int:
        with app.app_context():
            district = db.session.get_one(Area, district_id)
            return area_count_files.enter(path, path.name, district, Given(), staff_id)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(enter, files)) == [2, 2]
