"""Every correction is a new row, every doubt is asked about, and late is taken all the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from flask import current_app
from sqlalchemy import select

from outreach import audit, clock, entering, uptake
from outreach.audit import AuditRow
from outreach.database import db
from outreach.entering import Doubtful, Entry, Kept, Outcome, Overtaken
from outreach.errors import Refused
from outreach.uptake import Source
from tests.drive import TODAY, Drive, at


def test_a_figure_is_kept_with_who_when_how_and_up_to_when(drive: Drive) -> None:
    kept = drive.report("1.318", "14:41")
    assert kept == Kept(Outcome.ADDED, drive.land.commune, 1318, None)
    (row,) = drive.rows()
    assert (row.day, row.edition, row.installs, row.late) == (TODAY, 1, 1318, False)
    assert (row.source, row.reported_by.name, row.reason) == (Source.FORM, "Tâm", "")
    assert row.as_of == row.reported_at
    assert f"{clock.local(row.as_of):%d/%m %H:%M}" == "20/08 14:41"


def test_a_late_figure_is_taken_and_counts_up_to_the_hour(drive: Drive) -> None:
    drive.report(318, "15:20")
    (row,) = drive.rows()
    assert row.late
    assert row.as_of == uptake.deadline(TODAY)


@pytest.mark.parametrize(("when", "late"), [("14:59", False), ("15:01", True)])
def test_the_hour_is_15_in_vietnam(drive: Drive, when: str, late: bool) -> None:
    drive.report(318, when)
    assert drive.rows()[0].late is late


def test_a_correction_is_a_new_row_and_the_old_one_stays(drive: Drive) -> None:
    drive.report(381, "14:00")
    kept = drive.report(318, "15:30", reason="gõ nhầm")
    assert (kept.outcome, kept.was) == (Outcome.CORRECTED, 381)
    old, new = drive.rows()
    assert (old.edition, old.installs, old.reason) == (1, 381, "")
    assert (new.edition, new.installs, new.reason) == (2, 318, "gõ nhầm")
    assert not new.late  # the day's figure came in time; it was only put right later


def test_the_same_figure_twice_is_one_row(drive: Drive) -> None:
    drive.report(318)
    assert drive.report(318, "14:01").outcome is Outcome.UNCHANGED
    assert drive.report(318, "14:02", seen=0).outcome is Outcome.UNCHANGED  # a double click
    assert len(drive.rows()) == 1


def test_what_is_typed_wrongly_is_refused_at_the_field(drive: Drive) -> None:
    for text in ("", "-3", "ba trăm", "1.234,5"):
        with pytest.raises(Refused) as refused:
            drive.report(text)
        assert refused.value.field == "installs"
    assert drive.rows() == []


def test_a_day_that_has_not_come_or_is_long_past_is_refused(drive: Drive) -> None:
    for day in (TODAY + timedelta(days=1), date(2002, 8, 20)):
        with pytest.raises(Refused) as refused:
            drive.report(318, day=day)
        assert refused.value.field == "day"


def test_a_fall_is_asked_about_and_taken_with_a_reason(drive: Drive) -> None:
    drive.report(318, "19/8 14:00")
    with pytest.raises(Doubtful, match="300 is less than the 318 of 19 Aug 2020") as asked:
        drive.report(300)
    assert asked.value.field == "reason"
    drive.report(300, reason="đếm trùng ấp 2", asked="300")
    assert [row.reason for row in drive.rows()] == ["", "đếm trùng ấp 2"]


def test_a_reason_answers_only_for_the_number_that_was_asked_about(drive: Drive) -> None:
    drive.report(318, "19/8 14:00")
    with pytest.raises(Doubtful):
        drive.report(30, reason="đếm trùng", asked="300")


def test_more_than_the_people_is_asked_about(drive: Drive) -> None:
    with pytest.raises(Doubtful, match="more than the 10,000 people"):
        drive.report(10_001)


def test_an_earlier_day_is_changed_with_a_reason_only(drive: Drive) -> None:
    drive.report(318, "18/8 14:00")
    with pytest.raises(Refused, match="earlier day: say why"):
        drive.report(316, "20/8 14:00", day=date(2020, 8, 18))
    drive.report(316, "20/8 14:00", day=date(2020, 8, 18), reason="sửa theo sổ")
    assert [row.installs for row in drive.rows()] == [318, 316]


def test_who_looked_at_an_older_figure_is_told_of_the_newer_one(drive: Drive) -> None:
    drive.report(318, "14:00", seen=0)
    with pytest.raises(Overtaken, match=r"Meanwhile somebody entered 318, at 14:00\."):
        drive.report(320, "14:05", seen=0)
    assert drive.report(320, "14:06", seen=1).outcome is Outcome.CORRECTED


def test_of_several_each_is_judged_on_its_own(drive: Drive) -> None:
    at("14:00")
    entries = [Entry(drive.land.commune, "abc"), Entry(drive.land.other_commune, "120")]
    wrong, kept = entering.enter_all(drive.app_id, entries, TODAY, Source.GRID, drive.staff.id)
    assert isinstance(wrong, Refused)
    assert isinstance(kept, Kept)
    assert [row.source for row in drive.rows(drive.land.other_commune)] == [Source.GRID]


def test_a_reason_that_is_too_long_is_refused(drive: Drive) -> None:
    with pytest.raises(Refused, match="at most 200 letters"):
        drive.report(318, reason="x" * 201)


def test_each_act_leaves_an_audit_row(drive: Drive) -> None:
    drive.report(318)
    drive.report(318)
    drive.report(319)
    acts = select(AuditRow).where(AuditRow.act == "uptake.enter").order_by(AuditRow.id)
    rows = db.session.scalars(acts).all()
    assert [row.object_id for row in rows] == [drive.land.commune] * 2
    assert f"[{drive.land.commune},319,318]" in rows[1].detail
    assert audit.verify().ok


def test_of_two_who_enter_at_once_one_is_told(drive: Drive) -> None:
    at("14:00")
    app, staff_id, commune = current_app._get_current_object(), drive.staff.id, drive.land.commune
    ready = threading.Barrier(2)

    def enter(figure: str) -> Kept | Refused:
        with app.app_context():
            ready.wait()
            entry = Entry(commune, figure, seen=0)
            (answer,) = entering.enter_all(drive.app_id, [entry], TODAY, Source.FORM, staff_id)
            return answer

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(enter, ["318", "320"]))
    assert {type(answer) for answer in answers} == {Kept, Overtaken}
    assert len(drive.rows()) == 1
