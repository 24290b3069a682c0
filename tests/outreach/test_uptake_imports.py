"""Files of figures: both shapes, every kind of wrong row, corrections, and importing again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from outreach import audit, uptake_imports
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from outreach.uptake import Source
from outreach.uptake_imports import UptakeImport
from tests.drive import TODAY, Drive, at

FIRST, SECOND = "29971", "29983"


@pytest.fixture
def bring(drive: Drive, tmp_path: Path):
    """Import rows as a CSV file, at 14:00 of 20 August."""

    def bring(*rows: str, within: int | None = None, **more: str) -> UptakeImport:
        path = tmp_path / "số liệu.csv"
        path.write_text("\n".join(rows), encoding="utf-8")
        return uptake_imports.import_file(
            path, path.name, drive.app_id, within=within, actor_id=drive.staff.id, **more
        )

    return bring


def figures(done: UptakeImport) -> tuple[int, int, int, int, int]:
    return done.read, done.added, done.corrected, done.unchanged, done.rejected


def codes(done: UptakeImport) -> list[tuple[int, str]]:
    return [(reject.row, reject.code) for reject in done.rejects]


def test_a_row_a_figure(bring, drive: Drive) -> None:
    done = bring("Xã,Ngày,Số lượt cài", f"{FIRST},20/8/2020,1.234", "Long Thuận,2020-08-19,331")
    assert figures(done) == (2, 2, 0, 0, 0)
    (row,) = drive.rows()
    assert (row.day, row.installs, row.source, row.late) == (TODAY, 1234, Source.FILE, False)
    assert row.import_id == done.id
    (earlier,) = drive.rows(drive.land.other_commune)
    assert (earlier.day, earlier.installs) == (date(2020, 8, 19), 331)
    assert earlier.late is None  # the file does not say when the commune told the office


def test_one_column_a_date_where_an_empty_cell_is_no_figure(bring, drive: Drive) -> None:
    done = bring("area,18/8/2020,2020-08-19,20/8", f"{FIRST},300,,318", f"{SECOND},,,")
    assert figures(done) == (2, 2, 0, 0, 0)
    assert [(row.day.day, row.installs) for row in drive.rows()] == [(18, 300), (20, 318)]


def test_a_workbook_with_dates_as_headings(drive: Drive, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Xã", date(2020, 8, 19), date(2020, 8, 20)])
    book.active.append(["Long Thuận", 310, 318.0])
    path = tmp_path / "figures.xlsx"
    book.save(path)
    done = uptake_imports.import_file(
        path, path.name, drive.app_id, within=None, actor_id=drive.staff.id
    )
    assert figures(done) == (2, 2, 0, 0, 0)
    assert [row.installs for row in drive.rows(drive.land.other_commune)] == [310, 318]


WRONG = {
    "unknown_area": "Xã Không Có,20/8/2020,5",
    "no_area": ",20/8/2020,5",
    "bad_date": f"{FIRST},32/8/2020,5",
    "future": f"{FIRST},21/8/2020,5",
    "too_old": f"{FIRST},20/8/2002,5",
    "no_figure": f"{FIRST},20/8/2020,",
    "bad_figure": f"{FIRST},20/8/2020,-5",
    "doubtful": f"{FIRST},20/8/2020,10001",
    "outside": "869,20/8/2020,5",
    "cell_error": f"{FIRST},20/8/2020,#REF!",
}


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_row_is_turned_away_with_its_reason_and_no_other(
    bring, drive: Drive, code: str
) -> None:
    done = bring(
        "area,date,installs", f"{SECOND},20/8/2020,7", WRONG[code], within=drive.land.district
    )
    assert codes(done) == [(3, code)]
    assert figures(done) == (2, 1, 0, 0, 1)
    (reject,) = done.rejects
    assert reject.sentence
    assert drive.rows() == []


def test_a_name_in_two_districts_is_turned_away_with_what_it_may_mean(drive: Drive, bring) -> None:
    from outreach.areas import Area
    from outreach.database import transaction

    with transaction() as session:
        session.add(
            Area(
                area_list=2020,
                code="29955",
                level="commune",
                kind="Xã",
                name="Xã Long Thuận",
                parent_id=drive.land.next_district,
            )
        )
    done = bring("area,date,installs", "Long Thuận,20/8/2020,7")
    assert codes(done) == [(2, "ambiguous_area")]
    assert "Tân Hồng" in done.rejects[0].sentence


def test_of_two_figures_for_a_day_neither_is_taken(bring, drive: Drive) -> None:
    done = bring(
        "area,date,installs",
        f"{FIRST},20/8/2020,318",
        f"{FIRST},2020-08-20,320",
        f"{FIRST},19/8/2020,310",
        f"{SECOND},20/8/2020,7",
        f"{SECOND},20/8/2020,7",
    )
    assert codes(done) == [(2, "two_figures"), (3, "two_figures")]
    assert figures(done) == (5, 2, 0, 1, 2)
    assert [row.day.day for row in drive.rows()] == [19]


def test_the_same_file_again_enters_nothing(bring, drive: Drive) -> None:
    rows = ("area,date,installs", f"{FIRST},19/8/2020,310", f"{FIRST},20/8/2020,318")
    bring(*rows)
    assert figures(bring(*rows)) == (2, 0, 0, 2, 0)
    assert len(drive.rows()) == 2


def test_a_corrected_figure_is_a_new_edition(bring, drive: Drive) -> None:
    drive.report(310)
    done = bring("area,date,installs,lý do", f"{FIRST},20/8/2020,318,theo sổ")
    assert figures(done) == (1, 0, 1, 0, 0)
    old, new = drive.rows()
    assert (old.installs, new.installs, new.edition, new.reason) == (310, 318, 2, "theo sổ")


def test_what_was_corrected_is_shown_with_what_it_was(bring, drive: Drive) -> None:
    bring("area,18/8,19/8,20/8", f"{FIRST},300,310,320", f"{SECOND},200,,")
    done = bring(
        *("area,18/8,19/8,20/8", f"{FIRST},300,309,322", f"{SECOND},201,205,"),
        within=drive.land.district,
    )
    assert [
        (each.area.code, each.day.day, each.was, each.installs)
        for each in uptake_imports.corrections(done)
    ] == [(SECOND, 18, 200, 201), (FIRST, 19, 310, 309), (FIRST, 20, 320, 322)]
    again = bring("area,20/8", f"{FIRST},322", within=drive.land.district)
    assert uptake_imports.corrections(again) == []


def test_a_fall_is_taken_only_where_the_file_says_why(bring, drive: Drive) -> None:
    rows = [f"{FIRST},18/8/2020,310", f"{FIRST},19/8/2020,300", f"{FIRST},20/8/2020,320"]
    done = bring("area,date,installs", *rows)
    assert codes(done) == [(3, "doubtful")]
    assert "300 is less than the 310" in done.rejects[0].sentence
    assert [row.installs for row in drive.rows()] == [310, 320]
    done = bring("area,date,installs,reason", f"{FIRST},19/8/2020,300,đếm trùng")
    assert figures(done) == (1, 1, 0, 0, 0)


def test_a_figure_that_stays_still_judges_those_after_it(bring, drive: Drive) -> None:
    bring("area,date,installs", f"{FIRST},18/8/2020,310", f"{FIRST},19/8/2020,330")
    done = bring("area,date,installs", f"{FIRST},19/8/2020,200", f"{FIRST},20/8/2020,320")
    assert codes(done) == [(2, "doubtful"), (3, "doubtful")]
    assert "less than the 330 of 19 Aug 2020" in done.rejects[1].sentence


@pytest.mark.parametrize("area", ["869", "Tân Hồng", "Huyện Tân Hồng; Tỉnh Đồng Tháp"])
def test_an_area_of_another_district_is_turned_away_however_it_is_written(
    bring, drive: Drive, area: str
) -> None:
    rows = ("area,date,installs", f'"{area.replace(";", ",")}",20/8/2020,5')
    assert codes(bring(*rows, within=drive.land.district)) == [(2, "outside")]
    assert figures(bring(*rows)) == (1, 1, 0, 0, 0)


def test_figures_that_a_file_corrects_together_are_judged_together(bring, drive: Drive) -> None:
    bring("area,date,installs", f"{FIRST},18/8/2020,300", f"{FIRST},19/8/2020,310")
    done = bring("area,date,installs", f"{FIRST},18/8/2020,400", f"{FIRST},19/8/2020,410")
    assert figures(done) == (2, 0, 2, 0, 0)


def test_a_jump_is_taken_and_shown(bring, drive: Drive) -> None:
    rows = [f"{FIRST},{day}/8/2020,{300 + day}" for day in range(10, 20)]
    done = bring("area,date,installs", *rows, f"{FIRST},20/8/2020,900")
    assert figures(done) == (11, 11, 0, 0, 0)
    (shown,) = done.to_check
    assert (shown.row, shown.value) == (12, "900")


def test_a_file_without_the_columns_is_refused_whole(bring, drive: Drive) -> None:
    for rows in (("area,installs", f"{FIRST},5"), ("area,date", f"{FIRST},20/8/2020")):
        with pytest.raises(Refused, match="has no column of"):
            bring(*rows)
    assert db.session.scalars(select(UptakeImport)).all() == []


def test_a_file_that_is_too_large_is_refused(
    bring, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uptake_imports, "LARGEST", 10)
    with pytest.raises(Refused, match="larger than"):
        bring("area,date,installs", f"{FIRST},20/8/2020,5")


def test_an_import_is_remembered_with_its_file_and_audited(bring, drive: Drive) -> None:
    done = bring("area,date,installs", f"{FIRST},20/8/2020,5", within=drive.land.district)
    assert uptake_imports.recent(drive.app_id, drive.land.district) == [done]
    assert uptake_imports.by_id(done.id).filename == "số liệu.csv"
    row = db.session.scalars(select(AuditRow).where(AuditRow.act == "uptake.import")).one()
    assert (row.object_id, row.actor_id) == (done.id, drive.staff.id)
    assert audit.verify().ok


def test_a_figure_is_judged_by_one_of_long_ago_where_there_is_no_newer(bring, drive: Drive) -> None:
    drive.report(300, "1/7 14:00")
    at("20/8 14:00")
    done = bring("area,date,installs", f"{FIRST},20/8/2020,299")
    assert codes(done) == [(2, "doubtful")]
    assert "1 Jul 2020" in done.rejects[0].sentence
