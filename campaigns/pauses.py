"""Why a campaign is paused: words of a person or a carrier, or a word of ours with its sentence."""

from __future__ import annotations

import re
from typing import Final

from outreach import formats
from outreach.i18n import _, language

DIGEST: Final = "digest"
"""What would be sent is not what was approved."""
_CANARY: Final = re.compile(r"canary (\d+)/(\d+)")


def canary(failed: int, of: int) -> str:
    """The reason of a campaign that stopped by itself: so many of its first messages failed."""
    return f"canary {failed}/{of}"


def is_canary(reason: str | None) -> bool:
    """Whether it stopped by itself since too many of its first messages failed."""
    return _CANARY.fullmatch(reason or "") is not None


def words(reason: str) -> str:
    """A reason in the reader's language; what people and carriers said stands as they said it."""
    if reason == DIGEST:
        return _("what would be sent is not what was approved")
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
