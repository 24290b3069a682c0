"""What the page of an area shows: its rate day by day against its target, with the campaigns that
messaged it, what teams did and what letters asked, what each carrier delivered, and who stands
next to it in the ranking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from campaigns import carried
from campaigns.carried import Carrier
from campaigns.deliveries import Sending
from outreach import (
    clock,
    descents,
    fieldwork,
    formats,
    labels,
    rates,
    series,
    target_showing,
    targets,
)
from outreach.apps import App
from outreach.area_counts import Change
from outreach.areas import Area
from outreach.fieldwork import Work
from outreach.i18n import _
from outreach.rates import Standing
from outreach.series import Day
from outreach.target_showing import Stand
from outreach.targets import Target

BESIDE: Final = 2
"""Neighbours shown above and below in the ranking."""
MOST_SHADES: Final = 4
"""Spans of days with teams that the chart names; what lies nearest is joined."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """An area and those next to it in the ranking of what lies right below `above`."""

    above: Area
    of: int
    rows: Sequence[Standing]

    @property
    def codes(self) -> list[str]:
        """What a comparison of them is asked for."""
        return [row.area.code for row in self.rows]


@dataclass(frozen=True, slots=True)
class Look:
    """An area's page. `sendings`, which include orders, and `carriers` are None where the reader
    may not see who was messaged; `neighbours` where the area above is not theirs to see."""

    area: Area
    app: App
    stand: Stand
    days: Sequence[Day]
    sendings: Sequence[Sending] | None
    carriers: Sequence[Carrier] | None
    neighbours: Neighbours | None
    work: Mapping[date, Work]
    letters: Sequence[Target]

    def share(self, day: Day) -> float | None:
        """The rate of a day, of the count that held then."""
        return rates.share(day.installs, self.stand.people.value(day.day, self.stand.total.of))

    @property
    def recounted(self) -> list[Change]:
        """Where that count changed within the days."""
        return self.stand.people.changes(self.days[0].day, self.days[-1].day) if self.days else []

    def sent_on(self, day: date) -> list[Sending]:
        """The campaigns and orders that began on a day."""
        return [each for each in self.sendings or () if each.day == day]

    def set_on(self, day: date) -> list[Target]:
        """The targets that were set on a day, here or for an area it lies in."""
        return [each for each in self.letters if clock.local(each.created_at).date() == day]


def look(area: Area, app: App, day: date, *, messages: bool, above: Area | None) -> Look:
    """All figures of the page, up to a day. `messages`: whether the reader may see who was
    messaged; `above`: the area whose ranking they may see. Statements do not grow with areas."""
    made_of = rates.below([area], day)
    stand = target_showing.of_area(area, app, day, made_of)
    below = [] if stand.total.own else made_of.communes.get(area.id, [])
    days = series.of_area(app.id, area.id, below, day, made_of.came)
    first = days[0].day if days else day
    sent = carried.to(app.id, descents.of([area.id]), first, day) if messages else None
    return Look(
        area,
        app,
        stand,
        days,
        None if sent is None else sent.sendings,
        None if sent is None else sent.carriers,
        None if above is None else neighbours(app, area, day, above, stand),
        fieldwork.day_by_day([area.id, *made_of.communes.get(area.id, [])], first, day),
        targets.set_in(area, app, first, day),
    )


def neighbours(app: App, area: Area, day: date, above: Area, stand: Stand) -> Neighbours:
    """Those next to the area by rate; around an area without a rate nobody is."""
    rows = rates.table(app.id, above, day, stand.denominator).rows
    at = next((at for at, row in enumerate(rows) if row.area.id == area.id), 0)
    near = rows[max(0, at - BESIDE) : at + BESIDE + 1] if rows and rows[at].rank else []
    return Neighbours(above, len(rows), [row for row in near if row.rank])


def chart(seen: Look, language: str) -> dict[str, Any] | None:
    """What static/js/compare.js draws: the rate in percent; None where there is no line yet."""
    values = [seen.share(each) for each in seen.days]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    aim = seen.stand.aim
    target = None if aim is None else aim.share
    days = [each.day for each in seen.days]
    return {
        "days": [formats.month_day(day, language=language) for day in days],
        "series": [
            {
                "group": "rate",
                "name": seen.area.short_name,
                "values": [None if value is None else round(value * 100, 4) for value in values],
                "last": formats.percent(known[-1], language=language),
            }
        ],
        "targets": [] if target is None else [_target(seen, target, language)],
        "most": round(max(*known, target or 0.0) * 115, 2),
        "sent": [
            {"at": at, "label": _("Sent %(day)s", day=formats.month_day(day, language=language))}
            for at, day in enumerate(days)
            if seen.sent_on(day)
        ],
        "breaks": [*_breaks(seen, days, language), *_letters(seen, days, language)],
        "holidays": _teams(seen, days, language),
    }


def _breaks(seen: Look, days: Sequence[date], language: str) -> Iterator[dict[str, Any]]:
    """The days from which something else counts as an install, or another denominator holds."""
    for change in seen.app.breaks(days[0], days[-1]):
        since = formats.month_day(change.since, language=language)
        counted = _("From %(day)s: %(unit)s", day=since, unit=labels.unit(change.after))
        yield {"at": days.index(change.since), "label": counted}
    for recount in seen.recounted:
        since = formats.month_day(recount.since, language=language)
        people = formats.number(recount.after.value, language=language)
        of = _("From %(day)s: of %(people)s", day=since, people=people)
        yield {"at": days.index(recount.since), "label": of}


def _letters(seen: Look, days: Sequence[date], language: str) -> Iterator[dict[str, Any]]:
    for at, day in enumerate(days):
        if seen.set_on(day):
            said = formats.month_day(day, language=language)
            yield {"at": at, "label": _("Letter %(day)s", day=said)}


def _teams(seen: Look, days: Sequence[date], language: str) -> list[dict[str, Any]]:
    return [
        {
            "from": days.index(first),
            "to": days.index(last),
            "label": _("Teams %(days)s", days=_span(first, last, language)),
        }
        for first, last in runs(day for day in days if day in seen.work)
    ]


def _span(first: date, last: date, language: str) -> str:
    ends = dict.fromkeys((first, last))
    return "–".join(formats.month_day(each, language=language) for each in ends)


def runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days in order as spans, first and last each: those of days that follow each other, and wider
    ones where that leaves more than `MOST_SHADES`."""
    each = [(day, day) for day in days]
    gap, spans = 1, _joined(each, 1)
    while len(spans) > MOST_SHADES:
        gap += 1
        spans = _joined(each, gap)
    return spans


def _joined(spans: Sequence[tuple[date, date]], gap: int) -> list[tuple[date, date]]:
    joined: list[tuple[date, date]] = []
    for first, last in spans:
        if joined and first - joined[-1][1] <= timedelta(days=gap):
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _target(seen: Look, share: float, language: str) -> dict[str, Any]:
    aim = seen.stand.aim
    day = "" if aim is None else formats.month_day(aim.target.deadline, language=language)
    decimals = 0 if aim is None or aim.target.share % 100 == 0 else 2
    wanted = formats.percent(share, decimals, language=language)
    label = _("Target %(share)s, %(day)s", share=wanted, day=day)
    return {"at": round(share * 100, 2), "label": label}
