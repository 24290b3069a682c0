"""What areas became, from the package or a file: looked at as a whole, then recorded.

A file says it by codes: old_code, new_code, share (percent of the old area's people; empty where
nobody said; 0 where nothing went over after all), day (the first one of the new area), source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import select

from outreach import area_conversion_plans as plans
from outreach import area_conversions, area_files, area_package, areas, clock
from outreach.area_changes import SOURCE_LENGTH, WHOLE
from outreach.area_conversion_plans import Became, Pair, Plan
from outreach.area_files import Line, RefusedLine
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _

COLUMNS: Final = ("old_code", "new_code", "share", "day", "source")
PACKAGE_LISTS: Final = (2020, 2025)
SHOWN: Final = 5


@dataclass(frozen=True)
class Trial:
    """What a file or the package would record: its good `rows`, what they would do together, and
    every row that is wrong."""

    name: str
    lists: tuple[int, int]
    rows: Sequence[Became]
    plan: Plan
    refused: Sequence[RefusedLine] = ()
    notes: Sequence[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether it can be recorded, and would change anything."""
        return bool(self.plan.differences) and not self.refused

    @property
    def divided(self) -> int:
        """Old areas of which a part went over, nobody knows how much."""
        return len({row.old_id for row in self.rows if row.share is None})


@dataclass(frozen=True)
class Converted:
    """What came of it; `id` of the conversion, None where all of it was recorded already."""

    id: int | None
    source: str
    added: int
    changed: int
    removed: int
    unchanged: int
    divided: int
    notes: Sequence[str]


def look(path: Path, old_list: int, new_list: int, name: str = "") -> Trial:
    """What the file at `path` would record; `name` is what it is called, where that is not its
    path's. Nothing is written. Raises Refused where it cannot be read at all."""
    read: dict[Pair, tuple[Line, Became]] = {}
    refused: list[RefusedLine] = []
    reader = _Reader(old_list, new_list)
    for line in area_files.lines(path, COLUMNS):
        try:
            row = reader.row(line)
        except Refused as wrong:
            refused.append(RefusedLine(line.number, wrong))
        else:
            read[row.pair] = line, row
    rows = [row for _line, row in read.values()]
    plan = plans.of_rows(rows)
    for line, row in read.values():
        try:
            _check_together(line, row, plan)
        except Refused as wrong:
            refused.append(RefusedLine(line.number, wrong))
    refused.sort(key=lambda each: each.number)
    return Trial(name or path.name, (old_list, new_list), rows, plan, refused)


def look_at_package() -> Trial:
    """What the areas of 2020 became on 1 July 2025. Raises Refused where a list is empty."""
    old, new = (_codes(area_list) for area_list in PACKAGE_LISTS)
    there = area_package.changes()
    source, day = area_package.CHANGES, areas.DISTRICTS_ENDED
    rows = [
        Became(old[was], new[now], WHOLE if whole else None, day, source)
        for was, now, whole in there
        if was in old and now in new
    ]
    if not rows:
        raise Refused(_("Load both lists first: “areas load --as-of 2020” and 2025."), "area")
    notes = [*_left_out(len(there) - len(rows)), *_without({each.old_id for each in rows})]
    return Trial(source, PACKAGE_LISTS, rows, plans.of_rows(rows), notes=notes)


def from_package(*, form: str | None = None, actor_id: int | None) -> Converted:
    """Record what the package says. Raises Refused as `look_at_package` does."""
    with transaction():
        return _record(look_at_package(), False, form, actor_id)


def from_file(
    path: Path,
    old_list: int,
    new_list: int,
    *,
    name: str = "",
    leave_rest: bool = False,
    form: str | None = None,
    actor_id: int | None,
) -> Converted:
    """Record what a file says. Raises Refused for the first thing wrong, and, unless `leave_rest`,
    where a part of an area would go nowhere: then nothing is written."""
    with transaction():
        trial = look(path, old_list, new_list, name)
        if trial.refused:
            raise trial.refused[0].refused
        return _record(trial, leave_rest, form, actor_id)


def _record(trial: Trial, leave_rest: bool, form: str | None, actor_id: int | None) -> Converted:
    made, plan = area_conversions.record(
        trial.name,
        trial.rows,
        trial.lists,
        leave_rest=leave_rest,
        form=form,
        actor_id=actor_id,
    )
    return Converted(
        None if made is None else made.id,
        trial.name,
        len(plan.added),
        len(plan.changed),
        len(plan.removed),
        plan.unchanged,
        trial.divided,
        trial.notes,
    )


def _left_out(count: int) -> list[str]:
    if not count:
        return []
    sentence = _("Changes of areas that these lists do not have, left out: %(count)s.", count=count)
    return [sentence]


def _without(named: set[int]) -> list[str]:
    """Says how many communes of 2020 the package does not know: they were merged before 2025, and
    what became of them has to come from a file."""
    left = [each for each in areas.communes(None, 2020) if each.id not in named]
    if not left:
        return []
    sentence = _(
        "Communes of 2020 that the package does not name, merged before 2025: %(count)s, such as"
        " %(codes)s. Load what became of them from a file; until then their figures are in no sum.",
        count=len(left),
        codes=", ".join(each.code for each in left[:SHOWN]),
    )
    return [sentence]


def _codes(area_list: int) -> dict[str, int]:
    rows = db.session.execute(select(Area.code, Area.id).where(Area.area_list == area_list))
    return dict(rows.all())


class _Reader:
    """Reads the rows of one file, and remembers what stood above."""

    def __init__(self, old_list: int, new_list: int) -> None:
        self._lists = {"old_code": old_list, "new_code": new_list}
        self._within = old_list == new_list
        self._codes = {column: _codes(of) for column, of in self._lists.items()}
        self._pairs: dict[Pair, int] = {}
        self._days: dict[int, date] = {}

    def row(self, line: Line) -> Became:
        """What a row says. Raises Refused for the first thing wrong with it."""
        pair = self._area(line, "old_code"), self._area(line, "new_code")
        source = line.cells["source"]
        if not 0 < len(source) <= SOURCE_LENGTH:
            line.refuse(
                "source",
                _("say by which decision, in at most %(most)s letters.", most=SOURCE_LENGTH),
            )
        day = area_files.day(line, "day")
        if day is None:
            line.refuse("day", _("not a day like 2019-04-01."))
        if self._within and day > clock.local(clock.now()).date():
            line.refuse(
                "day",
                _(
                    "this day has not come yet, and what ends within a list is counted no longer"
                    " once it is recorded: load the row when its day has come."
                ),
            )
        above = self._pairs.setdefault(pair, line.number)
        if above != line.number:
            line.refuse(
                "new_code",
                _("this pair stands in row %(row)s already: keep the right one.", row=above),
            )
        first = self._days.setdefault(pair[1], day)
        if first != day:
            line.refuse(
                "day",
                _(
                    "this area came about on %(day)s in a row above: give one day, or a code of its"
                    " own for each state.",
                    day=first.isoformat(),
                ),
            )
        return Became(*pair, _share(line), day, source)

    def _area(self, line: Line, column: str) -> int:
        found = self._codes[column].get(line.cells[column])
        if found is None:
            line.refuse(
                column,
                _(
                    "no area of the list of %(year)s has this code: correct it, or load the area"
                    " into that list first.",
                    year=self._lists[column],
                ),
            )
        return found


def _share(line: Line) -> int | None:
    """Percent with at most two decimals → hundredths."""
    cell = line.cells["share"].removesuffix("%").strip().replace(",", ".")
    if not cell:
        return None
    whole, _point, rest = cell.partition(".")
    good = f"{whole}{rest}".isascii() and whole.isdigit() and len(whole) <= 3 and len(rest) <= 2
    wrong = _("a share from 0 to 100 with at most two decimals, or empty where nobody said it.")
    if not good or (rest and not rest.isdigit()):
        line.refuse("share", wrong)
    share = int(whole) * 100 + int(rest.ljust(2, "0") or 0)
    if share > WHOLE:
        line.refuse("share", wrong)
    return share


def _check_together(line: Line, row: Became, plan: Plan) -> None:
    """Whether a row holds together with the others and with what is recorded already."""
    other = plan.other_days.get(row.new_id)
    if other is not None:
        line.refuse(
            "day",
            _(
                "area %(code)s came about on another day already (%(day)s): give that day, or a"
                " code of its own for each state.",
                code=line.cells["new_code"],
                day=other.isoformat(),
            ),
        )
    share = plan.too_much.get((row.old_id, row.day))
    if share is not None:
        line.refuse(
            "share",
            _(
                "more than all of area %(code)s would have gone over, %(share)s%% with the other"
                " rows: correct the shares, or give 0 to a row that does not hold.",
                code=line.cells["old_code"],
                share=plans.percent(share),
            ),
        )
