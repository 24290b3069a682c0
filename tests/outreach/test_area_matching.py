from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from outreach import area_editing, area_files, areas
from outreach.area_files import AreaRow
from outreach.area_index import AreaIndex
from outreach.area_loading import load_file
from outreach.area_matching import AreaMatcher, Match, Reason
from outreach.areas import Area
from outreach.example.letters import AREAS_FILE
from outreach.text import fold

# Beside the letters' areas: a town and a commune of the same names, wards that are numbers, a
# commune and a town whose names differ in marks only.
MORE = """code,level,name,kind,parent_code
868,district,Hồng Ngự,Thị xã,87
29954,commune,An Bình A,Xã,868
872,district,Châu Thành,Huyện,87
30214,commune,Long Thuận,Xã,872
30215,commune,Tân Thanh,Xã,872
30216,commune,Tân Thạnh,Xã,872
30217,commune,Cái Tàu,Xã,872
30218,commune,Cái Tàu,Thị trấn,872
873,district,Châu Thạnh,Huyện,87
30240,commune,Long Thuận,Xã,873
79,province,Hồ Chí Minh,Thành phố
770,district,Quận 3,Quận,79
27139,commune,Phường 05,Phường,770
27151,commune,Phường 12,Phường,770
771,district,Quận 10,Quận,79
27163,commune,Phường 5,Phường,771
77,province,Bà Rịa - Vũng Tàu,Tỉnh
750,district,Châu Đức,Huyện,77
26569,commune,Xà Bang,Xã,750
"""


def _areas(rows: list[AreaRow]) -> tuple[list[Area], dict[str, int]]:
    """The rows as areas without a database: ids count up."""
    ids = {row.code: number for number, row in enumerate(rows, start=1)}
    made = [
        Area(
            id=ids[row.code],
            area_list=2020,
            code=row.code,
            level=row.level,
            name=row.name,
            kind=row.kind,
            parent_id=ids[row.parent_code] if row.parent_code else None,
        )
        for row in rows
    ]
    return made, ids


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[AreaRow]:
    path = tmp_path_factory.mktemp("areas") / "more.csv"
    more = MORE.splitlines()
    more[1:] = [line + "," * (more[0].count(",") - line.count(",")) for line in more[1:]]
    path.write_text("\n".join(more), encoding="utf-8")
    letters = area_files.read_areas(AREAS_FILE, {})
    return letters + area_files.read_areas(path, {row.code: row.level for row in letters})


class Matching:
    """Matches, and answers codes instead of ids."""

    def __init__(self, rows: list[AreaRow], within: str | None = None) -> None:
        made, self.ids = _areas(rows)
        self.codes = {number: code for code, number in self.ids.items()}
        aliases = [(self.ids["29977"], "thuongthoihaub"), (self.ids["79"], "tp hcm")]
        index = AreaIndex(made, aliases)
        self.matcher = AreaMatcher(index, self.ids[within] if within else None)

    def match(self, text: str) -> str:
        """The code, or the reason."""
        found = self.matcher.match(text)
        return self.codes[found.area_id] if found.area_id else str(found.reason)

    def candidates(self, text: str) -> set[str]:
        return {self.codes[area_id] for area_id in self.matcher.match(text).candidates}


@pytest.fixture(scope="module")
def anywhere(rows: list[AreaRow]) -> Matching:
    return Matching(rows)


@pytest.fixture(scope="module")
def in_hong_ngu(rows: list[AreaRow]) -> Matching:
    return Matching(rows, within="870")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("xã Long Thuận", "29992"),
        ("Long Thuan, Hồng Ngự", "29992"),
        ("TT Thường Thới Tiền", "29971"),
        ("TT. Thuong Thoi Tien", "29971"),
        ("thị trấn THƯỜNG THỚI TIỀN", "29971"),
        ("x.Long Thuận", "29992"),
        ("Xã Long Thuận\u00a0", "29992"),
        ("xa\u0303 Long Thua\u0323\u0302n", "29992"),
        ("Thường Phước 01", "29956"),
        ("phú thuận b", "29995"),
        ("ấp Long Hòa, xã Long Thuận, huyện Hồng Ngự, Đồng Tháp", "29992"),
        ("ấp Long Hòa xã Long Thuận huyện Hồng Ngự tỉnh Đồng Tháp", "29992"),
        ("Số 5 ấp 2 xã Thường Lạc", "29977"),
        ("Long Thuan Hong Ngu Dong Thap", "29992"),
        ("Long Thuận - Hồng Ngự - Đồng Tháp, Việt Nam", "29992"),
        ("Tỉnh Đồng Tháp, Huyện Hồng Ngự, Xã Phú Thuận A", "29998"),
        ("xã Long Thuận (Hồng Ngự)", "29992"),
        ("29992", "29992"),
        ("29992.0", "29992"),
        ("29992 - Xã Long Thuận", "29992"),
        ("870", "870"),
        ("Hồng Ngự", "870"),
        ("Thường Thới Hậu B", "29977"),
        ("Cầu Trắng, xã Long Thuận, Hồng Ngự", "29992"),
        ("xã Thường Thới Hậu B", "29977"),
        ("Long Thuận, Châu Thành", "30214"),
        ("27139", "27139"),
    ],
)
def test_what_a_list_of_the_district_writes_is_understood(
    in_hong_ngu: Matching, text: str, code: str
) -> None:
    assert in_hong_ngu.match(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("P. 5, Q.3", "27139"),
        ("P5 Q3", "27139"),
        ("F.05, Quận 10, TP HCM", "27163"),
        ("P.5, Q. 10, tp Hồ Chí Minh", "27163"),
        ("huyện Hồng Ngự", "870"),
        ("TX. Hồng Ngự", "868"),
        ("TP Hồng Ngự", "868"),
        ("An Bình A, Hồng Ngự", "29954"),
        ("Bà Rịa - Vũng Tàu", "77"),
        ("Xã Xà Bang", "26569"),
        ("xa bang", "26569"),
        ("Xã Tân Thanh, Châu Thành", "30215"),
        ("Xã Cái Tàu, Châu Thành", "30217"),
        ("TT Cái Tàu, Châu Thành", "30218"),
        ("phường Thường Thới Tiền", "29971"),
        ("12/5 Lê Lợi, Phường 5, Quận 3", "27139"),
    ],
)
def test_kinds_marks_and_the_place_decide_between_areas(
    anywhere: Matching, text: str, code: str
) -> None:
    assert anywhere.match(text) == code


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("xã Long Thuận", {"29992", "30214", "30240"}),
        ("xa long thuan, chau thanh", {"30214", "30240"}),
        ("Hồng Ngự", {"868", "870"}),
        ("Phường 5", {"27139", "27163"}),
        ("tan thanh, chau thanh", {"30215", "30216"}),
        ("Cái Tàu, Châu Thành", {"30217", "30218"}),
        ("10", {"771"}),
    ],
)
def test_what_may_be_several_areas_is_reported_with_them(
    anywhere: Matching, text: str, candidates: set[str]
) -> None:
    if len(candidates) > 1:
        assert anywhere.match(text) == Reason.AMBIGUOUS
        assert anywhere.candidates(text) == candidates
    else:
        assert {anywhere.match(text)} == candidates


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "???",
        "Long Khánh",
        "xã Không Có, huyện Hồng Ngự",
        "Không Có, Hồng Ngự",
        "Long Thuận, Không Có",
        "Long Thuận, Không Có, Đồng Tháp",
        "Long Thuận, Thạch Thành",
        "Tỉnh Thanh Hóa, Xã Long Thuận",
        "29995 - Xã Long Thuận",
        "xã Hồng Ngự",
        "tỉnh Long Thuận",
        "TX Hồng Ngự",
        "An Bình A",
        "10",
        "87",
        "5",
        "xà Long Thuận",
    ],
)
def test_what_is_no_area_of_the_district_or_contradicts_itself_is_unknown(
    in_hong_ngu: Matching, text: str
) -> None:
    assert in_hong_ngu.match(text) == Reason.UNKNOWN


def test_an_unknown_text_names_the_areas_that_came_near(in_hong_ngu: Matching) -> None:
    assert in_hong_ngu.candidates("TX Hồng Ngự") == {"868"}


def test_a_town_elsewhere_beside_a_commune_here_is_not_guessed(rows: list[AreaRow]) -> None:
    here = area_files.AreaRow("29999", areas.Level.COMMUNE, "Xã Cái Tàu", "Xã", "870")
    elsewhere = [row for row in rows if row.code != "30217"]
    matching = Matching([*elsewhere, here], within="870")
    assert matching.match("Cái Tàu") == "29999"
    assert matching.match("thị trấn Cái Tàu") == Reason.AMBIGUOUS
    assert matching.candidates("thị trấn Cái Tàu") == {"29999", "30218"}


def test_a_hundred_thousand_rows_take_less_than_a_second(in_hong_ngu: Matching) -> None:
    texts = ["Xã Long Thuận", "TT. Thuong Thoi Tien", "29956", "Long Khánh", "Phú Thuận A"] * 20_000
    started = time.process_time()
    for text in texts:
        in_hong_ngu.matcher.match(text)
    assert time.process_time() - started < 1


def test_a_matcher_loads_the_list_of_its_area(app: Flask) -> None:
    load_file(AREAS_FILE, actor_id=None)
    district = areas.by_code("870")
    area_editing.add_alias(areas.by_code("29977"), "Thường Thới Hậu B", actor_id=None)
    matcher = AreaMatcher.load(within=district.id)
    assert matcher.match("Thuong Thoi Hau B") == Match(areas.by_code("29977").id)
    assert matcher.match("Huyện Hồng Ngự") == Match(district.id)


def test_every_commune_of_2020_is_found_by_its_own_address(shared_data: Path) -> None:
    rows = area_files.read_areas(shared_data / "areas-2020-06.csv", {})
    made, ids = _areas(rows)
    matcher = AreaMatcher(AreaIndex(made, []))
    named = {row.code: row.name for row in rows}
    above = {row.code: row.parent_code or "" for row in rows}
    full, folded = Counter[str](), Counter[str]()
    for row in rows:
        if row.level is areas.Level.COMMUNE:
            address = ", ".join([row.name, named[above[row.code]], named[above[above[row.code]]]])
            full[_verdict(matcher.match(address), ids[row.code])] += 1
            folded[_verdict(matcher.match(fold(address)), ids[row.code])] += 1
    assert full == {"right": 10_614}
    # 21 pairs of communes in one district differ in marks only; without marks both are possible.
    assert folded == {"right": 10_614 - 42, Reason.AMBIGUOUS: 42}


def _verdict(match: Match, area_id: int) -> str:
    if match.reason is not None:
        return match.reason
    return "right" if match.area_id == area_id else "wrong"


def test_five_digits_are_a_code_and_not_the_number_of_a_ward() -> None:
    wards = [
        Area(id=1, area_list=2020, code="00005", level="commune", name="Phường Vị", kind="Phường"),
        Area(id=2, area_list=2020, code="27163", level="commune", name="Phường 5", kind="Phường"),
    ]
    matcher = AreaMatcher(AreaIndex(wards, []))
    assert matcher.match("00005") == Match(1)
    assert matcher.match("Phường 5") == Match(2)
