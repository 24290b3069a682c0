"""Drawing a lottery: what may be drawn, the list before the seed is known, and the draw itself.

No outcome is ever shown before it is locked. docs/lottery.md tells the whole.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import select

from campaigns import lotteries
from campaigns.campaigns import NAME_LENGTH
from campaigns.lotteries import (
    MOST_WAVES,
    SEED_LENGTH,
    WITNESSES_LENGTH,
    Lottery,
    LotteryUnit,
    LotteryWave,
)
from outreach import areas, audit, clock
from outreach.apps import App
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.text import writable

GAP: Final = 14
"""Days between two waves, at least."""
LEVELS: Final = (Level.DISTRICT, Level.COMMUNE)
LEAST_SEED: Final = 4


@dataclass(frozen=True)
class Plan:
    """What is to be drawn: everything but the seed."""

    name: str
    organisation_id: int
    app: App
    areas: Sequence[Area]
    level: Level
    dates: Sequence[date]
    days: int = GAP

    @property
    def ends_on(self) -> date:
        """As `Lottery.ends_on`."""
        return self.dates[-1] + timedelta(days=self.days)


@dataclass(frozen=True)
class Ready:
    """A plan that may be drawn: its units (area id by code, in the order of their codes), the mark
    of it all, and the draws of the same list that were abandoned."""

    plan: Plan
    units: dict[str, int]
    mark: str
    before: list[Lottery]


def ready(plan: Plan) -> Ready:
    """The plan with its units, ready to be drawn. Raises Refused, at its field, for whatever keeps
    it from being drawn."""
    _refuse_unnamed(plan.name)
    _refuse_dates(plan.dates, plan.days)
    units = _units(plan)
    if len(units) < len(plan.dates):
        raise Refused(
            _(
                "%(units)s areas cannot be drawn into %(waves)s waves.",
                units=len(units),
                waves=len(plan.dates),
            ),
            "waves",
        )
    _refuse_overlap(plan, units)
    return Ready(
        plan, units, _mark(plan, units), lotteries.abandoned_of(plan.app.id, units.values())
    )


def _refuse_unnamed(name: str) -> None:
    if not name or len(name) > NAME_LENGTH or not writable(name):
        raise Refused(_("Give it a name of 1 to %(most)s letters.", most=NAME_LENGTH), "name")


def _refuse_dates(dates: Sequence[date], days: int) -> None:
    if not 2 <= len(dates) <= MOST_WAVES:
        raise Refused(_("Give 2 to %(most)s waves a day each.", most=MOST_WAVES), "waves")
    if dates[0] < clock.local(clock.now()).date():
        raise Refused(_("The day of the first wave has passed."), "waves")
    gap = min((after - before).days for before, after in pairwise(dates))
    if gap < GAP:
        raise Refused(
            _("Waves are at least %(gap)s days apart, each after the one before.", gap=GAP), "waves"
        )
    if not 1 <= days <= gap:
        raise Refused(
            _(
                "The days that count after a wave are 1 to %(gap)s: the next wave may not fall "
                "among them.",
                gap=gap,
            ),
            "days",
        )


def _units(plan: Plan) -> dict[str, int]:
    if plan.level not in LEVELS:
        raise Refused(_("Whole districts are drawn, or communes."), "level")
    if not plan.areas or len({area.area_list for area in plan.areas}) > 1:
        raise Refused(_("Choose areas, all of the same list."), "areas")
    wanted = select(Area.code, Area.id).where(Area.level == plan.level).order_by(Area.code)
    found: dict[str, int] = {}
    for area in plan.areas:
        rows = db.session.execute(wanted.where(Area.id.in_(areas.closure_query([area.id])))).all()
        if not rows:
            raise Refused(
                _("%(name)s (%(code)s) holds nothing to draw.", name=area.name, code=area.code),
                "areas",
            )
        found |= {row.code: row.id for row in rows}
    return dict(sorted(found.items()))


def _mark(plan: Plan, units: Iterable[str]) -> str:
    """What is fixed before the seed is known."""
    return lotteries.canonical(_fixed(plan) | {"list": sorted(units)})


def _fixed(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "app": plan.app.code,
        "areas": sorted(area.code for area in plan.areas),
        "level": plan.level.value,
        "days": plan.days,
        "waves": [day.isoformat() for day in plan.dates],
    }


def _refuse_overlap(plan: Plan, units: dict[str, int]) -> None:
    mine = set(areas.closure(units.values()))
    for other in lotteries.standing([plan.app.id]):
        apart = other.ends_on < plan.dates[0] or plan.ends_on < other.waves[0].begins_on
        if not apart and not mine.isdisjoint(areas.closure(lotteries.units_of(other.id))):
            raise Refused(
                _(
                    "“%(name)s” has already drawn areas of these for the same app and days. Use it,"
                    " or abandon it first.",
                    name=other.name,
                ),
                "areas",
            )


def draw(
    plan: Plan, *, actor_id: int, seed: str = "", witnesses: str = "", shown: str | None = None
) -> Lottery:
    """Draw it and lock it. Without a seed one is made; one that was drawn in public needs who was
    there. `shown` is the mark of the list that the person saw. Raises Refused as `ready` does."""
    seed, witnesses = _plain(seed), _plain(witnesses)
    _refuse_seed(seed, witnesses)
    with transaction() as session:
        # Of two who draw for one app the second waits here, then meets the first one's lottery.
        session.execute(select(App.id).where(App.id == plan.app.id).with_for_update())
        given = ready(plan)
        if shown is not None and shown != given.mark:
            raise Refused(
                _("The list changed after you looked at it. Look at it again, then draw."), "areas"
            )
        lottery = _stored(given, seed or secrets.token_hex(16), witnesses, actor_id)
        session.flush()
        lottery.digest = lotteries.digest_of(session.connection(), lottery.id)
        detail = {"digest": lottery.digest, "mark": given.mark, "units": len(given.units)}
        detail |= {"before": [each.id for each in given.before]}
        audit.record("lottery.draw", "lottery", lottery.id, detail, actor_id)
    return lottery


def _plain(typed: str) -> str:
    """As it is stored: one spelling of each letter, single blanks."""
    return " ".join(unicodedata.normalize("NFC", typed).split())


def _refuse_seed(seed: str, witnesses: str) -> None:
    if seed and not (LEAST_SEED <= len(seed) <= SEED_LENGTH and writable(seed)):
        raise Refused(
            _("A seed has %(least)s to %(most)s letters.", least=LEAST_SEED, most=SEED_LENGTH),
            "seed",
        )
    fits = len(witnesses) <= WITNESSES_LENGTH and writable(witnesses)
    if bool(seed) != bool(witnesses) or not fits:
        raise Refused(
            _("A seed that is typed was drawn in public: say where, and who was there."),
            "witnesses",
        )


def _stored(given: Ready, seed: str, witnesses: str, actor_id: int) -> Lottery:
    plan, session = given.plan, db.session
    lottery = Lottery(
        name=plan.name,
        organisation_id=plan.organisation_id,
        app_id=plan.app.id,
        level=plan.level,
        days=plan.days,
        seed=seed,
        witnesses=witnesses,
        digest="",
        drawn_at=clock.now(),
        drawn_by_id=actor_id,
        areas=list(dict.fromkeys(plan.areas)),
        waves=[LotteryWave(number=n, begins_on=day) for n, day in enumerate(plan.dates, start=1)],
    )
    session.add(lottery)
    session.flush()
    session.add_all(
        LotteryUnit(lottery_id=lottery.id, area_id=given.units[code], code=code, wave=wave)
        for code, wave in lotteries.outcome(seed, given.units, len(plan.dates)).items()
    )
    return lottery
