"""A GeoJSON file (RFC 7946) of areas of one level: read, and each feature's area found.

Nothing is guessed: a feature whose area or shape is in doubt is not taken, and said by its number,
its name and why.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, NoReturn

from outreach import area_names, areas
from outreach.area_matching import AreaMatcher, Reason
from outreach.area_names import CODE_DIGITS, LEVELS, Level
from outreach.areas import Area, Commune
from outreach.errors import Refused
from outreach.i18n import N_, _
from outreach.lists.headings import key
from outreach.outlines import Polygons
from outreach.text import fold, writable

FIELD: Final = "file"
LARGEST: Final = 20 << 20
MOST_POINTS: Final = 600_000
MOST_FEATURES: Final = 15_000
WEST, EAST, SOUTH, NORTH = 100.0, 120.0, 4.0, 25.0
"""Vietnam with its islands, in degrees."""
NAME_LENGTH: Final = 80


def _keys(names: str) -> frozenset[str]:
    return frozenset(key(name) for name in names.split("|"))


_CODES: Final = {
    Level.COMMUNE: _keys(
        "ma xa|ma phuong|ma xa phuong|ward code|commune code|adm3 pcode|cap xa|level 3 id"
    ),
    Level.DISTRICT: _keys("ma huyen|ma quan|ma quan huyen|district code|adm2 pcode|level 2 id"),
    Level.PROVINCE: _keys("ma tinh|ma tp|ma tinh thanh|province code|adm1 pcode|level 1 id"),
}
_ANY_CODE: Final = _keys("code|ma|gso|gso code|ma gso|ma dvhc|ma hc|ma don vi")
_NAMES: Final = {
    Level.COMMUNE: _keys(
        "ten xa|xa|ten phuong|phuong|phuong xa|xa phuong|ward|ward name|commune|commune name"
        "|adm3 vi|level 3 name"
    ),
    Level.DISTRICT: _keys(
        "ten huyen|huyen|ten quan|quan huyen|district|district name|adm2 vi|level 2 name"
    ),
    Level.PROVINCE: _keys("ten tinh|tinh|tinh thanh|province|province name|adm1 vi|level 1 name"),
}
_ANY_NAME: Final = _keys("name|ten|ten dvhc|ten don vi|full name|ten day du|shape name")
_NUMBERED: Final = ("name4", "name3", "name2", "name1")
"""GADM's, whose last is the feature's own name and the one before says where it lies: NAME_2 is a
district's in its files of today, and a province's in those that began with the regions."""
_KINDS: Final = _keys("loai|loai hinh|type|type 1|type 2|type 3|type 4")
_KIND_WORDS: Final = {
    key(word): word for kinds in area_names.KINDS.values() for word in map(area_names.prefix, kinds)
}
_ENGLISH: Final = re.compile(r"\s+(city|province|district|town|commune|ward)$", re.IGNORECASE)
_SHAPES: Final = ("Polygon", "MultiPolygon")
NEAR: Final = 0.25
"""Degrees: a shape holds the middle of the area whose code it has, or comes as near as that."""


REASONS: Final = {
    "no_area": N_("it is no Polygon and no MultiPolygon"),
    "no_ring": N_("a polygon of it has no ring"),
    "short_ring": N_("a ring of it has fewer than four places"),
    "open_ring": N_("a ring of it is open: its last place is not its first"),
    "no_place": N_("a place of it is no pair of numbers"),
    "no_degrees": N_("its places are no degrees (metres of VN-2000?): save the file as WGS84"),
    "turned": N_("latitude and longitude are the wrong way round: longitude comes first"),
    "abroad": N_("a place of it lies outside Vietnam"),
    "outside": N_("its area lies outside yours"),
    "unnamed": N_("it has neither a code nor a name that is known here"),
    "unknown": N_("no area of this level is called that"),
    "ambiguous": N_("several areas are called that: %(near)s; add its code"),
    "contradiction": N_("its code is that of %(code)s, its name that of %(name)s"),
    "elsewhere": N_("its code is that of %(code)s, which lies elsewhere; add its name"),
    "twice": N_("features %(numbers)s are one area; join them in one"),
}


class Unfit(Exception):
    """Why a feature is not taken: a word of `REASONS`, and what its sentence names."""

    def __init__(self, code: str, /, **given: str) -> None:
        super().__init__(code)
        self.code, self.given = code, given


@dataclass(frozen=True, slots=True)
class Reject:
    """A feature that was not taken: its number from 1, what it is called, and why, as `Unfit`."""

    number: int
    name: str
    code: str
    given: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """Why, for whoever reads it."""
        return _(REASONS[self.code], **self.given)


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: the polygons of each area by its id, and what was not taken."""

    found: Mapping[int, Polygons]
    rejects: Sequence[Reject]
    features: int


def read(content: bytes, level: Level, area_list: int, within: Area | None) -> Read:
    """The outlines of a file, of areas of a level in `within`. Raises Refused (field `file`) where
    it is no GeoJSON, or nothing of it can be taken."""
    features = _features(content)
    finder = _Finder(level, area_list, within)
    taken: dict[int, list[tuple[int, str, Polygons]]] = defaultdict(list)
    rejects = []
    for number, feature in enumerate(features, start=1):
        given = _properties(feature)
        name = finder.name_of(given)
        try:
            shape = _polygons(feature)
            taken[finder.find(given, shape)].append((number, name, shape))
        except Unfit as unfit:
            rejects.append(Reject(number, name[:NAME_LENGTH], unfit.code, unfit.given))
    found = {area_id: each[0][2] for area_id, each in taken.items() if len(each) == 1}
    rejects += [each for same in taken.values() if len(same) > 1 for each in _twice(same)]
    # A file of the whole country holds more of others' areas than anybody reads of.
    rejects.sort(key=lambda reject: (reject.code == "outside", reject.number))
    if not found:
        raise Refused(_nothing(rejects), FIELD)
    return Read(found, rejects, len(features))


def _twice(same: Sequence[tuple[int, str, Polygons]]) -> Iterator[Reject]:
    numbers = ", ".join(str(number) for number, _name, _shape in same)
    for number, name, _shape in same:
        yield Reject(number, name[:NAME_LENGTH], "twice", {"numbers": numbers})


def _nothing(rejects: Sequence[Reject]) -> str:
    if not rejects:
        return _("There is no feature in this file.")
    first = rejects[0]
    return _(
        "Nothing of this file can be taken. Feature %(number)s (%(name)s): %(why)s.",
        number=first.number,
        name=first.name or "—",
        why=first.sentence,
    )


def _features(content: bytes) -> list[Any]:
    if len(content) > LARGEST:
        raise Refused(
            _(
                "The file is larger than %(most)s MB. Simplify it, or upload it in parts, a "
                "province each.",
                most=LARGEST >> 20,
            ),
            FIELD,
        )
    if content.startswith(b"PK"):
        raise Refused(
            _("This is a ZIP file. Unpack it and upload the GeoJSON file that is in it."), FIELD
        )
    # Before it is read: a list takes a hundred times the room of its bracket.
    if content.count(b"[") > 2 * MOST_POINTS or content.count(b",") > 6 * MOST_POINTS:
        raise Refused(
            _(
                "The file has more than %(most)s points. Simplify it, or upload it in parts.",
                most=MOST_POINTS,
            ),
            FIELD,
        )
    try:
        whole = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused(_no_geojson(), FIELD) from None
    kind = whole.get("type") if isinstance(whole, dict) else None
    features = whole.get("features") if kind == "FeatureCollection" else [whole]
    if kind not in ("FeatureCollection", "Feature") or not isinstance(features, list):
        raise Refused(_no_geojson(), FIELD)
    if len(features) > MOST_FEATURES:
        raise Refused(_("At most %(most)s features in a file.", most=MOST_FEATURES), FIELD)
    return features


def _no_geojson() -> str:
    return _(
        "This is no GeoJSON file with areas in it. A shapefile, KML, GeoPackage or TopoJSON file "
        "is saved as GeoJSON, in degrees (WGS84), with a program for maps such as QGIS."
    )


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _properties(feature: Any) -> dict[str, str]:
    """By key what a feature says of itself; nothing that is no word and no number."""
    given = feature.get("properties") if isinstance(feature, dict) else None
    found: dict[str, str] = {}
    for name, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            whole = isinstance(value, float) and value.is_integer()
            said = str(int(value) if whole else value).strip()[:200]
            if writable(said):
                found.setdefault(key(name), said)
    return found


def _polygons(feature: Any) -> Polygons:
    polygons = _parts(feature.get("geometry") if isinstance(feature, dict) else None)
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            raise Unfit("no_ring")
        for ring in polygon:
            _check_ring(ring)
    return polygons


def _parts(geometry: Any) -> list[Any]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    places = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        # What mends shapes leaves lines and points beside them, which are nothing to shade.
        inside = geometry.get("geometries")
        every = inside if isinstance(inside, list) else []
        shapes = [each for each in every if isinstance(each, dict) and each.get("type") in _SHAPES]
        polygons: Any = [polygon for shape in shapes for polygon in _parts(shape)]
    else:
        polygons = [places] if kind == "Polygon" else places if kind == "MultiPolygon" else None
    if not isinstance(polygons, list) or not polygons:
        raise Unfit("no_area")
    return polygons


def _check_ring(ring: Any) -> None:
    if not isinstance(ring, list) or len(ring) < 4:
        raise Unfit("short_ring")
    for place in ring:
        _check_place(place)
    if ring[0][:2] != ring[-1][:2]:
        raise Unfit("open_ring")


def _check_place(place: Any) -> None:
    pair = place[:2] if isinstance(place, list) else []
    if len(pair) < 2 or any(type(each) not in (int, float) for each in pair):
        raise Unfit("no_place")
    x, y = pair
    if WEST <= x <= EAST and SOUTH <= y <= NORTH:
        return
    # No isfinite here: a whole number of 400 digits is too large for it.
    if not max(abs(x), abs(y)) <= 180:
        raise Unfit("no_degrees")
    if WEST <= y <= EAST and SOUTH <= x <= NORTH:
        raise Unfit("turned")
    raise Unfit("abroad")


class _Finder:
    """Finds the area of each feature by its code, else by its names."""

    def __init__(self, level: Level, area_list: int, within: Area | None) -> None:
        inside_id = None if within is None else within.id
        self._levels = LEVELS[LEVELS.index(level) :: -1]
        self._level, self._list = level, area_list
        # Those that ended too: an older file's codes are theirs, and no area's of today.
        every = areas.of_level(level, None, area_list, ended=True)
        self._areas = {area.id: area for area in every}
        self._codes = {area.code: area.id for area in every}
        own = every
        if within is not None:
            own = areas.of_level(level, inside_id, area_list, ended=True)
        self._own: Collection[int] = {area.id for area in own}
        self._matcher = AreaMatcher.load(inside_id, area_list)

    def name_of(self, given: Mapping[str, str]) -> str:
        """What a feature calls itself; "" where it does not."""
        return self._name(given, self._level)

    def _name(self, given: Mapping[str, str], level: Level) -> str:
        """Its name, or what it says it lies in at a wider level."""
        any_ = _ANY_NAME if level is self._level else frozenset[str]()
        said = [given[name] for name in given if name in _NAMES[level] or name in any_]
        numbered = [given[name] for name in _NUMBERED if given.get(name)]
        said += numbered[(at := self._levels.index(level)) : at + 1]
        return _kind_in_front(next(filter(None, said), ""))

    def find(self, given: Mapping[str, str], shape: Polygons) -> int:
        """The id of a feature's area. Raises Unfit."""
        by_code = self._by_code(given)
        name = self.name_of(given)
        if by_code is None:
            found = self._by_name(given, name)
        else:
            found = by_code
            if not self._says_so(self._areas[found], given, name):
                self._check_place(self._areas[found], shape)
        if found not in self._own:
            raise Unfit("outside")
        return found

    def _by_code(self, given: Mapping[str, str]) -> int | None:
        own, any_ = _CODES[self._level], _ANY_CODE
        for names in (own, any_):
            for name, value in given.items():
                code = value.removeprefix("VN").zfill(CODE_DIGITS[self._level])
                if name in names and code in self._codes:
                    return self._codes[code]
        return None

    def _by_name(self, given: Mapping[str, str], name: str) -> int:
        if not name:
            raise Unfit("unnamed")
        ids, reason = self._named(given, name)
        if len(ids) == 1:
            return ids[0]
        if reason is Reason.AMBIGUOUS and ids:
            near = "; ".join(f"{self._areas[each].code} {self._areas[each].name}" for each in ids)
            raise Unfit("ambiguous", near=near)
        raise Unfit("unknown")

    def _named(self, given: Mapping[str, str], name: str) -> tuple[list[int], Reason | None]:
        """The areas of the level that its names may mean; its kind, where the file says it, decides
        between several."""
        wider = [self._name(given, level) for level in self._levels[1:]]
        ids, reason = self._matched([name, *wider])
        if reason is Reason.UNKNOWN and _ENGLISH.search(name):
            ids, reason = self._matched([_ENGLISH.sub("", name), *wider])
        kinds = (_KIND_WORDS.get(key(given[each])) for each in given if each in _KINDS)
        if reason is Reason.AMBIGUOUS and (kind := next(filter(None, kinds), "")):
            ids, reason = self._matched([area_names.full_name(name, kind), *wider])
        return ids, reason

    def _matched(self, names: Sequence[str]) -> tuple[list[int], Reason | None]:
        match = self._matcher.match(", ".join(filter(None, names)))
        ids = match.candidates if match.area_id is None else (match.area_id,)
        of_level = [each for each in ids if each in self._areas]
        return ([] if match.reason is Reason.UNKNOWN else of_level), match.reason

    def _says_so(self, area: Commune, given: Mapping[str, str], name: str) -> bool:
        """Whether a feature's name is that of its code. Raises Unfit where it is clearly another
        area's."""
        bare = area_names.bare_name(area.name, area.kind)
        if name and fold(name) in (fold(bare), fold(area.name)):
            return True
        ids, _reason = self._named(given, name) if name else ([], None)
        if len(ids) == 1 and ids[0] != area.id:
            said = {"code": f"{area.code} {area.name}", "name": self._areas[ids[0]].name}
            raise Unfit("contradiction", **said)
        return len(ids) == 1

    def _check_place(self, area: Commune, shape: Polygons) -> None:
        """A bare number may be one of the file's own, from 1 on: refuse a shape that lies where the
        area is not."""
        communes = [area]
        if self._level is not Level.COMMUNE:
            communes = areas.of_level(Level.COMMUNE, area.id, self._list, ended=True)
        middles = [(each.lon, each.lat) for each in communes if each.lat and each.lon]
        places = [place for polygon in shape for place in polygon[0]]
        for axis in (0, 1) if middles else ():
            along = [place[axis] for place in places]
            middle = median(each[axis] for each in middles)
            if not min(along) - NEAR <= middle <= max(along) + NEAR:
                raise Unfit("elsewhere", code=f"{area.code} {area.name}")


def _kind_in_front(name: str) -> str:
    """“Cao Lãnh (Thành phố)”, as GADM writes it, is “Thành phố Cao Lãnh”."""
    bare, _bracket, behind = name.partition("(")
    kind = _KIND_WORDS.get(key(behind))
    return area_names.full_name(bare, kind) if kind else name
