"""Entering figures: what is asked, what is kept, one transaction for however many areas.

Whoever enters is never stopped by a rule of thumb: a doubtful figure comes back with a question,
and with a reason it is taken. A figure that is there already is not entered a second time, so that
a double click, or a grid saved twice, does one thing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, cast

from sqlalchemy import Table, insert, select

from outreach import audit, clock, doubts, due, figures, formats, uptake
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, those, transaction
from outreach.doubts import Question
from outreach.errors import Refused
from outreach.i18n import _, language
from outreach.uptake import Course, Point, Source, UptakeReport


class Outcome(StrEnum):
    """What became of a figure."""

    ADDED = "added"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person typed for one area.

    `asked` is the number a question was put about: the reason answers for that one only. `seen`
    is the edition the page showed, 0 for none; None where nothing was shown.
    """

    area_id: int
    text: str
    reason: str = ""
    asked: str = ""
    seen: int | None = None


class Doubtful(Refused):
    """A figure that is taken once somebody says why it is right."""

    def __init__(self, installs: int, questions: Sequence[Question]) -> None:
        super().__init__(
            _("%(doubt)s If it is right, say why and send it again.", doubt=doubts.said(questions)),
            "reason",
        )
        self.installs, self.questions = installs, questions


class Overtaken(Refused):
    """Somebody else entered another figure since the page was shown."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A figure as it counts now, and the one it took the place of."""

    outcome: Outcome
    area_id: int
    installs: int
    was: int | None


Answer = Kept | Refused


def enter(
    app_id: int,
    entry: Entry,
    day: date,
    source: Source,
    actor_id: int,
    at: datetime | None = None,
) -> Kept:
    """Enter one area's figure of a day. Raises Refused for a figure that is none (field `installs`)
    or a day it may not be of; Doubtful, Overtaken as they say."""
    (answer,) = enter_all(app_id, [entry], day, source, actor_id, at)
    if isinstance(answer, Refused):
        raise answer
    return answer


def enter_all(
    app_id: int,
    entries: Sequence[Entry],
    day: date,
    source: Source,
    actor_id: int,
    at: datetime | None = None,
) -> list[Answer]:
    """Enter the figures of several areas, each on its own: what is refused keeps nothing else out.
    `at`: when they were said, where that was before now. Raises Refused where the day is wrong."""
    uptake.check_day(day)
    now = at or clock.now()
    with transaction():
        area_ids = [entry.area_id for entry in entries]
        held = hold(area_ids)
        known = uptake.around(app_id, area_ids, day, day)
        answers = [
            _answered(entry, day, known[entry.area_id], held[entry.area_id].population)
            for entry in entries
        ]
        kept = [
            (entry, answer)
            for entry, answer in zip(entries, answers, strict=True)
            if isinstance(answer, Kept) and answer.outcome is not Outcome.UNCHANGED
        ]
        rows = [
            row_of(
                app_id,
                day,
                known[entry.area_id].get(day),
                answer,
                source,
                actor_id,
                now,
                held[entry.area_id].level,
            )
            | {"reason": _checked_reason(entry.reason)}
            for entry, answer in kept
        ]
        write(rows)
        if kept:
            _note(app_id, day, source, [answer for _entry, answer in kept], actor_id)
    return answers


class Held(NamedTuple):
    """What of an area its figures are judged by."""

    population: int | None
    level: Level


def hold(area_ids: Collection[int]) -> dict[int, Held]:
    """Let nobody else enter figures of these areas until the transaction ends; what they are.

    In one order, so that two who enter at once wait for each other and never both. SQLite lets
    one writer in at a time anyway.
    """
    every = select(Area.id, Area.population, Area.level).where(Area.id.in_(those(area_ids)))
    rows = db.session.execute(every.order_by(Area.id).with_for_update(key_share=True))
    return {row.id: Held(row.population, row.level) for row in rows}


def _answered(entry: Entry, day: date, course: Course, population: int | None) -> Answer:
    try:
        return _judged(entry, day, course, population)
    except Refused as refused:
        return refused


def _judged(entry: Entry, day: date, course: Course, population: int | None) -> Kept:
    installs = figures.parse(entry.text, "installs")
    current = course.get(day)
    reason = _checked_reason(entry.reason)
    if current is not None and current.installs == installs:
        return Kept(Outcome.UNCHANGED, entry.area_id, installs, installs)
    if entry.seen is not None and entry.seen != (0 if current is None else current.edition):
        raise _overtaken(current)
    asked = doubts.questions(installs, day, counts(course), population)
    if asked and not (reason and entry.asked == str(installs)):
        raise Doubtful(installs, asked)
    if current is not None and day < uptake.today() and not reason:
        raise Refused(_("This changes the figure of an earlier day: say why."), "reason")
    return kept_as(entry.area_id, installs, current)


def kept_as(area_id: int, installs: int, current: Point | None) -> Kept:
    """What entering `installs` does where `current` counts now."""
    if current is None:
        return Kept(Outcome.ADDED, area_id, installs, None)
    same = current.installs == installs
    return Kept(
        Outcome.UNCHANGED if same else Outcome.CORRECTED, area_id, installs, current.installs
    )


def counts(course: Mapping[date, Point]) -> dict[date, int]:
    """A course as bare figures by day."""
    return {day: point.installs for day, point in course.items()}


def _overtaken(current: Point | None) -> Overtaken:
    if current is None:
        return Overtaken(
            _("This figure changed while the page was open; look at it again."), "installs"
        )
    return Overtaken(
        _(
            "Meanwhile somebody entered %(installs)s, at %(time)s. Compare, and send yours again"
            " if it is the right one.",
            installs=formats.number(current.installs, language=language()),
            time=f"{clock.local(current.reported_at):%H:%M}",
        ),
        "installs",
    )


def _checked_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > uptake.REASON_LENGTH:
        raise Refused(
            _("The reason has at most %(most)s letters.", most=uptake.REASON_LENGTH), "reason"
        )
    return reason


def row_of(
    app_id: int,
    day: date,
    current: Point | None,
    kept: Kept,
    source: Source,
    actor_id: int,
    now: datetime,
    level: Level,
) -> dict[str, object]:
    """The row of a new edition: late as the day's first edition was (none is on a day off), counted
    up to the hour of an area of this level."""
    deadline = uptake.deadline(day, level)
    late = now > deadline and due.is_working(day)
    return {
        "app_id": app_id,
        "area_id": kept.area_id,
        "day": day,
        "edition": 1 if current is None else current.edition + 1,
        "installs": kept.installs,
        "as_of": min(now, deadline),
        "reported_at": now,
        "late": late if current is None else current.late,
        "source": source,
        "reported_by_id": actor_id,
        "import_id": None,
    }


def write(rows: Sequence[dict[str, object]]) -> None:
    """Add editions; the only place that does."""
    if rows:
        # The table and not the model: no loader's work for each of a country's rows.
        db.session.execute(insert(cast("Table", UptakeReport.__table__)), list(rows))


def _note(app_id: int, day: date, source: Source, kept: Sequence[Kept], actor_id: int) -> None:
    detail = {
        "app": app_id,
        "day": day.isoformat(),
        "source": source,
        "figures": [[each.area_id, each.installs, each.was] for each in kept],
    }
    one = kept[0].area_id if len(kept) == 1 else None
    audit.record("uptake.enter", "area", one, detail, actor_id)
