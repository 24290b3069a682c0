"""What happens later: actions in buckets of 10 ms, one timer for all of them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

_TICK: Final = 0.01


class Agenda:
    """Cheap for a hundred thousand waiting actions, where a timer each would not be."""

    def __init__(self) -> None:
        self._buckets: dict[int, list[tuple[Callable[[Any], None], Any]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._done_tick = int(time.monotonic() / _TICK)

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))

    def later(self, seconds: float, action: Callable[[Any], None], argument: Any) -> None:
        """Call `action(argument)` in `seconds`, to the tick."""
        tick = max(int((time.monotonic() + seconds) / _TICK), self._done_tick) + 1
        self._buckets.setdefault(tick, []).append((action, argument))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._run)

    def clear(self) -> None:
        """Forget everything."""
        self._buckets.clear()

    def _run(self) -> None:
        self._timer = None
        now = int(time.monotonic() / _TICK)
        due = sorted(tick for tick in self._buckets if tick <= now)
        self._done_tick = now
        for tick in due:
            for action, argument in self._buckets.pop(tick, ()):
                action(argument)
        if self._buckets and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._run)
