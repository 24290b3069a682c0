"""When Python looks for cycles that nobody needs: seldom, in processes that must answer at once.

Looking through all that a process holds takes it 100 to 250 ms, in which no page is answered and
no slot is kept; at the usual thresholds one page in ten waited for it, and a sender session once in
a few seconds.
"""

from __future__ import annotations

import gc
from typing import Final

COLLECT: Final = (10_000, 20, 100)
"""What one page or one claim leaves is still found young; everything is looked through after some
20 million new objects."""


def seldom() -> None:
    """Called once the program is loaded: so much is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
