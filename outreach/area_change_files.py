"""What areas became, from the package or a file: checked as a whole, then written.

A file says it by codes: old_code, new_code, share (percent of the old area's people; empty where
nobody said; 0 where nothing went over after all), day (the first one of the new area), source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import aliased

from outreach import area_files, area_package, areas, audit, clock
from outreach.area_changes import SOURCE_LENGTH, WHOLE, AreaChange
from outreach.area_files import Line
from outreach.areas import Area
from outreach.database import db, transaction
from outreach.errors import Refused
from outreach.i18n import _

COLUMNS: Final = ("old_code", "new_code", "share", "day", "source")
SHOWN: Final = 5
KEPT: Final = 50
"""So many of what was before an audit row names."""


@dataclass(frozen=True, slots=True)
class Became:
    """One row: ids, the share in hundredths of a percent."""

    old_id: int
    new_id: int
    share: int | None
    day: date
    source: str


@dataclass(frozen=True)
class Converted:
    """What came of it. `divided`: old areas of which a part went nobody knows how."""

    source: str
    added: int
    changed: int
    removed: int
    unchanged: int
    divided: int
    notes: list[str]


def from_package(*, actor_id: int | None) -> Converted:
    """What the areas of 2020 became on 1 July 2025. Raises Refused where a list is empty."""
    old, new = _codes(2020), _codes(2025)
    rows = area_package.changes()
    known = [
        Became(
            old[was],
            new[now],
            WHOLE if whole else None,
            areas.DISTRICTS_ENDED,
            area_package.CHANGES,
        )
        for was, now, whole in rows
        if was in old and now in new
    ]
    if not known:
        raise Refused(_("Load both lists first: “areas load --as-of 2020” and 2025."), "area")
    notes = [*_left_out(len(rows) - len(known)), *_without({each.old_id for each in known})]
    return _write(area_package.CHANGES, known, notes, actor_id)


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


def from_file(path: Path, old_list: int, new_list: int, *, actor_id: int | None) -> Converted:
    """What a file says. Raises Refused for the first thing wrong, and then nothing is written."""
    old, new = _codes(old_list), _codes(new_list)
    rows: dict[tuple[int, int], Became] = {}
    days: dict[int, date] = {}
    for line in area_files.lines(path, COLUMNS):
        row = _row(line, old, new)
        if (row.old_id, row.new_id) in rows:
            line.refuse("new_code", _("this pair stands in the file twice."))
        if days.setdefault(row.new_id, row.day) != row.day:
            line.refuse("day", _("this area came about on another day in a row above."))
        rows[row.old_id, row.new_id] = row
    return _write(path.name, list(rows.values()), [], actor_id)


def _codes(area_list: int) -> dict[str, int]:
    rows = db.session.execute(select(Area.code, Area.id).where(Area.area_list == area_list))
    return dict(rows.all())


def _row(line: Line, old: Mapping[str, int], new: Mapping[str, int]) -> Became:
    for column, known in (("old_code", old), ("new_code", new)):
        if line.cells[column] not in known:
            line.refuse(column, _("no area of this list has the code."))
    source = line.cells["source"]
    if not 0 < len(source) <= SOURCE_LENGTH:
        line.refuse("source", _("say which decision it was."))
    day = area_files.day(line, "day")
    if day is None:
        line.refuse("day", _("not a day like 2019-04-01."))
    codes = old[line.cells["old_code"]], new[line.cells["new_code"]]
    return Became(*codes, _share(line), day, source)


def _share(line: Line) -> int | None:
    """Percent with at most two decimals → hundredths."""
    cell = line.cells["share"].removesuffix("%").strip().replace(",", ".")
    if not cell:
        return None
    whole, _point, rest = cell.partition(".")
    good = f"{whole}{rest}".isascii() and whole.isdigit() and len(whole) <= 3 and len(rest) <= 2
    if not good or (rest and not rest.isdigit()):
        line.refuse("share", _("a share from 0 to 100, or empty."))
    share = int(whole) * 100 + int(rest.ljust(2, "0") or 0)
    if share > WHOLE:
        line.refuse("share", _("a share from 0 to 100, or empty."))
    return share


def _write(
    source: str, rows: Sequence[Became], notes: list[str], actor_id: int | None
) -> Converted:
    """Set what differs; a share of 0 removes the pair."""
    with transaction() as session:
        there = {
            (each.old_id, each.new_id): each for each in session.scalars(select(AreaChange)).all()
        }
        _refuse_other_days(rows, there.values())
        _refuse_more_than_all(rows, there.values())
        gone = [row for row in rows if row.share == 0]
        wanted = [row for row in rows if row.share != 0]
        new = [row for row in wanted if (row.old_id, row.new_id) not in there]
        other = [
            (there[row.old_id, row.new_id], row)
            for row in wanted
            if (row.old_id, row.new_id) in there and _differs(there[row.old_id, row.new_id], row)
        ]
        removed = [there[key] for row in gone if (key := (row.old_id, row.new_id)) in there]
        was = [_was(each) for each in [*(each for each, _row in other), *removed]]
        _store(new, other, removed, actor_id)
        _end()
        counts = {"added": len(new), "changed": len(other), "removed": len(removed)}
        detail = {"source": source, **counts, "was": was[:KEPT]}
        audit.record("areas.convert", "area_list", None, detail, actor_id)
    divided = len({row.old_id for row in wanted if row.share is None})
    unchanged = len(wanted) - len(new) - len(other)
    return Converted(source, **counts, unchanged=unchanged, divided=divided, notes=notes)


def _end() -> None:
    """Note which areas others of the same list have all of; who goes on under its code does not
    end. Across lists nothing ends: each list is a tree of its own."""
    old, new = aliased(Area), aliased(Area)
    rows = (
        select(AreaChange.old_id, AreaChange.new_id, AreaChange.day)
        .join(old, old.id == AreaChange.old_id)
        .join(new, new.id == AreaChange.new_id)
        .where(old.area_list == new.area_list)
    )
    went: dict[int, date] = {}
    goes_on = set()
    for old_id, new_id, day in db.session.execute(rows):
        went[old_id] = min(day, went.get(old_id, day))
        if old_id == new_id:
            goes_on.add(old_id)
    there = select(Area.id, Area.ended_on).where(Area.ended_on.is_not(None))
    ended = dict(db.session.execute(there).all())
    wanted = {area_id: day for area_id, day in went.items() if area_id not in goes_on}
    changed = {i for i in {*ended, *wanted} if ended.get(i) != wanted.get(i)}
    if changed:
        rows_ = [{"id": area_id, "ended_on": wanted.get(area_id)} for area_id in sorted(changed)]
        db.session.execute(update(Area), rows_)


def _refuse_other_days(rows: Sequence[Became], there: Iterable[AreaChange]) -> None:
    """An area comes about once: another day must be that of all of its rows."""
    given = {(row.old_id, row.new_id) for row in rows}
    days = {row.new_id: row.day for row in rows}
    kept: dict[int, set[date]] = defaultdict(set)
    for each in there:
        if (each.old_id, each.new_id) not in given:
            kept[each.new_id].add(each.day)
    for area_id, day in days.items():
        if kept[area_id] - {day}:
            code = areas.code_of(area_id)
            raise Refused(_("Area %(code)s came about on another day already.", code=code), "day")


def _refuse_more_than_all(rows: Sequence[Became], there: Iterable[AreaChange]) -> None:
    """What went over of an area on a day is not more than all of it."""
    shares = {(each.old_id, each.new_id): (each.day, each.share) for each in there}
    shares |= {(row.old_id, row.new_id): (row.day, row.share) for row in rows}
    together: dict[tuple[int, date], int] = defaultdict(int)
    for (old_id, _new_id), (day, share) in shares.items():
        together[old_id, day] += share or 0
    for (old_id, _day), share in together.items():
        if share > WHOLE:
            code = areas.code_of(old_id)
            raise Refused(
                _("More than all of area %(code)s would have gone over.", code=code), "share"
            )


def _differs(each: AreaChange, row: Became) -> bool:
    return (each.share, each.day, each.source) != (row.share, row.day, row.source)


def _was(each: AreaChange) -> list[Any]:
    return [each.old_id, each.new_id, each.share, each.day.isoformat(), each.source]


def _store(
    new: Sequence[Became],
    other: Sequence[tuple[AreaChange, Became]],
    removed: Sequence[AreaChange],
    actor_id: int | None,
) -> None:
    entered = {"entered_at": clock.now(), "entered_by_id": actor_id}

    def columns(row: Became) -> dict[str, Any]:
        return {name: getattr(row, name) for name in Became.__dataclass_fields__} | entered

    if new:
        db.session.execute(insert(AreaChange), [columns(row) for row in new])
    if other:
        db.session.execute(
            update(AreaChange), [columns(row) | {"id": each.id} for each, row in other]
        )
    if removed:
        ids = [each.id for each in removed]
        db.session.execute(delete(AreaChange).where(AreaChange.id.in_(ids)))
