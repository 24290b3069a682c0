from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from python_calamine import load_workbook

from outreach import phones
from outreach.area_files import read_areas
from outreach.area_index import AreaIndex
from outreach.area_matching import AreaMatcher
from outreach.areas import Area
from outreach.example import subscribers
from outreach.example.letters import AREAS_FILE

COUNT = 3_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists")


@pytest.fixture(scope="module")
def lists(folder: Path) -> list[subscribers.ListFile]:
    return subscribers.write_lists(folder, COUNT)


@pytest.fixture(scope="module")
def rows(lists: list[subscribers.ListFile]) -> list[tuple[object, str]]:
    """(phone, area) of both files."""
    with lists[0].path.open(encoding="utf-8-sig", newline="") as file:
        found = [(row["Số điện thoại"], row["Địa chỉ"]) for row in csv.DictReader(file)]
    sheet = load_workbook(str(lists[1].path)).get_sheet_by_index(0).to_python()
    return [*found, *((row[0], str(row[1])) for row in sheet[1:])]


def _matcher() -> AreaMatcher:
    rows = read_areas(AREAS_FILE, {})
    ids = {row.code: number for number, row in enumerate(rows, start=1)}
    areas = [
        Area(
            id=ids[row.code],
            code=row.code,
            level=row.level,
            name=row.name,
            kind=row.kind,
            parent_id=ids.get(row.parent_code or ""),
        )
        for row in rows
    ]
    return AreaMatcher(AreaIndex(areas, []), ids[subscribers.DISTRICT])


def test_the_files_say_that_their_numbers_are_invented(
    lists: list[subscribers.ListFile], rows: list[tuple[object, str]]
) -> None:
    assert all("so-hu-cau" in file.path.name for file in lists)
    assert [file.network for file in lists] == ["viettel", "vinaphone"]
    assert sum(file.rows for file in lists) == len(rows)
    assert "hư cấu" in subscribers.PURPOSE


def test_the_same_seed_gives_the_same_rows(folder: Path, lists: object) -> None:
    (folder / "again").mkdir()
    again = subscribers.write_lists(folder / "again", COUNT)
    assert again[0].path.read_bytes() == (folder / again[0].path.name).read_bytes()


def test_nearly_all_numbers_are_found_and_the_rest_is_refused_for_many_reasons(
    rows: list[tuple[object, str]],
) -> None:
    cleaned = phones.clean_many([phone for phone, _ in rows])
    reasons = Counter(reason for _, _, reason in cleaned)
    assert reasons.keys() >= {"landline", "service", "unrecoverable", "empty"}
    assert 0 < len(rows) - reasons[None] < len(rows) / 100
    numbers = {number for number, _, _ in cleaned if number}
    assert len(numbers) == COUNT
    networks = Counter(network for number, network, _ in cleaned if number)
    assert networks["viettel"] > networks["vinaphone"] > networks["mobifone"] > 0


def test_nearly_all_areas_are_matched_and_communes_have_their_share(
    rows: list[tuple[object, str]],
) -> None:
    matcher = _matcher()
    found = Counter(matcher.match(area).area_id for _, area in rows)
    assert 0 < found.pop(None) < len(rows) / 200
    assert len(found) == 10
    largest = max(subscribers.communes(), key=lambda commune: commune.population)
    share = max(found.values()) / sum(found.values())
    assert share == pytest.approx(largest.population / 120_571, rel=0.15)


def test_some_numbers_stand_on_both_lists(rows: list[tuple[object, str]]) -> None:
    numbers = Counter(phones.clean(phone).e164 for phone, _ in rows)
    assert sum(count > 1 for number, count in numbers.items() if number) > COUNT * 0.02


def test_those_who_opted_out_stand_on_the_lists(rows: list[tuple[object, str]]) -> None:
    refused = subscribers.opted_out(COUNT)
    numbers = {phones.clean(phone).e164 for phone, _ in rows}
    assert len(refused) == 12
    assert set(refused) <= numbers
