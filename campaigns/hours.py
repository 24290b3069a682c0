"""Daily hours, in Asia/Ho_Chi_Minh: when a message may begin, and how long is left today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from outreach import clock
from outreach.errors import Refused
from outreach.i18n import _
from outreach.settings import HOURS

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Hours:
    """From `start` to `end` minutes after midnight, each day; `end` may be 1440 (24:00)."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock_face(self.start)}-{_clock_face(self.end)}"

    def within(self, other: Hours) -> Hours:
        """What both allow; `empty` may be true of the result."""
        return Hours(max(self.start, other.start), min(self.end, other.end))

    @property
    def empty(self) -> bool:
        """Whether nothing may ever begin."""
        return self.start >= self.end


def _clock_face(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def parse(text: str, field: str = "hours") -> Hours:
    """Hours from `HH:MM-HH:MM` (`00:00-24:00` is all day); Refused says what is wrong."""
    if not HOURS.fullmatch(text):
        raise Refused(_("The hours “%(text)s” are not of the form 07:00-21:00.", text=text), field)
    hours = Hours(_minutes(text[:5]), _minutes(text[6:]))
    if hours.empty:
        raise Refused(
            _("The hours %(text)s never open: the end is not after the start.", text=text), field
        )
    return hours


def _minutes(face: str) -> int:
    return int(face[:2]) * 60 + int(face[3:])


@dataclass(frozen=True)
class Window:
    """An envelope and its daily hours: sending may begin in [not_before, not_after) within them."""

    not_before: datetime
    not_after: datetime
    hours: Hours

    def closes_at(self, moment: datetime) -> datetime | None:
        """When the window open at `moment` closes; None where it is not open then."""
        if not self.not_before <= moment < self.not_after or self.hours.empty:
            return None
        midnight = _midnight(moment)
        opens, closes = _on(midnight, self.hours.start), _on(midnight, self.hours.end)
        if not opens <= moment < closes:
            return None
        return min(closes, self.not_after)

    def next_opening(self, moment: datetime) -> datetime | None:
        """The first moment from `moment` on at which sending may begin; None when never."""
        if self.hours.empty:
            return None
        candidate = max(moment, self.not_before)
        midnight = _midnight(candidate)
        for day in range(2):
            start = max(candidate, _on(midnight + timedelta(days=day), self.hours.start))
            if start < self.not_after and self.closes_at(start) is not None:
                return start
        return None

    def length(self) -> timedelta:
        """How much open time there is altogether, to compare a plan's duration with."""
        total = timedelta(0)
        moment = self.next_opening(self.not_before)
        while moment is not None:
            closes = self.closes_at(moment)
            if closes is None:
                break
            total += closes - moment
            moment = self.next_opening(closes)
        return total


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(clock.local(moment).date(), time(0), clock.VIETNAM)


def _on(midnight: datetime, minutes: int) -> datetime:
    return midnight + timedelta(minutes=minutes)  # Vietnam keeps one offset all year
