"""The only now(): real time, or the example's own date by a fixed offset.

The example lives in August 2020: its offset is stored once, when the example is loaded, and every
process reads it at its start. Leases, pacing and log-ins use `real_now` and `monotonic` instead,
because they are about machines, not about the drive.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_offset = timedelta(0)


def set_offset(offset: timedelta) -> None:
    """Shift `now` by `offset` for this whole process (the example's date, or a test's)."""
    global _offset  # noqa: PLW0603 - one clock a process is the point of this module
    _offset = offset


def offset() -> timedelta:
    """By how much `now` is shifted against real time."""
    return _offset


def real_now() -> datetime:
    """The machine's own time, aware, UTC: for leases, log-ins, and nothing people plan by."""
    return datetime.now(UTC)


def now() -> datetime:
    """The moment the drive is at, aware, UTC."""
    return real_now() + _offset


def monotonic() -> float:
    """Seconds that never jump and that go on while a process is frozen or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def local(moment: datetime) -> datetime:
    """The same moment in Asia/Ho_Chi_Minh."""
    return moment.astimezone(VIETNAM)


def to_microseconds(moment: datetime) -> int:
    """Integer microseconds since 1970 UTC; refuses a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a zone: {moment!r}")
    return (moment - EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware UTC moment of integer microseconds since 1970."""
    # By place: a page makes thousands of them, and by name each takes twice as long.
    return EPOCH + timedelta(0, 0, value)


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment with offset; ValueError where the offset is missing or it is no moment."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no offset in {text!r}")
    return moment


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 with Vietnam's offset, as the command line prints moments."""
    return None if moment is None else local(moment).isoformat(timespec="seconds")
