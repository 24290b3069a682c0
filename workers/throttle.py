"""Slowing a route down when its carrier says so, and bringing it back up by itself.

Multiplicative decrease by what the carrier says, additive increase: a second in which a share of
the answers was throttled takes that share of the rate, never below a twentieth of the contract; a
second in which fewer than a twentieth were brings a twentieth of the contract back. So a route
settles at what its carrier really takes, and a carrier that throttles a few at random, however slow
we are, does not wear it down.
"""

from __future__ import annotations

import time

STEP = 1 / 20
FEW = 1 / 20


class Throttle:
    """The rate in force for one route, in segments a second; `contract` is the most."""

    def __init__(self, contract: float) -> None:
        self.contract = contract
        self._share = 1.0
        self._began = time.monotonic()
        self._answers = 0
        self._throttled = 0

    @property
    def slowed(self) -> bool:
        """Whether it is below the contract now."""
        return self._share < 1.0

    def answered(self, *, throttled: bool) -> None:
        """The carrier answered a submit, if only that we are too fast."""
        self._judge()
        self._answers += 1
        self._throttled += throttled

    def rate(self) -> float:
        """Segments a second now; asked about once a second, it also brings the rate back up."""
        self._judge()
        return self.contract * self._share

    def _judge(self) -> None:
        """Once a second has passed, draw the conclusion of it; nothing answered is no complaint."""
        now = time.monotonic()
        if now - self._began < 1.0:
            return
        share = self._throttled / self._answers if self._answers else 0.0
        if share < FEW:
            self._share = min(1.0, self._share + STEP)
        else:
            self._share = max(STEP, self._share * (1 - share))
        self._began, self._answers, self._throttled = now, 0, 0
