"""When figures are due: by the hour of each kind of reporter, on working days.

The letters of August 2020: communes and schools report to the district by 15:00, the culture office
compiles by 16:30, the province's units report by 15:00. All of it Vietnam's time, and settings.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from flask import current_app

from outreach import clock, holidays
from outreach.area_names import Level
from outreach.settings import HOLIDAYS, WEEK, Settings

FARTHEST_BACK: Final = 90
"""Days among which working ones are looked for."""


def at(day: date, level: Level = Level.COMMUNE) -> datetime:
    """The hour of a day for an area of this level, whether or not the day is a working one: its
    own figure's; a district's is its office's."""
    return datetime.combine(day, _hour(level), clock.VIETNAM)


def _hour(level: Level) -> time:
    settings = _settings()
    by_level = {
        Level.PROVINCE: settings.due_provinces,
        Level.DISTRICT: settings.due_districts,
    }
    return time.fromisoformat(by_level.get(level, settings.due_communes))


def past(day: date, level: Level = Level.COMMUNE) -> bool:
    """Whether a figure of the day that is not there is late: never on a day off."""
    return clock.now() > at(day, level) and is_working(day)


def is_working(day: date) -> bool:
    """Whether figures are due on this day."""
    settings = _settings()
    return _works(day, settings.working_days, settings.days_off)


@lru_cache(maxsize=4096)
def _works(day: date, working_days: str, days_off: str) -> bool:
    off = {word.strip() for word in days_off.split(",")}
    if WEEK[day.weekday()] not in working_days or day.isoformat() in off:
        return False
    return HOLIDAYS not in off or not holidays.within(day, day)


def working_days(last: date, count: int) -> list[date]:
    """The last so many working days up to a day, the earliest first."""
    days = (last - timedelta(days=number) for number in range(FARTHEST_BACK))
    return [day for day in days if is_working(day)][:count][::-1]


def _settings() -> Settings:
    settings: Settings = current_app.config["OUTREACH"]
    return settings
