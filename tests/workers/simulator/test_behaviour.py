"""What an account does with a message."""

from collections import Counter
from typing import Any

import pytest

from tests.workers.smsc import account
from workers.simulator.behaviour import Behaviour
from workers.simulator.settings import make_settings
from workers.smpp import status
from workers.smpp.bodies import Address, MessageBody


def behaviour(seed: int = 1, **changes: Any) -> Behaviour:
    (only,) = make_settings({"accounts": [account(**changes)]}).accounts
    return Behaviour(only, seed)


def message(
    number: int | str = 84912345678, source: str = "BLUEZONE", wanted: int = 1
) -> MessageBody:
    return MessageBody(
        Address(5, 0, source), Address(1, 1, str(number)), b"x", registered_delivery=wanted
    )


def test_the_shares_of_final_states_come_out() -> None:
    drawn = behaviour(receipts={"undelivered": 0.2, "expired": 0.1, "rejected": 0.05})
    states = Counter(drawn.receipts(message())[0].state for _ in range(20_000))
    assert states["undelivered"] == pytest.approx(4_000, rel=0.1)
    assert states["expired"] == pytest.approx(2_000, rel=0.1)
    assert states["rejected"] == pytest.approx(1_000, rel=0.15)
    assert states.total() == 20_000


def test_the_same_seed_draws_the_same() -> None:
    shares = {"undelivered": 0.5, "delay": [0, 9]}
    one, two, other = (behaviour(seed, receipts=shares) for seed in (7, 7, 8))
    plans = [[b.receipts(message()) for _ in range(50)] for b in (one, two, other)]
    assert plans[0] == plans[1] != plans[2]


def test_the_longest_suffix_rules() -> None:
    rules = [
        {"suffix": "3", "state": "expired"},
        {"suffix": "13", "status": "ESME_RINVDSTADR"},
        {"suffix": "013", "state": "undelivered", "error": "00B"},
    ]
    ruled = behaviour(rules=rules)
    assert ruled.refusal(message(84900000113)) == status.RINVDSTADR
    assert ruled.refusal(message(84900000013)) == 0
    assert ruled.receipts(message(84900000013))[0][1:] == ("undelivered", "00B")
    assert ruled.receipts(message(84900000003))[0].state == "expired"
    assert ruled.receipts(message(84900000004))[0].state == "delivered"


@pytest.mark.parametrize("number", ["", "BLUEZONE", "+84912345678", "8" * 21])
def test_what_is_no_number_is_refused(number: str) -> None:
    assert behaviour().refusal(message(number)) == status.RINVDSTADR


def test_a_sender_name_that_is_not_registered_is_refused() -> None:
    registered = behaviour(senders=["BLUEZONE"])
    assert registered.refusal(message()) == 0
    assert registered.refusal(message(source="OTHER")) == status.RINVSRCADR


def test_receipts_come_only_where_they_were_asked_for() -> None:
    drawn = behaviour(rules=[{"suffix": "9", "state": "undelivered"}])
    asked = {wanted: drawn.receipts(message(wanted=wanted)) for wanted in (0, 1, 2)}
    assert [len(plan) for plan in asked.values()] == [0, 1, 0]
    assert len(drawn.receipts(message(84900000009, wanted=2))) == 1


@pytest.mark.parametrize(
    ("fault", "states"),
    [
        ("receipts_twice_share", ["delivered", "delivered"]),
        ("receipts_disordered_share", ["delivered", "enroute"]),
        ("receipts_flipped_share", ["undelivered", "delivered"]),
    ],
)
def test_receipts_misbehave_as_told(fault: str, states: list[str]) -> None:
    plan = behaviour(faults={fault: 1}).receipts(message())
    assert [planned.state for planned in plan] == states
    assert plan[0].delay < plan[1].delay


def test_a_connection_is_dropped_at_the_nth_submit_once() -> None:
    drawn = behaviour(faults={"drop_after": 3})
    assert [drawn.fault() for _ in range(5)] == ["", "", "drop", "", ""]
