"""What areas became: by the package, by a file, set anew; every wrong row is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach import area_change_files, area_changes, area_conversions, area_loading, areas
from outreach.area_change_files import Converted
from outreach.area_changes import WHOLE
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from tests.people import Land

HEAD = "old_code,new_code,share,day,source\n"
GOOD = "29971,29983,100,2020-01-01,NQ 1\n29983,29983,100,2020-01-01,NQ 1\n"


def convert(tmp_path: Path, rows: str, leave_rest: bool = False) -> Converted:
    path = written(tmp_path, rows)
    return area_change_files.from_file(path, 2020, 2020, leave_rest=leave_rest, actor_id=None)


def written(tmp_path: Path, rows: str) -> Path:
    path = tmp_path / "doi.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_package_says_what_every_area_of_2020_became(app: object) -> None:
    with pytest.raises(Refused, match="Load both lists"):
        area_change_files.from_package(actor_id=None)
    area_loading.load_package(2020, actor_id=None)
    area_loading.load_package(2025, actor_id=None)
    done = area_change_files.from_package(actor_id=None)
    assert (done.divided, done.notes, done.changed) == (471, [], 0)
    again = area_change_files.from_package(actor_id=None)
    assert (again.id, again.added, again.unchanged) == (None, 0, done.added)
    # Resolution 1663/NQ-UBTVQH15: Long Khánh A and B and a part of others became Long Khánh.
    (link,) = area_changes.became(areas.by_code("29992", 2020).id)
    assert (link.area.name, link.share, link.day) == ("Xã Long Phú Thuận", WHOLE, date(2025, 7, 1))
    assert len(area_changes.came_from(areas.by_code("82", 2025).id)) == 2, "two provinces"
    new = areas.communes(None, 2025)
    assert len(area_changes.origins({each.id for each in new})) == len(new), "each came from some"
    (made,) = area_conversions.every()
    area_conversions.take_back(made, "nhầm", actor_id=None)
    assert area_changes.origins({each.id for each in new}) == {}


def test_a_file_says_shares_and_what_went_on(land: Land, tmp_path: Path) -> None:
    done = convert(tmp_path, GOOD)
    assert (done.added, done.divided) == (2, 0)
    origin = area_changes.origins({land.other_commune})[land.other_commune]
    assert origin.goes_on(land.other_commune)
    assert origin.whole
    other = convert(tmp_path, GOOD.replace("29971,29983,100", '29971,29983,"38,5%"'), True)
    assert (other.changed, other.unchanged) == (1, 1)
    assert [part.share for part in area_changes.origins({land.other_commune})[4].parts] == [
        38_50,
        WHOLE,
    ]
    gone = convert(tmp_path, GOOD.replace("29971,29983,100", "29971,29983,0"))
    assert gone.removed == 1
    acts = select(AuditRow).where(AuditRow.act == "areas.convert").order_by(AuditRow.id)
    rows = db.session.scalars(acts).all()
    assert "3850" in rows[-1].detail, "the trail keeps what was"


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ("99999,29983,100,2020-01-01,NQ\n", "old_code"),
        ("29971,99999,100,2020-01-01,NQ\n", "new_code"),
        ("29971,29983,101,2020-01-01,NQ\n", "share"),
        ("29971,29983,nửa,2020-01-01,NQ\n", "share"),
        ("29971,29983,1.234,2020-01-01,NQ\n", "share"),
        ("29971,29983,100,hôm qua,NQ\n", "day"),
        ("29971,29983,100,,NQ\n", "day"),
        ("29971,29983,100,2120-01-01,NQ\n", "day"),
        ("29971,29983,100,2020-01-01,\n", "source"),
        ("29971,29983,50,2020-01-01,NQ\n" * 2, "new_code"),
        ("29971,29983,60,2020-01-01,NQ\n29971,870,60,2020-01-01,NQ\n", "share"),
        ("29971,29983,60,2020-01-01,NQ\n870,29983,60,2020-01-02,NQ\n", "day"),
    ],
)
def test_a_wrong_row_keeps_the_file_out(land: Land, tmp_path: Path, rows: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        convert(tmp_path, rows)
    assert refused.value.field == field
    assert area_changes.origins({land.commune, land.other_commune}) == {}


def test_an_area_comes_about_once(land: Land, tmp_path: Path) -> None:
    convert(tmp_path, GOOD)
    with pytest.raises(Refused, match=r"29983 came about on another day already .2020-01-01."):
        convert(tmp_path, "870,29983,10,2020-05-01,NQ 2\n")


def test_what_ended_within_a_list_is_counted_with_nobody(land: Land, tmp_path: Path) -> None:
    convert(tmp_path, GOOD)
    assert [area.id for area in areas.children(land.district)] == [land.other_commune]
    assert areas.communes_below([land.province])[land.province] == [land.other_commune]
    assert [each.id for each in areas.communes([land.district], 2020)] == [land.other_commune]
    assert land.commune in areas.closure([land.district]), "its people stay"
    convert(tmp_path, GOOD.replace("29971,29983,100", "29971,29983,0"))
    assert len(areas.children(land.district)) == 2


@pytest.mark.parametrize(
    ("rows", "rest"),
    [
        ("29971,29983,30,2020-01-01,NQ\n", "70%"),
        ("29971,29983,30,2020-01-01,NQ\n29971,29971,69.5,2020-01-01,NQ\n", "0.5%"),
        ("29971,29983,30,2020-01-01,NQ\n29971,29971,70,2020-01-01,NQ\n", ""),
        ("29971,29983,30,2020-01-01,NQ\n29971,29971,,2020-01-01,NQ\n", ""),
        ("".join(f"29971,{c},33.33,2020-01-01,NQ\n" for c in ("29983", "870", "869")), ""),
    ],
)
def test_what_would_go_nowhere_is_asked_about(
    land: Land, tmp_path: Path, rows: str, rest: str
) -> None:
    if rest:
        with pytest.raises(Refused, match=rf"29971 .{rest}.") as refused:
            convert(tmp_path, rows)
        assert refused.value.field == "rest"
        assert area_changes.origins({land.other_commune}) == {}
    assert convert(tmp_path, rows, leave_rest=bool(rest)).added == rows.count("\n")
    assert convert(tmp_path, rows).added == 0, "what is recorded is not asked about again"


def test_a_row_taken_away_is_asked_about_where_a_rest_stays(land: Land, tmp_path: Path) -> None:
    convert(tmp_path, "29971,29983,30,2020-01-01,NQ\n29971,29971,70,2020-01-01,NQ\n")
    with pytest.raises(Refused, match=r"29971 .30%."):
        convert(tmp_path, "29971,29983,0,2020-01-01,NQ\n")
    both = "29971,29983,0,2020-01-01,NQ\n29971,29971,0,2020-01-01,NQ\n"
    assert convert(tmp_path, both).removed == 2


def test_every_wrong_row_is_named_and_nothing_is_written(land: Land, tmp_path: Path) -> None:
    convert(tmp_path, "29971,29983,60,2020-01-01,NQ\n29971,29971,40,2020-01-01,NQ\n")
    rows = (
        "29971,99999,100,2020-01-01,NQ\n",
        "870,29983,10,2020-02-01,NQ\n",
        "29983,869,nửa,2020-01-01,NQ\n",
        "29971,869,50,2020-01-01,NQ\n",
    )
    trial = area_change_files.look(written(tmp_path, "".join(rows)), 2020, 2020)
    told = [each.refused.sentence for each in trial.refused]
    assert [each.number for each in trial.refused] == [2, 3, 4, 5]
    assert "Row 2, column new_code, value “99999”: no area of the list of 2020 has this" in told[0]
    assert "Row 3, column day, value “2020-02-01”: area 29983 came about on another" in told[1]
    assert "Row 4, column share, value “nửa”" in told[2]
    assert "Row 5, column share, value “50”: more than all of area 29971" in told[3]
    assert not trial.sound
    assert len(area_changes.came_from(land.other_commune)) == 1


def test_what_no_database_takes_is_no_text(land: Land, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read as CSV"):
        convert(tmp_path, "29971,29983,100,2020-01-01,N\0Q\n")
