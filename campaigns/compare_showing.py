"""What the page of a comparison shows: rows in the order asked for, the chart, the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select

from campaigns import compare, counts
from campaigns.compare import COMPARED, Comparison, Group, Row
from campaigns.compare_asking import Asked
from campaigns.deliveries import days_of
from outreach import areas, daily, formats, holidays, labels, maps, rates, scales
from outreach.apps import Unit
from outreach.collation import vietnamese_key
from outreach.daily import Day, Member
from outreach.database import db, one_of
from outreach.i18n import N_, _
from outreach.kept import KeptUnchanged
from outreach.maps import Map, Spot
from outreach.scales import Scale
from outreach.uptake import UptakeReport

PAGE_ROWS: Final = 250
"""More rows are shown a page at a time; the file has them all."""
LARGE: Final = 500
"""With more communes, answers are kept for a minute."""
USUAL_ORDER: Final = "-change"

GROUP_NAMES: Final = {
    Group.MESSAGED: N_("Messaged"),
    Group.NOT_YET: N_("Not yet messaged"),
    Group.FEW: N_("Too few messaged"),
    Group.BEFORE: N_("Messaged before"),
    Group.UNKNOWN: N_("Population not known"),
}
_alphabet: Final = lru_cache(1 << 14)(vietnamese_key)
ORDERS: Final[Mapping[str, tuple[str, Callable[[Row], Any]]]] = {
    "name": (N_("Name"), lambda row: _alphabet(row.area.short_name)),
    "group": (N_("Group"), lambda row: list(Group).index(row.group)),
    "set": (N_("Set"), lambda row: row.sets or None),
    "population": (N_("Population"), lambda row: row.population),
    "messaged": (N_("Messaged"), lambda row: row.delivery.messaged),
    "delivered": (N_("Delivered"), lambda row: row.delivery.delivered),
    "installs_from": (N_("Installs on the first day"), lambda row: row.before.installs),
    "installs_to": (N_("Installs on the last day"), lambda row: row.after.installs),
    "rate_from": (N_("Rate on the first day"), lambda row: row.before.share),
    "rate_to": (N_("Rate on the last day"), lambda row: row.after.share),
    "change": (N_("Change in points"), lambda row: row.change_points),
    "rank": (N_("Rank"), lambda row: row.rank),
    "cost": (N_("Cost"), lambda row: row.delivery.cost),
    "households": (N_("Households visited"), lambda row: row.field.households),
}
"""What rows may be sorted by: its name, and a row's value; rows without one come last."""
UPWARDS: Final = frozenset({"name", "group", "set", "rank"})
"""What begins with the smallest, unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the rows: from `first` to `last` of `of`; which page of how many."""

    rows: Sequence[Row]
    first: int
    last: int
    of: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class ChartDay:
    """One line of the chart's table: each group's day, and what marks it; `holiday` is still to
    be translated. `counts`: what counts as an install; `changed`: since this day."""

    day: date
    messaged: Day | None
    not_yet: Day | None
    sent: int
    holiday: str
    counts: Unit
    changed: bool


@dataclass(frozen=True, slots=True)
class Look:
    """A comparison with the days of its chart; `orders` are its rows as somebody sorted them, and
    `most` is the largest change either way, for the length of bars."""

    comparison: Comparison
    days: Sequence[ChartDay]
    orders: dict[tuple[str, bool], Sequence[Row]] = field(default_factory=dict)
    most: float = 0.0

    def rows(self, order: str) -> Sequence[Row]:
        """All rows sorted; once, however many pages of them are turned."""
        key = order_of(order)
        if key not in self.orders:
            self.orders[key] = in_order(self.comparison.rows, order)
        return self.orders[key]


_large: KeptUnchanged[Look] = KeptUnchanged(counts.newest_figures, most=4)


def look(asked: Asked) -> Look:
    """All figures of the page. Those of a whole country are kept for a minute, and longer where
    nothing changed: who sorts them or turns a page asks the same again."""
    if not _is_large(asked):
        return _look(asked)
    beside = None if asked.against is None else (bool(asked.against.chosen), asked.against.roots)
    sets = (asked.roots, beside, asked.area_list)
    key = (asked.app.id, asked.first, asked.last, asked.denominator, sets)
    kept = _large.get(key, lambda: _look(asked))
    return replace(kept, comparison=replace(kept.comparison, asked=asked))


def _is_large(asked: Asked) -> bool:
    return areas.count_communes(asked.every_root, asked.area_list) > LARGE


def _look(asked: Asked) -> Look:
    comparison = compare.of(asked)
    changes = (abs(row.change_points or 0.0) for row in comparison.rows)
    return Look(comparison, course(comparison), most=max(changes, default=0.0))


def first_known(comparison: Comparison) -> date | None:
    """Where no commune had a figure on the first day: the first day on which one had, if there is
    one before the last."""
    if any(row.before.installs is not None for row in comparison.rows):
        return None
    return _first_figure(comparison.asked)


def from_the_first_figure(asked: Asked) -> Asked:
    """The same from the day on which figures begin, where no commune had one on the first day."""
    begun = _first_figure(asked) if _begins_later(asked) else None
    return asked if begun is None else replace(asked, first=begun)


def _begins_later(asked: Asked) -> bool:
    if _is_large(asked):
        rows = look(asked).comparison.rows  # which is kept, and asked for next
        return all(row.before.installs is None for row in rows)
    known = select(UptakeReport.id).where(_figures_of(asked), UptakeReport.day <= asked.first)
    if db.session.scalar(known.limit(1)) is not None:
        return False
    stood = rates.stood(asked.app.id, asked.communes, asked.first, asked.denominator)
    return all(each.installs is None for each in stood)  # none was carried over from others either


def _first_figure(asked: Asked) -> date | None:
    wanted = select(func.min(UptakeReport.day)).where(
        _figures_of(asked), UptakeReport.day < asked.last
    )
    return db.session.scalar(wanted)


def _figures_of(asked: Asked) -> ColumnElement[bool]:
    app, area = UptakeReport.app_id, UptakeReport.area_id
    return and_(app == asked.app.id, one_of(area, asked.ids))


def order_of(written: str) -> tuple[str, bool]:
    """("change", True) of "-change": what to sort by, and whether downwards; the usual order for
    what is none."""
    key = written.removeprefix("-")
    return (key, written.startswith("-")) if key in ORDERS else order_of(USUAL_ORDER)


def begins(key: str) -> str:
    """The order in which sorting by `key` begins."""
    return key if key in UPWARDS else f"-{key}"


def order_choices(order: str) -> list[tuple[str, str]]:
    """(order, its name) of each order to begin with, and of the one in force."""
    offered = [(begins(key), _(name)) for key, (name, _value) in ORDERS.items()]
    key, down = order_of(order)
    now = f"-{key}" if down else key
    if now not in dict(offered):
        offered.append((now, _("%(name)s, turned round", name=_(ORDERS[key][0]))))
    return offered


def in_order(rows: Sequence[Row], order: str) -> list[Row]:
    """The rows sorted; equal ones in the list's order, those without a value last."""
    key, down = order_of(order)
    value = ORDERS[key][1]
    valued = [(value(row), row) for row in rows]
    known = [each for each in valued if each[0] is not None]
    known.sort(key=itemgetter(0), reverse=down)
    return [row for _value, row in known] + [row for of, row in valued if of is None]


def page_of(rows: Sequence[Row], number: int) -> Page:
    """The page with this number, counted from 1; the nearest there is."""
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    number = min(max(number, 1), pages)
    start = (number - 1) * PAGE_ROWS
    shown = rows[start : start + PAGE_ROWS]
    return Page(shown, start + 1 if shown else 0, start + len(shown), len(rows), number, pages)


def course(comparison: Comparison) -> list[ChartDay]:
    """New installs a day of both groups; empty where neither has an area with figures."""
    asked = comparison.asked
    members = [
        Member(row.area.id, COMPARED.index(row.group), row.population)
        for row in comparison.rows
        if row.group in COMPARED and row.population
    ]
    days = daily.of_groups(asked.app.id, members, asked.first, asked.last)
    if not any(day.areas for group in days.values() for day in group):
        return []
    sent = days_of(comparison.sendings)
    off = {
        day: each.name
        for each in holidays.within(asked.first, asked.last)
        for day in _days(each.first, each.last)
    }
    app, changed = asked.app, {each.since for each in asked.breaks}
    both = [{day.day: day for day in days.get(number, ())} for number in range(len(COMPARED))]
    return [
        ChartDay(
            day,
            both[0].get(day),
            both[1].get(day),
            sent.get(day, 0),
            off.get(day, ""),
            app.counted_on(day),
            day in changed,
        )
        for day in _days(asked.first, asked.last)
    ]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def chart(comparison: Comparison, days: Sequence[ChartDay], language: str) -> dict[str, Any]:
    """What static/js/compare.js draws: per 1,000 people, None where nothing is known."""
    return {
        "days": [formats.month_day(each.day, language=language) for each in days],
        "series": [_series(comparison, days, group, language) for group in COMPARED],
        "sent": [
            {"at": at, "label": _sent_label(comparison, each.day, language)}
            for at, each in enumerate(days)
            if each.sent
        ],
        "breaks": [
            {
                "at": at,
                "label": _(
                    "From %(day)s: %(unit)s",
                    day=formats.month_day(each.day, language=language),
                    unit=labels.unit(each.counts),
                ),
            }
            for at, each in enumerate(days)
            if each.changed
        ],
        "holidays": [
            {
                "from": (each.first - comparison.asked.first).days,
                "to": (each.last - comparison.asked.first).days,
                "label": _(each.name),
            }
            for each in holidays.within(comparison.asked.first, comparison.asked.last)
        ],
        "unit": _("New installs a day per 1,000 people"),
    }


def _sent_label(comparison: Comparison, day: date, language: str) -> str:
    written = formats.month_day(day, language=language)
    own = [each for each in comparison.sendings if each.day == day]
    if any(each.by_order and each.last != day for each in own):
        return _("Sent from %(day)s on", day=written)
    return _("Sent %(day)s", day=written)


def _series(
    comparison: Comparison, days: Sequence[ChartDay], group: Group, language: str
) -> dict[str, Any]:
    of_group = [each.messaged if group is Group.MESSAGED else each.not_yet for each in days]
    rates = [None if day is None or day.rate is None else day.rate for day in of_group]
    last = next((rate for rate in reversed(rates) if rate is not None), None)
    count = comparison.groups[group].areas
    name = (
        _("%(count)s messaged communes", count=formats.number(count, language=language))
        if group is Group.MESSAGED
        else _("%(count)s not yet messaged", count=formats.number(count, language=language))
    )
    return {
        "group": group.value,
        "name": name,
        "values": [None if rate is None else round(rate, 4) for rate in rates],
        "last": formats.number(last, 1, language=language),
    }


@dataclass(frozen=True, slots=True)
class ChangeMap:
    """The map, and the words under the ramp's colours."""

    map: Map
    steps: Sequence[str]


def change_map(rows: Sequence[Row], language: str) -> ChangeMap | None:
    """Circles coloured by change in points; None where too few have a place."""
    scale = scales.change([row.change_points for row in rows])
    drawn = maps.draw(_spot(row, scale, language) for row in rows)
    return None if drawn is None else ChangeMap(drawn, scale.steps(language))


def _spot(row: Row, scale: Scale, language: str) -> Spot:
    change = row.change_points
    return Spot(
        row.area.short_name,
        row.area.lat,
        row.area.lon,
        row.population,
        scale.of(change),
        "" if row.rank is None else str(row.rank),
        formats.signed(change, 2, language=language),
    )
