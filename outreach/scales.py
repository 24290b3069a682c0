"""Classes of a map's colours: where they change, and the words under them in the legend.

A value has the class of what is printed, so that a printed 4,00% is never coloured as below 4%.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from outreach import formats

UNITS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Percentage points between the colours of a change."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`edges` between the classes, the first of which is 1; `ramp` names its colours in tn.css.
    Values are compared as printed with `decimals`; `unit` stands after the last word. `from_none`:
    the first class is 0 alone."""

    edges: tuple[float, ...]
    ramp: str = "rate"
    decimals: int = 2
    unit: str = "%"
    from_none: bool = False

    @property
    def name(self) -> str:
        """What an address calls it, so that colours mean the same on another day."""
        return f"{self.edges[-2]:g}"

    def of(self, value: float | None) -> int:
        """The class of a value; 0 where it is not known."""
        if value is None:
            return 0
        printed = float(f"{value:.{self.decimals}f}")
        return 1 + sum(printed >= edge for edge in self.edges)

    def steps(self, language: str) -> list[str]:
        """The words under the colours, from the lowest class on."""
        if self.ramp == "change":
            return self._signed_steps(language)
        edges = [formats.number(edge, language=language) for edge in self.edges[self.from_none :]]
        between = [f"{low}–{high}" for low, high in pairwise(edges)]
        none = ["0"] if self.from_none else []
        return [*none, f"< {edges[0]}", *between, f"≥ {edges[-1]}{self.unit}"]

    def _signed_steps(self, language: str) -> list[str]:
        """The lower edge of each class above 0, the upper edge of each below."""
        unit = self.edges[-2]

        def words(value: float) -> str:
            return formats.signed(value, 1 if unit < 1 else 0, language=language)

        below = [f"< {words(-2 * unit)}", f"< {words(-unit)}", "< 0"]
        return [*below, "0", "> 0", f"≥ {words(unit)}", f"≥ {words(2 * unit)}"]


RATES: Final = (
    Scale((3.0, 4.0, 5.0, 6.0, 8.0)),
    Scale((5.0, 10.0, 15.0, 20.0, 30.0)),
    Scale((10.0, 20.0, 30.0, 40.0, 60.0)),
)
"""Round edges in percent, so that a legend can print them; pages of figures use the first."""


MESSAGES: Final = Scale((0.05, 10.0, 25.0, 50.0, 100.0), decimals=1, unit="", from_none=True)
"""Of messages per 100 people."""
LATE: Final = Scale((0.05, 10.0, 25.0, 50.0, 75.0), decimals=1, from_none=True)
"""Of the share of reports that came late or not at all, in percent."""


def rate(percents: Sequence[float | None], name: str = "") -> Scale:
    """The scale of this name; without one the one that tells these rates, in percent, apart."""
    named = next((each for each in RATES if each.name == name), None)
    most = max((each for each in percents if each is not None), default=0.0)
    return named or next((each for each in RATES if most < 1.5 * each.edges[-1]), RATES[-1])


def change(points: Sequence[float | None], name: str = "") -> Scale:
    """Of changes in points: neutral at 0; the scale of this name, without one the smallest steps
    that tell them apart."""
    named = next((unit for unit in UNITS if f"{unit:g}" == name), None)
    most = max((abs(each) for each in points if each is not None), default=0.0)
    return _of_unit(named or next((unit for unit in UNITS if 3 * unit >= most), UNITS[-1]))


def _of_unit(unit: float) -> Scale:
    return Scale((-2 * unit, -unit, 0.0, 0.01, unit, 2 * unit), "change", unit="")
