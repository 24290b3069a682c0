"""Uptake reports: installs of one app in one area, from the beginning up to a time of a day.

A figure is never overwritten: a correction is the next edition of the same day's figure, and the
highest edition is the one that counts. Communes report by an hour, the district's office compiles
by a later one (`due`); a late figure is late and is taken all the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import starmap
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    ForeignKey,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    column,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import apps, areas, clock, due, targets
from outreach.accounts import User
from outreach.apps import App
from outreach.area_names import Level
from outreach.database import BigId, Model, Moment, as_rows, db, one_of, rowset, words
from outreach.errors import Refused
from outreach.i18n import _
from outreach.targets import Target

OLDEST: Final = timedelta(days=2 * 365)
"""A figure further back is a year typed wrongly."""
REASON_LENGTH: Final = 200
_WINDOW: Final = timedelta(days=9)


class Source(StrEnum):
    """How a figure came in."""

    FORM = "form"
    GRID = "grid"
    FILE = "file"
    SMS = "sms"
    API = "api"


class UptakeReport(Model):
    """One edition of one area's figure of one day.

    `as_of` is the moment up to which it counts. `late`: whether the day's first edition came after
    the hour; None where nobody can know, in a file of earlier days.
    """

    __tablename__ = "uptake_reports"
    # Also the index for the latest figure of an area, and of an area on a day. On PostgreSQL it
    # holds the figures, too: a province's two months are then read without the table itself.
    __table_args__ = (
        UniqueConstraint("app_id", "area_id", "day", "edition", postgresql_include=["installs"]),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    app_id: Mapped[int] = mapped_column(BigId, ForeignKey("apps.id"))
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    day: Mapped[date] = mapped_column(Date)
    edition: Mapped[int]
    installs: Mapped[int]
    as_of: Mapped[datetime] = mapped_column(Moment)
    reported_at: Mapped[datetime] = mapped_column(Moment)
    late: Mapped[bool | None]
    source: Mapped[Source] = mapped_column(words(Source))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    reported_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    import_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("uptake_imports.id"))
    reported_by: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Carried(NamedTuple):
    """What a figure is the sum of that was carried over (`carry_over`): of so many of the `parts`
    the area came from it is known, which were there `until` a day."""

    until: date
    parts: int
    counted: int

    @property
    def short(self) -> bool:
        """Whether something is not in it, so that the true figure is higher."""
        return self.counted < self.parts


class Point(NamedTuple):
    """The figure that counts for an area on a day; `carried` where the area had none itself. Its
    moments as the database has them, in microseconds: a province's page reads five thousand points
    and shows the moments of few."""

    area_id: int
    day: date
    edition: int
    installs: int
    as_of_us: int
    reported_us: int
    late: bool | None
    carried: Carried | None = None

    @property
    def as_of(self) -> datetime:
        """The moment up to which it counts."""
        return clock.from_microseconds(self.as_of_us)

    @property
    def reported_at(self) -> datetime:
        """When it came in."""
        return clock.from_microseconds(self.reported_us)


Course = dict[date, Point]
"""One area's figures by day."""

_R = UptakeReport
# The table's columns and not the model's: rows of a province come without a loader's work a row.
_T: Final = UptakeReport.__table__.c
_POINT: Final = (
    _T.area_id,
    _T.day,
    _T.edition,
    _T.installs,
    type_coerce(_T.as_of, BigInteger).label("as_of_us"),
    type_coerce(_T.reported_at, BigInteger).label("reported_us"),
    _T.late,
)


def today() -> date:
    """The day it is in Vietnam."""
    return clock.local(clock.now()).date()


def deadline(day: date, level: Level = Level.COMMUNE) -> datetime:
    """The moment by which a day's figure of an area of this level is on time."""
    return due.at(day, level)


def compiled_by(day: date) -> datetime:
    """The moment by which the office compiles a day's figures."""
    return due.at(day, Level.DISTRICT)


def check_day(day: date) -> date:
    """The day, if figures may be of it. Raises Refused (field `day`) for one that has not come
    or lies further back than `OLDEST`."""
    if day > today():
        raise Refused(_("This day has not come yet; a figure is of today or earlier."), "day")
    if day < today() - OLDEST:
        raise Refused(_("This day is more than two years ago; check the year."), "day")
    return day


def courses(app_id: int, area_ids: Collection[int], first: date, last: date) -> dict[int, Course]:
    """The figures that count for each area, from `first` to `last`, and for an area without one
    on or before `first` its last one before: where it stood then. Three statements at most."""
    found: dict[int, Course] = {area_id: {} for area_id in area_ids}
    within = select(*_POINT).where(_of(app_id, found), _R.day.between(first, last))
    for point in starmap(Point, db.session.execute(within.order_by(_R.edition)).all()):
        found[point.area_id][point.day] = point  # a later edition takes the place
    unknown = [area_id for area_id, course in found.items() if not course or min(course) > first]
    if unknown:
        _fill_before(found, app_id, unknown, first)
    return found


def last_known(app_id: int, area_ids: Collection[int], day: date) -> dict[int, Point]:
    """Where each area stood on a day: its figure of that day, else the last one before; one without
    any is absent. One statement, and one row an area however long it has reported."""
    return {point.area_id: point for point in _known(app_id, area_ids, [day])}


def known_on(app_id: int, area_ids: Collection[int], days: Iterable[date]) -> dict[int, Course]:
    """Where each area stood on each of the days, as a course of those figures alone: what a rate
    and its changes are made of. One statement, which reads nothing of the days between."""
    found: dict[int, Course] = {area_id: {} for area_id in area_ids}
    for point in _known(app_id, found, days):
        found[point.area_id][point.day] = point
    return found


def _known(app_id: int, area_ids: Iterable[int], days: Iterable[date]) -> Iterator[Point]:
    dialect = db.engine.dialect.name
    those = rowset(dialect, [("id", "integer")])
    asked = rowset(dialect, [("day", "text")], "days")
    day = "d.day" if dialect == "sqlite" else "d.day::date"
    last = (
        "FROM uptake_reports l WHERE l.app_id = :app AND l.area_id = a.id"
        f" AND l.day <= {day} ORDER BY l.day DESC, l.edition DESC LIMIT 1"
    )
    # SQLite has no LATERAL; PostgreSQL would join by reading every report there is.
    found = (
        f"JOIN uptake_reports u ON u.id = (SELECT l.id {last})"
        if dialect == "sqlite"
        else f"CROSS JOIN LATERAL (SELECT l.* {last}) u"
    )
    rows = db.session.execute(
        text(
            "SELECT u.area_id, u.day, u.edition, u.installs, u.as_of AS as_of_us,"
            " u.reported_at AS reported_us, u.late"
            f" FROM {those} a CROSS JOIN {asked} d {found}"
        ).columns(*_POINT),
        {
            "rows": as_rows([[area_id] for area_id in area_ids]),
            "days": as_rows([[each.isoformat()] for each in days]),
            "app": app_id,
        },
    )
    return starmap(Point, rows.all())


def around(app_id: int, area_ids: Collection[int], first: date, last: date) -> dict[int, Course]:
    """What figures of the days `first` to `last` are judged by: nine days before them at least,
    and all that follows."""
    return courses(app_id, area_ids, first - _WINDOW, max(last, today()))


def counts_around(
    app_id: int, area_ids: Collection[int], first: date, last: date
) -> dict[int, dict[date, int]]:
    """The same as bare counts, for whoever judges thousands of areas at once."""
    found: dict[int, dict[date, int]] = {area_id: {} for area_id in area_ids}
    begin = first - _WINDOW
    for day, by_area in figures(app_id, area_ids, begin, max(last, today())).items():
        for area_id, installs in by_area.items():
            found[area_id][day] = installs
    unknown = [each for each, counts in found.items() if not counts or min(counts) > begin]
    for area_id, point in last_known(app_id, unknown, begin).items():
        found[area_id][point.day] = point.installs
    return found


def of_days(app_id: int, area_ids: Collection[int], days: Collection[date]) -> dict[int, Course]:
    """The figures that count for each area on these days. One statement."""
    found: dict[int, Course] = {area_id: {} for area_id in area_ids}
    there = select(*_POINT).where(_of(app_id, found), _R.day.in_(days)).order_by(_R.edition)
    for point in starmap(Point, db.session.execute(there).all()):
        found[point.area_id][point.day] = point
    return found


_FIGURES: Final = """
SELECT u.day, u.edition, {ids}, {installs} FROM {those} a
JOIN uptake_reports u ON u.area_id = a.id
WHERE u.app_id = :app AND u.day BETWEEN :first AND :last
GROUP BY u.day, u.edition ORDER BY u.edition
"""


def figures(
    app_id: int, area_ids: Collection[int], first: date, last: date
) -> dict[date, dict[int, int]]:
    """By day: what each area that reported has; of several editions the last. The database answers
    a row a day and edition, with its figures as one text: as a row each they take twice as long."""
    dialect = db.engine.dialect.name
    those = rowset(dialect, [("id", "integer")])
    ids, installs = (_listed(dialect, name) for name in ("u.area_id", "u.installs"))
    statement = (
        text(_FIGURES.format(ids=ids, installs=installs, those=those))
        .bindparams(*(bindparam(name, type_=Date) for name in ("first", "last")))
        .columns(column("day", Date), column("edition"), column("ids"), column("installs"))
    )
    rows = as_rows([[area_id] for area_id in area_ids])
    values = {"rows": rows, "app": app_id, "first": first, "last": last}
    found: dict[date, dict[int, int]] = {}
    for day, _edition, ids, installs in db.session.execute(statement, values).all():
        counts = zip(json.loads(ids), json.loads(installs), strict=True)
        found.setdefault(day, {}).update(counts)
    return found


def _listed(dialect: str, name: str) -> str:
    """SQL of a group's numbers as one JSON text. PostgreSQL's own makes JSON of each of them, which
    takes twice as long as to join their digits."""
    if dialect == "sqlite":
        return f"json_group_array({name})"
    return f"'[' || string_agg({name}::text, ',') || ']'"


def _of(app_id: int, area_ids: Collection[int]) -> ColumnElement[bool]:
    return (_R.app_id == app_id) & one_of(_R.area_id, area_ids)


def _fill_before(found: dict[int, Course], app_id: int, area_ids: list[int], day: date) -> None:
    """Each area's last figure before `day`. Two plain statements, which take the index each: in
    one, SQLite reads every report of the app."""
    last = select(_R.area_id, func.max(_R.day)).where(_of(app_id, area_ids), _R.day < day)
    days = dict(db.session.execute(last.group_by(_R.area_id)).all())
    if days:
        there = select(*_POINT).where(_of(app_id, days), _R.day.in_(set(days.values())))
        for point in starmap(Point, db.session.execute(there.order_by(_R.edition)).all()):
            if days[point.area_id] == point.day:
                found[point.area_id][point.day] = point


def latest(course: Course, day: date) -> Point | None:
    """Where an area stood on a day: its figure of that day, else the last one before it."""
    found = day if day in course else max((d for d in course if d < day), default=None)
    return None if found is None else course[found]


def editions(app_id: int, area_id: int, first: date) -> Sequence[UptakeReport]:
    """Everything ever reported for the days since `first`, the newest day first, each day's first
    edition first."""
    rows = select(_R).where(_R.app_id == app_id, _R.area_id == area_id, _R.day >= first)
    return db.session.scalars(rows.order_by(_R.day.desc(), _R.edition)).all()


def apps_counted(area_id: int | None = None) -> list[App]:
    """The apps a drive counts: those with a figure or a target; of one area, there or below it, or
    with a target that it works towards. All where there is neither."""
    every = list(apps.every())
    if area_id is None:
        counted = set(db.session.scalars(_counted()))
    else:
        above = [each.id for each in areas.ancestors(area_id)]
        counted = set(db.session.scalars(_counted_in(), {"asked": [area_id], "above": above}))
    found = [app for app in every if app.id in counted]
    return found or (every if area_id is None else apps_counted())


@cache
def _counted() -> Select[int]:
    reported = select(_R.id).where(_R.app_id == App.id)
    aimed = targets.standing().where(Target.app_id == App.id)
    return select(App.id).where(reported.exists() | aimed.exists())


@cache
def _counted_in() -> Select[int]:
    """The same of the area that is `asked` about, and of those `above` it."""
    here = areas.closure_of_asked()
    line = Target.area_id.in_(here) | Target.area_id.in_(bindparam("above", expanding=True))
    reported = select(_R.id).where(_R.app_id == App.id, _R.area_id.in_(here))
    aimed = targets.standing().where(Target.app_id == App.id, line)
    return select(App.id).where(reported.exists() | aimed.exists())


def chosen_app(code: str | None) -> App:
    """The app with this code; without one the only app that is counted. Raises Refused where
    there is none, or several and nobody said which."""
    if code:
        return apps.by_code(code)
    counted = apps_counted()
    if not counted:
        raise Refused(_("There is no app yet; add it first."), "app")
    if len(counted) > 1:
        codes = ", ".join(app.code for app in counted)
        raise Refused(_("Say of which app the figures are: %(codes)s.", codes=codes), "app")
    return counted[0]
