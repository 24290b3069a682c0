"""How numbers, money and moments are written: `1.250.000`, `18,03%`, `20/8/2020 15:00`.

Every function takes the language as its last argument ("vi" or "en"); templates use them as
filters that know the reader's language. Moments are shown in Asia/Ho_Chi_Minh.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime

from outreach import clock

NOTHING: Final = "—"  # a figure nobody has reported, which is not 0
MINUS: Final = "\u2212"
_VIETNAMESE: Final = str.maketrans(",.", ".,")
_PATTERNS: Final = {
    "vi": {"day": "d/M/y", "moment": "d/M/y HH:mm", "short": "d/M HH:mm", "month_day": "d/M"},
    "en": {
        "day": "d MMM y",
        "moment": "d MMM y HH:mm",
        "short": "d MMM HH:mm",
        "month_day": "d MMM",
    },
}


def number(value: float | None, decimals: int = 0, *, language: str) -> str:
    """`1.250.000`, with a true minus; `—` for None."""
    if value is None:
        return NOTHING
    written = f"{abs(value):,.{decimals}f}"
    if language == "vi":
        written = written.translate(_VIETNAMESE)
    return MINUS + written if value < 0 and any(c in "123456789" for c in written) else written


def signed(value: float | None, decimals: int = 0, *, language: str) -> str:
    """A change with its sign printed: `+43`, `−10`, `0`."""
    written = number(value, decimals, language=language)
    return f"+{written}" if value is not None and value > 0 else written


def percent(share: float | None, decimals: int = 2, *, language: str) -> str:
    """A share of 0 to 1 as `18,03%`; `—` for None."""
    if share is None:
        return NOTHING
    return f"{number(share * 100, decimals, language=language)}%"


def progress(share: float | None, *, language: str) -> str:
    """A share of 0 to 1 as whole percent rounded down, so that 100% means all of them.

    Something that has begun is `<1%`, never 0%.
    """
    if share is None:
        return NOTHING
    # 0.57 * 100 is 56.99…: a millionth of a percent keeps exact shares exact.
    whole = math.floor(share * 100 + 1e-6)
    return "<1%" if share > 0 and whole < 1 else f"{number(whole, language=language)}%"


def money(dong: float | None, *, language: str) -> str:
    """Integer đồng as `20.721.600 đ`; `—` for None."""
    return NOTHING if dong is None else f"{number(dong, language=language)}\u00a0đ"


def day(value: date | None, *, language: str) -> str:
    """`20/8/2020`; `—` for None. A moment is taken in Vietnam's time."""
    if value is None:
        return NOTHING
    shown = clock.local(value).date() if isinstance(value, datetime) else value
    return _date(shown, _PATTERNS[language]["day"], language)


def weekday(value: date | None, *, language: str) -> str:
    """A day with its name: `Thứ Năm 20/8/2020`; `—` for None."""
    if value is None:
        return NOTHING
    return _date(value, f"EEEE {_PATTERNS[language]['day']}", language)


def weekday_name(value: date | None, *, language: str) -> str:
    """The name of a day alone: `Thứ Năm`."""
    return NOTHING if value is None else _date(value, "EEEE", language)


def month_day(value: date | None, *, language: str) -> str:
    """A day where the year is plain from the page: `20/8`."""
    if value is None:
        return NOTHING
    return _date(value, _PATTERNS[language]["month_day"], language)


def moment(value: datetime | None, *, language: str) -> str:
    """`20/8/2020 15:00`; `—` for None."""
    return _written(value, "moment", language)


def short(value: datetime | None, *, language: str) -> str:
    """A moment where the year is plain from the page: `20/8 15:00`."""
    return _written(value, "short", language)


def hour(value: datetime | None, *, language: str) -> str:
    """The time of day, `15:00`; the same in every language."""
    return NOTHING if value is None else f"{clock.local(value):%H:%M}"


def second(value: datetime | None, *, language: str) -> str:
    """The time of day to the second, `15:20:04`."""
    return NOTHING if value is None else f"{clock.local(value):%H:%M:%S}"


def when(value: datetime | None, *, language: str) -> str:
    """The time of day if it is today, the day and time in this year's short form otherwise."""
    if value is None:
        return NOTHING
    today = clock.local(value).date() == clock.local(clock.now()).date()
    return (hour if today else short)(value, language=language)


def span(seconds: float | None, *, language: str) -> str:
    """A length of time in the two largest units that say enough: `13 phút`, `1 giờ 10 phút`."""
    if seconds is None:
        return NOTHING
    minutes = math.ceil(seconds / 60)
    day_, hour_, minute_ = ("ngày", "giờ", "phút") if language == "vi" else ("d", "h", "min")
    if minutes < 2:
        return f"{max(0, math.ceil(seconds))} {'giây' if language == 'vi' else 's'}"
    if minutes < 60:
        return f"{minutes} {minute_}"
    if minutes < 24 * 60:
        return f"{minutes // 60} {hour_}" + (f" {minutes % 60} {minute_}" if minutes % 60 else "")
    hours = math.ceil(minutes / 60)
    return f"{hours // 24} {day_}" + (f" {hours % 24} {hour_}" if hours % 24 else "")


# A page of two months writes each of its days several times.
@functools.lru_cache(4096)
def _date(value: date, pattern: str, language: str) -> str:
    return str(format_date(value, pattern, locale=_locale(language)))


def _written(value: datetime | None, pattern: str, language: str) -> str:
    if value is None:
        return NOTHING
    locale = _locale(language)
    return str(
        format_datetime(value, _PATTERNS[language][pattern], tzinfo=clock.VIETNAM, locale=locale)
    )


@functools.cache
def _locale(language: str) -> Locale:
    """Made once: to read its name takes as long as to write the day."""
    return Locale.parse(language)


_FILTERS: Final[tuple[Callable[..., str], ...]] = (
    number, signed, percent, progress, money, day, weekday, weekday_name, month_day, moment,
    short, hour, second, when, span,
)  # fmt: skip


def filters(language: Callable[[], str]) -> dict[str, Callable[..., str]]:
    """The functions above as template filters that ask `language()` at every use."""

    def bound(function: Callable[..., str]) -> Callable[..., str]:
        @functools.wraps(function)
        def in_language(value: object, *rest: object) -> str:
            return function(value, *rest, language=language())

        return in_language

    return {function.__name__: bound(function) for function in _FILTERS}
