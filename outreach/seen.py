"""What a form was filled from: of two who change the same thing, the later is told.

A form carries a mark of the values it showed. Whoever saves must name the mark of the values as
they are then; a change made in between has another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from outreach.errors import Refused
from outreach.i18n import _

FIELD = "seen"


def mark(values: Mapping[str, Any]) -> str:
    """The mark of these values."""
    plain = json.dumps(values, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def demand(given: str | None, now: Mapping[str, Any]) -> None:
    """Raise Refused where the values are no longer those of the mark; None asks for nothing, as
    the command line, which has shown nobody anything."""
    if given is not None and given != mark(now):
        raise Refused(
            _(
                "Somebody changed this after you opened the page. Nothing of yours was saved; open"
                " it again to see what it is now."
            ),
            FIELD,
        )
