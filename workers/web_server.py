"""gunicorn's configuration: what a process that answers pages does before its first one."""

from __future__ import annotations

import gc
from typing import Final

COLLECT: Final = (10_000, 20, 100)
"""Python looks through everything it holds for cycles that nobody needs. With a country's areas in
memory that takes 200 ms, and at the usual thresholds one page in ten waits for it. What one page
leaves is still found young; everything is looked through after some 20 million new objects."""


def post_worker_init(_worker: object) -> None:
    """Called by gunicorn once the application is loaded: so much is never looked through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
