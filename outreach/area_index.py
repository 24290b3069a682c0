"""The names of a list's areas, and what the parts of an address may mean by them.

A part ("xã Long Thuận", or without commas "xa long thuan huyen hong ngu") has one or more readings;
a reading is a row of names from the narrowest to the widest, each with the areas it fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from outreach import area_text
from outreach.area_names import LEVELS, Level, bare_name
from outreach.area_text import KindWord, Word, key, leading_kind, marked_key
from outreach.areas import Area

MOST_CACHED: Final = 50_000
MOST_WORDS: Final = 24
LONGEST_NAME: Final = 9
"""Words of a name with its kind; the longest, "Thị trấn Nông Trường Thống Nhất", has six."""
MOST_NAMES: Final = 4
_COUNTRY: Final = frozenset({"vietnam", "vn"})


@dataclass(frozen=True, slots=True)
class Fit:
    """How well an area fits a name; compared in this order, False is better."""

    alias: bool
    other_kind: bool
    other_marks: bool

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """What to sort by."""
        return (self.alias, self.other_kind, self.other_marks)


EXACT: Final = Fit(alias=False, other_kind=False, other_marks=False)
Fits = dict[int, Fit]


@dataclass(frozen=True, slots=True)
class Name:
    """One name in an address and the ids of the areas it fits. A `detail` is below the lists."""

    fits: Mapping[int, Fit]
    detail: bool = False
    code: bool = False


Reading = tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An area under one of its names; an alias has no marks."""

    area_id: int
    kind: str
    marked: str | None


class Named(NamedTuple):
    """What of an area is indexed, as plain values: a list has eleven thousand."""

    id: int
    code: str
    level: Level
    name: str
    kind: str
    parent_id: int | None


class AreaIndex:
    """The names of one list."""

    def __init__(self, rows: Iterable[Area | Named], aliases: Iterable[tuple[int, str]]) -> None:
        """Index `rows` and their `aliases` (area id, folded name)."""
        self.above: dict[int, frozenset[int]] = {}
        self.levels: dict[int, Level] = {}
        self._codes: dict[str, int] = {}
        self._cache: dict[tuple[str, bool], tuple[Reading, ...]] = {}
        self._rows = sorted(rows, key=lambda area: LEVELS.index(area.level))
        self._aliases = list(aliases)
        for area in self._rows:
            above = frozenset[int]()
            if area.parent_id is not None:
                above = self.above[area.parent_id] | {area.parent_id}
            self.above[area.id] = above
            self.levels[area.id] = area.level
            self._codes[area.code.upper()] = area.id

    @cached_property
    def _names(self) -> dict[str, list[_Entry]]:
        """Made at the first name: a file of codes needs none, and they are most of the work."""
        found: dict[str, list[_Entry]] = {}
        kinds: dict[int, str] = {}
        for area in self._rows:
            kinds[area.id] = area.kind
            names = [bare_name(area.name, area.kind)]
            if area.level is Level.HAMLET:  # their kinds are many: found by the full name too
                names.append(area.name)
            for name in names:
                words = area_text.words(name)
                entry = _Entry(area.id, area.kind, marked_key(words))
                found.setdefault(key(words), []).append(entry)
        for area_id, folded in self._aliases:
            if area_id in kinds:
                entry = _Entry(area_id, kinds[area_id], None)
                found.setdefault(key(area_text.words(folded)), []).append(entry)
        return found

    def by_code(self, text: str) -> int | None:
        """The area whose code a whole text is, as a spreadsheet may have spoilt it."""
        code = text.strip().upper().removesuffix(".0")
        if code.isdigit() and len(code) == 4:
            code = "0" + code  # communes have five digits and nothing has four: a zero was lost
        return self._codes.get(code)

    def readings(self, part: str, alone: bool) -> tuple[Reading, ...]:
        """The ways to read one part; `alone` where it is the whole text. At least one, which may
        hold a name that fits nothing."""
        found = self._cache.get((part, alone))
        if found is None:
            if len(self._cache) >= MOST_CACHED:
                self._cache.clear()
            found = self._cache[part, alone] = tuple(self._read(area_text.words(part), alone))
        return found

    def _read(self, words: list[Word], alone: bool) -> list[Reading]:
        """As one name; else as several without commas; else what is before a kind passed over."""
        if not words or key(words) in _COUNTRY:
            return [(Name({}, detail=True),)]
        whole = self._name(words, 0, len(words), alone)
        if whole.fits or len(words) > MOST_WORDS:
            return [(whole,)]
        spans = {start: list(self._spans(words, start)) for start in range(len(words))}
        found = list(_several(spans, 0, len(words), MOST_NAMES))
        return found or list(self._after_detail(words, spans)) or [(whole,)]

    def _after_detail(
        self, words: list[Word], spans: Mapping[int, list[tuple[int, Name]]]
    ) -> Iterator[Reading]:
        """ "số 5 ấp 2 xã Thường Lạc": what stands before a dash or a kind may be a house."""
        for start in range(1, len(words)):
            kind = leading_kind(words, start)
            if words[start].after_dash or (kind and not kind[0].detail):
                before = self._name(words, 0, start, alone=False)
                rests = list(_several(spans, start, len(words), MOST_NAMES))
                if rests and not before.code:
                    yield from ((Name({}, before.detail), *rest) for rest in rests)
                    return  # as little as possible is passed over

    def _spans(self, words: list[Word], start: int) -> Iterator[tuple[int, Name]]:
        """The names that begin at a word: (end, name)."""
        kind = leading_kind(words, start)
        body = start + kind[1] if kind else start
        full, rest = "", ""
        for end in range(start + 1, min(len(words), start + LONGEST_NAME) + 1):
            full += words[end - 1].folded
            rest += words[end - 1].folded if end > body else ""
            # Looked up here already: most rows of words are no name.
            if full in self._names or rest in self._names or full in self._codes:
                name = self._name(words, start, end, alone=False)
                if name.fits:
                    yield end, name

    def _name(self, words: list[Word], start: int, end: int, alone: bool) -> Name:
        name = words[start:end]
        spelt = leading_kind(name)
        detail = name[0].folded.isdigit() or (spelt is not None and spelt[0].detail)
        folded = key(name)
        # Whoever writes marks in a part means those of its other words too.
        with_marks = any(word.marked != word.folded for word in words)
        fits: Fits = {}
        # "12/5 Lê Lợi": a bare number is a house, not Phường 12, unless nothing else stands there.
        if alone or not folded.isdigit():
            self._fit(fits, name, None, with_marks)
        elif len(folded) == 5 and folded in self._codes:
            return Name({self._codes[folded]: EXACT}, code=True)
        if spelt is not None and not spelt[0].detail:
            self._fit(fits, name[spelt[1] :], spelt[0], with_marks)
        return Name(fits, detail)

    def _fit(
        self, fits: Fits, name: Sequence[Word], kind: KindWord | None, with_marks: bool
    ) -> None:
        entries = self._names.get(key(name))
        if not entries:
            return
        marked = marked_key(name)
        for entry in entries:
            if kind is None or entry.kind in kind.exact or entry.kind in kind.near:
                other_kind = kind is not None and entry.kind not in kind.exact
                fit = Fit(entry.marked is None, other_kind, with_marks and entry.marked != marked)
                keep_better(fits, entry.area_id, fit)


def _several(
    spans: Mapping[int, list[tuple[int, Name]]], start: int, end: int, most: int
) -> Iterator[Reading]:
    """The rows of at most `most` names that follow each other from one word to the last."""
    if start == end:
        yield ()
    elif most:
        for stop, name in spans[start]:
            for rest in _several(spans, stop, end, most - 1):
                yield (name, *rest)


def keep_better(fits: Fits, area_id: int, fit: Fit) -> None:
    """Note how an area fits, unless it is known to fit better."""
    if area_id not in fits or fit.rank < fits[area_id].rank:
        fits[area_id] = fit


def best(fits: Mapping[int, Fit]) -> Fits:
    """Those that fit best."""
    rank = min((fit.rank for fit in fits.values()), default=None)
    return {area_id: fit for area_id, fit in fits.items() if fit.rank == rank}
