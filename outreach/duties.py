"""What a person has to report on a day, and what of it is not there yet: who enters figures of one
area its figure; who makes the daily report of an area above those, that report.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select

from outreach import access, areas, clock, due, rates, targets
from outreach.access import Act
from outreach.accounts import User
from outreach.apps import App
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, find
from outreach.organisations import Organisation
from outreach.targets import Target
from outreach.uptake import UptakeReport

LATELY: Final = timedelta(days=7)
"""How long after the last figure of an app around there one is still asked for."""


class What(StrEnum):
    """What is owed."""

    FIGURE = "figure"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Duty:
    """What one person owes on each working day."""

    area: Area
    what: What

    def due_at(self, day: date) -> datetime:
        """By when, on a day."""
        report = self.what is What.REPORT
        return due.at(day, Level.DISTRICT if report else self.area.level)


def of(person: User) -> Duty | None:
    """The person's; None for who owes nothing."""
    own = person.own_area_id
    area = None if own is None else find(Area, own)
    if area is None or not person.active or _has_ended(area):
        return None
    if area.level in rates.REPORTING:
        return Duty(area, What.FIGURE) if access.allowed(person, Act.UPTAKE_ENTER) else None
    if access.allowed(person, Act.REPORT_MAKE):
        return Duty(area, What.REPORT)
    # A district may report for itself, where no communes are known.
    alone = access.allowed(person, Act.UPTAKE_ENTER) and not areas.children(area.id)
    return Duty(area, What.FIGURE) if alone else None


def _has_ended(area: Area) -> bool:
    """Whether others have all of it: then they report."""
    return area.ended_on is not None and area.ended_on <= clock.local(clock.now()).date()


def people_of(area_ids: Collection[int]) -> list[tuple[User, Duty]]:
    """Who owes something in these areas, with what."""
    own = func.coalesce(User.area_id, Organisation.area_id)
    there = (
        select(User)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(own.in_(area_ids), User.active)
        .order_by(User.name, User.id)
    )
    found = [(person, of(person)) for person in db.session.scalars(there)]
    return [(person, duty) for person, duty in found if duty is not None]


def missing(area: Area, day: date) -> list[App]:
    """The apps of which the area owes a figure of the day that is not there. One is owed where a
    target of the area, or of one it lies in, has days left, or where figures came around there
    within `LATELY`; nothing is owed on a day off."""
    if not due.is_working(day):
        return []
    line = [area.id, *(above.id for above in areas.ancestors(area.id))]
    around = areas.closure_query([area.parent_id or area.id])
    aimed = targets.standing().where(
        Target.app_id == App.id, Target.area_id.in_(line), Target.deadline >= day
    )
    figure = select(UptakeReport.id).where(UptakeReport.app_id == App.id)
    lately = figure.where(UptakeReport.area_id.in_(around), UptakeReport.day >= day - LATELY)
    there = figure.where(UptakeReport.area_id == area.id, UptakeReport.day == day)
    owed = select(App).where(aimed.exists() | lately.exists(), ~there.exists())
    return list(db.session.scalars(owed.order_by(App.id)))
