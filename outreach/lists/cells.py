"""The values of cells: as text, and those that hold no value but a mistake."""

from __future__ import annotations

import datetime
from typing import Final

from outreach.i18n import N_

ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
"""What a spreadsheet shows where a formula failed; it stands so in CSV files too."""

REASONS: Final[dict[str, str]] = {
    "cell_error": N_("the formula in the cell failed: enter the value itself"),
    "unsaved_formula": N_(
        "the formula in the cell has no saved value: open the file in Excel and save it"
    ),
}
"""Reason → what to tell a person; say it with `_()`."""


class UnsavedFormula(str):
    """The text of a formula whose value was never saved with the file."""

    __slots__ = ()


def problem(value: object) -> str | None:
    """The reason (a key of `REASONS`) why a cell holds no value; None for a good or empty one."""
    if isinstance(value, UnsavedFormula):
        return "unsaved_formula"
    return "cell_error" if isinstance(value, str) and value in ERRORS else None


def as_text(value: object) -> str:
    """A cell as a person sees it: "870" for 870.0, "" for an empty one, no spaces around."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
