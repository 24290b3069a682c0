"""What teams did from door to door: recorded by day, corrected by a new row, added up."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from outreach import fieldwork
from outreach.areas import Area
from outreach.audit import AuditRow
from outreach.database import db
from outreach.errors import Refused
from outreach.fieldwork import Entry, Work
from tests.counting import queries
from tests.drive import TODAY, Drive, at

EARLIER = date(2020, 8, 18)


def record(drive: Drive, households: str, helped: str, day: date = TODAY, **more: object) -> bool:
    area = db.session.get_one(Area, more.pop("area_id", drive.land.commune))
    entry = Entry(households, helped, str(more.pop("reason", "")))
    return fieldwork.enter(area, day, entry, actor_id=drive.reporter.id)


def test_a_day_is_recorded_and_the_trail_says_who(drive: Drive) -> None:
    at("20/8 16:00")
    assert record(drive, "1.120", "45")
    assert not record(drive, "1120", "45")  # the same once more
    ((row,),) = fieldwork.by_day(drive.land.commune, TODAY, 30)
    assert (row.households, row.helped, row.edition) == (1120, 45, 1)
    assert row.entered_by_id == drive.reporter.id
    (act,) = db.session.scalars(select(AuditRow).where(AuditRow.act == "field.enter"))
    assert (act.object_id, act.actor_id) == (drive.land.commune, drive.reporter.id)


def test_a_correction_is_a_new_row_that_says_why(drive: Drive) -> None:
    at("20/8 16:00")
    record(drive, "120", "45")
    with pytest.raises(Refused, match="120 households") as refused:
        record(drive, "130", "45")
    assert refused.value.field == "reason"
    assert record(drive, "130", "45", reason="đếm lại")
    ((last, first),) = fieldwork.by_day(drive.land.commune, TODAY, 30)
    assert (first.households, last.households, last.reason) == (120, 130, "đếm lại")
    done = fieldwork.by_area([drive.land.commune], TODAY, TODAY)
    assert done == {drive.land.commune: Work(1, 130, 45)}


@pytest.mark.parametrize(
    ("households", "helped", "day", "field"),
    [
        ("", "1", TODAY, "households"),
        ("-3", "1", TODAY, "households"),
        ("100001", "1", TODAY, "households"),
        ("3", "hai", TODAY, "helped"),
        ("3", "1", date(2020, 8, 21), "day"),
        ("3", "1", date(2002, 8, 20), "day"),
    ],
)
def test_what_is_no_record_is_refused_at_its_field(
    drive: Drive, households: str, helped: str, day: date, field: str
) -> None:
    at("20/8 16:00")
    with pytest.raises(Refused) as refused:
        record(drive, households, helped, day)
    assert refused.value.field == field
    assert fieldwork.by_day(drive.land.commune, TODAY, 30) == []


def test_visits_are_recorded_of_communes_alone(drive: Drive) -> None:
    at("20/8 16:00")
    with pytest.raises(Refused, match="of communes"):
        record(drive, "3", "1", area_id=drive.land.district)


def test_days_of_a_period_add_up_for_what_lies_above(drive: Drive) -> None:
    one, other = drive.land.commune, drive.land.other_commune
    at("20/8 16:00")
    record(drive, "10", "4", EARLIER)
    record(drive, "20", "5")
    record(drive, "7", "0", area_id=other)
    province = db.session.get_one(Area, drive.land.province)
    found = {area.id: work for area, work in fieldwork.below(province, EARLIER, TODAY)}
    assert found[drive.land.district] == Work(3, 37, 9)
    district = db.session.get_one(Area, drive.land.district)
    assert {area.id: work for area, work in fieldwork.below(district, TODAY, TODAY)} == {
        one: Work(1, 20, 5),
        other: Work(1, 7, 0),
    }


def test_sums_are_one_statement_however_many_areas(drive: Drive) -> None:
    at("20/8 16:00")
    record(drive, "10", "4")
    with queries() as sent:
        fieldwork.by_area([drive.land.commune, drive.land.other_commune, 0], EARLIER, TODAY)
    assert len([each for each in sent if "field_visits" in each]) == 1
