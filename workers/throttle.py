"""Slowing a route down when its carrier says so, and bringing it back up by itself.

Additive increase, multiplicative decrease: each second with a throttled answer takes a third of
the rate, never below a twentieth of the contract; after 3 quiet seconds a twentieth of the
contract comes back each second.
"""

from __future__ import annotations

import time

DECREASE = 2 / 3
STEP = 1 / 20
QUIET = 3.0


class Throttle:
    """The rate in force for one route, in segments a second; `contract` is the most."""

    def __init__(self, contract: float) -> None:
        self.contract = contract
        self._share = 1.0
        self._lowered_at = float("-inf")
        self._raised_at = float("-inf")

    @property
    def slowed(self) -> bool:
        """Whether it is below the contract now."""
        return self._share < 1.0

    def throttled(self) -> None:
        """The carrier answered that it is too fast; many such answers in one second count once."""
        now = time.monotonic()
        if now - self._lowered_at >= 1.0:
            self._share = max(STEP, self._share * DECREASE)
            self._lowered_at = now

    def rate(self) -> float:
        """Segments a second now; asked about once a second, it also brings the rate back up."""
        now = time.monotonic()
        if self.slowed and now - self._lowered_at >= QUIET and now - self._raised_at >= 1.0:
            self._share = min(1.0, self._share + STEP)
            self._raised_at = now
        return self.contract * self._share
