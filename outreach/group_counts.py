"""How many people a named group has, and how many of them have the app, as somebody counted.

The figures of communes count everybody's phones: out of them nobody can tell how many officials
have the app. So a target of a group stands on counts of the group itself, typed with the target.
Counts are added and never overwritten; the newest day's last one is in force.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Date, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach import clock
from outreach.database import BigId, Model, Moment, db
from outreach.errors import Refused
from outreach.i18n import _

SOURCE_LENGTH: Final = 120
MOST_PEOPLE: Final = 100_000_000


class GroupCount(Model):
    """One count of a target's group on a day: `people` by `source`; `installed` of them have the
    app, None where only their number is known."""

    __tablename__ = "group_counts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    target_id: Mapped[int] = mapped_column(BigId, ForeignKey("targets.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    people: Mapped[int]
    installed: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH))
    counted_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    counted_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))


@dataclass(frozen=True, slots=True)
class Count:
    """What is typed with a target."""

    people: int
    installed: int | None
    source: str
    day: date


def checked(
    people: int | None, installed: int | None, source: str, day: date | None
) -> Count | None:
    """A count as typed, None where nothing was. Raises Refused: a size without source and day
    means nothing."""
    source = " ".join(source.split())
    if people is None and installed is None and not source and day is None:
        return None
    if not people or people > MOST_PEOPLE:
        raise Refused(_("Say how many people the group has."), "people")
    if installed is not None and installed > people:
        raise Refused(_("That is more than the group has people."), "installed")
    if not source or len(source) > SOURCE_LENGTH:
        sentence = _("Say who counted the group, in %(most)s letters.", most=SOURCE_LENGTH)
        raise Refused(sentence, "source")
    if day is None or day > clock.local(clock.now()).date():
        raise Refused(_("Give the day of the count; it may not lie ahead."), "counted_on")
    return Count(people, installed, source, day)


def keep(target_id: int, count: Count, actor_id: int | None) -> bool:
    """Add a count, within the caller's transaction; False where it is the one in force."""
    there = of_targets([target_id]).get(target_id, ())
    if there and _same(there[-1], count):
        return False
    db.session.add(
        GroupCount(
            target_id=target_id,
            day=count.day,
            people=count.people,
            installed=count.installed,
            source=count.source,
            counted_by_id=actor_id,
        )
    )
    return True


def _same(row: GroupCount, count: Count) -> bool:
    return Count(row.people, row.installed, row.source, row.day) == count


def of_targets(target_ids: Collection[int]) -> dict[int, list[GroupCount]]:
    """By target, where any is: the last count of each day, the earliest first. One statement."""
    if not target_ids:
        return {}
    wanted = select(GroupCount).where(GroupCount.target_id.in_(list(target_ids)))
    by_day: dict[int, dict[date, GroupCount]] = {}
    for row in db.session.scalars(wanted.order_by(GroupCount.day, GroupCount.id)):
        by_day.setdefault(row.target_id, {})[row.day] = row
    return {target_id: list(days.values()) for target_id, days in by_day.items()}
