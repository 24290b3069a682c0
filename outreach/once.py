"""One form, one act: a double click, or a page sent again, does what it says a single time.

A form carries a word of its own. Who comes first with it acts; who comes after is told the result.
Redis keeps the words for a day; while it is away every sending of a form acts for itself.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

from outreach import store
from outreach.errors import Refused
from outreach.i18n import _

DAY: Final = 24 * 3600
PATIENCE: Final = 10.0  # seconds
LONGEST: Final = 64


def word() -> str:
    """A new form's word."""
    return secrets.token_hex(16)


def of(person_id: int, word: str) -> str:
    """The form of a person by its word; "" where it has none."""
    return f"{person_id}-{word}" if word else ""


def do(form: str, act: Callable[[], int]) -> int:
    """The id that `act` answers, or answered when the same form came before.

    What `act` raises is raised, and the form may then be sent again, corrected. Raises Refused
    where the first sending is still at work after `PATIENCE`.
    """
    if not form or len(form) > LONGEST:
        return act()
    key = f"once:{form}"
    try:
        redis = store.current()
        until = time.monotonic() + PATIENCE
        while not redis.set(key, b"", nx=True, ex=DAY):
            if known := redis.get(key):
                return int(known)  # type: ignore[arg-type]  # the client is not asynchronous
            if time.monotonic() > until:
                raise Refused(_("This form is being saved already. Look at the list."))
            time.sleep(0.05)
    except store.Unreachable:
        return act()
    return _first(key, act)


def _first(key: str, act: Callable[[], int]) -> int:
    try:
        made = act()
    except BaseException:
        _tell(key, None)
        raise
    _tell(key, made)
    return made


def _tell(key: str, made: int | None) -> None:
    """Tell whoever sent the same form; None lets it be sent again."""
    try:
        redis = store.current()
        if made is None:
            redis.delete(key)
        else:
            redis.set(key, str(made), ex=DAY)
    except store.Unreachable:
        return
