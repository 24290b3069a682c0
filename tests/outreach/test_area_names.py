from __future__ import annotations

import pytest

from outreach import area_names
from outreach.area_names import CITY_PROVINCE, Level


@pytest.mark.parametrize(
    ("name", "kind", "full"),
    [
        ("Xã Long Thuận", "Xã", "Xã Long Thuận"),
        ("Long Thuận", "Xã", "Xã Long Thuận"),
        ("Thị Trấn Óc Eo", "Thị trấn", "Thị trấn Óc Eo"),
        ("Thành phố Hà Nội", CITY_PROVINCE, "Thành phố Hà Nội"),
        ("Tĩnh  Túc", "Thị trấn", "Thị trấn Tĩnh Túc"),
    ],
)
def test_a_full_name_has_its_kind_in_front_once(name: str, kind: str, full: str) -> None:
    assert area_names.full_name(name, kind) == full


@pytest.mark.parametrize(
    ("name", "kind", "short"),
    [
        ("Xã Long Thuận", "Xã", "Long Thuận"),
        ("Thị trấn Thường Thới Tiền", "Thị trấn", "TT. Thường Thới Tiền"),
        ("Phường 5", "Phường", "P. 5"),
        ("Huyện Hồng Ngự", "Huyện", "H. Hồng Ngự"),
        ("Thành phố Hồ Chí Minh", CITY_PROVINCE, "TP. Hồ Chí Minh"),
        ("Ấp Long Hòa", "Ấp", "Ấp Long Hòa"),
    ],
)
def test_on_phones_names_lose_the_word_xa_and_shorten_other_kinds(
    name: str, kind: str, short: str
) -> None:
    assert area_names.on_phones(name, kind) == short


def test_in_a_sentence_the_kind_is_written_small() -> None:
    assert area_names.in_sentence("Xã Long Thuận", "Xã") == "xã Long Thuận"
    assert area_names.in_sentence("Thành phố Huế", CITY_PROVINCE) == "thành phố Huế"


def test_a_kind_is_known_at_its_level_only_in_any_case_of_letters() -> None:
    assert area_names.known_kind("THỊ TRẤN", Level.COMMUNE) == "Thị trấn"
    assert area_names.known_kind("Huyện", Level.COMMUNE) is None
    assert area_names.known_kind("Thành phố", Level.PROVINCE) == CITY_PROVINCE
    assert area_names.known_kind("khu vực", Level.HAMLET) == "Khu vực"
