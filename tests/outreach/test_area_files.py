from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from outreach.area_files import CENSUS_DAY, read_areas, read_populations
from outreach.area_names import Level
from outreach.errors import Refused

HEAD = "code,level,name,kind,parent_code,population_2019,lat,lon\n"
GOOD = (
    "29992,commune,Xã Long Thuận,Xã,870,14444,10.770308,105.295558\n"
    "87,province,Tỉnh Đồng Tháp,Tỉnh,,1599504,,\n"
    "870,district,Huyện Hồng Ngự,Huyện,87,120571,,\n"
)


def _file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "areas.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_rows_in_any_order_come_parents_first(tmp_path: Path) -> None:
    rows = read_areas(_file(tmp_path, HEAD + GOOD), {})
    assert [row.code for row in rows] == ["87", "870", "29992"]
    commune = rows[-1]
    assert (commune.level, commune.parent_code, commune.lat) == (Level.COMMUNE, "870", 10.770308)
    assert commune.figures.population == 14_444
    assert commune.figures.population_on == CENSUS_DAY


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_and_semicolons_are_read(tmp_path: Path, encoding: str) -> None:
    text = (HEAD + GOOD).replace(",", ";").replace("\n", "\r\n")
    assert len(read_areas(_file(tmp_path, text, encoding), {})) == 3


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("87,province,Tỉnh An Giang,Tỉnh,,,,", "code", "87"),
        ("1,province,Hà Nội,Thành phố,,,,", "code", "1"),
        ("89,tỉnh,Tỉnh An Giang,Tỉnh,,,,", "level", "tỉnh"),
        ("89,province,Tỉnh An Giang,Huyện,,,,", "kind", "Huyện"),
        ("89,province,,Tỉnh,,,,", "name", ""),
        ("29995,commune,Phú Thuận B,Xã,999,,,", "parent_code", "999"),
        ("29995,commune,Phú Thuận B,Xã,,,,", "parent_code", ""),
        ("29995,commune,Phú Thuận B,Xã,29992,,,", "parent_code", "29992"),
        ("88,province,An Giang,Tỉnh,87,,,", "parent_code", "87"),
        ("29995,commune,Phú Thuận B,Xã,870,14.158,,", "population_2019", "14.158"),
        ("29995,commune,Phú Thuận B,Xã,870,-3,,", "population_2019", "-3"),
        ("29995,commune,Phú Thuận B,Xã,870,14158,105.3,10.7", "lat", "105.3"),
        ("29995,commune,Phú Thuận B,Xã,870,14158,10.7,", "lon", ""),
        ("29995,commune,Phú Thuận B,Xã,870", "code", "29995"),
    ],
)
def test_a_wrong_row_is_refused_with_row_column_and_value(
    tmp_path: Path, row: str, column: str, value: str
) -> None:
    with pytest.raises(Refused) as refused:
        read_areas(_file(tmp_path, HEAD + GOOD + row + "\n"), {})
    assert refused.value.field == column
    assert f"Row 5, column {column}, value “{value}”" in refused.value.sentence


def test_a_parent_may_be_loaded_already(tmp_path: Path) -> None:
    row = "29995,commune,Phú Thuận B,Xã,870,14158,,\n"
    rows = read_areas(_file(tmp_path, HEAD + row), {"870": Level.DISTRICT})
    assert rows[0].name == "Xã Phú Thuận B"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no rows"),
        (HEAD, "no rows"),
        ("code,level,name,kind\n1,2,3,4\n", "parent_code"),
        ("code,code,level,name,kind,parent_code\n1,1,2,3,4,5\n", "code"),
        (HEAD + '29992,commune,"Xã Long', "CSV"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(Refused, match=part):
        read_areas(_file(tmp_path, text), {})


def test_another_encoding_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="CSV UTF-8"):
        read_areas(_file(tmp_path, HEAD + GOOD, "utf-16"), {})


def test_populations_are_read_by_code_with_their_source(tmp_path: Path) -> None:
    text = (
        "code,population,population_source,population_on,smartphone_users\n"
        "870,120514,Công văn,2020-08-20,\n"
        "29992,,,,9000\n"
    )
    figures = read_populations(_file(tmp_path, text))
    assert figures["870"].population == 120_514
    assert figures["870"].population_on == date(2020, 8, 20)
    assert figures["29992"].smartphone_users == 9000


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("code,name\n870,Hồng Ngự\n", "population"),
        ("code,population\n870,1\n870,2\n", "code"),
        ("code,population,population_on\n870,1,20/8/2020\n", "population_on"),
    ],
)
def test_wrong_populations_are_refused(tmp_path: Path, text: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_populations(_file(tmp_path, text))
    assert refused.value.field == field
