"""What the report asks of its office: to be issued by 16:30, and anew where figures came later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Select, select

from campaigns.reports import editions
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
AGAIN: Final = 2
"""Days whose report is asked for anew: today's and yesterday's."""


def due(person: User) -> Sequence[Todo]:
    """A row from the hour when the figures are due until today's report of the own area is
    issued."""
    area, day, now = _own(person), uptake.today(), clock.now()
    if area is None or now < uptake.deadline(day) or not awaited(area, day):
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


def overtaken(person: User) -> Sequence[Todo]:
    """A row for the last two days' report each, where a figure came after its newest edition. What
    it changed, if anything, says the report's page: to compare all figures here would be dear."""
    area = _own(person)
    if area is None:
        return []
    return [
        Todo(
            "printer",
            "wait",
            23,
            _(
                "Figures of %(day)s changed after report %(edition)s",
                day=formats.month_day(each.day, language=language()),
                edition=each.edition,
            ),
            area.name,
            _("See what changed"),
            "reports.show",
            {"area_id": area.id, "day": each.day.isoformat()},
        )
        for each in editions.latest(area.id, AGAIN)
        if each.day > uptake.today() - timedelta(days=AGAIN) and _came_after(area, each)
    ]


def _own(person: User) -> Area | None:
    """The area whose report a person makes."""
    if person.own_area_id is None or not access.allowed(person, Act.REPORT_MAKE):
        return None
    area = find(Area, person.own_area_id)
    return None if area is None or area.level in rates.REPORTING else area


def _came_after(area: Area, issued: DailyReport) -> bool:
    came = _reported(area).where(
        UptakeReport.day == issued.day, UptakeReport.reported_at > issued.issued_at
    )
    return db.session.scalar(came.limit(1)) is not None


def awaited(area: Area, day: date) -> bool:
    """Whether the report of a day has still to be issued."""
    issued = select(DailyReport.id).where(DailyReport.area_id == area.id, DailyReport.day == day)
    return db.session.scalar(issued.limit(1)) is None and _counting(area, day)


def _counting(area: Area, day: date) -> bool:
    """Whether anybody in the area has reported figures of late: else there is no drive to report
    on."""
    lately = _reported(area).where(UptakeReport.day >= day - LATELY)
    return db.session.scalar(lately.limit(1)) is not None


def _reported(area: Area) -> Select[int]:
    return select(UptakeReport.id).where(
        UptakeReport.app_id.in_(select(App.id)),  # so that their index is taken
        UptakeReport.area_id.in_(areas.closure_query([area.id])),
    )
