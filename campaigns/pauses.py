"""Why a campaign is paused: words of a person or a carrier, or a word of ours with its sentence."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from outreach import clock, formats
from outreach.i18n import _, language

DIGEST: Final = "digest"
"""What would be sent is not what was approved."""
_RESTORED: Final = re.compile(r"restored (\S+)")
_CANARY: Final = re.compile(r"canary (\d+)/(\d+)")


def canary(failed: int, of: int) -> str:
    """The reason of a campaign that stopped by itself: so many of its first messages failed."""
    return f"canary {failed}/{of}"


def is_canary(reason: str | None) -> bool:
    """Whether it stopped by itself since too many of its first messages failed."""
    return _CANARY.fullmatch(reason or "") is not None


def restored(made_at: datetime) -> str:
    """The reason of a campaign that stood so in a backup of this moment, which was restored."""
    return f"restored {clock.iso(made_at)}"


def is_restored(reason: str | None) -> bool:
    """Whether it is paused since a backup was restored."""
    return _RESTORED.fullmatch(reason or "") is not None


def words(reason: str) -> str:
    """A reason in the reader's language; what people and carriers said stands as they said it."""
    if reason == DIGEST:
        return _("what would be sent is not what was approved")
    if backup := _RESTORED.fullmatch(reason):
        made_at = formats.moment(clock.parse_moment(backup[1]), language=language())
        return _("restored from the backup of %(at)s", at=made_at)
    stopped = _CANARY.fullmatch(reason)
    if stopped is None:
        return reason
    failed, of = (formats.number(int(each), language=language()) for each in stopped.groups())
    return _(
        "stopped by the system, since of the first %(of)s messages %(failed)s were refused or did "
        "not arrive",
        of=of,
        failed=failed,
    )
