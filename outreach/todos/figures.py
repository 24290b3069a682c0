"""Figures that are late, and files of figures that were not taken whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import or_, select

from outreach import access, areas, clock, due, formats, schools, uptake
from outreach.access import Act
from outreach.accounts import Role, User
from outreach.apps import App
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, find, one_of
from outreach.i18n import _, language
from outreach.todo import Todo
from outreach.uptake import UptakeReport
from outreach.uptake_imports import UptakeImport

NAMED: Final = 12
"""Late communes said by name; the others are counted."""
RECENT: Final = timedelta(days=3)
"""For how long a file that was not taken whole is spoken of."""
SHOWN: Final = 3


def late(person: User) -> Sequence[Todo]:
    """A row an app: the communes of the own area that have sent nothing though the hour is past."""
    here = _own_area(person, Act.UPTAKE_ENTER)
    missing = _missing(person, here)
    names = _names({each for them in missing.values() for each in them})
    return [
        _late_row(
            here,
            app,
            [name for each, name in names.items() if each in missing[app]],
            alone=here.id in missing[app],
        )
        for app in missing
        if here is not None
    ]


def late_count(person: User) -> int:
    """How many figures are late in the own area, as the side bar counts them."""
    return sum(map(len, _missing(person, _own_area(person, Act.UPTAKE_ENTER)).values()))


def _missing(person: User, here: Area | None) -> dict[App, set[int]]:
    """By app, where any is: the ids of communes and schools that are late. None before the hour."""
    day = uptake.today()
    if here is None or person.role is Role.REPORTER or not due.past(day):
        return {}
    communes = areas.communes_below([here.id]).get(here.id)
    if not communes and not due.past(day, here.level):
        return {}
    below = [*(communes or [here.id]), *(school.id for school in schools.of(here.id))]
    counted = uptake.apps_counted(here.id)
    sent = _sent(counted, below, day)
    late_ones = {app: {each for each in below if (app.id, each) not in sent} for app in counted}
    return {app: them for app, them in late_ones.items() if them}


def _own_area(person: User, act: Act) -> Area | None:
    """The area this person answers for; None where that is all, or the act is not theirs."""
    own = person.own_area_id
    return None if own is None or not access.allowed(person, act) else find(Area, own)


def _sent(counted: Sequence[App], below: Sequence[int], day: date) -> set[tuple[int, int]]:
    found = select(UptakeReport.app_id, UptakeReport.area_id).where(
        UptakeReport.app_id.in_([app.id for app in counted]),
        one_of(UptakeReport.area_id, below),
        UptakeReport.day == day,
    )
    return {(row.app_id, row.area_id) for row in db.session.execute(found)}


def _names(area_ids: set[int]) -> dict[int, str]:
    """Short names by id, in the list's order."""
    found = select(Area).where(one_of(Area.id, area_ids)).order_by(Area.position, Area.id)
    return {area.id: area.short_name for area in db.session.scalars(found)}


def _late_row(here: Area, app: App, names: Sequence[str], *, alone: bool) -> Todo:
    """`alone`: it is the area itself that reports, since none lies below it."""
    hour = uptake.deadline(uptake.today(), here.level if alone else Level.COMMUNE)
    minutes = (clock.now() - hour) // timedelta(minutes=1)
    said = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        said += " " + _("and %(count)s more", count=len(names) - NAMED)
    return Todo(
        "clock",
        "late",
        20,
        _(
            "%(count)s without a figure of %(app)s at %(hour)s, late by %(time)s",
            count=formats.number(len(names), language=language()),
            app=app.name,
            hour=formats.hour(hour, language=language()),
            time=formats.span(minutes * 60, language=language()),
        ),
        said,
        _("Enter the figure") if alone else _("Enter for them"),
        "uptake.form" if alone else "uptake.grid",
        {"area_id": here.id, "app": app.code},
        more=None if alone else (_("Who has reported"), "board.show"),
    )


def imports(person: User) -> Sequence[Todo]:
    """The files of the last days that were interrupted, or of which figures were turned away."""
    here = _own_area(person, Act.UPTAKE_IMPORT)
    if here is None:
        return []
    wrong = (
        select(UptakeImport)
        .where(
            UptakeImport.area_id == here.id,
            UptakeImport.imported_by_id == person.id,
            UptakeImport.imported_at >= clock.now() - RECENT,
            or_(UptakeImport.rejected > 0, UptakeImport.finished_at.is_(None)),
        )
        .order_by(UptakeImport.id.desc())
        .limit(SHOWN)
    )
    return [_import_row(each) for each in db.session.scalars(wrong)]


def _import_row(each: UptakeImport) -> Todo:
    said = language()
    rejected, read = (formats.number(n, language=said) for n in (each.rejected, each.read))
    sentence = (
        _("%(file)s was interrupted", file=each.filename)
        if each.finished_at is None
        else _(
            "%(rejected)s of %(read)s figures of %(file)s were turned away",
            rejected=rejected,
            read=read,
            file=each.filename,
        )
    )
    second = f"{each.app.name} · {formats.when(each.imported_at, language=said)}"
    return Todo(
        "upload",
        "wait",
        40,
        sentence,
        second,
        _("See what to do"),
        "uptake.imported",
        {"import_id": each.id},
    )
