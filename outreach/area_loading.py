"""Loading areas, from the package or a file: checked as a whole, then written; again = updated.

Rows go in parents first, in transactions of a thousand, so that nobody waits for the database
long; after an interruption loading again completes the work, as it changes only what differs.
What a load leaves empty (a population, a centre) stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import func, select, text, update

from outreach import area_counts, area_files, area_package, areas, audit, signals
from outreach.area_counts import Count
from outreach.area_files import AreaRow, Figures
from outreach.area_names import LEVELS, Level
from outreach.areas import Area, AreaAlias
from outreach.database import as_rows, db, insert_missing, rowset, transaction
from outreach.errors import Refused
from outreach.i18n import _
from outreach.targets import Denominator
from outreach.text import fold

CHUNK: Final = 1000
SHOWN: Final = 10
"""How many codes a note names; the rest is counted."""

Columns = dict[str, Any]
R = TypeVar("R")


@dataclass(frozen=True)
class Source:
    """Checked rows on their way into a list; parents stand before children."""

    area_list: int
    name: str
    rows: list[AreaRow]
    notes: list[str]


@dataclass(frozen=True)
class Loaded:
    """What a load did. `areas` counts the areas of the list by level, after it."""

    area_list: int
    source: str
    added: int
    updated: int
    populations: int
    areas: dict[str, int]
    notes: list[str]

    def answer(self) -> Columns:
        """As the command line prints it."""
        answer = asdict(self)
        return {"list": answer.pop("area_list"), **answer}


def load_package(
    area_list: int | None = None, populations: Path | None = None, *, actor_id: int | None
) -> Loaded:
    """Load a list of the package; without one, the list in force. Raises Refused."""
    area_list = area_list or areas.in_force()
    rows = area_package.areas(area_list)
    notes = [_(area_package.NOTES[area_list]), *_missing(_known(area_list), rows)]
    return _load(Source(area_list, area_package.PACKAGE, rows, notes), populations, actor_id)


def load_file(
    path: Path,
    area_list: int | None = None,
    populations: Path | None = None,
    *,
    name: str = "",
    actor_id: int | None,
) -> Loaded:
    """Load a file of areas into a list; without one, into 2020's if the file names districts,
    else into the one in force. `name` is what the file is called, where that is not its path's.
    Raises Refused, and then nothing is written."""
    known = {} if area_list is None else _known(area_list)
    if area_list is None:
        area_list, known = _list_for(path)
    rows = area_files.read_areas(path, known)
    _refuse_districts(area_list, rows)
    source = Source(area_list, name or path.name, rows, _missing(known, rows))
    return _load(source, populations, actor_id)


def _refuse_districts(area_list: int, rows: Sequence[AreaRow]) -> None:
    if area_list != 2020 and any(row.level is Level.DISTRICT for row in rows):
        raise Refused(_("There are no districts in the list of %(year)s.", year=area_list), "level")


@dataclass(frozen=True)
class Trial:
    """What loading a file would do, with nothing written. `changed`: each area with the columns
    that would differ, as (column, was, would be)."""

    area_list: int
    added: list[AreaRow]
    changed: list[tuple[AreaRow, list[tuple[str, Any, Any]]]]
    same: int
    refused: list[area_files.RefusedLine]
    notes: list[str]


def try_file(path: Path, area_list: int) -> Trial:
    """Look what a file would bring to a list. Raises Refused where it cannot be read at all."""
    known = _known(area_list)
    rows, refused = area_files.examine(path, known)
    _refuse_districts(area_list, rows)
    present = _present(area_list)
    codes = {area["id"]: code for code, area in present.items()}
    added = [row for row in rows if row.code not in present]
    there = {row.code: row.figures for row in rows if row.code in present}
    counted = area_counts.would_repeat(_counts(there, {c: present[c]["id"] for c in there}))
    changed = []
    for row in rows:
        if row.code not in present:
            continue
        old = present[row.code]
        if differs := _differing(row, old, codes, counted.get(old["id"], {})):
            changed.append((row, differs))
    same = len(rows) - len(added) - len(changed)
    return Trial(area_list, added, changed, same, refused, _missing(known, rows))


def _differing(
    row: AreaRow, old: Mapping[str, Any], codes: Mapping[int, str], counted: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """As `_changes` sees it, by the parents' codes: a new parent has no id yet. `counted`: what its
    counts would then be."""
    wanted: Columns = {
        "name": row.name,
        "kind": row.kind,
        "level": row.level,
        "parent": row.parent_code,
    }
    was = {key: old.get(key) for key in wanted} | {"parent": codes.get(old["parent_id"])}
    for key, value in {"lat": row.lat, "lon": row.lon}.items():
        if value is not None:
            wanted[key], was[key] = value, old[key]
    for key, value in counted.items():
        wanted[key], was[key] = value, old[key]
    return [(key, was[key], value) for key, value in wanted.items() if was[key] != value]


def _list_for(path: Path) -> tuple[int, dict[str, Level]]:
    """The list a file belongs to where nobody said, and the areas it already holds."""
    either = {**_known(2025), **_known(2020)}
    rows = area_files.read_areas(path, either)
    parents = {either.get(row.parent_code or "") for row in rows}
    with_districts = any(row.level is Level.DISTRICT for row in rows) or Level.DISTRICT in parents
    area_list = 2020 if with_districts else areas.in_force()
    return area_list, _known(area_list)


def _known(area_list: int) -> dict[str, Level]:
    rows = db.session.execute(select(Area.code, Area.level).where(Area.area_list == area_list))
    return dict(rows.all())


def _missing(known: Mapping[str, Level], rows: Sequence[AreaRow]) -> list[str]:
    """Says which areas of the list the file does not name, at the levels it names."""
    levels = {row.level for row in rows}
    missing = sorted({c for c, level in known.items() if level in levels} - {r.code for r in rows})
    if not missing:
        return []
    sentence = _(
        "Areas of this list that the source does not name, kept as they are: %(n)s (%(codes)s).",
        n=len(missing),
        codes=_some(missing),
    )
    return [sentence]


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes[:SHOWN]) + (", …" if len(codes) > SHOWN else "")


def _load(source: Source, populations: Path | None, actor_id: int | None) -> Loaded:
    area_list = source.area_list
    figures = area_files.read_populations(populations) if populations else {}
    codes = {row.code for row in source.rows} | set(_known(area_list))
    added, updated = _write(area_list, source.rows, actor_id)
    counted = _count_people(area_list, figures, actor_id)
    updated += len(counted)
    _put_in_order(area_list)
    with transaction():
        detail = {"list": area_list, "source": source.name, "added": added, "updated": updated}
        audit.record("areas.load", "area_list", area_list, detail, actor_id)
    filled = {row.code for row in source.rows if row.figures.population is not None}
    filled |= {code for code in figures if code in codes}
    notes = [*source.notes, *_unknown(sorted(set(figures) - codes))]
    given = figures or {row.code: row.figures for row in source.rows}
    notes += _older(area_list, given)
    return Loaded(area_list, source.name, added, updated, len(filled), _count(area_list), notes)


def _unknown(codes: list[str]) -> list[str]:
    """Says which figures found no area."""
    if not codes:
        return []
    sentence = _(
        "Figures of areas that are not in this list, left out: %(n)s (%(codes)s).",
        n=len(codes),
        codes=_some(codes),
    )
    return [sentence]


def _older(area_list: int, figures: Mapping[str, Figures]) -> list[str]:
    """Says where a newer count stays in force, so that today's rates are not of the file's."""
    wanted = {code: f.population for code, f in figures.items() if f.population is not None}
    now = select(Area.code, Area.population).where(Area.area_list == area_list)
    older = sorted(
        code for code, people in db.session.execute(now) if wanted.get(code, people) != people
    )
    if not older:
        return []
    sentence = _(
        "Counts older than the one in force there; kept for rates of their own days: %(n)s"
        " (%(codes)s).",
        n=len(older),
        codes=_some(older),
    )
    return [sentence]


def _count(area_list: int) -> dict[str, int]:
    query = select(Area.level, func.count()).where(Area.area_list == area_list)
    counted = dict(db.session.execute(query.group_by(Area.level)).all())
    return {level.value: counted.get(level, 0) for level in LEVELS}


def _write(area_list: int, rows: list[AreaRow], actor_id: int | None) -> tuple[int, int]:
    """(added, updated): each level in turn, since its rows name the ids of the one above."""
    present = _present(area_list)
    ids = {code: area["id"] for code, area in present.items()}
    added, updated = 0, set[int]()
    for _level, level_rows in groupby(rows, key=lambda row: row.level):
        wanted = [_columns(area_list, row, ids) for row in level_rows]
        new = [columns for columns in wanted if columns["code"] not in present]
        new.sort(key=itemgetter("code"))  # in one order, as `areas.lock`
        changed = list(_changes(present, wanted))
        # What somebody else adds meanwhile, as by a second click, is there then.
        _in_chunks(new, lambda chunk: db.session.execute(insert_missing(Area), chunk))
        ids = _ids(area_list)
        _in_chunks(changed, lambda chunk: _change(present, chunk))
        added += len(new)
        updated |= {columns["id"] for columns in changed}
    _write_aliases(rows, ids)
    updated |= _count_people(area_list, {row.code: row.figures for row in rows}, actor_id)
    return added, len(updated & {area["id"] for area in present.values()})


def _present(area_list: int) -> dict[str, Columns]:
    rows = db.session.execute(select(Area.__table__).where(Area.area_list == area_list)).mappings()
    return {row["code"]: dict(row) for row in rows}


def _columns(area_list: int, row: AreaRow, ids: Mapping[str, int]) -> Columns:
    return {
        "area_list": area_list,
        "code": row.code,
        "level": row.level,
        "name": row.name,
        "kind": row.kind,
        "parent_id": ids[row.parent_code] if row.parent_code else None,
        "lat": row.lat,
        "lon": row.lon,
    }


def _changes(present: Mapping[str, Columns], wanted: Iterable[Columns]) -> Iterable[Columns]:
    """For each area that differs: its id and its columns, an empty one as it was."""
    for columns in wanted:
        old = present.get(columns["code"])
        if old is None:
            continue
        kept = {k: old[k] if v is None and k != "parent_id" else v for k, v in columns.items()}
        if any(old[key] != value for key, value in kept.items()):
            yield {"id": old["id"], **kept}


def _change(present: Mapping[str, Columns], chunk: list[Columns]) -> None:
    areas.lock([columns["id"] for columns in chunk])
    db.session.execute(update(Area), chunk)
    moved = [
        columns["id"]
        for columns in chunk
        if columns["parent_id"] != present[columns["code"]]["parent_id"]
    ]
    if moved:
        signals.areas_moved.send(None, area_ids=moved)


def _in_chunks(rows: list[R], write: Callable[[list[R]], object]) -> None:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        with transaction():
            write(chunk)


def _ids(area_list: int) -> dict[str, int]:
    rows = db.session.execute(select(Area.code, Area.id).where(Area.area_list == area_list))
    return dict(rows.all())


def _write_aliases(rows: Iterable[AreaRow], ids: Mapping[str, int]) -> None:
    known = set(db.session.execute(select(AreaAlias.area_id, AreaAlias.folded)).all())
    wanted = {(ids[row.code], fold(alias)) for row in rows for alias in row.aliases}
    new = [{"area_id": area_id, "folded": folded} for area_id, folded in sorted(wanted - known)]
    _in_chunks(new, lambda chunk: db.session.execute(insert_missing(AreaAlias), chunk))


def _count_people(area_list: int, figures: Mapping[str, Figures], actor_id: int | None) -> set[int]:
    """Keep the counts of a file; answers the areas of which it says something new."""
    kept = area_counts.keep(_counts(figures, _ids(area_list)), actor_id)
    return {count.area_id for count in kept}


def _counts(figures: Mapping[str, Figures], ids: Mapping[str, int]) -> list[Count]:
    """What a file says of the areas there are, as counts."""
    counts = []
    for code, f in figures.items():
        if code in ids and f.population is not None:
            source, day = f.population_source or "", f.population_on
            counts.append(
                Count(ids[code], Denominator.POPULATION, f.population, source, counted_on=day)
            )
        if code in ids and f.smartphone_users is not None:
            counts.append(Count(ids[code], Denominator.SMARTPHONE_USERS, f.smartphone_users))
    return counts


def _put_in_order(area_list: int) -> None:
    """Number the areas in the list's order: each before those in it, by code, as GSO lists them."""
    columns = (Area.id, Area.parent_id, Area.position)
    query = select(*columns).where(Area.area_list == area_list).order_by(Area.code)
    below: dict[int | None, list[int]] = {}
    old = {}
    for area_id, parent_id, position in db.session.execute(query):
        below.setdefault(parent_id, []).append(area_id)
        old[area_id] = position
    order, waiting = [], below.get(None, [])[::-1]
    while waiting:
        area_id = waiting.pop()
        order.append(area_id)
        waiting.extend(reversed(below.get(area_id, [])))
    moved = [[area_id, place] for place, area_id in enumerate(order, 1) if old[area_id] != place]
    _in_chunks(moved, _put)


def _put(chunk: list[list[int]]) -> None:
    areas.lock([area_id for area_id, _place in chunk])
    # One statement a thousand rows: after a first load every row of the list moves.
    rows = rowset(db.engine.dialect.name, [("id", "integer"), ("position", "integer")])
    db.session.execute(
        text(f"UPDATE areas SET position = r.position FROM {rows} r WHERE areas.id = r.id"),
        {"rows": as_rows(chunk)},
    )
