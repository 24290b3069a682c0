"""Files of areas and of populations: CSV, UTF-8, checked as a whole before anything is used.

Areas: code, level, name, kind, parent_code; populations: code. Both may hold population (with
population_source and population_on) or population_2019 (the census of 1 April 2019), and
smartphone_users; areas also lat and lon of their centre.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NoReturn

from outreach import area_names
from outreach.area_names import CODE_DIGITS, KINDS, LEVELS, Level
from outreach.areas import CODE_LENGTH, NAME_LENGTH
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.text import writable

CENSUS_COLUMN: Final = "population_2019"
CENSUS_SOURCE: Final = "Tổng điều tra dân số và nhà ở 1/4/2019"
CENSUS_DAY: Final = date(2019, 4, 1)
AREA_COLUMNS: Final = ("code", "level", "name", "kind", "parent_code")
LARGEST_FILE: Final = 50_000_000
MOST_PEOPLE: Final = 200_000_000
# The country with its islands, so that swapped or foreign coordinates are noticed.
LATITUDES: Final = (6.0, 24.0)
LONGITUDES: Final = (101.0, 118.0)
_CODE: Final = re.compile(rf"[0-9A-Za-z._-]{{1,{CODE_LENGTH}}}")


@dataclass(frozen=True)
class Figures:
    """How many people live in an area, by which source, and how many have a smartphone."""

    population: int | None = None
    population_source: str | None = None
    population_on: date | None = None
    smartphone_users: int | None = None


@dataclass(frozen=True)
class AreaRow:
    """One area as a file or the package names it; `aliases` are folded."""

    code: str
    level: Level
    name: str
    kind: str
    parent_code: str | None
    figures: Figures = Figures()
    lat: float | None = None
    lon: float | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One row of a file: its number as a spreadsheet shows it, its cells by heading."""

    number: int
    cells: dict[str, str]

    def refuse(self, column: str, why: str) -> NoReturn:
        """Raise Refused naming row, column and value."""
        raise Refused(
            _(
                "Row %(row)s, column %(column)s, value “%(value)s”: %(why)s",
                row=self.number,
                column=column,
                value=self.cells.get(column, ""),
                why=why,
            ),
            column,
        )

    def integer(self, column: str, most: int = MOST_PEOPLE) -> int | None:
        """A whole number from 0 to `most`; None for an empty cell. Raises Refused."""
        cell = self.cells.get(column, "")
        if not cell:
            return None
        # No longer than `most`: Python refuses to read thousands of digits.
        digits = cell.isascii() and cell.isdigit() and len(cell) <= len(str(most))
        if not digits or int(cell) > most:
            self.refuse(column, _("not a whole number from 0 to %(most)s.", most=most))
        return int(cell)

    def degrees(self, column: str, limits: tuple[float, float]) -> float | None:
        """A coordinate within `limits`; None for an empty cell. Raises Refused."""
        cell = self.cells.get(column, "")
        if not cell:
            return None
        low, high = limits
        try:
            value = float(cell)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.refuse(
                column, _("not a number from %(low)s to %(high)s degrees.", low=low, high=high)
            )
        return value


def read_areas(path: Path, known: Mapping[str, Level]) -> list[AreaRow]:
    """All areas of a file, parents before children.

    `known` are the codes and levels already loaded, which may be parents too. Raises Refused for
    the first thing wrong: a missing column, a code twice, an unknown parent or one of the wrong
    level, a kind that does not go with the level, a bad number.
    """
    rows, refused = examine(path, known)
    if refused:
        raise refused[0].refused
    return rows


@dataclass(frozen=True)
class RefusedLine:
    """A row of a file that cannot be loaded, and why."""

    number: int
    refused: Refused


def examine(path: Path, known: Mapping[str, Level]) -> tuple[list[AreaRow], list[RefusedLine]]:
    """The good rows of a file, parents before children, and every bad one, in the file's order.

    Raises Refused where the file as a whole cannot be read.
    """
    rows: dict[str, AreaRow] = {}
    good: list[Line] = []
    refused: list[RefusedLine] = []
    for line in lines(path, AREA_COLUMNS):
        try:
            row = _area(line)
            if row.code in rows:
                line.refuse("code", _("this code stands in the file twice."))
        except Refused as wrong:
            refused.append(RefusedLine(line.number, wrong))
        else:
            rows[row.code] = row
            good.append(line)
    levels = {**known, **{row.code: row.level for row in rows.values()}}
    for line in good:
        try:
            _check_parent(line, rows[line.cells["code"]], levels)
        except Refused as wrong:
            refused.append(RefusedLine(line.number, wrong))
            del rows[line.cells["code"]]
    in_order = sorted(rows.values(), key=lambda row: LEVELS.index(row.level))
    return in_order, sorted(refused, key=lambda each: each.number)


def read_populations(path: Path) -> dict[str, Figures]:
    """Figures by area code. Raises Refused for a bad row, a code twice, or no column of figures."""
    figures: dict[str, Figures] = {}
    for line in lines(path, ("code",)):
        code = line.cells["code"]
        if code in figures:
            line.refuse("code", _("this code stands in the file twice."))
        figures[code] = _figures(line)
    if all(f.population is None and f.smartphone_users is None for f in figures.values()):
        sentence = N_(
            "The file holds no figures: a column population or population_2019 is needed."
        )
        raise Refused(_(sentence), "population")
    return figures


def lines(path: Path, required: tuple[str, ...]) -> list[Line]:
    """The rows of a CSV file that names these columns. Raises Refused."""
    rows = [row for row in _csv_rows(path) if any(row[1])]
    if len(rows) < 2:
        raise Refused(_("%(file)s holds no rows under a heading.", file=path.name), "file")
    headings = [heading.lower() for heading in rows[0][1]]
    for column in required:
        if headings.count(column) != 1:
            raise Refused(
                _(
                    "The first row of %(file)s must name the column %(column)s once; it names"
                    " %(headings)s.",
                    file=path.name,
                    column=column,
                    headings=", ".join(headings),
                ),
                column,
            )
    found = []
    for number, cells in rows[1:]:
        line = Line(number, dict(zip(headings, cells, strict=False)))
        if len(cells) != len(headings):
            line.refuse(headings[0], _("this row has more or fewer cells than the first row."))
        found.append(line)
    return found


def _csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    if path.stat().st_size > LARGEST_FILE:
        raise Refused(_("%(file)s is larger than 50 MB; no list of areas is.", file=path.name))
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if not writable(text):
            raise csv.Error("NUL")
        head = text.partition("\n")[0]
        # Excel writes semicolons where the comma is the decimal sign, as in Vietnam.
        delimiter = ";" if head.count(";") > head.count(",") else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [(reader.line_num, [area_names.tidy(cell) for cell in row]) for row in reader]
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise Refused(
            _(
                "%(file)s cannot be read as CSV in UTF-8 (%(why)s); save it as “CSV UTF-8”.",
                file=path.name,
                why=wrong,
            ),
            "file",
        ) from None


def _area(line: Line) -> AreaRow:
    level = _level(line)
    code = _code(line, level)
    kind = area_names.known_kind(line.cells["kind"], level)
    if kind is None:
        line.refuse("kind", _("a %(level)s is one of: %(kinds)s.", **_kinds(level)))
    if not line.cells["name"] or len(line.cells["name"]) + len(kind) >= NAME_LENGTH:
        line.refuse("name", _("a name has 1 to %(most)s letters.", most=NAME_LENGTH))
    lat, lon = line.degrees("lat", LATITUDES), line.degrees("lon", LONGITUDES)
    if (lat is None) != (lon is None):
        line.refuse("lat" if lat is None else "lon", _("a centre needs both lat and lon."))
    name = area_names.full_name(line.cells["name"], kind)
    parent_code = line.cells["parent_code"] or None
    return AreaRow(code, level, name, kind, parent_code, _figures(line), lat, lon)


def _kinds(level: Level) -> dict[str, str]:
    return {"level": level.value, "kinds": ", ".join(KINDS[level]) or "…"}


def _level(line: Line) -> Level:
    try:
        return Level(line.cells["level"].lower())
    except ValueError:
        line.refuse("level", _("a level is one of: %(levels)s.", levels=", ".join(LEVELS)))


def _code(line: Line, level: Level) -> str:
    code = line.cells["code"]
    if not _CODE.fullmatch(code):
        line.refuse("code", _("a code has 1 to %(most)s digits or letters.", most=CODE_LENGTH))
    digits = CODE_DIGITS.get(level)
    if digits and not (code.isdigit() and len(code) == digits):
        line.refuse(
            "code",
            _(
                "the code of a %(level)s has %(digits)s digits; if a spreadsheet dropped its"
                " leading zero, format the column as text.",
                level=level.value,
                digits=digits,
            ),
        )
    return code


def _check_parent(line: Line, row: AreaRow, levels: Mapping[str, Level]) -> None:
    if row.level is Level.PROVINCE:
        if row.parent_code:
            line.refuse("parent_code", _("a province lies in no other area."))
        return
    parent = levels.get(row.parent_code or "")
    if parent is None:
        line.refuse(
            "parent_code", _("no area with this code stands in the file or is loaded already.")
        )
    # Since 2025 a commune lies right in its province; else each lies one level below its parent.
    steps = LEVELS.index(row.level) - LEVELS.index(parent)
    if steps != 1 and not (row.level is Level.COMMUNE and parent is Level.PROVINCE):
        line.refuse(
            "parent_code",
            _(
                "a %(level)s cannot lie in a %(parent)s.",
                level=row.level.value,
                parent=parent.value,
            ),
        )


def _figures(line: Line) -> Figures:
    smartphone_users = line.integer("smartphone_users")
    population = line.integer("population")
    if population is None:
        census = line.integer(CENSUS_COLUMN)
        if census is None:
            return Figures(smartphone_users=smartphone_users)
        return Figures(census, CENSUS_SOURCE, CENSUS_DAY, smartphone_users)
    source = line.cells.get("population_source") or None
    return Figures(population, source, day(line, "population_on"), smartphone_users)


def day(line: Line, column: str) -> date | None:
    """A day as 2019-04-01; None for an empty cell. Raises Refused."""
    cell = line.cells.get(column, "")
    try:
        return date.fromisoformat(cell) if cell else None
    except ValueError:
        line.refuse(column, _("not a day like 2019-04-01."))
