"""A drive whose installs are counted: Hồng Ngự with two communes, its office and its reporter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import clock, entering, uptake
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.entering import Entry, Kept
from outreach.organisations import Organisation
from outreach.uptake import Source, UptakeReport
from tests.people import Land, bluezone

TODAY = date(2020, 8, 20)
PEOPLE_OF = {"870": 20_000, "29971": 10_000, "29983": 8_000, "869": 5_000}


def at(written: str) -> datetime:
    """Let it be this time in Vietnam: "20/8 14:00" of 2020, or "14:00" of 20/8."""
    day, _, hour = written.rpartition(" ")
    number, _, month = (day or "20/8").partition("/")
    hours, minutes = hour.split(":")
    moment = datetime(2020, int(month), int(number), int(hours), int(minutes), tzinfo=clock.VIETNAM)
    clock.set_offset(moment - clock.real_now())
    return moment


@dataclass
class Drive:
    """Everything figures need, by short calls."""

    land: Land
    app_id: int
    staff: User
    reporter: User

    def report(
        self,
        installs: int | str,
        when: str = "14:00",
        area_id: int | None = None,
        day: date | None = None,
        source: Source = Source.FORM,
        **more: object,
    ) -> Kept:
        """Enter a figure of the first commune at a time; of the day of that time."""
        at(when)
        entry = Entry(area_id or self.land.commune, str(installs), **more)  # type: ignore[arg-type]
        return entering.enter(self.app_id, entry, day or uptake.today(), source, self.staff.id)

    def rows(self, area_id: int | None = None) -> list[UptakeReport]:
        """Every row of an area, in the order they came, those of other sessions included."""
        db.session.rollback()
        wanted = select(UptakeReport).where(UptakeReport.area_id == (area_id or self.land.commune))
        return list(db.session.scalars(wanted.order_by(UptakeReport.id)))


@pytest.fixture
def drive(
    app: Flask,
    land: Land,
    culture_office: Organisation,
    make_person: Callable[..., User],
) -> Drive:
    """It is 20 August 2020, 14:00; Bluezone is counted, nobody has reported yet."""
    at("14:00")
    with transaction() as session:
        for area in session.scalars(select(Area)):
            area.population = PEOPLE_OF.get(area.code)
    return Drive(
        land,
        bluezone().id,
        make_person(Role.STAFF, culture_office, name="Tâm"),
        make_person(Role.REPORTER, culture_office, land.commune, name="Xuân"),
    )
