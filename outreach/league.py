"""The league table: areas of one level by their rate on a day, and what changed since another.

Ranked together is what can be compared. Too few people, a sum of a part only, a figure that is old,
none at all: each stands apart and is never 0%. docs/league.md has the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Any, Final

from outreach import access, area_choice, areas, clock, newest, rates, targets, uptake
from outreach.access import Act, Person, Subject
from outreach.apps import App, Definition
from outreach.area_names import LEVELS, Level
from outreach.areas import Area, Commune
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.kept import KeptUnchanged
from outreach.rates import Standing
from outreach.targets import Denominator
from outreach.text import fold
from outreach.uptake import Carried

FEW: Final = 1_000
"""Of so many people or fewer than that one phone moves the rate by over a tenth of a point."""
OLD_DAYS: Final = 7
"""A figure older than that says nothing about the day any more."""
WHOLE_FROM: Final = 0.9
"""A sum is ranked if so many of its communes have a figure."""
USUAL_DAYS: Final = 7
LARGE: Final = 1_000
"""Where figures of more communes are read, answers are kept (`KeptUnchanged`)."""
_folded: Final = lru_cache(1 << 14)(fold)


class Group(StrEnum):
    """With whom an area is ranked, and why others stand apart."""

    RANKED = "ranked"
    SMALL = "small"
    PART = "part"
    """A sum in which too many communes are missing, or too many of the areas it came from."""
    SILENT = "silent"
    """Its last figure is too old."""
    NEVER = "never"
    UNCOUNTED = "uncounted"
    """Nobody has recorded how many people the rate would be a share of."""


RANKED_GROUPS: Final = (Group.RANKED, Group.SMALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """The areas of a `level` below `area` (None: of the whole list), where they stood on `day` and
    on the day `since`."""

    app: App
    area: Area | None
    area_list: int
    level: Level
    day: date
    since: date
    denominator: Denominator

    @property
    def breaks(self) -> Sequence[Definition]:
        """Where what counts as an install changed between both days."""
        return self.app.breaks(self.since, self.day)

    @property
    def query(self) -> dict[str, str | None]:
        """The address's own words for it, spelt out, so that they mean the same tomorrow."""
        return {
            "app": self.app.code,
            "area": None if self.area is None else self.area.code,
            "level": self.level.value,
            "day": self.day.isoformat(),
            "since": self.since.isoformat(),
        }


@dataclass(slots=True)  # not frozen, as `rates.Standing`
class Row:
    """An area: where it stands `now` and stood `before`, its rank in its group on each day."""

    area: Area | Commune
    group: Group
    now: Standing
    before: Standing
    rank: int | None = None
    tied: bool = False
    was: int | None = None

    @property
    def ranks_won(self) -> int | None:
        """Upwards positive; None where it was not ranked on both days."""
        return None if self.rank is None or self.was is None else self.was - self.rank

    @property
    def new(self) -> int | None:
        """Installs since; None where both days do not count the same, or nothing came."""
        one, other = self.before, self.now
        if one.installs is None or other.installs is None or one.as_of == other.as_of:
            return None
        if one.short or other.short:
            return None  # a part of what came before is not known
        alike = (one.own, one.counted) == (other.own, other.counted)
        return other.installs - one.installs if alike else None

    @property
    def points(self) -> float | None:
        """The rate's change since, in percentage points."""
        if self.new is None or self.now.share is None or self.before.share is None:
            return None
        return (self.now.share - self.before.share) * 100

    @property
    def last_day(self) -> date | None:
        """The day of its newest figure."""
        return None if self.now.as_of is None else clock.local(self.now.as_of).date()


@dataclass(frozen=True, slots=True)
class League:
    """All areas that were asked for, by group: ranked ones by rate, others in the list's order.
    `orders` are the ranked ones as somebody sorted them."""

    asked: Asked
    groups: Mapping[Group, Sequence[Row]]
    orders: dict[str, Sequence[Row]] = field(default_factory=dict)

    def ranked(self, order: str) -> Sequence[Row]:
        """Those that are ranked, sorted; once, however many pages of them are turned."""
        if order not in self.orders:
            self.orders[order] = in_order(self.groups[Group.RANKED], order)
        return self.orders[order]

    @property
    def rows(self) -> list[Row]:
        """All of them, group after group."""
        return [row for group in Group for row in self.groups[group]]


def ask(
    person: Person, code: str | None, area: str, level: str, day: str, since: str, act: Act
) -> Asked:
    """The question in the address's words, each "" for the usual one. `person` asks of the own area
    and below only. Raises Refused with the field (`app`, `area`, `level`, `day`, `since`)."""
    counted = uptake.apps_counted()
    app = uptake.chosen_app(code or (counted[0].code if counted else None))
    root = _area(person, area, act)
    area_list = areas.list_in_use(None if root is None else root.id)
    last = _day(day, "day", uptake.today())
    first = _day(since, "since", last - timedelta(days=USUAL_DAYS))
    if first >= last:
        raise Refused(_("The day to compare with must come before the day itself."), "since")
    target = None if root is None else targets.in_force(root, app, last)
    asked_level = _level(level, levels(root, area_list))
    return Asked(app, root, area_list, asked_level, last, first, rates.denominator_of(target))


def levels(root: Area | None, area_list: int) -> list[Level]:
    """The levels that can be ranked below an area; the nearest first."""
    lower = LEVELS[:-1] if root is None else LEVELS[LEVELS.index(root.level) + 1 : -1]
    return [each for each in lower if each is not Level.DISTRICT or area_list == 2020]


def _area(person: Person, written: str, act: Act) -> Area | None:
    own = person.own_area_id
    chosen = area_choice.chosen(written, areas.list_in_use(own))
    if chosen is None:
        return None if own is None else db.session.get_one(Area, own)
    access.demand(person, act, Subject(area_ids={chosen.id}))
    return chosen


def _level(written: str, offered: Sequence[Level]) -> Level:
    if not offered:
        raise Refused(_("Nothing lies below this area; choose one above it."), "area")
    if written and written not in set(LEVELS):
        raise Refused(_("There is no such level of areas."), "level")
    # A level that the area does not have: the nearest below it, so that a link to a commune's
    # district still opens when the area is changed in the form.
    return Level(written) if written in offered else offered[0]


def _day(written: str, field: str, usual: date) -> date:
    if not written.strip():
        return usual
    try:
        return uptake.check_day(date.fromisoformat(written.strip()))
    except ValueError:
        sentence = _("“%(text)s” is no day; write 2020-08-20.", text=written.strip()[:40])
        raise Refused(sentence, field) from None
    except Refused as refused:
        raise Refused(refused.sentence, field) from None


_large: KeptUnchanged[League] = KeptUnchanged(newest.figures, most=6)
_large_days: KeptUnchanged[list[Standing]] = KeptUnchanged(newest.figures, most=12)


def of(asked: Asked) -> League:
    """The table. However many areas, the statements are the same few. Where it reads very many
    communes it is kept, and so are the days it is made of: who turns a page or moves on by a day
    reads no country anew."""
    root = None if asked.area is None else (asked.area.id,)
    chosen = cache(partial(_chosen, asked))
    if areas.count_communes(root, asked.area_list) <= LARGE:
        days = (_stood(asked, chosen(), day) for day in (asked.day, asked.since))
        return _league(asked, *days)
    key = (asked.app.id, root, asked.area_list, asked.level, asked.denominator)

    def stood(day: date) -> list[Standing]:
        return _large_days.get((*key, day), lambda: _stood(asked, chosen(), day))

    def make() -> League:
        return _league(asked, stood(asked.day), stood(asked.since))

    return replace(_large.get((*key, asked.day, asked.since), make), asked=asked)


def _league(asked: Asked, now: Sequence[Standing], before: Sequence[Standing]) -> League:
    groups, shares = [group_of(each, asked.day) for each in now], [each.share for each in now]
    groups_then = [group_of(each, asked.since) for each in before]
    shares_then = [each.share for each in before]
    ranks, then = _ranks(shares, groups), _ranks(shares_then, groups_then)
    shared = Counter(zip(groups, shares, strict=True))
    made: dict[Group, list[Row]] = {group: [] for group in Group}
    both = zip(groups, shares, groups_then, shares_then, strict=True)
    for one, other, (group, share, past, share_then) in zip(now, before, both, strict=True):
        rank = ranks[group].get(share or 0.0) if group in ranks else None
        was = then[past].get(share_then or 0.0) if past is group and group in then else None
        tied = rank is not None and shared[group, share] > 1
        made[group].append(Row(one.area, group, one, other, rank, tied, was))
    for group in RANKED_GROUPS:
        made[group].sort(key=lambda row: (row.rank or 0, row.area.position))
    return League(asked, made)


def _chosen(asked: Asked) -> Sequence[Commune]:
    """The areas that are ranked."""
    root = None if asked.area is None else asked.area.id
    return areas.of_level(asked.level, root, asked.area_list)


def _stood(asked: Asked, chosen: Sequence[Commune], day: date) -> list[Standing]:
    """Where each of the areas stood on a day."""
    return rates.stood(asked.app.id, chosen, day, asked.denominator)


def group_of(standing: Standing, day: date) -> Group:
    """With whom an area is ranked on a day."""
    if standing.installs is None or standing.as_of is None:
        return Group.NEVER
    if not standing.of:
        return Group.UNCOUNTED
    if standing.as_of < _silent_before(day):
        return Group.SILENT
    of = summed(standing)
    if of.counted < WHOLE_FROM * of.parts:
        return Group.PART
    return Group.SMALL if standing.of < FEW else Group.RANKED


@lru_cache(64)
def _silent_before(day: date) -> datetime:
    """Made once and not for each of ten thousand communes."""
    return datetime.combine(day - timedelta(days=OLD_DAYS), time(), clock.VIETNAM)


def summed(standing: Standing) -> Standing | Carried:
    """What says of how many parts a figure is the sum: of a commune's own, if it was carried over,
    of the areas it came from."""
    return standing.carried if standing.own and standing.carried else standing


def _ranks(
    shares: Sequence[float | None], groups: Sequence[Group]
) -> dict[Group, dict[float, int]]:
    by_group: dict[Group, list[float | None]] = {group: [] for group in RANKED_GROUPS}
    for group, share in zip(groups, shares, strict=True):
        if group in by_group:
            by_group[group].append(share)
    return {group: rates.ranks(them) for group, them in by_group.items()}


ORDERS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "rank": lambda row: row.rank,
    "-rank": lambda row: row.rank,
    "-change": lambda row: row.points,
    "change": lambda row: row.points,
    "-moves": lambda row: row.ranks_won,
    "moves": lambda row: row.ranks_won,
}
"""What rows may be sorted by; "-" begins with the largest."""


def in_order(rows: Sequence[Row], order: str) -> list[Row]:
    """The rows sorted; equal ones as they were, those without a value last."""
    value = ORDERS[order]
    valued = [(value(row), row) for row in rows]
    known = [each for each in valued if each[0] is not None]
    known.sort(key=itemgetter(0), reverse=order.startswith("-"))
    return [row for _value, row in known] + [row for of, row in valued if of is None]


def found(rows: Sequence[Row], text: str) -> Sequence[Row]:
    """Those whose name or code has these letters, marks and case aside; all for none."""
    wanted = fold(text)
    if not wanted:
        return rows
    return [row for row in rows if wanted in _folded(row.area.name) or wanted == row.area.code]
