from __future__ import annotations

from collections import Counter

from outreach import area_package
from outreach.area_names import CITY_PROVINCE


def test_every_area_of_the_package_has_a_kind_of_its_level_and_a_known_parent() -> None:
    for area_list, counts in ((2020, (63, 696, 10_035)), (2025, (34, 3_321))):
        rows = area_package.areas(area_list)
        codes = {row.code for row in rows}
        assert tuple(Counter(row.level for row in rows).values()) == counts
        assert len(codes) == len(rows)
        assert all(row.parent_code is None or row.parent_code in codes for row in rows)
        assert all(row.name.startswith(row.kind) or row.kind == CITY_PROVINCE for row in rows)


def test_a_merged_commune_is_found_by_its_former_name() -> None:
    merged = next(row for row in area_package.areas(2020) if row.code == "29977")
    assert merged.name == "Xã Thường Lạc"
    assert "thuongthoihaub" in merged.aliases
