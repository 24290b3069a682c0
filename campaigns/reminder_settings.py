"""When and over which routes an area's reporters are reminded: as its office says, else as that of
the nearest area above it, else as the installation's settings say.

What is set is set as a whole: who sets a time sets the routes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns import routes
from campaigns.reminders import Kind
from outreach import access, areas, audit, clock, seen
from outreach.access import Act, Subject
from outreach.accounts import User
from outreach.area_names import LEVELS
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, db, find, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.settings import Settings

MOST_BEFORE: Final = 240
"""Minutes before the hour, as of `OUTREACH_REMIND_BEFORE`."""


class ReminderSetting(Model):
    """An area's own. `before` in minutes, 0 for never; no `route_ids`: any route there is."""

    __tablename__ = "reminder_settings"

    area_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("areas.id"), primary_key=True, autoincrement=False
    )
    before: Mapped[int]
    at_hour: Mapped[bool]
    route_ids: Mapped[list[int]] = mapped_column(JSON)
    set_at: Mapped[datetime] = mapped_column(Moment)
    set_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    area: Mapped[Area] = relationship(lazy="joined")

    @property
    def in_force(self) -> InForce:
        """What holds where it is the nearest."""
        return InForce(self.before, self.at_hour, tuple(self.route_ids), self.area)


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for an area. `origin` is the area that set it; None: the installation."""

    before: int
    at_hour: bool
    route_ids: tuple[int, ...] = ()
    origin: Area | None = None

    def moment(self, kind: Kind, due_at: datetime) -> datetime | None:
        """When a round of the clock begins for what is due then; None where there is none."""
        if kind is Kind.AT:
            return due_at if self.at_hour else None
        return due_at - timedelta(minutes=self.before) if self.before else None

    @property
    def a_day(self) -> int:
        """How often the clock reminds somebody who sends nothing."""
        return (self.before > 0) + self.at_hour


def below(area_id: int) -> list[InForce]:
    """What areas below one set themselves, the widest first."""
    inside = areas.within([row.area_id for row in every()], area_id) - {area_id}
    return [row.in_force for row in every() if row.area_id in inside]


def usual(settings: Settings) -> InForce:
    """What holds where no office said anything."""
    return InForce(settings.remind_before, settings.remind_at_hour)


def every() -> Sequence[ReminderSetting]:
    """What offices set, the widest areas first."""
    rows = db.session.scalars(select(ReminderSetting).order_by(ReminderSetting.area_id)).all()
    return sorted(rows, key=lambda row: (LEVELS.index(row.area.level), row.area.position))


def all_in_use(settings: Settings) -> list[InForce]:
    """Each that holds somewhere."""
    return [usual(settings), *(row.in_force for row in every())]


def in_force(area_id: int, settings: Settings) -> InForce:
    """What holds for an area."""
    return each_in_force([area_id], settings)[area_id]


def each_in_force(area_ids: Collection[int], settings: Settings) -> dict[int, InForce]:
    """What holds for each of these areas. Two statements, however many they are."""
    by_area = {row.area_id: row for row in every()}
    lines = areas.lines(area_ids) if by_area else {}
    return {area_id: _nearest(lines.get(area_id, ()), by_area, settings) for area_id in area_ids}


def _nearest(
    line: Collection[int], by_area: Mapping[int, ReminderSetting], settings: Settings
) -> InForce:
    there = [by_area[area_id] for area_id in line if area_id in by_area]
    if not there:
        return usual(settings)
    return max(there, key=lambda row: LEVELS.index(row.area.level)).in_force


def own(area_id: int) -> ReminderSetting | None:
    """What the area's office set itself."""
    return find(ReminderSetting, area_id)


def shown(area_id: int) -> dict[str, object]:
    """What a form of the area's own shows, for `seen`."""
    row = own(area_id)
    return {} if row is None else _values(row)


def _values(row: ReminderSetting) -> dict[str, object]:
    return {"before": row.before, "at_hour": row.at_hour, "routes": row.route_ids}


def keep(
    area: Area,
    before: int,
    at_hour: bool,
    route_ids: Collection[int],
    actor: User,
    *,
    form: str | None = None,
) -> None:
    """Set it for an area and those below that set nothing themselves. `form` is the mark of what
    was shown. Raises Refused at `before` and `routes`; Forbidden for another's area, and for a
    route that the actor may not use."""
    if not 0 <= before <= MOST_BEFORE:
        raise Refused(_("Say 0 to %(most)s minutes.", most=MOST_BEFORE), "before")
    area_id, actor_id = area.id, actor.id
    with transaction() as session:
        _demand(area_id, actor)
        seen.demand(form, shown(area_id))
        row = own(area_id)
        was = {} if row is None else _values(row)
        chosen = _checked(route_ids, actor, [] if row is None else row.route_ids)
        row = row or ReminderSetting(area_id=area_id)
        row.before, row.at_hour, row.route_ids = before, at_hour, chosen
        row.set_at, row.set_by_id = clock.now(), actor_id
        session.add(row)
        detail = {"was": was, "now": _values(row)}
        audit.record("reminder.set", "area", area_id, detail, actor_id)


def _demand(area_id: int, actor: User) -> None:
    """The right, and of two who set it at once the second sees what the first wrote."""
    access.demand(actor, Act.REMINDER_SET, Subject(area_ids={area_id}))
    db.session.execute(select(Area.id).where(Area.id == area_id).with_for_update())


def _checked(route_ids: Collection[int], actor: User, kept: Collection[int]) -> list[int]:
    """The routes, in their order; one that is closed only where it was chosen before."""
    chosen = sorted(set(route_ids))
    for route_id in chosen:
        route = routes.get(route_id)
        access.demand(actor, Act.REMINDER_ROUTE, route)
        if not route.enabled and route_id not in kept:
            raise Refused(_("The route “%(route)s” is closed.", route=route.name), "routes")
    return chosen


def inherit(area: Area, actor: User, *, form: str | None = None) -> None:
    """Let the area be reminded as the one above it again; twice is once."""
    area_id, actor_id = area.id, actor.id
    with transaction() as session:
        _demand(area_id, actor)
        seen.demand(form, shown(area_id))
        row = own(area_id)
        if row is not None:
            audit.record("reminder.inherit", "area", area_id, {"was": _values(row)}, actor_id)
            session.delete(row)
