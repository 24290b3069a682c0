"""Rates: installs of how many people, up to when; ranks, changes, who is late, what a target needs.

An area owns its denominator: a district's rate is the sum of its communes' installs over the
district's own population, by the count that held on the day (`area_counts`). A commune without a
figure is not 0: the sum then says how many of how many communes it counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from outreach import area_counts, areas, carry_over, due, scales, uptake
from outreach.area_names import Level
from outreach.areas import Area, Commune
from outreach.carry_over import Below
from outreach.targets import Denominator, Target
from outreach.uptake import Carried, Course, Point

PACE_DAYS: Final = 7
FARTHEST: Final = 3650
"""Days: what a pace would reach after these it does not reach."""
REPORTING: Final = frozenset({Level.COMMUNE, Level.HAMLET})
"""The levels that report themselves; above them figures are sums."""


class Punctuality(StrEnum):
    """How an area stands with a day's figure."""

    ON_TIME = "on_time"
    LATE = "late"
    UNKNOWN = "unknown"
    """From a file of earlier days."""
    WAITING = "waiting"
    MISSING = "missing"
    """None yet, and the hour of a working day is past."""


# Not frozen, though nobody changes one: a frozen one takes twice as long to make, and a page of the
# country makes twenty thousand.
@dataclass(slots=True)
class Standing:
    """Where one area stands on a day. `change` is against the figure of the day `since`; None
    where the day itself has no figure. `week` is the rise of the last `PACE_DAYS` days. For a sum:
    `counted` of `parts` areas have a figure, `fresh` of them one of this day, `late` are late.
    `carried`: the area came about later, and this is of what it came from; `brought` of the parts
    of a sum stand so. `short`: something of that is not known."""

    area: Area | Commune
    of: int | None
    installs: int | None = None
    as_of: datetime | None = None
    oldest: datetime | None = None
    change: int | None = None
    since: date | None = None
    week: int | None = None
    punctuality: Punctuality = Punctuality.WAITING
    parts: int = 1
    counted: int = 0
    fresh: int = 0
    late: int = 0
    rank: int | None = None
    own: bool = True
    carried: Carried | None = None
    brought: int = 0
    short: bool = False

    @property
    def share(self) -> float | None:
        """Installs of `of`, as a share; None where either is not known."""
        return share(self.installs, self.of)

    @property
    def ramp(self) -> int:
        """The class of the rate's colour, 1 to 6; 0 where there is no rate."""
        return scales.RATES[0].of(None if self.share is None else self.share * 100)

    @property
    def partial(self) -> bool:
        """A sum that lacks areas, so that the true figure is higher."""
        return self.short or (not self.own and 0 < self.counted < self.parts)


@dataclass(frozen=True, slots=True)
class Table:
    """A day of one area: `rows` are the areas right below it, ranked; `total` is itself."""

    day: date
    denominator: Denominator
    total: Standing
    rows: Sequence[Standing]

    @property
    def missing(self) -> list[Standing]:
        """Who has sent nothing though the hour is past."""
        return [row for row in self.rows if row.punctuality is Punctuality.MISSING]

    @property
    def most(self) -> float:
        """The highest share, for the length of bars; 0 where there is none."""
        return max((row.share or 0.0 for row in self.rows), default=0.0)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a target still needs. Shares are of 1; `pace`, held over the last `over` days, and
    `needed` are installs a day. `reached`: the day on which the pace gets there; None where that is
    done, the pace is not known, or leads nowhere within `FARTHEST`."""

    target: Target
    share: float
    gap: int | None
    days: int
    needed: int | None = None
    pace: float | None = None
    over: int = PACE_DAYS
    projected: float | None = None
    reached: date | None = None
    scale: float = field(default=1.0)

    @property
    def never(self) -> bool:
        """Whether the pace held does not lead there at all."""
        return bool(self.gap) and self.pace is not None and self.reached is None

    @property
    def days_late(self) -> int:
        """How long after the deadline the pace gets there; 0 where it comes in time."""
        late = 0 if self.reached is None else (self.reached - self.target.deadline).days
        return max(0, late)


def share(installs: int | None, of: int | None) -> float | None:
    """Installs of so many people; None where either is not known, or nobody lives there."""
    return None if installs is None or not of else installs / of


def denominator_of(target: Target | None) -> Denominator:
    """What rates are shares of: smartphone users where the target says so, else the people. A
    group a letter names has no count of its own."""
    if target is not None and target.denominator is Denominator.SMARTPHONE_USERS:
        return Denominator.SMARTPHONE_USERS
    return Denominator.POPULATION


def below(chosen: Sequence[Area] | Sequence[Commune], day: date) -> Below:
    """What the figures of these areas are made of on a day. Queries do not grow with them."""
    above = [area.id for area in chosen if area.level not in REPORTING]
    return carry_over.communes_below(above, {area.id for area in chosen}, day)


def of_areas(
    app_id: int,
    chosen: Sequence[Area],
    day: date,
    denominator: Denominator,
    made_of: Below | None = None,
) -> list[Standing]:
    """Where each area stands on a day, in their order, without ranks; `made_of` is their `below`,
    where that is known already. Queries do not grow with the number of areas."""
    communes, came, carried = made_of = made_of or below(chosen, day)
    days = [day - timedelta(days=ago) for ago in (0, 1, PACE_DAYS)]
    known = carry_over.known_on(app_id, made_of.ids | {area.id for area in chosen}, days, came)
    people = area_counts.people(chosen, denominator, day)
    without = {level: _without(day, level) for level in Level}
    # Each by the communes' hour, what lies above them is due later; and each once, though it is a
    # part of a district and of its province.
    late, parts = without[Level.COMMUNE], dict[int, Standing]()
    for area in chosen:
        for commune in communes.get(area.id, ()):
            if commune not in parts:
                parts[commune] = _reported(area, None, day, known[commune], late)
    found = []
    for area in chosen:
        own = _reported(area, people[area.id], day, known[area.id], without[area.level])
        found.append(_whole(own, [parts[each] for each in communes.get(area.id, ())], day))
    return [replace(s, carried=carried[s.area.id]) if s.area.id in carried else s for s in found]


def stood(
    app_id: int, chosen: Sequence[Area] | Sequence[Commune], day: date, denominator: Denominator
) -> list[Standing]:
    """Where areas stood on a day, in their order, without ranks, changes and weeks: all that is
    read is one row a commune, and of an earlier day the counts that changed since."""
    communes, came, carried = made_of = below(chosen, day)
    known = carry_over.last_known(app_id, made_of.ids | {area.id for area in chosen}, day, came)
    people = area_counts.people(chosen, denominator, day)
    without = {level: _without(day, level) for level in Level}
    late, made = without[Level.COMMUNE], []
    for area in chosen:
        own = _alone(area, people[area.id], day, known.get(area.id), without[area.level])
        parts = [_alone(area, None, day, known.get(i), late) for i in communes.get(area.id, ())]
        made.append(_whole(own, parts, day))
    return [replace(s, carried=carried[s.area.id]) if s.area.id in carried else s for s in made]


def table(app_id: int, area: Area, day: date, denominator: Denominator) -> Table:
    """A day of an area: itself and the areas right below it, the highest rate first."""
    right_below = areas.children(area.id) if area.level not in REPORTING else []
    total, *rows = of_areas(app_id, [area, *right_below], day, denominator)
    return Table(day, denominator, total, ranked(rows))


def ranked(rows: Sequence[Standing]) -> list[Standing]:
    """By rate, the highest first; equal rates share a rank, and who has none comes last."""
    places = ranks(row.share for row in rows)
    known = sorted((row for row in rows if row.share is not None), key=_by_share)
    placed = [replace(row, rank=places[row.share or 0.0]) for row in known]
    return placed + [row for row in rows if row.share is None]


def ranks(shares: Iterable[float | None]) -> dict[float, int]:
    """The rank of each rate, the highest first."""
    places: dict[float, int] = {}
    known = [rate for rate in shares if rate is not None]
    for place, rate in enumerate(sorted(known, reverse=True), 1):
        places.setdefault(rate, place)
    return places


def _by_share(row: Standing) -> tuple[float, int]:
    return (-(row.share or 0.0), row.area.position)


def _whole(own: Standing, parts: Sequence[Standing], day: date) -> Standing:
    """A sum where every commune has a figure; else the area's own report if it has one; else what
    there is of a sum."""
    if not parts:
        return own
    total = _sum(own.area, own.of, parts, day)
    return own if total.counted < total.parts and own.installs is not None else total


def _reported(
    area: Area, of: int | None, day: date, course: Course, without: Punctuality
) -> Standing:
    """What the area itself has reported."""
    point = uptake.latest(course, day)
    if point is None:
        return _alone(area, of, day, None, without)
    before = uptake.latest(course, point.day - timedelta(days=1)) if point.day == day else None
    week_ago = uptake.latest(course, day - timedelta(days=PACE_DAYS))
    return _alone(area, of, day, point, without, before, week_ago)


def _alone(
    area: Area | Commune,
    of: int | None,
    day: date,
    point: Point | None,
    without: Punctuality,
    before: Point | None = None,
    week_ago: Point | None = None,
) -> Standing:
    """Where it stood by this figure, and by those of the day before and of a week ago where they
    are known; `without`: how an area stands that has none of the day."""
    if point is None:
        return Standing(area, of, punctuality=without)
    punctuality = punctuality_of(day, point) if point.day == day else without
    as_of = point.as_of
    return Standing(
        area,
        of,
        installs=point.installs,
        as_of=as_of,
        oldest=as_of,
        change=None if before is None else carry_over.rise(before, point),
        since=None if before is None else before.day,
        week=None if week_ago is None else carry_over.rise(week_ago, point),
        punctuality=punctuality,
        counted=1,
        fresh=int(point.day == day),
        late=int(punctuality in (Punctuality.LATE, Punctuality.MISSING)),
        carried=point.carried,
        short=point.carried is not None and point.carried.short,
    )


def punctuality_of(day: date, point: Point | None, level: Level = Level.COMMUNE) -> Punctuality:
    """How an area stands with the figure of `day`, which is `point` if there is one."""
    return _without(day, level) if point is None else told(point.late)


def told(late: bool | None) -> Punctuality:
    """How a figure stands that is there."""
    if late is None:
        return Punctuality.UNKNOWN
    return Punctuality.LATE if late else Punctuality.ON_TIME


def _sum(area: Area | Commune, of: int | None, parts: Sequence[Standing], day: date) -> Standing:
    counted = [part for part in parts if part.installs is not None]
    changes = [part.change for part in counted if part.change is not None]
    weeks = [part.week for part in counted if part.week is not None]
    fresh = sum(part.fresh for part in parts)
    kinds = [part.punctuality for part in parts]
    missing = kinds.count(Punctuality.MISSING)
    return Standing(
        area,
        of,
        installs=sum(part.installs or 0 for part in counted) if counted else None,
        as_of=max((part.as_of for part in counted if part.as_of), default=None),
        oldest=min((part.oldest for part in counted if part.oldest), default=None),
        change=sum(changes) if changes else None,
        since=day - timedelta(days=1) if changes else None,
        week=sum(weeks) if weeks else None,
        punctuality=Punctuality.MISSING if missing and not fresh else _worst(kinds),
        parts=len(parts),
        counted=len(counted),
        fresh=fresh,
        late=missing + kinds.count(Punctuality.LATE),
        own=False,
        brought=sum(part.carried is not None for part in counted),
        short=any(part.short for part in counted),
    )


def _without(day: date, level: Level = Level.COMMUNE) -> Punctuality:
    return Punctuality.MISSING if due.past(day, level) else Punctuality.WAITING


_ORDER: Final = (
    Punctuality.MISSING,
    Punctuality.WAITING,
    Punctuality.LATE,
    Punctuality.UNKNOWN,
    Punctuality.ON_TIME,
)


def _worst(kinds: Sequence[Punctuality]) -> Punctuality:
    return next(kind for kind in _ORDER if kind in kinds)


def aim(target: Target, total: Standing, day: date, over: int = PACE_DAYS) -> Aim:
    """What is missing to a target on a day, and where the pace leads that `total.week` is the
    rise of, in the last `over` days."""
    wanted = target.share / 100_00
    days = (target.deadline - day).days
    if total.installs is None or not total.of:
        return Aim(target, wanted, None, days)
    gap = max(0, math.ceil(total.of * target.share / 100_00) - total.installs)
    pace = None if total.week is None else total.week / over
    projected = None
    if pace is not None and days > 0:
        projected = max(0.0, min(1.0, (total.installs + pace * days) / total.of))
    return Aim(
        target,
        wanted,
        gap,
        days,
        needed=math.ceil(gap / max(days, 1)) if days >= 0 else None,
        pace=pace,
        over=over,
        projected=projected,
        reached=_reached(gap, pace, day),
        scale=_scale(wanted, total.share or 0.0, projected or 0.0),
    )


def _reached(gap: int, pace: float | None, day: date) -> date | None:
    """The day on which so many are there at this pace."""
    if not gap or pace is None or pace * FARTHEST < gap:
        return None
    return day + timedelta(days=math.ceil(gap / pace))


def _scale(*shares: float) -> float:
    """The share at the right end of the gauge: a round one that leaves room beyond them all."""
    most = max(shares) * 1.2
    return next((edge for edge in (0.05, 0.1, 0.2, 0.25, 0.5, 0.75) if edge >= most), 1.0)
