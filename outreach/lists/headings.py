"""Which column means what: headings recognised however they are spelt, or mapped by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final

from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import cells
from outreach.text import fold

FIELD: Final = "map"


def key(heading: object) -> str:
    """A heading for comparing: "Số ĐT:", "so_dt" and "SODT" are the same."""
    return "".join(char for char in fold(str(heading)) if char.isalnum())


def _keys(names: str) -> frozenset[str]:
    return frozenset(key(name) for name in names.split("|"))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a kind of list may hold: meaning → headings (as `key` gives them), and what it must.
    `below`: what headings of a second row are like, under merged cells of the first."""

    known: Mapping[str, frozenset[str]]
    required: tuple[str, ...]
    below: Callable[[str], bool] | None = None


SUBSCRIBERS: Final = Vocabulary(
    {
        "phone": _keys(
            "phone|sdt|so dien thoai|msisdn|dien thoai|so dt|dt|dtdd|so dtdd|di dong|so di dong"
            "|dien thoai di dong|so dien thoai di dong|mobile|phone number|mobile number|tel"
            "|thue bao|so thue bao|so may"
        ),
        "area": _keys(
            "area|xa|phuong|ma xa|dia chi|ma phuong|xa phuong|phuong xa|xa phuong thi tran"
            "|phuong xa thi tran|ma xa phuong|dia ban|ma dia ban|commune|ward|address|area code"
        ),
        "name": _keys("name|ho ten|ho va ten|ten|full name|ten thue bao|chu thue bao"),
        "group": _keys("group|nhom|doi tuong|nhom doi tuong"),
    },
    required=("phone",),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each meaning stands: meaning → index of its column, from 0."""

    places: Mapping[str, int]

    def value(self, row: Sequence[object], meaning: str) -> object:
        """The row's value for `meaning`; None where there is no such column or the row is short."""
        place = self.places.get(meaning)
        return row[place] if place is not None and place < len(row) else None


def recognise(
    headings: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    vocabulary: Vocabulary = SUBSCRIBERS,
) -> Columns:
    """Find the columns of `vocabulary` among `headings`; `mapping` (meaning → heading) goes first,
    and a meaning mapped to "" is looked for nowhere.

    Raises `Refused` (field `map`) for a mapping to a meaning or column that does not exist, two
    columns of one meaning, and a required column that is not there; each names the columns.
    """
    places = {
        meaning: _mapped(meaning, column, headings, vocabulary)
        for meaning, column in (mapping or {}).items()
        if column
    }
    left_out = {meaning for meaning, column in (mapping or {}).items() if not column}
    _refuse_shared(places, headings)
    taken = set(places.values())
    for meaning, names in vocabulary.known.items():
        found = [i for i, h in enumerate(headings) if i not in taken and key(h) in names]
        if meaning in places or meaning in left_out or not found:
            continue
        if len(found) > 1:
            raise _two_columns(meaning, [headings[i] for i in found])
        places[meaning] = found[0]
    for meaning in vocabulary.required:
        if meaning not in places:
            raise _missing(meaning, headings)
    return Columns(places)


def guess(headings: Sequence[str], vocabulary: Vocabulary = SUBSCRIBERS) -> dict[str, str]:
    """Meaning → the heading that seems to be it; the first where several do."""
    guesses: dict[str, str] = {}
    for meaning, names in vocabulary.known.items():
        found = [h for h in headings if key(h) in names and h not in guesses.values()]
        if found:
            guesses[meaning] = found[0]
    return guesses


def fits(row: Sequence[object], mapping: Mapping[str, str] | None, vocabulary: Vocabulary) -> bool:
    """Whether `row` reads like the row of headings: everything required is named in it."""
    keys = {key(cell) for cell in row if isinstance(cell, str)}
    wanted = {
        meaning: frozenset({key(mapping[meaning])}) if mapping and mapping.get(meaning) else names
        for meaning, names in vocabulary.known.items()
    }
    return all(not keys.isdisjoint(wanted[meaning]) for meaning in vocabulary.required)


def join(head: Sequence[list[object]], vocabulary: Vocabulary) -> None:
    """Write a second row of headings into the one above it, and leave it blank: “up to” over cells
    of 18/8, 19/8 and 20/8 are three columns of days."""
    if vocabulary.below is None:
        return
    for upper, lower in pairwise(head):
        if _continues(upper, lower, vocabulary.below):
            both = zip_longest(upper, lower, fillvalue="")
            upper[:] = [below if cells.as_text(below) else above for above, below in both]
            lower.clear()
            return


def _continues(
    upper: Sequence[object], lower: Sequence[object], below: Callable[[str], bool]
) -> bool:
    """Whether it begins under a wider heading, right of a heading that reaches down beside it; a
    row of values has a number, or begins with what its line is about."""
    above, under = ([cells.as_text(cell) for cell in row] for row in (upper, lower))
    begins = next((at for at, name in enumerate(under) if name), len(under))
    over = above[begins] if begins < len(above) else ""
    if begins == len(under) or not below(under[begins]) or below(over):
        return False
    said = [name for name in (*above, *under) if name]
    return any(above[:begins]) and all(below(name) or _has_letter(name) for name in said)


def _has_letter(name: str) -> bool:
    return any(map(str.isalpha, name))


def _listed(headings: Sequence[str]) -> str:
    return ", ".join(f"“{heading}”" for heading in headings if heading)


def _mapped(meaning: str, column: str, headings: Sequence[str], vocabulary: Vocabulary) -> int:
    if meaning not in vocabulary.known:
        raise Refused(
            _(
                "“%(meaning)s” is nothing a column of this list can mean. It can be: %(known)s.",
                meaning=meaning,
                known=", ".join(vocabulary.known),
            ),
            FIELD,
        )
    found = [i for i, h in enumerate(headings) if h.strip() == column.strip()]
    found = found or [i for i, h in enumerate(headings) if key(h) == key(column)]
    if not found:
        raise Refused(
            _(
                "The file has no column “%(column)s” for %(meaning)s. Its columns: %(columns)s.",
                column=column,
                meaning=meaning,
                columns=_listed(headings),
            ),
            FIELD,
        )
    if len(found) > 1:
        raise Refused(
            _(
                "The file has more than one column “%(column)s”. Rename one of them and upload "
                "the file again.",
                column=column,
            ),
            FIELD,
        )
    return found[0]


def _refuse_shared(places: Mapping[str, int], headings: Sequence[str]) -> None:
    for place in set(places.values()):
        meanings = [meaning for meaning, at in places.items() if at == place]
        if len(meanings) > 1:
            raise Refused(
                _(
                    "The column “%(column)s” is given for %(meanings)s: choose one.",
                    column=headings[place],
                    meanings=", ".join(meanings),
                ),
                FIELD,
            )


def _two_columns(meaning: str, columns: Sequence[str]) -> Refused:
    return Refused(
        _(
            "The columns %(columns)s could all be %(meaning)s. Say which one it is: "
            "--map %(meaning)s=COLUMN.",
            columns=_listed(columns),
            meaning=meaning,
        ),
        FIELD,
    )


def _missing(meaning: str, headings: Sequence[str]) -> Refused:
    return Refused(
        _(
            "No column was recognised as %(meaning)s. The columns are: %(columns)s. Say which one "
            "it is: --map %(meaning)s=COLUMN.",
            meaning=meaning,
            columns=_listed(headings),
        ),
        FIELD,
    )
