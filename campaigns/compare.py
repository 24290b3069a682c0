"""Delivery beside uptake: for one app and period, each commune's messages and its install rate.

Plain numbers, and no effect is claimed: who was messaged was chosen by people, so what differs
between the areas differed before as well. docs/compare.md says what each figure means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from campaigns import deliveries
from campaigns.compare_asking import Asked
from campaigns.deliveries import Delivery, Sending
from outreach import area_counts, descents, fieldwork, rates
from outreach.areas import Commune
from outreach.fieldwork import Work
from outreach.rates import Standing
from outreach.targets import Denominator

DOSE: Final = 0.01
"""The share of an area's people from which it counts as messaged."""


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


@dataclass(slots=True)  # not frozen, as `rates.Standing`
class Row:
    """A commune with its people, by the count that held on the last day: `before` is where it stood
    on the first day, `after` on the last. Rates are shares of the denominator asked for; `rank` is
    by the rate of the last day. `field` is what teams did there within the period; `sets`: which
    of the two sets it is in, "" without them."""

    area: Commune
    population: int | None
    group: Group
    delivery: Delivery
    before: Standing
    after: Standing
    rank: int | None
    field: Work = fieldwork.NONE
    sets: str = ""

    @property
    def of(self) -> int | None:
        """How many its rates are shares of."""
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
    """Rows added up. Installs and rates are those of the `counted` areas, which have figures on
    both sides and a denominator: `people` are what it adds up to (`people_from` on the first day,
    by the count that held then). `dosed` of the messages went to communes whose people are counted.
    `delivered` and `cost` are what is known of them: of `unreceipted`
    and `uncosted` messages it is not; None where it is of none."""

    areas: int
    counted: int
    population: int
    dosed: int
    people: int
    people_from: int
    messaged: int
    delivered: int | None
    cost: int | None
    uncosted: int
    unreceipted: int
    installs_from: int | None
    installs_to: int | None
    field: Work = fieldwork.NONE

    @property
    def new(self) -> int | None:
        """Installs gained by the counted areas."""
        if self.installs_from is None or self.installs_to is None:
            return None
        return self.installs_to - self.installs_from

    @property
    def dose(self) -> float | None:
        """Messages to its counted people, as a share of them."""
        return rates.share(self.dosed, self.population)

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
    period, `across` those from before it that were still being sent in it. `sets`: both sets added
    up, where two were asked for."""

    asked: Asked
    rows: Sequence[Row]
    groups: Mapping[Group, Summary]
    sets: tuple[Summary, Summary] | None
    sendings: Sequence[Sending]
    across: Sequence[Sending]

    @property
    def visited(self) -> bool:
        """Whether anybody recorded visits within the period."""
        return any(row.field.days for row in self.rows)

    @property
    def carried(self) -> int:
        """How many communes' figures are of areas that they came from."""
        return sum(bool(row.before.carried or row.after.carried) for row in self.rows)

    @property
    def recounted(self) -> int:
        """In how many communes the denominator is another number on the last day."""
        return sum(row.recounted for row in self.rows)


def points(before: float | None, after: float | None) -> float | None:
    """From one share to another, in percentage points."""
    return None if before is None or after is None else (after - before) * 100


def of(asked: Asked) -> Comparison:
    """The figures. Statements do not grow with the areas, and no row a day is read."""
    app, communes, ids = asked.app, asked.communes, asked.ids
    pairs = descents.of(ids)
    sent = deliveries.by_area(app.id, pairs, asked.first, asked.last)
    before = rates.stood(app.id, communes, asked.first, asked.denominator)
    after = rates.stood(app.id, communes, asked.last, asked.denominator)
    field = fieldwork.by_area(ids, asked.first, asked.last)
    people = {standing.area.id: standing.of for standing in after}
    if asked.denominator is not Denominator.POPULATION:
        people = area_counts.people(communes, Denominator.POPULATION, asked.last)
    ranks = rates.ranks(each.share for each in after)
    rows = [
        Row(
            area,
            people[area.id],
            _group(sent.get(area.id, deliveries.NONE), people[area.id]),
            sent.get(area.id, deliveries.NONE),
            one,
            other,
            None if other.share is None else ranks[other.share],
            field.get(area.id, fieldwork.NONE),
            _sets(area.id, asked),
        )
        for area, one, other in zip(communes, before, after, strict=True)
    ]
    groups = {group: summed([r for r in rows if r.group is group]) for group in Group}
    every = deliveries.sendings(app.id, pairs, asked.first, asked.last)
    of_period = [each for each in every if each.day >= asked.first]
    across = [each for each in every if each.day < asked.first]
    return Comparison(asked, rows, groups, _both(asked, rows), of_period, across)


def _sets(area_id: int, asked: Asked) -> str:
    if asked.against is None:
        return ""
    return "A" * (area_id in asked.first_set) + "B" * (area_id in asked.second_set)


def _both(asked: Asked, rows: Sequence[Row]) -> tuple[Summary, Summary] | None:
    if asked.against is None:
        return None
    one, other = (summed([row for row in rows if name in row.sets]) for name in "AB")
    return one, other


def _group(delivery: Delivery, population: int | None) -> Group:
    if not delivery.messaged and not delivery.earlier:
        return Group.NOT_YET
    if delivery.messaged and not population:
        return Group.UNKNOWN
    if delivery.messaged and delivery.messaged / (population or 1) >= DOSE:
        return Group.MESSAGED
    return Group.BEFORE if delivery.earlier else Group.FEW


def summed(rows: Sequence[Row]) -> Summary:
    """Rows added up."""
    counted = [row for row in rows if row.new is not None and row.of]
    receipts = [row.delivery.delivered for row in rows if row.delivery.messaged]
    known = [count for count in receipts if count is not None]
    messaged = sum(row.delivery.messaged for row in rows)
    uncosted = sum(row.delivery.uncosted for row in rows)
    cost = sum(row.delivery.cost or 0 for row in rows)
    return Summary(
        areas=len(rows),
        counted=len(counted),
        population=sum(row.population or 0 for row in rows),
        dosed=sum(row.delivery.messaged for row in rows if row.population),
        people=sum(row.of or 0 for row in counted),
        people_from=sum(row.before.of or 0 for row in counted),
        messaged=messaged,
        delivered=sum(known) if known or not receipts else None,
        cost=deliveries.known_cost(cost, messaged, uncosted),
        uncosted=uncosted,
        unreceipted=sum(row.delivery.unreceipted for row in rows),
        installs_from=sum(row.before.installs or 0 for row in counted) if counted else None,
        installs_to=sum(row.after.installs or 0 for row in counted) if counted else None,
        field=fieldwork.added(row.field for row in rows),
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
