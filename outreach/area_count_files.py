"""A file of how many people and smartphone users areas have → counts, and the rows that are wrong.

It is looked at before anything is written, and goes in as a whole or not at all: of a district half
counted anew and half as before, nobody could say what its ranking means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from outreach import area_counts, areas, audit, figures, uptake, uptake_files
from outreach.area_counts import KINDS, Count
from outreach.area_matching import AreaMatcher
from outreach.areas import Area
from outreach.database import transaction
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.lists import cells, headings, reading
from outreach.lists.area_cells import AreaCells, Wrong, check_cell
from outreach.lists.headings import Columns, Vocabulary
from outreach.lists.rejects import Reject
from outreach.targets import Denominator


def _keys(names: str) -> frozenset[str]:
    return frozenset(headings.key(name) for name in names.split("|"))


COUNTS: Final = Vocabulary(
    {
        "area": uptake_files.FIGURES.known["area"] | _keys("code|Mã|Mã đơn vị"),
        "population": _keys("population|Dân số|Số dân|Nhân khẩu|Số nhân khẩu|Tổng dân số"),
        "smartphone_users": _keys(
            "smartphone_users|Người dùng điện thoại thông minh|Người dùng smartphone|Smartphone"
            "|Số người dùng điện thoại thông minh|Điện thoại thông minh"
        ),
        "source": _keys("source|population_source|Nguồn|Nguồn số liệu"),
        "letter": _keys("letter|Công văn|Số công văn|Văn bản|Số văn bản"),
        "counted_on": _keys("counted_on|population_on|Số liệu ngày|Ngày số liệu|Thời điểm"),
        "valid_from": _keys("valid_from|Áp dụng từ|Áp dụng từ ngày|Hiệu lực từ"),
    },
    required=("area",),
)
DAYS: Final = ("counted_on", "valid_from")
SAID: Final = {
    "source": N_("Source"),
    "letter": N_("Number of the letter"),
    "counted_on": N_("Counted for"),
    "valid_from": N_("In use since"),
}
"""What a person has not said beside a file that does not say it."""


@dataclass(frozen=True, slots=True)
class Given:
    """What holds for every row that does not say it itself."""

    source: str = ""
    letter: str = ""
    counted_on: date | None = None
    valid_from: date | None = None


@dataclass(slots=True)
class Trial:
    """What a file would do: `new` counts, so many that are there already (`same`), `rejects`;
    `areas` are those of the new ones, by id."""

    new: list[Count] = field(default_factory=list)
    same: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    areas: dict[int, Area] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether it can be entered, and would change anything."""
        return bool(self.new) and not self.rejects


def look(path: Path, within: Area, given: Given) -> Trial:
    """What the file at `path` would bring to an area and what lies in it. Nothing is written.
    Raises Refused (field `file`, `map`, or one of `given`) where it cannot be made out."""
    table = reading.read(path, {}, COUNTS)
    columns = headings.recognise(table.headings, {}, COUNTS)
    if not {kind.value for kind in KINDS} & set(columns.places):
        raise Refused(
            _(
                "The file has no column of population or smartphone users. Its columns:"
                " %(columns)s.",
                columns=", ".join(f"“{name}”" for name in table.headings if name),
            ),
            "file",
        )
    trial = Trial(notes=table.notes)
    reader = _Reader(table.headings, columns, within, given)
    counts: list[tuple[int, Count]] = []
    for number, row in table.rows:
        try:
            counts += [(number, count) for count in reader.counts(row)]
        except Wrong as wrong:
            trial.rejects.append(wrong.at(number))
    _turn_away_twice(counts, trial)
    _turn_away_unfit(counts, trial)
    return _compared(trial, [count for _number, count in counts])


def enter(path: Path, name: str, within: Area, given: Given, actor_id: int) -> int:
    """Enter the file; answers how many counts are new. Raises Refused as `look` does, and where a
    row is wrong."""
    area_id = within.id
    with transaction():
        trial = look(path, within, given)
        if trial.rejects:
            raise Refused(trial.rejects[0].sentence, "file")
        kept = area_counts.keep(trial.new, actor_id)
        detail = {"file": name, "counts": len(kept)}
        audit.record("area.count_file", "area", area_id, detail, actor_id)
    return len(kept)


class _Reader:
    """Reads the rows of one file."""

    def __init__(self, names: Sequence[str], columns: Columns, within: Area, given: Given) -> None:
        self._names, self._columns, self._given = names, columns, given
        inside = frozenset(areas.closure([within.id]))
        self._areas = AreaCells(AreaMatcher.load(within.id), inside)

    def counts(self, row: Sequence[object]) -> list[Count]:
        """The counts of a row, or `Wrong` for the first thing wrong with it."""
        area_id = self._areas.read(self._name("area"), self._columns.value(row, "area"))
        given, days = self._given, [self._day(row, name) for name in DAYS]
        said = Given(
            self._text(row, "source") or given.source,
            self._text(row, "letter") or given.letter,
            days[0] or given.counted_on,
            days[1] or given.valid_from,
        )
        found = []
        for kind in KINDS:
            value = self._number(row, kind.value)
            if value is not None:
                found.append(self._checked(row, area_id, kind, value, said))
        if not found:
            raise Wrong(self._name("area"), "", "no_count", _("no number in this row"))
        return found

    def _checked(
        self, row: Sequence[object], area_id: int, kind: Denominator, value: int, said: Given
    ) -> Count:
        count = Count(
            area_id, kind, value, said.source, said.letter, said.counted_on, said.valid_from
        )
        try:
            return area_counts.checked(count)
        except Refused as refused:
            column = kind.value if refused.field == "value" else str(refused.field)
            shown = self._text(row, column)
            raise Wrong(self._name(column), shown, "bad_count", refused.sentence) from None

    def _name(self, meaning: str) -> str:
        place = self._columns.places.get(meaning)
        return _(SAID[meaning]) if place is None else self._names[place]

    def _text(self, row: Sequence[object], meaning: str) -> str:
        place = self._columns.places.get(meaning)
        if place is None:
            return ""
        check_cell(self._names[place], row[place])
        return cells.as_text(row[place])

    def _number(self, row: Sequence[object], meaning: str) -> int | None:
        text = self._text(row, meaning)
        try:
            return figures.parse(text, meaning) if text else None
        except Refused as refused:
            raise Wrong(self._name(meaning), text, "bad_count", refused.sentence) from None

    def _day(self, row: Sequence[object], meaning: str) -> date | None:
        value = self._columns.value(row, meaning)
        text = self._text(row, meaning)
        if not text:
            return None
        day = uptake_files.day_of(value, uptake.today())
        if day is None:
            code = uptake_files.RowReason.BAD_DATE
            raise Wrong(self._name(meaning), text, code, _(uptake_files.REASONS[code]))
        return day


def _turn_away_twice(counts: list[tuple[int, Count]], trial: Trial) -> None:
    """Of two rows for one area, denominator and day neither is taken."""

    def key(count: Count) -> tuple[int, Denominator, date | None]:
        return count.area_id, count.denominator, count.valid_from or count.counted_on

    often = Counter(key(count) for _number, count in counts)
    sentence = _("the file has this area twice for the same day: keep the right row")
    _turn_away(counts, trial, {c for _n, c in counts if often[key(c)] > 1}, "twice", sentence)


def _turn_away_unfit(counts: list[tuple[int, Count]], trial: Trial) -> None:
    unfit = area_counts.unfit([count for _number, count in counts])
    sentence = _("More smartphone users than people cannot be.")
    _turn_away(counts, trial, set(unfit), "unfit", sentence)


def _turn_away(
    counts: list[tuple[int, Count]], trial: Trial, wrong: set[Count], code: str, sentence: str
) -> None:
    trial.rejects += [
        Reject(number, count.denominator.value, str(count.value), code, sentence)
        for number, count in counts
        if count in wrong
    ]
    trial.rejects.sort(key=lambda each: each.row)
    counts[:] = [each for each in counts if each[1] not in wrong]


def _compared(trial: Trial, counts: Sequence[Count]) -> Trial:
    trial.new = area_counts.new_among(counts)
    trial.same = len(counts) - len(trial.new)
    ids = {count.area_id for count in trial.new}
    trial.areas = {area.id: area for area in areas.by_ids(ids)}
    return trial
