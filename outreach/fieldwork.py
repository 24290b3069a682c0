"""Fieldwork: what teams that go from door to door did in a commune on a day.

Households visited and people helped, of that day alone (figures of installs count from the
beginning; these do not). A record is never overwritten: a correction is the day's next edition,
with who, when and why, and the highest edition is the one that counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnClause,
    Date,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    bindparam,
    column,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach import areas, audit, clock, figures, formats, uptake
from outreach.accounts import User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, as_rows, db, rowset, transaction
from outreach.errors import Refused
from outreach.i18n import _, language

REASON_LENGTH: Final = 200
MOST: Final = 100_000
"""More households than any commune has."""


class FieldVisit(Model):
    """One edition of what teams did in a commune on a day."""

    __tablename__ = "field_visits"
    # Also the index for an area's days.
    __table_args__ = (UniqueConstraint("area_id", "day", "edition"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    area_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    day: Mapped[date] = mapped_column(Date)
    edition: Mapped[int]
    households: Mapped[int]
    helped: Mapped[int]
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    entered_at: Mapped[datetime] = mapped_column(Moment)
    entered_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    entered_by: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Work(NamedTuple):
    """What teams did in some days: on how many `days`, in how many households, and how many people
    they helped to install."""

    days: int = 0
    households: int = 0
    helped: int = 0


NONE: Final = Work()


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person typed."""

    households: str
    helped: str
    reason: str = ""


def added(works: Iterable[Work]) -> Work:
    """Of several areas together; `days` are then days of teams, an area and day each."""
    days = households = helped = 0
    for work in works:
        days += work.days
        households += work.households
        helped += work.helped
    return Work(days, households, helped)


def enter(area: Area, day: date, entry: Entry, *, actor_id: int) -> bool:
    """Record a day of a commune, or correct it; False where it says what is there already. Raises
    Refused with the field for what is no figure, a day it may not be of, and for a correction that
    does not say why: nobody changes unknowingly what another has recorded meanwhile."""
    if area.level is not Level.COMMUNE:
        raise Refused(_("Visits are recorded of communes."), "area")
    uptake.check_day(day)
    households = _figure(entry.households, "households")
    helped = _figure(entry.helped, "helped")
    reason = " ".join(entry.reason.split())
    if len(reason) > REASON_LENGTH:
        most = _("The reason has at most %(most)s letters.", most=REASON_LENGTH)
        raise Refused(most, "reason")
    with transaction() as session:
        # Two who record the same day wait for each other.
        session.execute(select(Area.id).where(Area.id == area.id).with_for_update(key_share=True))
        there = _last(area.id, day)
        if there is not None and (there.households, there.helped) == (households, helped):
            return False
        if there is not None and not reason:
            raise _unexplained(there)
        session.add(
            FieldVisit(
                area_id=area.id,
                day=day,
                edition=1 if there is None else there.edition + 1,
                households=households,
                helped=helped,
                reason=reason,
                entered_at=clock.now(),
                entered_by_id=actor_id,
            )
        )
        was = None if there is None else [there.households, there.helped]
        detail = {"day": day.isoformat(), "households": households, "helped": helped, "was": was}
        audit.record("field.enter", "area", area.id, detail | {"reason": reason}, actor_id)
    return True


def _figure(written: str, field: str) -> int:
    number = figures.parse(written, field)
    if number > MOST:
        raise Refused(_("At most %(most)s a day; check the figure.", most=MOST), field)
    return number


def _unexplained(there: FieldVisit) -> Refused:
    return Refused(
        _(
            "This day is recorded already: %(households)s households, %(helped)s people helped."
            " To change it, say why.",
            households=formats.number(there.households, language=language()),
            helped=formats.number(there.helped, language=language()),
        ),
        "reason",
    )


def _last(area_id: int, day: date) -> FieldVisit | None:
    editions = select(FieldVisit).where(FieldVisit.area_id == area_id, FieldVisit.day == day)
    return db.session.scalars(editions.order_by(FieldVisit.edition.desc()).limit(1)).first()


def by_day(area_id: int, last: date, days: int) -> list[list[FieldVisit]]:
    """Everything ever recorded of so many days up to `last`: the newest day first, and of each its
    editions, the one that counts first."""
    first = last - timedelta(days=days - 1)
    rows = select(FieldVisit).where(
        FieldVisit.area_id == area_id, FieldVisit.day.between(first, last)
    )
    found = db.session.scalars(rows.order_by(FieldVisit.day.desc(), FieldVisit.edition.desc()))
    return [list(editions) for _day, editions in groupby(found, key=lambda each: each.day)]


def below(area: Area, first: date, last: date) -> list[tuple[Area, Work]]:
    """The areas right below one, each with what was done in its communes."""
    rows = areas.children(area.id)
    communes = areas.communes_below([each.id for each in rows])
    parts = {each.id: communes.get(each.id, [each.id]) for each in rows}
    done = by_area([part for ids in parts.values() for part in ids], first, last)
    return [(each, added(done.get(part, NONE) for part in parts[each.id])) for each in rows]


_SUMS: Final = """
SELECT f.{per}, COUNT(*), SUM(f.households), SUM(f.helped) FROM {those} a
JOIN field_visits f ON f.area_id = a.id
WHERE f.day BETWEEN :first AND :last AND NOT EXISTS (SELECT 1 FROM field_visits l
  WHERE l.area_id = f.area_id AND l.day = f.day AND l.edition > f.edition)
GROUP BY f.{per}
"""


def by_area(area_ids: Collection[int], first: date, last: date) -> dict[int, Work]:
    """What was done in each of the communes from `first` to `last`; one where nothing was recorded
    is absent. One statement."""
    return _sums(column("area_id", Integer), area_ids, first, last)


def day_by_day(area_ids: Collection[int], first: date, last: date) -> dict[date, Work]:
    """The same on each day, of these communes together; a day on which nothing was recorded is
    absent. One statement."""
    return _sums(column("day", Date), area_ids, first, last)


def _sums(
    per: ColumnClause[Any], area_ids: Collection[int], first: date, last: date
) -> dict[Any, Work]:
    those = rowset(db.engine.dialect.name, [("id", "integer")])
    sums = text(_SUMS.format(those=those, per=per.name)).bindparams(
        *(bindparam(name, type_=Date) for name in ("first", "last"))
    )
    rows = as_rows([[area_id] for area_id in area_ids])
    found = db.session.execute(
        sums.columns(per, *map(column, ("days", "households", "helped"))),
        {"rows": rows, "first": first, "last": last},
    )
    return {
        key: Work(days, int(households), int(helped)) for key, days, households, helped in found
    }
