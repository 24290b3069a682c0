"""National days, when life and phones go another way: charts shade them.

Labour Code 45/2019/QH14, article 112 (before 2021: 10/2012/QH13, article 115). Tết and the Hùng
kings' day follow the moon; their dates are those announced for each year, and a year nobody has
written here has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from outreach.i18n import N_

TET: Final = N_("Lunar New Year")
HUNG_KINGS: Final = N_("Hùng Kings' day")

_EVERY_YEAR: Final = (
    ((1, 1), (1, 1), N_("New Year")),
    ((4, 30), (5, 1), N_("Reunification and Labour day")),
    ((9, 2), (9, 2), N_("National Day")),
)
_BY_THE_MOON: Final = (
    (date(2020, 1, 23), date(2020, 1, 29), TET),
    (date(2020, 4, 2), date(2020, 4, 2), HUNG_KINGS),
    (date(2021, 2, 10), date(2021, 2, 16), TET),
    (date(2021, 4, 21), date(2021, 4, 21), HUNG_KINGS),
    (date(2022, 1, 31), date(2022, 2, 4), TET),
    (date(2022, 4, 10), date(2022, 4, 10), HUNG_KINGS),
    (date(2023, 1, 20), date(2023, 1, 26), TET),
    (date(2023, 4, 29), date(2023, 4, 29), HUNG_KINGS),
    (date(2024, 2, 8), date(2024, 2, 14), TET),
    (date(2024, 4, 18), date(2024, 4, 18), HUNG_KINGS),
    (date(2025, 1, 25), date(2025, 2, 2), TET),
    (date(2025, 4, 7), date(2025, 4, 7), HUNG_KINGS),
    (date(2026, 2, 14), date(2026, 2, 22), TET),
    (date(2026, 4, 26), date(2026, 4, 26), HUNG_KINGS),
)


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days off from `first` to `last`; `name` is still to be translated."""

    first: date
    last: date
    name: str


def within(first: date, last: date) -> list[Holiday]:
    """The national days that fall on a day of the period, cut to it, in order."""
    years = range(first.year, last.year + 1)
    fixed = [
        (date(year, *begin), date(year, *end), name)
        for year in years
        for begin, end, name in _EVERY_YEAR
    ]
    touching = [each for each in (*fixed, *_BY_THE_MOON) if each[0] <= last and each[1] >= first]
    return [Holiday(max(a, first), min(b, last), name) for a, b, name in sorted(touching)]
