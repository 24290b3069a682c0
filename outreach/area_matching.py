"""Which area a text means: a code, a name, an address; what is unclear is reported, never guessed.

A name is looked up without marks and spaces. The names of an address narrow each other: reading
from the widest, each one's candidates must lie in those of the one before. Marks and kinds decide
only between candidates that the place leaves open. What stands below the commune (hamlet, street,
house) is passed over; any other name that fits nothing makes the whole unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice, product
from typing import Final

from sqlalchemy import select

from outreach import area_text, areas
from outreach.area_index import (
    EXACT,
    MOST_CACHED,
    AreaIndex,
    Fit,
    Fits,
    Name,
    Named,
    Reading,
    best,
    keep_better,
)
from outreach.area_names import Level
from outreach.areas import Area, AreaAlias
from outreach.database import db

MOST_CANDIDATES: Final = 10
MOST_READINGS: Final = 256
_LOWEST: Final = frozenset({Level.COMMUNE, Level.HAMLET})
_WHOLE_CODE: Final = re.compile(r"\d{5}")


class Reason(StrEnum):
    """Why a text has no area."""

    UNKNOWN = "unknown_area"
    AMBIGUOUS = "ambiguous_area"


@dataclass(frozen=True, slots=True)
class Match:
    """The area's id, or why there is none and the ids of areas that came near (at most ten)."""

    area_id: int | None
    reason: Reason | None = None
    candidates: tuple[int, ...] = ()


class AreaMatcher:
    """Matches texts to the areas of one list; made once an import, then quick for every row."""

    def __init__(self, index: AreaIndex, within: int | None = None) -> None:
        """`within`: id of the area where a name that names no place is looked for."""
        self._index = index
        self._within = within
        self._texts: dict[str, Match] = {}
        self._addresses: dict[tuple[str, ...], Match] = {}

    @classmethod
    def load(cls, within: int | None = None, area_list: int | None = None) -> AreaMatcher:
        """A matcher of a list, by default that of the area `within`, else the one in use.

        `within` is where a name without a place is looked for, a district say; a text that names
        its place is found everywhere.
        """
        if area_list is None:
            area_list = areas.list_in_use(within)
        columns = (getattr(Area, name) for name in Named._fields)
        rows = select(*columns).where(Area.area_list == area_list)
        named = [Named(*row) for row in db.session.execute(rows.order_by(Area.position, Area.id))]
        aliases = select(AreaAlias.area_id, AreaAlias.folded)
        index = AreaIndex(named, db.session.execute(aliases).all())
        return cls(index, within)

    def match(self, text: str) -> Match:
        """The area a text means, or why none."""
        found = self._texts.get(text)
        if found is None:
            if len(self._texts) >= MOST_CACHED:
                self._texts.clear()
                self._addresses.clear()
            found = self._texts[text] = self._match(text)
        return found

    def _match(self, text: str) -> Match:
        parts = area_text.parts(text)
        if len(parts) == 1:
            if (coded := self._by_whole_code(parts[0])) is not None:
                return Match(coded)
            return self._decide(self._alone(parts[0]))
        readings = {part: self._index.readings(part, alone=False) for part in parts}
        # What is below the lists says nothing: rows that differ in it only share one answer.
        parts = [part for part in parts if not _says_nothing(readings[part])]
        known = tuple(parts)
        if known not in self._addresses:
            choices = (readings[part] for part in parts)
            joined = islice(product(*choices), MOST_READINGS)
            self._addresses[known] = self._decide([tuple(chain(*names)) for names in joined])
        return self._addresses[known]

    def _alone(self, text: str) -> list[Reading]:
        """The readings of a text without commas, which may be a code."""
        area_id = self._index.by_code(text)
        readings = list(self._index.readings(text, alone=True))
        # A code of another place is meant if it is a commune's; a bare 10 or 87 may be anything.
        if area_id and (self._index.levels[area_id] in _LOWEST or self._inside(area_id)):
            readings.append((Name({area_id: EXACT}, code=True),))
        return readings

    def _by_whole_code(self, text: str) -> int | None:
        """The area whose five digits the text is: "00010" is no Phường 10."""
        return self._index.by_code(text) if _WHOLE_CODE.fullmatch(text.strip()) else None

    def _decide(self, readings: Sequence[Reading]) -> Match:
        """From the narrowest name to the widest; else the other way round; else with something
        left over before the narrowest, an unmarked hamlet or street."""
        for backwards, whole in ((False, True), (True, True), (False, False)):
            for strict in (True, False):
                found: Fits = {}
                for reading in readings:
                    order = reading if backwards else reading[::-1]
                    for area_id, fit in self._resolve(order, strict, whole).items():
                        keep_better(found, area_id, fit)
                if found:
                    return _choose(found)
        near = [area_id for name in chain(*readings[:1]) for area_id in name.fits]
        return Match(None, Reason.UNKNOWN, tuple(near[:MOST_CANDIDATES]))

    def _resolve(self, names: Reading, strict: bool, whole: bool) -> Fits:
        """The areas an address means; `names` begin with the widest. Empty where they contradict.

        With `strict`, only the best fits of a wider name count ("Huyện X" is not the town X);
        with `whole`, no name may be left over, though a commune was found.
        """
        whole = whole or any(name.code for name in names)
        found: Fits = {}
        named = 0
        for name in names:
            wider = best(found) if strict else found
            fits = {a: fit for a, fit in name.fits.items() if self._lies_in(a, wider, name.code)}
            if fits:
                found, named = fits, named + 1
            elif not found or not (name.detail or self._may_be_left(name, found, whole)):
                return {}
        return self._in_scope(found, named > 1 or any(name.code for name in names))

    def _lies_in(self, area_id: int, wider: Mapping[int, Fit], same: bool) -> bool:
        if not wider:
            return True
        return not wider.keys().isdisjoint(self._index.above[area_id]) or (
            same and area_id in wider
        )

    def _may_be_left(self, name: Name, found: Mapping[int, Fit], whole: bool) -> bool:
        """Before a commune, whatever is no province or district that the commune is not in."""
        levels = self._index.levels
        return (
            not whole
            and all(levels[area_id] in _LOWEST for area_id in found)
            and all(levels[area_id] in _LOWEST for area_id in name.fits)
        )

    def _in_scope(self, found: Fits, placed: bool) -> Fits:
        """Of several, those within the scope; a name without a place is not taken from outside."""
        if self._within is None:
            return found
        inside = {area_id: fit for area_id, fit in found.items() if self._inside(area_id)}
        if not inside:
            return found if placed else {}
        if placed or not all(fit.other_kind for fit in inside.values()):
            return inside
        # "Phường X", where the scope has a Xã X and another place a Phường X: who knows.
        rivals = [a for a, fit in found.items() if a in inside or not fit.other_kind]
        return dict.fromkeys(rivals, EXACT)

    def _inside(self, area_id: int) -> bool:
        if self._within is None:
            return True
        return area_id == self._within or self._within in self._index.above[area_id]


def _says_nothing(readings: Sequence[Reading]) -> bool:
    return all(name.detail and not name.fits for name in chain(*readings))


def _choose(found: Fits) -> Match:
    fitting = best(found)
    if len(fitting) == 1:
        return Match(next(iter(fitting)))
    return Match(None, Reason.AMBIGUOUS, tuple(fitting)[:MOST_CANDIDATES])
