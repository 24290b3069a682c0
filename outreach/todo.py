"""What needs a person now: each room registers who is told what, and the first page says it.

A source answers the rows of one person, most urgent first, with a bounded number of queries. Those
that name a page of the side bar also give its count there, so the two never differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from flask import Flask, current_app, g, has_request_context

from outreach.accounts import User

EXTENSION: Final = "outreach_todo"


@dataclass(frozen=True, slots=True)
class Way:
    """How far something under way is: a share of 0 to 1, and counts and time left in words."""

    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Todo:
    """One row. `look`: "late" (red), "wait" (yellow), "run" (blue), "note" (plain); `order` puts the
    urgent first. The button leads to `endpoint` with `values`. `count` is what the side bar counts;
    `way` is asked only by the page that shows it."""

    icon: str
    look: Literal["late", "wait", "run", "note"]
    order: int
    sentence: str
    second: str
    button: str
    endpoint: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    count: int = 1
    way: Callable[[], Way | None] | None = None


Source = Callable[[User], Sequence[Todo]]


@dataclass(frozen=True, slots=True)
class _Registered:
    source: Source
    page: str


def register(app: Flask, source: Source, page: str = "") -> None:
    """Let a source speak; `page` is the endpoint of the side bar that counts its rows, "" for
    none: then only the first page asks it."""
    app.extensions.setdefault(EXTENSION, []).append(_Registered(source, page))


def of(person: User) -> list[Todo]:
    """Every row of this person, the most urgent first."""
    rows = [row for each in _sources() for row in _asked(each, person)]
    return sorted(rows, key=lambda row: row.order)


def counted(person: User) -> dict[str, tuple[int, bool]]:
    """By page of the side bar: how many things, and whether they wait for this person or are only
    under way. What waits hides what is under way."""
    counts: dict[str, tuple[int, bool]] = {}
    for each in _sources():
        if not each.page:
            continue
        rows = _asked(each, person)
        waiting = sum(row.count for row in rows if row.look != "run")
        running = sum(row.count for row in rows if row.look == "run")
        before = counts.get(each.page, (0, False))
        now = (waiting, True) if waiting else (running, False)
        if before[1] == now[1]:
            counts[each.page] = (before[0] + now[0], now[1])
        else:
            counts[each.page] = before if before[1] else now
    return counts


def _sources() -> list[_Registered]:
    found: list[_Registered] = current_app.extensions.get(EXTENSION, [])
    return found


def _asked(each: _Registered, person: User) -> Sequence[Todo]:
    """What the source says; asked once a request."""
    if not has_request_context():
        return each.source(person)
    said: dict[tuple[int, int], Sequence[Todo]] = g.setdefault(EXTENSION, {})
    key = id(each.source), person.id
    if key not in said:
        said[key] = each.source(person)
    return said[key]
