"""Two sets of areas beside each other: what each adds up to, and where both can be compared.

Sums of sets of different size have no difference that says anything, so one stands only at rates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from campaigns.compare import Comparison, Summary
from campaigns.compare_asking import Asked
from outreach import rates
from outreach.areas import Area
from outreach.i18n import N_, _
from outreach.targets import Denominator

PER: Final = 1000
NAMED: Final = 3
"""More areas of a set are counted and not named."""


class Kind(StrEnum):
    """How a value is written."""

    WHOLE = "whole"
    SHARE = "share"
    POINTS = "points"
    MONEY = "money"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Value:
    """One figure of a set; `partly`: it is known of a part only, so that the true one is higher."""

    value: float | int | None
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of both sets; `differs` in the unit of `unit`, None where a difference says
    nothing."""

    name: str
    kind: Kind
    first: Value
    second: Value
    differs: float | None = None
    unit: Kind = Kind.WHOLE


@dataclass(frozen=True, slots=True)
class Sets:
    """Both sets: what they are called, the lines, and how many communes are in both."""

    names: tuple[str, str]
    lines: list[Line]
    both: int


_Read = Callable[[Summary], Value]
_SUMS: Final[tuple[tuple[str, Kind, _Read], ...]] = (
    (N_("Communes"), Kind.WHOLE, lambda s: Value(s.areas)),
    (N_("of these with figures on both days"), Kind.WHOLE, lambda s: Value(s.counted)),
    (N_("Population"), Kind.WHOLE, lambda s: Value(s.population)),
    (N_("Messaged"), Kind.WHOLE, lambda s: Value(s.messaged)),
    (N_("Delivered"), Kind.WHOLE, lambda s: Value(s.delivered, bool(s.unreceipted))),
    (N_("Cost"), Kind.MONEY, lambda s: Value(s.cost, bool(s.uncosted))),
    (
        N_("Households visited"),
        Kind.WHOLE,
        lambda s: Value(s.field.households if s.field.days else None),
    ),
    (N_("People helped"), Kind.WHOLE, lambda s: Value(s.field.helped if s.field.days else None)),
    (N_("New installs"), Kind.WHOLE, lambda s: Value(s.new)),
)
_RATES: Final[tuple[tuple[str, Kind, _Read], ...]] = (
    (N_("Messaged of the people"), Kind.SHARE, lambda s: Value(s.dose)),
    (N_("Rate on the first day"), Kind.SHARE, lambda s: Value(s.rate_from)),
    (N_("Rate on the last day"), Kind.SHARE, lambda s: Value(s.rate_to)),
    (N_("Change in points"), Kind.POINTS, lambda s: Value(s.change_points)),
    (N_("New installs per 1,000 of the denominator"), Kind.RATE, lambda s: Value(_fresh(s))),
)


def of(comparison: Comparison) -> Sets | None:
    """Both sets beside each other; None where one was asked for."""
    if comparison.sets is None:
        return None
    one, other = comparison.sets
    sums = [Line(_(name), kind, read(one), read(other)) for name, kind, read in _SUMS]
    shares = [_rate(_(name), kind, read(one), read(other)) for name, kind, read in _RATES]
    both = sum(row.sets == "AB" for row in comparison.rows)
    return Sets(names(comparison.asked), sums + shares, both)


def _rate(name: str, kind: Kind, one: Value, other: Value) -> Line:
    """A share differs in percentage points, anything else in its own unit."""
    if one.value is None or other.value is None:
        return Line(name, kind, one, other)
    differs = one.value - other.value
    if kind is Kind.SHARE:
        return Line(name, kind, one, other, differs * 100, Kind.POINTS)
    return Line(name, kind, one, other, differs, Kind.POINTS)


def _fresh(summed: Summary) -> float | None:
    share = rates.share(summed.new, summed.people)
    return None if share is None else share * PER


def names(asked: Asked) -> tuple[str, str]:
    """What both sets are called."""
    first = _named(asked.chosen) or _("all communes")
    against = asked.against
    if against is None:
        return first, ""
    if against.chosen:
        return first, _named(against.chosen)
    if against.within is None:
        return first, _("all other communes")
    return first, _("the other communes of %(area)s", area=against.within.name)


def _named(chosen: Sequence[Area]) -> str:
    if len(chosen) <= NAMED:
        return ", ".join(area.name for area in chosen)
    return _("%(area)s and %(more)s more", area=chosen[0].name, more=len(chosen) - 1)


def denominator_said(denominator: Denominator) -> str:
    """What rates are shares of, within a sentence."""
    if denominator is Denominator.SMARTPHONE_USERS:
        return _("smartphone users")
    return _("population")
