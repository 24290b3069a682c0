"""What about a figure has to be asked: it falls, jumps, or is more than there are people.

None of it is refused for good: a commune may have counted twice yesterday, or a fair may have
brought a hundred installs at once. Whoever enters it says why, and that is kept with the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Final

from outreach import formats
from outreach.i18n import _, language

JUMP_TIMES: Final = 3
"""A rise of more than so many usual days' rises is asked about."""
JUMP_LEAST: Final = 20
"""But not a rise of fewer installs than this: small communes have uneven days."""
USUAL_DAYS: Final = 7
USUAL_LEAST_RISES: Final = 2
"""From fewer rises than this nobody can say what is usual."""


class Doubt(StrEnum):
    """What seems wrong with a figure."""

    FALLS = "falls"
    JUMPS = "jumps"
    ABOVE_LATER = "above_later"
    ABOVE_POPULATION = "above_population"


@dataclass(frozen=True, slots=True)
class Question:
    """A doubt, and how it is put to a person: it is worded once somebody reads it, since a file
    may raise thousands."""

    doubt: Doubt
    say: Callable[[], str]

    @property
    def sentence(self) -> str:
        """The doubt in the reader's language."""
        return self.say()


def usual_rise(course: Mapping[date, int], day: date) -> float | None:
    """The mean rise a day over the last `USUAL_DAYS` figures before `day`; None from too few."""
    days = sorted(d for d in course if d < day)[-USUAL_DAYS - 1 :]
    if len(days) <= USUAL_LEAST_RISES:
        return None
    return max(0, course[days[-1]] - course[days[0]]) / (days[-1] - days[0]).days


def questions(
    installs: int, day: date, course: Mapping[date, int], population: int | None
) -> list[Question]:
    """What to ask about `installs` up to `day`, given the area's other figures by day."""
    asked = []
    before = max((d for d in course if d < day), default=None)
    after = min((d for d in course if d > day), default=None)
    if before is not None and installs < course[before]:
        asked.append(Question(Doubt.FALLS, partial(_falls, installs, before, course[before])))
    elif before is not None:
        usual = usual_rise(course, day)
        rise, days = installs - course[before], (day - before).days
        if usual is not None and rise > JUMP_LEAST and rise > JUMP_TIMES * usual * days:
            asked.append(Question(Doubt.JUMPS, partial(_jumps, rise, before, usual)))
    if after is not None and installs > course[after]:
        later = partial(_above_later, installs, after, course[after])
        asked.append(Question(Doubt.ABOVE_LATER, later))
    if population is not None and installs > population:
        people = partial(_above_population, installs, population)
        asked.append(Question(Doubt.ABOVE_POPULATION, people))
    return asked


def said(asked: Iterable[Question]) -> str:
    """The questions one after another."""
    return " ".join(question.sentence for question in asked)


def _falls(installs: int, before: date, was: int) -> str:
    return _(
        "%(installs)s is less than the %(was)s of %(day)s. The figure counts from the beginning,"
        " so it does not fall by itself.",
        installs=_number(installs),
        was=_number(was),
        day=_day(before),
    )


def _jumps(rise: int, before: date, usual: float) -> str:
    return _(
        "%(rise)s more than on %(day)s, where a day usually brings about %(usual)s.",
        rise=_number(rise),
        day=_day(before),
        usual=_number(round(usual)),
    )


def _above_later(installs: int, after: date, then: int) -> str:
    return _(
        "%(installs)s is more than the %(then)s of %(day)s, a later day.",
        installs=_number(installs),
        then=_number(then),
        day=_day(after),
    )


def _above_population(installs: int, population: int) -> str:
    return _(
        "%(installs)s is more than the %(population)s people who live there.",
        installs=_number(installs),
        population=_number(population),
    )


def _number(value: int) -> str:
    return formats.number(value, language=language())


def _day(value: date) -> str:
    return formats.day(value, language=language())
