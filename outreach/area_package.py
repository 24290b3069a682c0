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
    path = _folder() / "dataset.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return [
            _row(level, columns)
            for level, query in _QUERIES[area_list].items()
            for columns in connection.execute(query)
        ]


def _folder() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise Refused(_("The package %(name)s is not installed.", name=PACKAGE))
    return Path(found.submodule_search_locations[0]) / "data"


CHANGES: Final = "vietnamadminunits 1.0.4"
_NAMES: Final = {
    2020: "SELECT DISTINCT provinceKey, provinceCode FROM admin_units_legacy",
    2025: "SELECT DISTINCT provinceKey, provinceCode FROM admin_units",
}
# Five island districts had no communes; they became communes themselves.
_OLD: Final = (
    "SELECT provinceKey || '_' || districtKey || '_' || COALESCE(wardKey, ''),"
    " COALESCE(wardCode, districtCode) FROM admin_units_legacy"
)
_NEW: Final = "SELECT provinceKey, wardKey, wardCode FROM admin_units"


def changes() -> list[tuple[str, str, bool]]:
    """(old code, new code, whole) of what areas of 2020 became on 1 July 2025. Of those that were
    divided the package has no shares. Raises Refused where it is not installed."""
    folder = _folder()
    data = json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))
    with closing(sqlite3.connect(f"{(folder / 'dataset.db').as_uri()}?mode=ro", uri=True)) as read:
        provinces = {year: dict(read.execute(query)) for year, query in _NAMES.items()}
        old = dict(read.execute(_OLD))
        new = {(province, ward): code for province, ward, code in read.execute(_NEW)}
    return [
        *(
            (provinces[2020][was], provinces[2025][now], True)
            for now, before in data["DICT_PROVINCE"].items()
            for was in before
        ),
        *(
            (old[was], new[province, ward], True)
            for province, wards in data["DICT_PROVINCE_WARD_NO_DIVIDED"].items()
            for ward, before in wards.items()
            for was in before
        ),
        *(
            (old[was], new[province, part["newWardKey"]], False)
            for province, divided in data["DICT_PROVINCE_WARD_DIVIDED"].items()
            for was, parts in divided.items()
            for part in parts
        ),
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
