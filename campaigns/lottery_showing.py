"""A lottery as its pages and commands show it: the waves with their areas and people, how it
stands, what joined later, and whether it is still what was drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from campaigns import lotteries
from campaigns.campaigns import Campaign
from campaigns.lotteries import Lottery, LotteryUnit, Verification
from campaigns.lottery_draw import Ready
from outreach import access, areas, clock
from outreach.access import Act
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import db
from outreach.i18n import N_
from outreach.subscribers import Subscriber

MOST: Final = 200


class State(StrEnum):
    """How a lottery stands."""

    DRAWN = "drawn"
    IN_USE = "in_use"
    OVER = "over"
    ABANDONED = "abandoned"


STATE_WORDS: Final[dict[State, str]] = {
    State.DRAWN: N_("Drawn"),
    State.IN_USE: N_("In use"),
    State.OVER: N_("Over"),
    State.ABANDONED: N_("Abandoned"),
}


def states_of(every: Sequence[Lottery]) -> dict[int, State]:
    """How they stand today, by id."""
    used = lotteries.in_use([lottery.id for lottery in every])
    today = clock.local(clock.now()).date()

    def state(lottery: Lottery) -> State:
        if lottery.abandoned_at is not None:
            return State.ABANDONED
        if lottery.ends_on < today:
            return State.OVER
        return State.IN_USE if lottery.id in used else State.DRAWN

    return {lottery.id: state(lottery) for lottery in every}


@dataclass(frozen=True)
class Unit:
    """An area of the list. `rank` is its place in the draw; `key` what it was sorted by."""

    code: str
    name: str
    population: int | None
    rank: int = 0
    key: str = ""


@dataclass(frozen=True)
class Wave:
    """A wave and its areas in the order of the draw; `people` on the lists one can reach."""

    number: int
    begins_on: date
    units: list[Unit]
    people: int

    @property
    def population(self) -> int | None:
        """Who lives there; None where that of an area is not known."""
        return population(self.units)


def population(units: Collection[Unit]) -> int | None:
    """Who lives in these areas; None where that of one is not known."""
    known = [unit.population for unit in units if unit.population is not None]
    return sum(known) if units and len(known) == len(units) else None


@dataclass(frozen=True)
class Preview:
    """A list before it is drawn: nobody knows yet who comes when. `waves` of (day, how many
    areas); `people` on the lists one can reach."""

    ready: Ready
    units: list[Unit]
    waves: list[tuple[date, int]]
    people: int

    @property
    def population(self) -> int | None:
        """Who lives in all of the list."""
        return population(self.units)


def preview(ready: Ready, owners: Collection[int]) -> Preview:
    """What is known before the draw."""
    dates = ready.plan.dates
    sizes = lotteries.sizes(len(ready.units), len(dates))
    return Preview(
        ready,
        _units(ready.units.values()),
        list(zip(dates, sizes, strict=True)),
        _people(ready.units.values(), owners),
    )


def _units(area_ids: Collection[int]) -> list[Unit]:
    wanted = select(Area.code, Area.name, Area.population).where(Area.id.in_(area_ids))
    return [Unit(*row) for row in db.session.execute(wanted.order_by(Area.code))]


def _people(area_ids: Collection[int], owners: Collection[int]) -> int:
    listed = select(func.count()).where(
        Subscriber.organisation_id.in_(owners),
        Subscriber.area_id.in_(areas.closure_query(area_ids)),
    )
    return db.session.scalar(listed) or 0


@dataclass(frozen=True)
class View:
    """Everything a lottery's page shows."""

    lottery: Lottery
    state: State
    waves: list[Wave]
    later: list[Unit]
    before: list[Lottery]
    campaigns: list[Campaign]
    found: Verification


def of(lottery: Lottery, owners: Collection[int], person: User) -> View:
    """The lottery before one reader, with the people on the lists of `owners`."""
    drawn = _drawn(lottery)
    ids = {area_id for units in drawn.values() for area_id in units}
    return View(
        lottery,
        states_of([lottery])[lottery.id],
        [
            Wave(
                wave.number,
                wave.begins_on,
                list(drawn.get(wave.number, {}).values()),
                _people(drawn.get(wave.number, {}), owners),
            )
            for wave in lottery.waves
        ],
        _later(lottery, ids),
        lotteries.abandoned_of(lottery.app_id, ids, lottery.id),
        _campaigns(lottery, person),
        lotteries.verify(lottery),
    )


def _drawn(lottery: Lottery) -> dict[int, dict[int, Unit]]:
    """The units by wave and id, in the order of the draw."""
    rows = db.session.execute(
        select(LotteryUnit.wave, LotteryUnit.area_id, LotteryUnit.code, Area.name, Area.population)
        .join(Area, Area.id == LotteryUnit.area_id)
        .where(LotteryUnit.lottery_id == lottery.id)
    ).all()
    keys = {row.code: lotteries.key(lottery.seed, row.code) for row in rows}
    waves: dict[int, dict[int, Unit]] = {}
    ordered = sorted(rows, key=lambda row: (keys[row.code], row.code))
    for rank, row in enumerate(ordered, start=1):
        unit = Unit(row.code, row.name, row.population, rank, keys[row.code])
        waves.setdefault(row.wave, {})[row.area_id] = unit
    return waves


def _later(lottery: Lottery, drawn: set[int]) -> list[Unit]:
    """What joined the list of areas after the draw, and so waits for the last wave."""
    now = select(Area.id).where(
        Area.level == lottery.level, Area.id.in_(areas.closure_query(lottery.area_ids))
    )
    return _units(set(db.session.scalars(now)) - drawn)


def _campaigns(lottery: Lottery, person: User) -> list[Campaign]:
    mine = select(Campaign).where(Campaign.lottery_id == lottery.id)
    every = db.session.scalars(mine.order_by(Campaign.lottery_wave, Campaign.id)).all()
    return access.among(person, Act.CAMPAIGN_VIEW, every)


def listed(person: User) -> list[tuple[Lottery, State]]:
    """The lotteries this person may see, the newest first."""
    seen = access.among(person, Act.LOTTERY_VIEW, every(MOST))
    states = states_of(seen)
    return [(lottery, states[lottery.id]) for lottery in seen]


def every(most: int | None = None) -> Sequence[Lottery]:
    """The lotteries, the newest first, with all that a row says of them."""
    whole = (Lottery.areas, Lottery.waves, Lottery.app, Lottery.organisation)
    wanted = select(Lottery).order_by(Lottery.id.desc()).limit(most)
    return db.session.scalars(wanted.options(*map(selectinload, whole))).all()


def as_rows(lotteries_: Sequence[Lottery]) -> list[dict[str, Any]]:
    """For `lotteries list`."""
    states = states_of(lotteries_)
    return [
        {
            "id": lottery.id,
            "name": lottery.name,
            "state": states[lottery.id].value,
            "app": lottery.app.code,
            "organisation": lottery.organisation_id,
            "level": lottery.level.value,
            "areas": [area.code for area in lottery.areas],
            "waves": [wave.begins_on.isoformat() for wave in lottery.waves],
            "days": lottery.days,
            "digest": lottery.digest,
        }
        for lottery in lotteries_
    ]


def as_object(lottery: Lottery) -> dict[str, Any]:
    """For `lotteries show`: with the outcome in the order of the draw."""
    drawn = _drawn(lottery)
    units = sorted(
        ((unit, wave) for wave, units in drawn.items() for unit in units.values()),
        key=lambda each: each[0].rank,
    )
    return as_rows([lottery])[0] | {
        "seed": lottery.seed,
        "witnesses": lottery.witnesses,
        "drawn_at": clock.iso(lottery.drawn_at),
        "drawn_by": lottery.drawn_by.email,
        "abandoned_at": clock.iso(lottery.abandoned_at),
        "abandoned_reason": lottery.abandoned_reason,
        "outcome": [
            {"code": unit.code, "name": unit.name, "wave": wave, "key": unit.key}
            for unit, wave in units
        ],
    }
