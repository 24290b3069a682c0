"""What areas became: merged whole, or divided, on a day, by which decision.

A share is a part of the old area's people, in hundredths of a percent; None where an area was
divided and nobody said how. Districts of 2020 became nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach import clock
from outreach.areas import Area
from outreach.database import BigId, Model, Moment, among, db

WHOLE: Final = 100_00
SOURCE_LENGTH: Final = 200


class AreaChange(Model):
    """One old area and one that it became all or a part of. `day` is the first one of the new."""

    __tablename__ = "area_changes"
    __table_args__ = (UniqueConstraint("new_id", "old_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    old_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"), index=True)
    new_id: Mapped[int] = mapped_column(BigId, ForeignKey("areas.id"))
    share: Mapped[int | None]
    day: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH))
    entered_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    entered_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))


@dataclass(frozen=True, slots=True)
class Part:
    """An area that another came about from, and how much of it; None: nobody said."""

    area_id: int
    share: int | None


@dataclass(frozen=True, slots=True)
class Origin:
    """What an area came about from on a day."""

    day: date
    source: str
    parts: Sequence[Part]

    @property
    def until(self) -> date:
        """The last day before."""
        return self.day - timedelta(days=1)

    def goes_on(self, area_id: int) -> bool:
        """Whether the area is one of its own parts: it went on under its code."""
        return any(part.area_id == area_id for part in self.parts)

    @property
    def whole(self) -> bool:
        """Whether every part went over whole."""
        return all(part.share == WHOLE for part in self.parts)


Origins = Mapping[int, Origin]
"""By the new area's id."""


@dataclass(frozen=True, slots=True)
class Link:
    """An area at the other end of a change, for a page."""

    area: Area
    share: int | None
    day: date
    source: str

    @property
    def until(self) -> date:
        """The last day before."""
        return self.day - timedelta(days=1)


def origins(area_ids: Set[int], before: date | None = None) -> dict[int, Origin]:
    """What each of these areas came about from, where it is known, by its id; with `before`, only
    what happened before that day. One statement."""
    if not area_ids:
        return {}
    columns = (AreaChange.new_id, AreaChange.old_id, AreaChange.share)
    rows = select(*columns, AreaChange.day, AreaChange.source).where(
        among(AreaChange.new_id, area_ids)
    )
    if before is not None:
        rows = rows.where(AreaChange.day < before)
    parts: dict[int, list[Part]] = defaultdict(list)
    said: dict[int, tuple[date, str]] = {}
    for new_id, old_id, share, day, source in db.session.execute(rows.order_by(AreaChange.id)):
        if new_id in area_ids:
            parts[new_id].append(Part(old_id, share))
            said[new_id] = day, source
    return {new_id: Origin(*said[new_id], of_one) for new_id, of_one in parts.items()}


def begun(area_ids: Set[int]) -> dict[int, date]:
    """The day from which those of the areas report that came about from others and were not there
    before. One statement."""
    return {
        area_id: origin.day
        for area_id, origin in origins(area_ids).items()
        if not origin.goes_on(area_id)
    }


def became(area_id: int) -> list[Link]:
    """What an area became, in the list's order."""
    rows = select(AreaChange, Area).join(Area, Area.id == AreaChange.new_id)
    found = db.session.execute(
        rows.where(AreaChange.old_id == area_id, AreaChange.new_id != area_id).order_by(
            Area.position
        )
    )
    return [Link(area, change.share, change.day, change.source) for change, area in found]


def came_from(area_id: int) -> list[Link]:
    """What an area came about from, in the list's order."""
    rows = select(AreaChange, Area).join(Area, Area.id == AreaChange.old_id)
    found = db.session.execute(rows.where(AreaChange.new_id == area_id).order_by(Area.position))
    return [Link(area, change.share, change.day, change.source) for change, area in found]
