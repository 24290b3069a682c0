"""Delivery beside uptake: for one app and period, each commune's messages and its install rate.

Plain numbers, and no effect is claimed: who was messaged was chosen by people, so what differs
between the areas differed before as well. docs/compare.md says what each figure means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from campaigns import deliveries
from campaigns.deliveries import Delivery, Sending
from outreach import access, areas, rates, uptake
from outreach.access import Act, Person, Subject
from outreach.apps import App, Definition
from outreach.area_names import Level
from outreach.areas import Area, Commune
from outreach.errors import Refused
from outreach.i18n import _
from outreach.rates import Standing
from outreach.targets import Denominator

DOSE: Final = 0.01
"""The share of an area's people from which it counts as messaged."""
MOST_DAYS: Final = 366
USUAL_DAYS: Final = 28
"""The period where nobody asks for another: a fortnight before and one after."""


class Group(StrEnum):
    """What an area is compared as; only the first two are groups of the chart."""

    MESSAGED = "messaged"
    NOT_YET = "not_yet"
    FEW = "few"
    """Some messages, to fewer than `DOSE` of its people: in neither group."""
    BEFORE = "before"
    """Messaged by a campaign before the period, hardly in it: in neither group."""
    UNKNOWN = "unknown"
    """Messaged, but nobody has recorded how many people live there: in neither group."""


COMPARED: Final = (Group.MESSAGED, Group.NOT_YET)


@dataclass(frozen=True)
class Asked:
    """What is compared: an app, from a day to a day, in the communes of some areas. `chosen`: the
    areas that were named, none where it is all of the own one; `roots`: the ids of what is meant,
    None for all of `area_list`."""

    app: App
    first: date
    last: date
    chosen: Sequence[Area]
    roots: tuple[int, ...] | None
    area_list: int

    @cached_property
    def communes(self) -> Sequence[Commune]:
        """The communes, in the list's order."""
        return areas.communes(self.roots, self.area_list)

    @property
    def ids(self) -> list[int]:
        """The communes' ids."""
        return [area.id for area in self.communes]

    @property
    def breaks(self) -> Sequence[Definition]:
        """Where what counts as an install changed between both days."""
        return self.app.breaks(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Row:
    """A commune: `before` is where it stood on the first day, `after` on the last. Rates are
    shares of the population; `rank` is by the rate of the last day."""

    area: Commune
    group: Group
    delivery: Delivery
    before: Standing
    after: Standing
    rank: int | None

    @property
    def population(self) -> int | None:
        """Its people, by the count that held on the last day."""
        return self.after.of

    @property
    def recounted(self) -> bool:
        """Whether the count that its rates are shares of changed between both days."""
        return self.before.of != self.after.of

    @property
    def dose(self) -> float | None:
        """Messages of its people, as a share."""
        return rates.share(self.delivery.messaged, self.population)

    @property
    def moved(self) -> bool:
        """Whether it reported within the period: the figure before it is none of the last day."""
        known = self.before.installs is not None and self.after.installs is not None
        short = self.before.short or self.after.short  # a part of what came before is not known
        return known and not short and self.before.as_of != self.after.as_of

    @property
    def new(self) -> int | None:
        """Installs gained; None where a figure is missing."""
        if not self.moved or self.before.installs is None or self.after.installs is None:
            return None
        return self.after.installs - self.before.installs

    @property
    def change_points(self) -> float | None:
        """Change of the rate in percentage points; None where a figure is missing."""
        return points(self.before.share, self.after.share) if self.moved else None


@dataclass(frozen=True, slots=True)
class Summary:
    """A group added up. Installs and rates are those of the `counted` areas, which have figures on
    both sides and a population: `people` of them live there (`people_from` on the first day, by
    the count that held then). `delivered` and `cost` are what is
    known of them: of `unreceipted` and `uncosted` messages it is not; None where it is of none."""

    group: Group
    areas: int
    counted: int
    population: int
    people: int
    people_from: int
    messaged: int
    delivered: int | None
    cost: int | None
    uncosted: int
    unreceipted: int
    installs_from: int | None
    installs_to: int | None

    @property
    def dose(self) -> float | None:
        """Messages of all its people, as a share."""
        return rates.share(self.messaged, self.population)

    @property
    def rate_from(self) -> float | None:
        """As a share of `people_from`."""
        return rates.share(self.installs_from, self.people_from)

    @property
    def rate_to(self) -> float | None:
        """As a share of `people`."""
        return rates.share(self.installs_to, self.people)

    @property
    def change_points(self) -> float | None:
        """In percentage points."""
        return points(self.rate_from, self.rate_to)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures of one question; `rows` in the list's order. `sendings` are the campaigns of the
    period, `across` those from before it that were still being sent in it."""

    asked: Asked
    rows: Sequence[Row]
    groups: Mapping[Group, Summary]
    sendings: Sequence[Sending]
    across: Sequence[Sending]

    @property
    def carried(self) -> int:
        """How many communes' figures are of areas that they came from."""
        return sum(bool(row.before.carried or row.after.carried) for row in self.rows)

    @property
    def recounted(self) -> int:
        """In how many communes the population is another number on the last day."""
        return sum(row.recounted for row in self.rows)


def points(before: float | None, after: float | None) -> float | None:
    """From one share to another, in percentage points."""
    return None if before is None or after is None else (after - before) * 100


def ask(
    code: str | None, first: str, last: str, codes: Iterable[str], person: Person | None = None
) -> Asked:
    """The question in these words; days as 2020-08-20, none for the usual period up to today.
    `person` may ask of the own area only; None is the command line. Raises Refused, with the field
    (`app`, `from`, `to`, `areas`), for what is wrong."""
    app = uptake.chosen_app(code)
    end = day_of(last, "to") if last.strip() else uptake.today()
    begin = day_of(first, "from") if first.strip() else end - timedelta(days=USUAL_DAYS)
    if begin >= end:
        raise Refused(_("The last day must come after the first."), "to")
    if (end - begin).days > MOST_DAYS:
        raise Refused(_("At most %(days)s days can be compared.", days=MOST_DAYS), "from")
    own = None if person is None else person.own_area_id
    chosen = _chosen([each for each in codes if each.strip()], own)
    _check_areas(chosen, person)
    area_list = chosen[0].area_list if chosen else areas.list_in_use(own)
    roots = tuple(area.id for area in chosen) or (None if own is None else (own,))
    return Asked(app, begin, end, chosen, roots, area_list)


def day_of(written: str, field: str) -> date:
    """A day that figures may be of. Raises Refused (with `field`) for anything else."""
    try:
        return uptake.check_day(date.fromisoformat(written.strip()))
    except ValueError:
        sentence = _("“%(text)s” is no day; write 2020-08-20.", text=written.strip()[:40])
        raise Refused(sentence, field) from None
    except Refused as refused:
        raise Refused(refused.sentence, field) from None


def _chosen(codes: Sequence[str], own: int | None) -> list[Area]:
    """The areas with these codes, all of one list: that of the own area, else of the first code."""
    if not codes:
        return []
    in_list = areas.by_code(codes[0]).area_list if own is None else areas.list_in_use(own)
    return areas.by_codes(codes, in_list)


def _check_areas(chosen: Sequence[Area], person: Person | None) -> None:
    if chosen and person is not None:
        access.demand(person, Act.COMPARE, Subject(area_ids={area.id for area in chosen}))
    for area in chosen:
        if area.level is Level.HAMLET:
            sentence = _("%(area)s lies within a commune; communes are compared.", area=area.name)
            raise Refused(sentence, "areas")


def of(asked: Asked) -> Comparison:
    """The figures. Statements do not grow with the areas, and no row a day is read."""
    app, communes, ids = asked.app, asked.communes, asked.ids
    sent = deliveries.by_area(app.id, ids, asked.first, asked.last)
    before = rates.stood(app.id, communes, asked.first, Denominator.POPULATION)
    after = rates.stood(app.id, communes, asked.last, Denominator.POPULATION)
    ranks = rates.ranks(after)
    rows = [
        Row(
            area,
            _group(sent.get(area.id, deliveries.NONE), other.of),
            sent.get(area.id, deliveries.NONE),
            one,
            other,
            None if other.share is None else ranks[other.share],
        )
        for area, one, other in zip(communes, before, after, strict=True)
    ]
    groups = {group: _summary(group, rows) for group in Group}
    every = deliveries.sendings(app.id, ids, asked.first, asked.last)
    of_period = [each for each in every if each.day >= asked.first]
    across = [each for each in every if each.day < asked.first]
    return Comparison(asked, rows, groups, of_period, across)


def _group(delivery: Delivery, population: int | None) -> Group:
    if not delivery.messaged and not delivery.earlier:
        return Group.NOT_YET
    if delivery.messaged and not population:
        return Group.UNKNOWN
    if delivery.messaged and delivery.messaged / (population or 1) >= DOSE:
        return Group.MESSAGED
    return Group.BEFORE if delivery.earlier else Group.FEW


def _summary(group: Group, rows: Sequence[Row]) -> Summary:
    own = [row for row in rows if row.group is group]
    counted = [row for row in own if row.new is not None and row.population]
    receipts = [row.delivery.delivered for row in own if row.delivery.messaged]
    known = [count for count in receipts if count is not None]
    messaged = sum(row.delivery.messaged for row in own)
    uncosted = sum(row.delivery.uncosted for row in own)
    cost = sum(row.delivery.cost or 0 for row in own)
    return Summary(
        group,
        areas=len(own),
        counted=len(counted),
        population=sum(row.population or 0 for row in own),
        people=sum(row.population or 0 for row in counted),
        people_from=sum(row.before.of or 0 for row in counted),
        messaged=messaged,
        delivered=sum(known) if known or not receipts else None,
        cost=deliveries.known_cost(cost, messaged, uncosted),
        uncosted=uncosted,
        unreceipted=sum(row.delivery.unreceipted for row in own),
        installs_from=sum(row.before.installs or 0 for row in counted) if counted else None,
        installs_to=sum(row.after.installs or 0 for row in counted) if counted else None,
    )


def as_object(comparison: Comparison) -> dict[str, Any]:
    """`flask compare --json`: rates in percent of the population, `null` where nobody knows."""
    return {
        "areas": [
            {
                "code": row.area.code,
                "name": row.area.name,
                "population": row.population,
                "messaged": row.delivery.messaged,
                "delivered": row.delivery.delivered,
                "installs_from": row.before.installs,
                "installs_to": row.after.installs,
                "rate_from": _percent(row.before.share),
                "rate_to": _percent(row.after.share),
                "change_points": row.change_points,
                "rank": row.rank,
            }
            for row in comparison.rows
        ]
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100
