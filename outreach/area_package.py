"""The two lists of areas in the package vietnamadminunits (MIT): codes, names, centres.

Its older list is the state of early 2025 (63 provinces, 696 districts, 10,035 communes), after
the mergers that followed June 2020 (63, 707, 10,614); its newer one is today's (34, 3,321). It
holds no populations. Only its data file is read: importing it would load its parsers (0.7 s).
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from outreach import area_names
from outreach.area_files import AreaRow
from outreach.area_names import KINDS, Level
from outreach.errors import Refused
from outreach.i18n import N_, _

PACKAGE: Final = "vietnamadminunits"
NOTES: Final = {
    2020: N_(
        "This is the list as of early 2025, before the reform: since June 2020 districts and"
        " communes were merged and renamed. Load the list of June 2020 from a file where its"
        " exact communes matter."
    ),
    2025: N_("This is the list since 1 July 2025, without districts."),
}
_LEGACY: Final = {
    Level.PROVINCE: "SELECT DISTINCT provinceCode, province, NULL, provinceLat, provinceLon,"
    " provinceAlias FROM admin_units_legacy",
    Level.DISTRICT: "SELECT DISTINCT districtCode, district, provinceCode, districtLat,"
    " districtLon, districtAlias FROM admin_units_legacy",
    Level.COMMUNE: "SELECT wardCode, ward, districtCode, wardLat, wardLon, wardAlias"
    " FROM admin_units_legacy WHERE wardCode IS NOT NULL",  # five island districts have none
}
_TODAY: Final = {
    Level.PROVINCE: "SELECT DISTINCT provinceCode, province, NULL, provinceLat, provinceLon,"
    " provinceAlias FROM admin_units",
    Level.COMMUNE: "SELECT wardCode, ward, provinceCode, wardLat, wardLon, wardAlias"
    " FROM admin_units",
}
_QUERIES: Final = {2020: _LEGACY, 2025: _TODAY}


def areas(area_list: int) -> list[AreaRow]:
    """The package's list, parents before children. Raises Refused where it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise Refused(_("The package %(name)s is not installed.", name=PACKAGE))
    path = Path(found.submodule_search_locations[0]) / "data" / "dataset.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return [
            _row(level, columns)
            for level, query in _QUERIES[area_list].items()
            for columns in connection.execute(query)
        ]


def _row(level: Level, columns: tuple[Any, ...]) -> AreaRow:
    code, name, parent_code, lat, lon, aliases = columns
    kind = _kind(name, level)
    full = area_names.full_name(name, kind)
    keys = tuple(json.loads(aliases)) if aliases else ()
    return AreaRow(code, level, full, kind, parent_code, lat=lat, lon=lon, aliases=keys)


def _kind(name: str, level: Level) -> str:
    for kind in KINDS[level]:
        if name.casefold().startswith(area_names.prefix(kind).casefold() + " "):
            return kind
    raise Refused(_("The package names “%(name)s”, whose kind is unknown.", name=name))
