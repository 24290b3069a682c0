"""A segment that is held up between its slot and the wire waits for another slot, and goes once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from outreach.organisations import Organisation
from tests.stage import Stage
from tests.workers.carried import carried
from tests.workers.smsc import in_loop
from workers import errands
from workers.errands import Errand, Ready
from workers.gateways.base import TooLate


@dataclass
class Wire:
    """The end of a gateway: too late so many times, then it takes everything."""

    late: int
    limits: list[float] = field(default_factory=list)
    write_within = 0.006

    def cost(self, _part: object) -> int:
        return 1

    async def submit(self, _part: object, not_after: float, _late: object) -> str:
        self.limits.append(not_after)
        if len(self.limits) <= self.late:
            raise TooLate("its time to be sent had passed")
        return "7B"


class Session:
    """What an errand needs of its session; each slot is asked for and noted."""

    def __init__(self, allowed: int) -> None:
        self.slots: list[float] = []
        self.allowed = allowed
        throttle = SimpleNamespace(answered=lambda *, throttled: None)
        self.holder = SimpleNamespace(pacer=self, throttle=throttle, last_answer_at=None)

    async def slot(self, _segments: int) -> float:
        self.slots.append(time.monotonic())
        return self.slots[-1]

    def may_begin(self, _errand: Errand) -> bool:
        self.allowed -= 1
        return self.allowed >= 0

    def seconds_held(self, _errand: Errand) -> float:
        return 10.0


@pytest.fixture
def errand(stage: Stage, vnpt: Organisation) -> Errand:
    there = carried(stage, vnpt, 1)
    lease = there.lease()
    claim = there.take(lease)
    assert claim is not None
    return Errand(lease, claim, claim.messages[0])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@in_loop
async def test_what_is_late_for_its_slot_takes_another_and_goes_once(errand: Errand) -> None:
    wire, session, begun = Wire(late=2), Session(allowed=9), time.monotonic()
    ready = Ready(errand, wire, ["part"], "+84912000000", begun)
    answered = await errands.run(ready, session)
    assert answered.to == "accepted"
    assert [part.carrier_id for part in answered.parts] == ["7B"]
    assert len(session.slots) == 2
    assert wire.limits == [at + wire.write_within for at in (begun, *session.slots)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@in_loop
async def test_what_was_halted_while_it_waited_again_goes_back(errand: Errand) -> None:
    wire, session = Wire(late=1), Session(allowed=1)
    answered = await errands.run(Ready(errand, wire, ["part"], "+84912000000"), session)
    assert (answered.to, answered.reason, answered.parts) == ("queued", "halted", [])
    assert len(wire.limits) == 1
