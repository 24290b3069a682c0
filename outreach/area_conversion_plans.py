"""What saying what areas became would do, worked out before it is done, and what does not hold
together of it.

A share is a part of the old area's people, in hundredths of a percent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from sqlalchemy import select

from outreach import areas
from outreach.area_changes import WHOLE, AreaChange
from outreach.areas import Area
from outreach.database import among, db
from outreach.errors import Refused
from outreach.i18n import _

SHOWN: Final = 5
REST: Final = "rest"

Pair = tuple[int, int]
"""Ids of an old area and of one that it became."""


@dataclass(frozen=True, slots=True)
class Became:
    """What is said of a pair: the share in hundredths of a percent, None where nobody said how the
    old area was divided; `day` is the first one of the new."""

    old_id: int
    new_id: int
    share: int | None
    day: date
    source: str

    @property
    def pair(self) -> Pair:
        """Of which two areas it is."""
        return self.old_id, self.new_id


COLUMNS: Final = tuple(Became.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Difference:
    """A pair of which something else would hold: `was` and `now`, None for nothing."""

    was: Became | None
    now: Became | None

    @property
    def either(self) -> Became:
        """What would hold, else what held."""
        either = self.now or self.was
        assert either is not None  # noqa: S101 - there is no difference between nothing and nothing
        return either


@dataclass(frozen=True)
class Plan:
    """What an act would do. `ends`: from when on an area is counted with nobody, by its id; None
    where it is counted again. What does not hold together: `other_days`, the day on which a new
    area already came about, by its id; `too_much`, the shares that an old area's rows of a day come
    to; `rests`, the part of one that would be said to go nowhere."""

    differences: Sequence[Difference]
    unchanged: int
    ends: Mapping[int, date | None]
    other_days: Mapping[int, date]
    too_much: Mapping[tuple[int, date], int]
    rests: Mapping[int, int]

    @property
    def added(self) -> list[Became]:
        """What would be new."""
        return [each.now for each in self.differences if each.now and not each.was]

    @property
    def changed(self) -> list[Became]:
        """What would hold instead of something else."""
        return [each.now for each in self.differences if each.now and each.was]

    @property
    def removed(self) -> list[Became]:
        """What would hold no longer."""
        return [each.was for each in self.differences if each.was and not each.now]

    def named(self, most: int) -> dict[int, Area]:
        """The areas of the first so many differences, ends and rests, by their ids."""
        ids = {i for each in self.differences[:most] for i in each.either.pair}
        ids |= {*islice(self.ends, most), *islice(self.rests, most)}
        return {area.id: area for area in areas.by_ids(ids)}


def of_rows(rows: Iterable[Became]) -> Plan:
    """What recording these would do; a share of 0 takes a pair away. Nothing is written."""
    return of({row.pair: None if row.share == 0 else row for row in rows})


def of(wanted: Mapping[Pair, Became | None]) -> Plan:
    """What it would do if these held of their pairs, None for nothing. Nothing is written."""
    holding = {row.pair: row for row in _holding()}
    differences = [
        Difference(holding.get(pair), now)
        for pair, now in wanted.items()
        if holding.get(pair) != now
    ]
    would = {**holding, **{each.either.pair: each.now for each in differences}}
    result = [row for row in would.values() if row is not None]
    unchanged = sum(now is not None for now in wanted.values()) - sum(
        each.now is not None for each in differences
    )
    touched = {
        (row.old_id, row.day) for d in differences for row in (d.was, d.now) if row is not None
    }
    shares = _shares(result, touched)
    return Plan(
        differences,
        unchanged,
        _ends(result, {old_id for old_id, _day in touched}),
        _other_days(result, {pair for pair, now in wanted.items() if now is not None}),
        {key: sum(s or 0 for s in each) for key, each in shares.items() if _too_much(each)},
        {old_id: rest for (old_id, _day), each in shares.items() if (rest := _rest(each))},
    )


def _holding() -> list[Became]:
    columns = (getattr(AreaChange, name) for name in COLUMNS)
    rows = db.session.execute(select(*columns).order_by(AreaChange.id))
    return [Became(*row) for row in rows]


Shares = Sequence[int | None]


def _shares(
    result: Iterable[Became], touched: Collection[tuple[int, date]]
) -> dict[tuple[int, date], list[int | None]]:
    """The shares that went over of an area on a day."""
    shares: dict[tuple[int, date], list[int | None]] = defaultdict(list)
    for row in result:
        if (row.old_id, row.day) in touched:
            shares[row.old_id, row.day].append(row.share)
    return shares


def _too_much(shares: Shares) -> bool:
    return sum(share or 0 for share in shares) > WHOLE


def _rest(shares: Shares) -> int:
    """The part that would go nowhere; none where nobody said how an area was divided, and what
    rounding leaves of three thirds is none."""
    if None in shares:
        return 0
    rest = WHOLE - sum(share or 0 for share in shares)
    return rest if 2 * rest > len(shares) else 0


def _other_days(result: Iterable[Became], wanted: Collection[Pair]) -> dict[int, date]:
    """An area comes about once: the other day of those that would have two."""
    given = {new_id for _old_id, new_id in wanted}
    days: dict[int, dict[date, bool]] = defaultdict(dict)
    for row in result:
        if row.new_id in given:
            asked = row.pair in wanted
            days[row.new_id][row.day] = days[row.new_id].get(row.day, False) or asked
    return {
        new_id: next((day for day, asked in of.items() if not asked), min(of))
        for new_id, of in days.items()
        if len(of) > 1
    }


def _ends(result: Iterable[Became], olds: Collection[int]) -> dict[int, date | None]:
    """Which of these areas others of the same list would have all of from another day than now, or
    no longer; who goes on under its code does not end. Across lists nothing ends: each list is a
    tree of its own."""
    rows = [row for row in result if row.old_id in olds]
    ids = {*olds, *(row.new_id for row in rows)}
    if not ids:
        return {}
    lists, now = {}, {}
    columns = select(Area.id, Area.area_list, Area.ended_on).where(among(Area.id, ids))
    for area_id, area_list, ended_on in db.session.execute(columns):
        lists[area_id], now[area_id] = area_list, ended_on
    went: dict[int, date] = {}
    goes_on = {row.old_id for row in rows if row.old_id == row.new_id}
    for row in rows:
        if lists[row.old_id] == lists[row.new_id] and row.old_id not in goes_on:
            went[row.old_id] = min(row.day, went.get(row.old_id, row.day))
    return {i: went.get(i) for i in sorted(olds) if now[i] != went.get(i)}


def demand_whole(would: Plan, leave_rest: bool) -> None:
    """Raise Refused where what would hold does not hold together, or goes nowhere in part."""
    for area_id, day in would.other_days.items():
        raise Refused(
            _(
                "Area %(code)s came about on another day already (%(day)s); an area comes about"
                " once.",
                code=areas.code_of(area_id),
                day=day.isoformat(),
            ),
            "day",
        )
    for (old_id, _day), share in would.too_much.items():
        raise Refused(
            _(
                "More than all of area %(code)s would have gone over: %(share)s%%.",
                code=areas.code_of(old_id),
                share=percent(share),
            ),
            "share",
        )
    if would.rests and not leave_rest:
        raise Refused(_rest_said(would.rests), REST)


def _rest_said(rests: Mapping[int, int]) -> str:
    named = ", ".join(
        f"{areas.code_of(old_id)} ({percent(rest)}%)"
        for old_id, rest in islice(rests.items(), SHOWN)
    )
    return _(
        "Of %(count)s areas a part would go nowhere: %(areas)s. From that day on its people are in"
        " no area and its figures in no sum. Say where the rest goes, with a row for each area that"
        " got some of it; or confirm that it goes nowhere (with the command: --leave-rest).",
        count=len(rests),
        areas=named + (", …" if len(rests) > SHOWN else ""),
    )


def percent(share: int) -> str:
    """Hundredths of a percent as a file writes them: 3850 → 38.5."""
    return f"{share / 100:.2f}".rstrip("0").rstrip(".")
