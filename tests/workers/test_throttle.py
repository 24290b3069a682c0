"""A route that is told it is too fast slows down, and comes back up by itself."""

from __future__ import annotations

import pytest

from workers import throttle
from workers.throttle import QUIET, STEP, Throttle


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is told."""
    clock = Clock()
    monkeypatch.setattr(throttle, "time", clock)
    return clock


def test_one_second_of_throttled_answers_takes_a_third_once(clock: Clock) -> None:
    slowed = Throttle(90.0)
    for _ in range(50):
        slowed.throttled()
    assert slowed.rate() == pytest.approx(60.0)
    assert slowed.slowed


def test_it_never_stops_altogether(clock: Clock) -> None:
    slowed = Throttle(100.0)
    for _ in range(50):
        clock.now += 1
        slowed.throttled()
    assert slowed.rate() == pytest.approx(5.0)


def test_after_three_quiet_seconds_it_comes_back_a_step_a_second(clock: Clock) -> None:
    slowed = Throttle(100.0)
    slowed.throttled()
    before = slowed.rate()
    clock.now += QUIET
    assert slowed.rate() == pytest.approx(before + 100 * STEP)
    assert slowed.rate() == pytest.approx(before + 100 * STEP)
    for _ in range(20):
        clock.now += 1
        slowed.rate()
    assert slowed.rate() == 100.0
    assert not slowed.slowed


def test_a_changed_contract_takes_hold_at_once(clock: Clock) -> None:
    slowed = Throttle(100.0)
    slowed.contract = 40.0
    assert slowed.rate() == 40.0
