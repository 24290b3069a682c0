"""What a kept file holds, for a person to confirm: its columns with examples, and what its first
rows would come to. Numbers are masked: whoever uploads a list need not see them to know them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from outreach import phones
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import cells, headings, reading, trying, uploads
from outreach.lists.trying import Trial
from outreach.lists.uploads import Choices
from outreach.subscribers import SubscriberList

EXAMPLES: Final = 3
JUDGED: Final = 200
"""Rows tried before a person confirms."""
MEANINGS: Final = tuple(headings.SUBSCRIBERS.known)
REQUIRED: Final = ("phone", "area")
_LENGTH: Final = 40
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DIGITS: Final = re.compile(r"\d(?:[\s.,()-]*\d){5,}")


@dataclass(frozen=True)
class Column:
    """A column: its heading and the first values under it, masked."""

    heading: str
    examples: list[str]


@dataclass(frozen=True)
class Look:
    """A file's columns, and meaning → heading where the headings say it."""

    columns: list[Column]
    guesses: dict[str, str]
    notes: list[str]


def look(upload: SubscriberList) -> Look:
    """Open a kept file. Raises Refused where its copy is missing or cannot be read."""
    with uploads.opened(upload) as path:
        table = reading.read(path)
        rows = [row for _number, row in islice(table.rows, 20)]
    columns = [
        Column(heading, examples([row[place] for row in rows]))
        for place, heading in enumerate(table.headings)
        if heading
    ]
    return Look(columns, headings.guess(table.headings), table.notes)


def examples(values: list[object]) -> list[str]:
    """The first different values of a column as a page shows them."""
    filled = [cells.as_text(value) for value in values if cells.as_text(value)]
    return [masked(value) for value in list(dict.fromkeys(filled))[:EXAMPLES]]


def masked(value: str) -> str:
    """A cell as a page shows it: a phone number masked, any other long number too, but no day."""
    if _DAY.fullmatch(value):
        return value
    number = phones.clean(value).e164
    if number is not None:
        return phones.mask(number)
    hidden = _DIGITS.sub(lambda run: f"•••{run[0][-3:]}", value)
    return hidden if len(hidden) <= _LENGTH else hidden[:_LENGTH] + "…"


def missing(mapping: Mapping[str, str]) -> dict[str, str]:
    """A sentence for each column that must be chosen and was not, or was chosen twice."""
    sentences = {
        "phone": _("Choose the column that holds the phone numbers."),
        "area": _("Choose the column that holds the areas: each subscriber needs a commune."),
    }
    wrong = {meaning: sentences[meaning] for meaning in REQUIRED if not mapping.get(meaning)}
    chosen = [column for column in mapping.values() if column]
    for meaning, column in mapping.items():
        if column and chosen.count(column) > 1:
            wrong[meaning] = _("The column “%(column)s” is chosen twice.", column=column)
    return wrong


def try_first(upload: SubscriberList, choices: Choices) -> Trial | Refused:
    """What the first rows of a kept file would come to, or why it would be refused."""
    try:
        with uploads.opened(upload) as path:
            return trying.try_list(path, upload.organisation_id, choices, JUDGED)
    except Refused as refused:
        return refused
