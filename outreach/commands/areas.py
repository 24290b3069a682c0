"""flask areas: load the lists, show them, give an area another name, remove one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from outreach import (
    area_change_files,
    area_conversions,
    area_counts,
    area_editing,
    area_loading,
    clock,
)
from outreach import areas as areas_
from outreach.area_conversions import AreaConversion
from outreach.area_counts import AreaCount, Count
from outreach.areas import LISTS, Area
from outreach.console import answering
from outreach.errors import Refused
from outreach.i18n import _
from outreach.targets import Denominator

group = AppGroup("areas", help="Provinces, districts, communes, hamlets: two dated lists.")

DAY = click.DateTime(["%Y-%m-%d"])
YEAR = click.Choice([str(year) for year in LISTS])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
as_of = click.option(
    "--as-of",
    "area_list",
    type=click.Choice([str(year) for year in LISTS]),
    callback=lambda _context, _option, value: None if value is None else int(value),
    help="The list of 2020 (with districts) or of 2025 (without).",
)


leave_rest = click.option(
    "--leave-rest",
    is_flag=True,
    help="Let a part of an area go nowhere that the rows say nothing of.",
)


@group.command("load")
@click.argument("file", required=False, type=FILE)
@as_of
@click.option("--population", type=FILE, help="CSV: code, population or population_2019.")
@answering
def load(file: Path | None, area_list: int | None, population: Path | None) -> dict[str, Any]:
    """Load areas from FILE (CSV), or without it from the package that comes along."""
    if file is None:
        loaded = area_loading.load_package(area_list, population, actor_id=None)
    else:
        loaded = area_loading.load_file(file, area_list, population, actor_id=None)
    return loaded.answer()


@group.command("convert")
@click.argument("file", required=False, type=FILE)
@click.option("--from", "old_list", type=YEAR, default="2020", help="The list of the old codes.")
@click.option("--to", "new_list", type=YEAR, default="2025", help="The list of the new codes.")
@leave_rest
@answering
def convert(file: Path | None, old_list: str, new_list: str, leave_rest: bool) -> dict[str, Any]:
    """Say what areas became, from FILE (CSV), or without it of July 2025 from the package."""
    if file is None:
        return asdict(area_change_files.from_package(actor_id=None))
    done = area_change_files.from_file(
        file, int(old_list), int(new_list), leave_rest=leave_rest, actor_id=None
    )
    return asdict(done)


@group.command("conversions")
@answering
def conversions() -> list[dict[str, Any]]:
    """List what was recorded of what areas became, the last first; also what was taken back."""
    found = area_conversions.every()
    rows = area_conversions.rows_of([each.id for each in found])
    return [_conversion(each, rows.get(each.id, 0)) for each in found]


@group.command("unconvert")
@click.argument("conversion_id", type=int)
@click.option("--reason", required=True, help="Why it was a mistake.")
@leave_rest
@answering
def unconvert(conversion_id: int, reason: str, leave_rest: bool) -> dict[str, Any]:
    """Take one of them back: what was recorded before it holds again."""
    conversion = area_conversions.by_id(conversion_id)
    done = area_conversions.take_back(conversion, reason, leave_rest=leave_rest, actor_id=None)
    counts = {"added": done.added, "changed": done.changed, "removed": done.removed}
    return {"id": conversion_id, **{name: len(rows) for name, rows in counts.items()}}


def _conversion(each: AreaConversion, rows: int) -> dict[str, Any]:
    back = each.taken_back_at
    return {
        "id": each.id,
        "source": each.name,
        "from": each.old_list,
        "to": each.new_list,
        "rows": rows,
        "entered_at": clock.iso(each.entered_at),
        "entered_by": None if each.entered_by is None else each.entered_by.email,
        "taken_back_at": None if back is None else clock.iso(back),
        "reason": each.reason,
    }


@group.command("list")
@click.option("--parent", help="Code of the area whose parts to list; without it: provinces.")
@as_of
@answering
def list_areas(parent: str | None, area_list: int | None) -> list[dict[str, Any]]:
    """List the areas right below one, in the list's order."""
    above = areas_.by_code(parent, area_list) if parent else None
    below = areas_.children(above.id if above else None, area_list)
    return [_shown(area, above) for area in below]


@group.command("alias")
@click.argument("code")
@click.argument("name")
@as_of
@answering
def alias(code: str, name: str, area_list: int | None) -> dict[str, Any]:
    """Let the area CODE also be found by another NAME: an old one, an abbreviation."""
    area = areas_.by_code(code, area_list)
    folded = area_editing.add_alias(area, name, actor_id=None)
    return {"id": area.id, "code": area.code, "name": area.name, "alias": folded}


@group.command("remove")
@click.argument("code")
@as_of
@answering
def remove(code: str, area_list: int | None) -> dict[str, Any]:
    """Remove the area CODE; refused where anything belongs to it."""
    area = areas_.by_code(code, area_list)
    answer = {"id": area.id, "code": area.code, "name": area.name, "removed": True}
    area_editing.remove(area, actor_id=None)
    return answer


@group.command("people")
@click.argument("code")
@as_of
@answering
def people(code: str, area_list: int | None) -> list[dict[str, Any]]:
    """List everything entered of how many people the area CODE has, the last first."""
    area = areas_.by_code(code, area_list)
    rows = area_counts.history(area.id)
    standing = {row.id for row in area_counts.standing(rows)}
    return [_counted(row, area, row.id in standing) for row in rows]


@group.command("set-people")
@click.argument("code")
@as_of
@click.option("--population", type=int, help="How many people live there.")
@click.option("--smartphone-users", type=int, help="How many of them have a smartphone.")
@click.option("--source", required=True, help="Where the number is from.")
@click.option("--letter", default="", help="The number of the letter that gave it.")
@click.option("--counted-on", type=DAY, required=True, help="The day it was counted for.")
@click.option("--valid-from", type=DAY, help="The day from which rates use it, if another.")
@answering
def set_people(
    code: str,
    area_list: int | None,
    population: int | None,
    smartphone_users: int | None,
    source: str,
    letter: str,
    counted_on: datetime,
    valid_from: datetime | None,
) -> list[dict[str, Any]]:
    """Enter how many people, or smartphone users, the area CODE has; earlier numbers are kept."""
    area = areas_.by_code(code, area_list)
    numbers = {Denominator.POPULATION: population, Denominator.SMARTPHONE_USERS: smartphone_users}
    given = {kind: value for kind, value in numbers.items() if value is not None}
    if not given:
        raise Refused(_("Give --population or --smartphone-users."), "population")
    since = None if valid_from is None else valid_from.date()
    for kind, value in given.items():
        count = Count(area.id, kind, value, source, letter, counted_on.date(), since)
        area_counts.add(area, count, actor_id=None)
    rows = area_counts.history(area.id)
    return [_counted(row, area, True) for row in rows[: len(given)]]


def _counted(row: AreaCount, area: Area, holds: bool) -> dict[str, Any]:
    """As it stands in the history; `holds`: not corrected and not taken back."""
    days = {name: getattr(row, name) for name in ("counted_on", "valid_from")}
    return {
        "id": row.id,
        "area": area.code,
        "denominator": row.denominator.value,
        "value": row.value,
        "source": row.source,
        "letter": row.letter,
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
        "entered_at": clock.iso(row.entered_at),
        "entered_by": None if row.entered_by is None else row.entered_by.email,
        "holds": holds,
    }


_NOT_SHOWN = {"area_list", "parent_id", "position", "begun_on", "ended_on"}


def _shown(area: Area, above: Area | None) -> dict[str, Any]:
    columns = Area.__table__.columns.keys()
    shown = {name: getattr(area, name) for name in columns if name not in _NOT_SHOWN}
    day = area.population_on
    return {
        **shown,
        "list": area.area_list,
        "parent_code": above.code if above else None,
        "population_on": day.isoformat() if day else None,
    }
