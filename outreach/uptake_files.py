"""A file of install figures → figures by area and day, and what could not be read and why.

Two shapes: a row a figure (columns area, date, installs), or a row an area with one column a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from outreach import areas, figures, uptake
from outreach.area_matching import AreaMatcher
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.lists import area_cells, cells, headings, reading
from outreach.lists.area_cells import AreaCells, Wrong, check_cell
from outreach.lists.headings import Columns, Vocabulary
from outreach.lists.rejects import Reject
from outreach.text import fold

_LIKE_A_DATE: Final = re.compile(r"\d{1,4}\s?[/.-]\s?\d{1,2}\b.*")


def like_a_date(heading: str) -> bool:
    """Whether a heading names a day: the figures of that day stand below it."""
    return _LIKE_A_DATE.fullmatch(heading) is not None


FIGURES: Final = Vocabulary(
    {
        "area": headings.SUBSCRIBERS.known["area"]
        | {headings.key(name) for name in ("Đơn vị", "Tên xã", "Xã, thị trấn", "Huyện", "Tỉnh")},
        "date": frozenset(
            headings.key(name)
            for name in ("date", "day", "Ngày", "Ngày báo cáo", "Đến ngày", "Tính đến ngày")
        ),
        "installs": frozenset(
            headings.key(name)
            for name in (
                *("installs", "Số lượt cài", "Lượt cài", "Số cài", "Số cài đặt", "Đã cài"),
                *("Lũy kế", "Số liệu", "Số lượng", "Tổng số", "Số điện thoại đã cài"),
            )
        ),
        "reason": frozenset(headings.key(name) for name in ("reason", "Lý do", "Ghi chú", "note")),
    },
    required=("area",),
    below=like_a_date,
)
SUMS: Final = frozenset(
    headings.key(name)
    for name in (
        *("Cộng", "Tổng", "Tổng cộng", "Tổng số", "Tổng hợp", "Cộng chung", "total", "sum"),
        *("Toàn huyện", "Toàn tỉnh", "Toàn thành phố", "Toàn thị xã", "Toàn quận"),
    )
)
"""What a row is called that adds up the others: it is about no area."""
ROW: Final = ("area", "date", "installs", "reason")
"""What a figure that comes in no file is made of."""

_DAY_FIRST: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}))?")
_YEAR_FIRST: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")


class RowReason(StrEnum):
    """Why a figure is turned away, where no rule of areas or cells says it."""

    BAD_DATE = "bad_date"
    FUTURE = "future"
    TOO_OLD = "too_old"
    NO_FIGURE = "no_figure"
    BAD_FIGURE = "bad_figure"
    LONG_REASON = "long_reason"
    TWO_FIGURES = "two_figures"
    DOUBTFUL = "doubtful"


REASONS: Final[dict[str, str]] = {
    **area_cells.REASONS,
    RowReason.BAD_DATE: N_("no date: write it as 20/8/2020 or 2020-08-20"),
    RowReason.FUTURE: N_("this day has not come yet"),
    RowReason.TOO_OLD: N_("more than two years ago: check the year"),
    RowReason.NO_FIGURE: N_("no figure: leave the row out until there is one"),
    RowReason.LONG_REASON: N_("the reason is longer than 200 letters"),
    RowReason.TWO_FIGURES: N_(
        "two different figures for the same area and day: keep the right one"
    ),
}
"""Reason → what to tell a person; say it with `_()`. The others come with a sentence of theirs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the file, with where it stands."""

    row: int
    column: str
    area_id: int
    day: date
    installs: int
    reason: str

    def turned_away(self, code: str, sentence: str) -> Reject:
        """This figure as a reject."""
        return Reject(self.row, self.column, str(self.installs), code, sentence)


@dataclass(slots=True)
class Contents:
    """What a file holds: `read` figures, of which `lines` can be entered."""

    read: int = 0
    lines: list[Line] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _wrong(column: str, value: object, code: RowReason) -> Wrong:
    return Wrong(column, value, code, _(REASONS[code]))


def read(
    path: Path, mapping: Mapping[str, str], within: int | None, day: date | None = None
) -> Contents:
    """The figures of the file at `path`; with `within`, of areas in that one only. `day`: whose
    they are, where the file does not say it.

    Raises Refused (field `file` or `map`) where the file or its columns cannot be made out.
    """
    table = reading.read(path, mapping, FIGURES)
    columns = headings.recognise(table.headings, mapping, FIGURES)
    rows = _without_sums(table.rows, columns, table.notes)
    return _contents(_Reader(table.headings, columns, within, day), rows, table.notes)


def _without_sums(
    rows: Iterable[tuple[int, list[object]]], columns: Columns, notes: list[str]
) -> Iterator[tuple[int, list[object]]]:
    """The rows but those that add up others; a note says which."""
    left_out = []
    for number, row in rows:
        called = columns.value(row, "area")
        if _is_sum(called) or (not cells.as_text(called) and any(map(_is_sum, row))):
            left_out.append(str(number))
        else:
            yield number, row
    if left_out:
        notes.append(_("Rows that add up others are left out: %(rows)s.", rows=", ".join(left_out)))


def _is_sum(cell: object) -> bool:
    return isinstance(cell, str) and headings.key(cell) in SUMS


def read_rows(rows: Sequence[Sequence[object]], within: int | None) -> Contents:
    """The same of rows that came in no file: of each the values of `ROW`, in that order."""
    columns = Columns({meaning: place for place, meaning in enumerate(ROW)})
    return _contents(_Reader(ROW, columns, within), enumerate(rows, start=1), [])


def _contents(
    reader: _Reader, rows: Iterable[tuple[int, Sequence[object]]], notes: list[str]
) -> Contents:
    contents = Contents(notes=notes)
    for number, row in rows:
        for column, day, value in reader.figures_of(row):
            contents.read += 1
            try:
                contents.lines.append(reader.line(number, row, column, day, value))
            except Wrong as wrong:
                contents.rejects.append(wrong.at(number))
    _turn_away_twice(contents)
    return contents


class _Reader:
    """Reads the rows of one file."""

    def __init__(
        self,
        names: Sequence[str],
        columns: Columns,
        within: int | None,
        day: date | None = None,
    ) -> None:
        self._names, self._columns, self._of_all = names, columns, day
        inside = None if within is None else frozenset(areas.closure([within]))
        self._areas = AreaCells(AreaMatcher.load(within), inside)
        self._dates = [] if "installs" in columns.places else _date_columns(names, columns)
        self._today = uptake.today()
        if not self._dates:
            if day is None:
                self._need("date")
            self._need("installs")

    def _need(self, meaning: str) -> None:
        if meaning not in self._columns.places:
            raise Refused(
                _(
                    "The file has no column of %(meaning)s. Its columns: %(columns)s. It needs"
                    " area, date and installs, or area and one column a date.",
                    meaning=meaning,
                    columns=", ".join(f"“{name}”" for name in self._names if name),
                ),
                headings.FIELD,
            )

    def figures_of(self, row: Sequence[object]) -> Iterator[tuple[str, object, object]]:
        """(heading, date as it is written, figure as it is written) of each figure of a row; of
        several days' an empty one is none."""
        if not self._dates:
            column = self._names[self._columns.places["installs"]]
            dated = "date" in self._columns.places
            day = self._columns.value(row, "date") if dated else self._of_all
            yield column, day, self._columns.value(row, "installs")
        for place, heading in self._dates:
            if place < len(row) and cells.as_text(row[place]):
                yield heading, heading, row[place]

    def line(
        self, number: int, row: Sequence[object], column: str, written: object, value: object
    ) -> Line:
        """One figure, or `Wrong` for the first thing wrong with it."""
        column_of_area = self._names[self._columns.places["area"]]
        area_id = self._areas.read(column_of_area, self._columns.value(row, "area"))
        day = self._day(written, column)
        check_cell(column, value)
        text = cells.as_text(value)
        if not text:
            raise _wrong(column, "", RowReason.NO_FIGURE)
        try:
            installs = figures.parse(text, column)
        except Refused as refused:
            raise Wrong(column, value, RowReason.BAD_FIGURE, refused.sentence) from None
        return Line(number, column, area_id, day, installs, self._reason(row))

    def _day(self, written: object, column: str) -> date:
        place = self._columns.places.get("date")
        where = column if self._dates or place is None else self._names[place]
        check_cell(where, written)
        day = day_of(written, self._today)
        if day is None:
            raise _wrong(where, written, RowReason.BAD_DATE)
        if day > self._today:
            raise _wrong(where, written, RowReason.FUTURE)
        if day < self._today - uptake.OLDEST:
            raise _wrong(where, written, RowReason.TOO_OLD)
        return day

    def _reason(self, row: Sequence[object]) -> str:
        text = " ".join(cells.as_text(self._columns.value(row, "reason")).split())
        if len(text) > uptake.REASON_LENGTH:
            column = self._names[self._columns.places["reason"]]
            raise _wrong(column, text, RowReason.LONG_REASON)
        return text


def _date_columns(names: Sequence[str], columns: Columns) -> list[tuple[int, str]]:
    taken = set(columns.places.values())
    return [
        (place, name)
        for place, name in enumerate(names)
        if place not in taken and like_a_date(name)
    ]


def day_of(written: object, today: date) -> date | None:
    """A day as people and spreadsheets write it: 20/8/2020, 2020-08-20, a date cell; without a
    year (20/8) the last such day up to `today`. None for anything else."""
    if isinstance(written, datetime):
        return written.date()
    if isinstance(written, date):
        return written
    text = fold(cells.as_text(written)).removeprefix("ngay ").strip()
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        found = _DAY_FIRST.fullmatch(text)
        if found is None:
            return None
        if found[4]:
            return date(int(found[4]), int(found[3]), int(found[1]))
        this_year = date(today.year, int(found[3]), int(found[1]))
        return this_year if this_year <= today else this_year.replace(year=today.year - 1)
    except ValueError:
        return None


def _turn_away_twice(contents: Contents) -> None:
    """Of two different figures for an area and day neither is taken: nobody knows which is right.
    The same one twice is one."""
    by_day: dict[tuple[int, date], list[Line]] = {}
    for line in contents.lines:
        by_day.setdefault((line.area_id, line.day), []).append(line)
    wrong = {key for key, lines in by_day.items() if len({line.installs for line in lines}) > 1}
    sentence = _(REASONS[RowReason.TWO_FIGURES])
    contents.rejects += [
        line.turned_away(RowReason.TWO_FIGURES, sentence)
        for line in contents.lines
        if (line.area_id, line.day) in wrong
    ]
    contents.lines = [line for line in contents.lines if (line.area_id, line.day) not in wrong]
