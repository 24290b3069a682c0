"""Judging: each row of a list is good, or turned away for the first thing wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from outreach import areas, phones
from outreach.area_matching import AreaMatcher, Match
from outreach.area_matching import Reason as AreaReason
from outreach.i18n import N_, _
from outreach.lists import cells
from outreach.lists.groups import GroupReader, GroupReason
from outreach.lists.headings import Columns
from outreach.lists.rejects import Reject

NAME_LENGTH: Final = 200


class RowReason(StrEnum):
    """Why a row is turned away, where no rule of phones, areas, groups or cells says it."""

    NO_AREA = "no_area"
    TOO_MANY_CELLS = "too_many_cells"
    LONG_NAME = "long_name"


REASONS: Final[dict[str, str]] = {
    **phones.REASONS,
    **cells.REASONS,
    RowReason.NO_AREA: N_("no area: enter the commune, by name or code"),
    RowReason.TOO_MANY_CELLS: N_(
        "more cells than headings: a comma within a cell, perhaps; put quotes around that cell"
    ),
    RowReason.LONG_NAME: N_("the name is longer than 200 letters"),
    AreaReason.UNKNOWN: N_("no such area: write commune, district and province, or the code"),
    AreaReason.AMBIGUOUS: N_("more than one area is called that: add the district, or the code"),
    GroupReason.UNKNOWN: N_("no such group"),
    GroupReason.RESTRICTED: N_(
        "a group of health data: import the list again and allow it, if you may"
    ),
}
"""Reason → what to tell a person; say it with `_()`."""


@dataclass(slots=True)
class Good:
    """A number with what its row, or rows, said of it."""

    row: int
    phone: str
    hint: str | None
    area_id: int
    group_bits: int
    name: str
    copies: int = 1

    def join(self, other: Good) -> None:
        """Take in a later row with the same number: its area and name hold, groups add up."""
        self.area_id, self.name = other.area_id, other.name or self.name
        self.group_bits |= other.group_bits
        self.copies += other.copies


@dataclass(slots=True)
class Judged:
    """The verdict on a batch of rows. Each number stands once in `good`."""

    good: list[Good] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


class _Wrong(Exception):
    def __init__(self, meaning: str, value: object, code: str, more: str = "") -> None:
        super().__init__(code)
        self.meaning, self.value, self.code, self.more = meaning, value, code, more


class Judge:
    """Judges the rows of one list."""

    def __init__(
        self,
        headings: Sequence[str],
        columns: Columns,
        matcher: AreaMatcher,
        groups: GroupReader,
    ) -> None:
        self._headings, self._columns = headings, columns
        self._matcher, self._groups = matcher, groups
        self._named: dict[tuple[int, ...], str] = {}

    def judge(self, batch: Iterable[tuple[int, list[object]]]) -> Judged:
        """Judge (row number, cells) of a batch. Reads areas' names where some were ambiguous."""
        rows = list(batch)
        place = self._columns.places["phone"]
        verdicts = phones.clean_many([cells_[place] for _row, cells_ in rows])
        judged, by_phone = Judged(), dict[str, Good]()
        for (number, row), (phone, hint, reason) in zip(rows, verdicts, strict=True):
            try:
                good = self._good(number, row, phone, hint, reason)
            except _Wrong as wrong:
                judged.rejects.append(self._reject(number, wrong))
                continue
            known = by_phone.setdefault(good.phone, good)
            if known is not good:
                known.join(good)
        judged.good = list(by_phone.values())
        return judged

    def _good(
        self, number: int, row: list[object], phone: str | None, hint: str | None, why: str | None
    ) -> Good:
        if len(row) > len(self._headings):
            raise _Wrong("", row[len(self._headings)], RowReason.TOO_MANY_CELLS)
        if phone is None:
            value = self._columns.value(row, "phone")
            raise _Wrong("phone", value, cells.problem(value) or why or "not_a_number")
        area_id = self._area(row)
        bits = self._groups.bits(self._text(row, "group"))
        if not isinstance(bits, int):
            raise _Wrong("group", bits[1], bits[0])
        name = self._text(row, "name")
        if len(name) > NAME_LENGTH:
            raise _Wrong("name", name, RowReason.LONG_NAME)
        return Good(number, phone, hint, area_id, bits, name)

    def _area(self, row: list[object]) -> int:
        text = self._text(row, "area")
        if not text:
            raise _Wrong("area", "", RowReason.NO_AREA)
        match = self._matcher.match(text)
        if match.area_id is None:
            raise _Wrong("area", text, match.reason or AreaReason.UNKNOWN, self._near(match))
        return match.area_id

    def _text(self, row: list[object], meaning: str) -> str:
        value = self._columns.value(row, meaning)
        if value is None or value == "":
            return ""
        problem = cells.problem(value)
        if problem:
            raise _Wrong(meaning, value, problem)
        return cells.as_text(value)

    def _near(self, match: Match) -> str:
        """The candidates in words, as far as there are any."""
        ids = match.candidates
        if ids and ids not in self._named:
            places = areas.places(ids)
            names = [", ".join(filter(None, vars(places[i]).values())) for i in ids if i in places]
            self._named[ids] = "; ".join(names)
        return self._named.get(ids, "")

    def _reject(self, number: int, wrong: _Wrong) -> Reject:
        place = self._columns.places.get(wrong.meaning)
        column = "" if place is None else self._headings[place]
        sentence = _(REASONS[wrong.code])
        if wrong.more:
            sentence = _("%(reason)s (near: %(candidates)s)", reason=sentence,
                         candidates=wrong.more)  # fmt: skip
        return Reject(number, column, cells.as_text(wrong.value), wrong.code, sentence)
