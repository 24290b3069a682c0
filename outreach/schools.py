"""Schools that report for themselves: the letters ask them beside the communes.

A school is an area below its commune. What it reports is of its own people and stands beside the
communes' figures, in no sum: its people are counted where they live.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from outreach import area_counts, areas, audit, clock, rates
from outreach.apps import App
from outreach.area_counts import Count
from outreach.area_names import SCHOOL, Level, full_name, tidy
from outreach.areas import NAME_LENGTH, Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.rates import Standing
from outreach.targets import Denominator

_MOST: Final = 99
"""Schools of a commune: their codes are its own with two digits behind it."""


def of(area_id: int) -> Sequence[Area]:
    """The schools that report to an area: those in the communes right below it, or in itself, in
    the list's order. One statement."""
    school, commune = aliased(Area), aliased(Area)
    rows = (
        select(school)
        .join(commune, commune.id == school.parent_id)
        .where(school.kind == SCHOOL, school.ended_on.is_(None))
        .where(or_(commune.id == area_id, commune.parent_id == area_id))
    )
    return db.session.scalars(rows.order_by(school.position, school.id)).all()


def asked_on(area_id: int, day: date) -> Sequence[Area]:
    """The schools that an area asks for a figure of a day: those that were there then."""
    return [each for each in of(area_id) if each.begun_on is None or each.begun_on <= day]


def standings(area: Area, app: App, day: date) -> Sequence[Standing]:
    """Where the schools stand that report to an area, each by its own people."""
    there = asked_on(area.id, day)
    return rates.of_areas(app.id, there, day, Denominator.POPULATION) if there else ()


def add(commune: Area, name: str, people: int | None, source: str, *, actor_id: int | None) -> Area:
    """Add a school to a commune; `people` are its staff and pupils, as `source` counted them.

    Raises Refused (`name`, `people`, `source`): for a name that is empty, too long or there
    already, for anything but a commune, and as `area_counts.checked` does.
    """
    name = _full(name)
    if commune.level is not Level.COMMUNE:
        raise Refused(_("A school lies in a commune; open its commune first."), "name")
    with transaction() as session:
        areas.lock([commune.id])  # of two who add one at once the second finds the first
        there = select(func.count()).where(Area.parent_id == commune.id, Area.name == name)
        if session.scalar(there):
            raise Refused(_("“%(name)s” is there already.", name=name), "name")
        school = Area(
            area_list=commune.area_list,
            code=_free_code(commune),
            level=Level.HAMLET,
            name=name,
            kind=SCHOOL,
            parent_id=commune.id,
            lat=commune.lat,
            lon=commune.lon,
            position=commune.position,
            begun_on=_today(),
        )
        session.add(school)
        session.flush()
        if people is not None or source.strip():
            _count(school, people, source, actor_id)
        detail = {"code": school.code, "name": name, "commune": commune.code}
        audit.record("school.add", "area", school.id, detail, actor_id)
    return school


def _full(name: str) -> str:
    bare, name = tidy(name).casefold(), full_name(name, SCHOOL)
    if bare in ("", SCHOOL.casefold()) or len(name) > NAME_LENGTH:
        raise Refused(_("Give the school's name, for example “THPT Hồng Ngự 2”."), "name")
    return name


def _free_code(commune: Area) -> str:
    """Digits alone, so that a report by SMS can name it."""
    known = select(Area.code).where(
        Area.area_list == commune.area_list, Area.code.like(f"{commune.code}__")
    )
    taken = set(db.session.scalars(known))
    for number in range(1, _MOST + 1):
        if (code := f"{commune.code}{number:02}") not in taken:
            return code
    raise Refused(_("More than %(most)s schools of a commune find no place.", most=_MOST), "name")


def _count(school: Area, people: int | None, source: str, actor_id: int | None) -> None:
    try:
        told = Count(school.id, Denominator.POPULATION, people, source, counted_on=_today())
        area_counts.add(school, told, actor_id=actor_id)
    except Refused as refused:
        field = "people" if refused.field == "value" else refused.field
        raise Refused(refused.sentence, field) from None


def _today() -> date:
    return clock.local(clock.now()).date()
