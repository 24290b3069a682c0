"""A cell of a file that names an area, read among the areas the file is about."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from sqlalchemy import select

from outreach import areas
from outreach.area_matching import AreaMatcher, Match
from outreach.area_matching import Reason as AreaReason
from outreach.areas import Area
from outreach.database import db
from outreach.i18n import N_, _
from outreach.lists import cells
from outreach.lists.rejects import Reject

NO_AREA: Final = "no_area"
OUTSIDE: Final = "outside"
REASONS: Final[dict[str, str]] = {
    **cells.REASONS,
    NO_AREA: N_("no area: enter the commune, by name or code"),
    OUTSIDE: N_("the area lies outside the one you report for"),
    AreaReason.UNKNOWN: N_("no such area: write commune, district and province, or the code"),
    AreaReason.AMBIGUOUS: N_("more than one area is called that: add the district, or the code"),
}
"""Reason → what to tell a person; say it with `_()`."""


class Wrong(Exception):
    """A cell that cannot be used: its column, its value, and why."""

    def __init__(self, column: str, value: object, code: str, sentence: str = "") -> None:
        super().__init__(code)
        self.column, self.value, self.code = column, value, code
        self.sentence = sentence or _(REASONS[code])

    def at(self, row: int) -> Reject:
        """The same as a reject of a row."""
        return Reject(row, self.column, cells.as_text(self.value), self.code, self.sentence)


class AreaCells:
    """Reads areas; `inside`: ids of those the file may speak of, None for all."""

    def __init__(self, matcher: AreaMatcher, inside: frozenset[int] | None) -> None:
        self._matcher, self._inside = matcher, inside

    def read(self, column: str, value: object) -> int:
        """The id of the area a cell names; `Wrong` where it names none of `inside`."""
        check_cell(column, value)
        text = cells.as_text(value)
        if not text:
            raise Wrong(column, "", NO_AREA)
        match = self._matcher.match(text)
        if match.area_id is None and len(near := self._near_inside(match)) == 1:
            return near[0]  # of several that are called that, one alone can be meant
        if match.area_id is None:
            if self._elsewhere(text, match):
                raise Wrong(column, text, OUTSIDE)
            raise Wrong(column, text, match.reason or AreaReason.UNKNOWN, _near(match))
        if self._inside is not None and match.area_id not in self._inside:
            raise Wrong(column, text, OUTSIDE)
        return match.area_id

    def _near_inside(self, match: Match) -> list[int]:
        if self._inside is None or match.reason is not AreaReason.AMBIGUOUS:
            return []
        return [area_id for area_id in match.candidates if area_id in self._inside]

    def _elsewhere(self, text: str, match: Match) -> bool:
        """Whether what was not found inside is an area all the same, or looks like some."""
        if self._inside is None:
            return False
        return text in self._codes or (
            bool(match.candidates) and self._inside.isdisjoint(match.candidates)
        )

    @cached_property
    def _codes(self) -> frozenset[str]:
        return frozenset(db.session.scalars(select(Area.code)))


def check_cell(column: str, value: object) -> None:
    """Raise `Wrong` for a cell that holds a mistake in place of a value."""
    problem = cells.problem(value)
    if problem:
        raise Wrong(column, value, problem)


def _near(match: Match) -> str:
    """The reason in words, with the areas that came near."""
    sentence = _(REASONS[match.reason or AreaReason.UNKNOWN])
    found = areas.places(match.candidates) if match.candidates else {}
    if not found:
        return sentence
    near = "; ".join(str(found[i]) for i in match.candidates if i in found)
    return _("%(reason)s (near: %(candidates)s)", reason=sentence, candidates=near)
