"""What the report asks of its office: to be issued by 16:30."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from campaigns.reports.editions import DailyReport
from outreach import access, areas, clock, formats, rates, uptake
from outreach.access import Act
from outreach.accounts import User
from outreach.apps import App
from outreach.areas import Area
from outreach.database import db, find
from outreach.i18n import _, language
from outreach.todo import Todo
from outreach.uptake import UptakeReport

LATELY: Final = timedelta(days=7)


def due(person: User) -> Sequence[Todo]:
    """A row from the hour when the figures are due until today's report of the own area is
    issued."""
    if person.own_area_id is None or not access.allowed(person, Act.REPORT_MAKE):
        return []
    day, now = uptake.today(), clock.now()
    area = find(Area, person.own_area_id)
    if now < uptake.deadline(day) or area is None or area.level in rates.REPORTING:
        return []
    if not awaited(area, day):
        return []
    by = uptake.compiled_by(day)
    said, hour = language(), formats.hour(by, language=language())
    left = (by - now).total_seconds()
    sentence = (
        _(
            "The report of today is due at %(hour)s, in %(time)s",
            hour=hour,
            time=formats.span(left, language=said),
        )
        if left > 0
        else _("The report of today was due at %(hour)s", hour=hour)
    )
    return [
        Todo(
            "printer",
            "wait" if left > 0 else "late",
            22,
            sentence,
            area.name,
            _("Look and issue"),
            "reports.show",
            {"area_id": area.id},
        )
    ]


def awaited(area: Area, day: date) -> bool:
    """Whether the report of a day has still to be issued."""
    issued = select(DailyReport.id).where(DailyReport.area_id == area.id, DailyReport.day == day)
    return db.session.scalar(issued.limit(1)) is None and _counting(area, day)


def _counting(area: Area, day: date) -> bool:
    """Whether anybody in the area has reported figures of late: else there is no drive to report
    on."""
    reported = select(UptakeReport.id).where(
        UptakeReport.app_id.in_(select(App.id)),  # so that their index is taken
        UptakeReport.area_id.in_(areas.closure_query([area.id])),
        UptakeReport.day >= day - LATELY,
    )
    return db.session.scalar(reported.limit(1)) is not None
