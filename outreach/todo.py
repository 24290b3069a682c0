"""What needs a person now: each room registers who is told what, and the first page says it.

A source answers the rows of one person with a bounded number of queries, however many things there
are. What the side bar counts (`outreach.pages.navigation.count`) it asks the same functions for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from flask import Flask, current_app

from outreach.accounts import User

EXTENSION: Final = "outreach_todo"


@dataclass(frozen=True, slots=True)
class Way:
    """How far something under way is: a share of 0 to 1, and counts and time left in words."""

    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Todo:
    """One row. `look`: "late" (red), "wait" (yellow), "run" (blue), "note" (plain); a low `order`
    comes first. The button leads to `endpoint` with `values`, "" for none; `more` is a second page
    about the same values: (its words, its endpoint)."""

    icon: str
    look: Literal["late", "wait", "run", "note"]
    order: int
    sentence: str
    second: str
    button: str
    endpoint: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    way: Way | None = None
    more: tuple[str, str] | None = None


Source = Callable[[User], Sequence[Todo]]


def register(app: Flask, *sources: Source) -> None:
    """Let sources speak."""
    app.extensions.setdefault(EXTENSION, []).extend(sources)


def of(person: User) -> list[Todo]:
    """Every row of this person, the most urgent first."""
    sources: list[Source] = current_app.extensions.get(EXTENSION, [])
    rows = [_reachable(row) for source in sources for row in source(person)]
    return sorted(rows, key=lambda row: row.order)


def _reachable(row: Todo) -> Todo:
    """The row, without a button where this installation lacks the page."""
    return row if row.endpoint in current_app.view_functions else replace(row, endpoint="")
