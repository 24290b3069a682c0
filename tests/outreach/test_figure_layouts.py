"""Layouts of an office's own files: said once, recognised, refused where they have changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach import figure_layouts
from outreach.accounts import Role, User
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from outreach.figure_layouts import Chosen, Unknown
from outreach.lists import reading
from outreach.organisations import Kind
from outreach.uptake_imports import UptakeImport
from tests.drive import TODAY, Drive

TITLE = "BÁO CÁO TIẾN ĐỘ,,,"
HEADINGS = "STT,Tên đơn vị hành chính,Thuê bao kích hoạt,Diễn giải"
ROW = "1,Long Khánh A,318,"
MEANS = {"area": "Tên đơn vị hành chính", "installs": "Thuê bao kích hoạt", "reason": "Diễn giải"}
Bring = Callable[..., UptakeImport]


@pytest.fixture
def bring(drive: Drive, tmp_path: Path) -> Bring:
    """Import rows as the district's staff, at 14:00 of 20 August."""

    def bring(*rows: str, person: User | None = None, **more: object) -> UptakeImport:
        path = tmp_path / "tiến độ.csv"
        path.write_text("\n".join(rows), encoding="utf-8")
        who = person or drive.staff
        return figure_layouts.import_file(
            path, path.name, drive.app_id, drive.land.district, who, **more
        )

    return bring


def chosen(name: str = "Mẫu huyện", **changes: str) -> Chosen:
    return Chosen(name, {"area": "", "date": "", "installs": "", "reason": ""} | MEANS | changes)


def test_an_unknown_layout_is_shown_and_asked_about_and_nothing_entered(
    bring: Bring, drive: Drive
) -> None:
    with pytest.raises(Unknown) as asked:
        bring(TITLE, HEADINGS, ROW, day=TODAY)
    look = asked.value.look
    assert [each.heading for each in look.columns] == HEADINGS.split(",")
    assert look.columns[2].examples == ["318"]
    assert not look.dated
    assert drive.rows() == []


def test_what_is_said_once_is_recognised_wherever_the_headings_stand(
    bring: Bring, drive: Drive
) -> None:
    assert bring(TITLE, HEADINGS, ROW, chosen=chosen(), day=TODAY).added == 1
    moved = "Diễn giải,THUÊ BAO KÍCH HOẠT:,TT,Tên đơn vị hành chính"
    done = bring(TITLE, ",,,", moved, ",330,1,Long Khánh A", day=TODAY)
    assert done.corrected == 1
    assert [row.installs for row in drive.rows()] == [318, 330]
    audited = db.session.scalars(select(AuditRow).where(AuditRow.act == "layout.save")).one()
    assert (audited.object_type, audited.object_id) == ("organisation", drive.staff.organisation_id)


def test_columns_of_dates_are_others_every_day(bring: Bring, drive: Drive) -> None:
    first = bring(
        "Nơi báo,18/8,19/8", "29971,300,310", chosen=chosen(area="Nơi báo", installs="", reason="")
    )
    assert first.added == 2
    assert bring("Nơi báo,20/8", "29971,318").added == 1
    with pytest.raises(Unknown):
        bring("Nơi báo,Lượng", "29971,318")


UNDER_MERGED_CELLS = (
    "UBND HUYỆN,,,CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "STT,Đơn vị,Lũy kế đến ngày,,Ghi chú",
    ",,18/8/2020,19/8/2020,",
    "1,Long Khánh A,300,310,",
    "2,Long Thuận,200,205,",
    ",Tổng cộng,500,515,",
    "Tổng,,500,515,",
    ",,,Người lập biểu,",
)


def test_days_in_a_second_row_under_merged_cells_are_headings(bring: Bring, drive: Drive) -> None:
    done = bring(*UNDER_MERGED_CELLS)
    assert (done.read, done.added, done.rejected) == (5, 4, 1)
    assert [(row.day.day, row.installs) for row in drive.rows()] == [(18, 300), (19, 310)]
    assert done.rejects[0].row == 8, "rows are numbered as the spreadsheet shows them"
    assert "6, 7" in " ".join(done.notes), "sums are left out and named"


def test_a_layout_may_have_its_days_in_a_second_row(bring: Bring, drive: Drive) -> None:
    own = [row.replace("Đơn vị", "Tên gọi") for row in UNDER_MERGED_CELLS[:5]]
    with pytest.raises(Unknown) as asked:
        bring(*own)
    assert asked.value.look.dated
    said = chosen(area="Tên gọi", installs="", reason="")
    assert bring(*own, chosen=said).added == 4
    own[2] = ",,,20/8/2020,"
    assert bring(*own).added == 2


def test_rows_of_an_area_named_once_are_no_headings(bring: Bring, drive: Drive) -> None:
    done = bring("Xã,Ngày,Số cài", "29971,18/8/2020,300", ",19/8/2020,310")
    assert (done.added, done.rejected) == (1, 1)
    done = bring("Xã,Ngày,Số cài", "Long Khánh A,18/8/2020,ba trăm", ",19/8/2020,chưa rõ")
    assert [each.row for each in done.rejects] == [2, 3]


def test_a_layout_of_last_week_is_refused_by_naming_what_changed(
    bring: Bring, drive: Drive
) -> None:
    bring(TITLE, HEADINGS, ROW, chosen=chosen(), day=TODAY)
    older = HEADINGS.replace("Thuê bao kích hoạt", "Thuê bao đăng ký")
    with pytest.raises(Unknown) as refused:
        bring(TITLE, older, "1,Long Khánh A,330,", day=TODAY)
    said = refused.value.sentence
    assert "“Mẫu huyện”" in said
    assert "20 Aug 2020" in said
    assert "“Thuê bao kích hoạt”" in said
    assert "“Thuê bao đăng ký”" in said
    assert "“Diễn giải”" not in said
    assert [row.installs for row in drive.rows()] == [318]
    # Said anew under its name, it is the layout from then on.
    bring(
        *(TITLE, older, "1,Long Khánh A,330,"),
        chosen=chosen(installs="Thuê bao đăng ký"),
        day=TODAY,
    )
    (layout,) = figure_layouts.of(drive.staff.organisation_id)
    assert "Thuê bao đăng ký" in layout.headings
    with pytest.raises(Unknown, match="Thuê bao kích hoạt"):
        bring(TITLE, HEADINGS, ROW, day=TODAY)


def test_headings_everybody_knows_need_no_layout_and_a_layout_goes_before_them(
    bring: Bring, drive: Drive
) -> None:
    known = "Xã,Ngày,Số lượng,Đã cài thật"
    bring(known.replace("Đã cài thật", "Khác"), "29971,20/8/2020,5,6")
    assert drive.rows()[-1].installs == 5
    said = {"area": "Xã", "date": "Ngày", "installs": "Đã cài thật", "reason": ""}
    bring(known, "29971,20/8/2020,5,6", chosen=Chosen("Mẫu", said))
    assert drive.rows()[-1].installs == 6
    bring(known, "29971,20/8/2020,5,7")
    assert drive.rows()[-1].installs == 7


def test_another_office_has_layouts_of_its_own(
    bring: Bring, drive: Drive, make_person: Callable[..., User]
) -> None:
    from outreach import organisations

    bring(TITLE, HEADINGS, ROW, chosen=chosen(), day=TODAY)
    other = organisations.add("Tỉnh", Kind.CULTURE, area_id=drive.land.province, actor_id=None)
    with pytest.raises(Unknown):
        bring(TITLE, HEADINGS, ROW, person=make_person(Role.CULTURE, other), day=TODAY)


WRONG = {
    "area": chosen(area=""),
    "installs": chosen(installs=""),
    "date": chosen(),
    "layout_name": chosen(" "),
    "reason": chosen(reason="Thuê bao kích hoạt"),
}


@pytest.mark.parametrize("field", WRONG)
def test_what_is_missing_is_said_at_its_field(bring: Bring, drive: Drive, field: str) -> None:
    with pytest.raises(Refused) as refused:
        bring(TITLE, HEADINGS, ROW, chosen=WRONG[field], day=None if field == "date" else TODAY)
    assert refused.value.field in (field, "installs" if field == "reason" else field)
    assert figure_layouts.of(drive.staff.organisation_id) == []
    assert drive.rows() == []


def test_the_day_given_is_of_a_file_without_dates_only(bring: Bring, drive: Drive) -> None:
    bring("Xã,Ngày,Số cài", "29971,19/8/2020,300", day=TODAY)
    bring("Xã,Số cài", "29971,318", day=TODAY)
    assert [(row.day, row.installs) for row in drive.rows()] == [
        (date(2020, 8, 19), 300),
        (TODAY, 318),
    ]


def test_a_layout_is_forgotten_by_its_own_office_only(bring: Bring, drive: Drive) -> None:
    bring(TITLE, HEADINGS, ROW, chosen=chosen(), day=TODAY)
    own = drive.staff.organisation_id
    (layout,) = figure_layouts.of(own)
    figure_layouts.forget((own or 0) + 1, layout.id, actor_id=drive.staff.id)
    assert len(figure_layouts.of(own)) == 1
    figure_layouts.forget(own, layout.id, actor_id=drive.staff.id)
    assert figure_layouts.of(own) == []


def test_the_first_rows_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert reading.peek(path) == [["a", "b"], ["1", "2"]]
