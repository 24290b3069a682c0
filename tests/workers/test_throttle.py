"""A route that is told it is too fast slows down, settles, and comes back up by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from workers import throttle
from workers.throttle import STEP, Throttle


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


# Of so many submits in a second, how many a carrier throttles.
Carrier = Callable[[int], int]


@dataclass
class Drive:
    """A route that sends as fast as it may, second by second."""

    clock: Clock
    route: Throttle
    sent: int = 0
    throttled: int = 0

    def seconds(self, number: int, carrier: Carrier) -> list[float]:
        """The share of the contract in each of them."""
        shares = []
        for _ in range(number):
            rate = self.route.rate()
            shares.append(rate / self.route.contract)
            said = carrier(round(rate))
            for place in range(round(rate)):
                self.route.answered(throttled=place < said)
            self.sent, self.throttled = self.sent + round(rate), self.throttled + said
            self.clock.now += 1
        return shares

    @property
    def said(self) -> float:
        return self.throttled / self.sent


def limit(most: int) -> Carrier:
    return lambda sent: max(0, sent - most)


def at_random(share: float, seed: int = 7) -> Carrier:
    chance = random.Random(seed)
    return lambda sent: sum(chance.random() < share for _ in range(sent))


@pytest.mark.parametrize("real", [900, 700, 500, 300])
def test_it_settles_near_what_the_carrier_really_takes(clock: Clock, real: int) -> None:
    driven = Drive(clock, Throttle(1000.0))
    driven.seconds(20, limit(real))
    later = Drive(clock, driven.route)
    shares = later.seconds(200, limit(real))
    assert real / 1000 - 0.001 <= min(shares) <= max(shares) <= real / 1000 + STEP + 0.001
    assert later.said < 0.1


@pytest.mark.parametrize("rate", [20.0, 100.0, 1000.0])
def test_a_few_throttled_at_random_do_not_wear_it_down(clock: Clock, rate: float) -> None:
    shares = Drive(clock, Throttle(rate)).seconds(1000, at_random(0.02))
    assert sum(shares) / len(shares) > 0.9
    assert max(shares) == 1.0


def test_half_throttled_sinks_and_comes_back_once_that_is_over(clock: Clock) -> None:
    driven = Drive(clock, Throttle(1000.0))
    assert driven.seconds(30, at_random(0.5))[-1] == pytest.approx(STEP)
    shares = driven.seconds(25, limit(1000))
    assert shares == sorted(shares)
    assert shares[20] == 1.0
    assert not driven.route.slowed


def test_a_second_counts_once_however_often_it_is_asked(clock: Clock) -> None:
    slowed = Throttle(90.0)
    for throttled in (True, False, False):
        slowed.answered(throttled=throttled)
    clock.now += 1
    for _ in range(5):
        assert slowed.rate() == pytest.approx(60.0)
    clock.now += 1
    for _ in range(5):
        assert slowed.rate() == pytest.approx(64.5)
    assert slowed.slowed


def test_it_never_stops_altogether(clock: Clock) -> None:
    slowed = Throttle(100.0)
    for _ in range(50):
        slowed.answered(throttled=True)
        clock.now += 1
    assert slowed.rate() == pytest.approx(5.0)


def test_it_comes_back_though_nothing_is_sent(clock: Clock) -> None:
    slowed = Throttle(100.0)
    slowed.answered(throttled=True)
    for _ in range(25):
        clock.now += 1
        slowed.rate()
    assert slowed.rate() == 100.0


def test_a_changed_contract_takes_hold_at_once(clock: Clock) -> None:
    slowed = Throttle(100.0)
    slowed.contract = 40.0
    assert slowed.rate() == 40.0
