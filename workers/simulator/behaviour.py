"""What one account does with a message: refuse or take, which receipts, which fault."""

import random
from typing import Final, Literal, NamedTuple

from workers.simulator.settings import Account, FinalState, Rule, Span
from workers.smpp import status
from workers.smpp.bodies import MessageBody

Fault = Literal["", "drop", "silent", "late", "garbage"]
State = FinalState | Literal["enroute"]

_LONGEST_ADDRESS: Final = 20
_ERRORS: Final[dict[FinalState, str]] = {
    "delivered": "000",
    "undelivered": "001",
    "expired": "027",
    "rejected": "034",
}


class Planned(NamedTuple):
    """One receipt to come: seconds from now, its state, its error code."""

    delay: float
    state: State
    error: str


class Behaviour:
    """Draws from one seeded generator, so that a run can be repeated."""

    def __init__(self, account: Account, seed: int) -> None:
        self._random = random.Random(f"{seed} {account.system_id}")
        self._drop_in = 0
        self.use(account)

    def use(self, account: Account) -> None:
        """Behave as `account` says from now on."""
        self.account = account
        self._drop_in = account.faults.drop_after or 0
        self._rules: dict[int, dict[str, Rule]] = {}
        for rule in account.rules:
            self._rules.setdefault(len(rule.suffix), {})[rule.suffix] = rule

    def refusal(self, body: MessageBody) -> int:
        """The status to refuse `body` with, 0 to take it."""
        account, number = self.account, body.destination.text
        if not number.isdecimal() or len(number) > _LONGEST_ADDRESS:
            return status.RINVDSTADR
        if account.senders is not None and body.source.text not in account.senders:
            return status.RINVSRCADR
        rule = self._rule(number)
        if rule is not None and rule.status is not None:
            return int(rule.status)
        if self._happens(account.faults.throttle_share):
            return status.RTHROTTLED
        return int(account.refusals.status) if self._happens(account.refusals.share) else 0

    def fault(self) -> Fault:
        """The fault at this submit."""
        faults = self.account.faults
        if self._drop_in:
            self._drop_in -= 1
            if not self._drop_in:
                return "drop"
        if self._happens(faults.drop_share):
            return "drop"
        if self._happens(faults.silent_share):
            return "silent"
        if self._happens(faults.garbage_share):
            return "garbage"
        return "late" if self._happens(faults.late_share) else ""

    def answer_delay(self, fault: Fault) -> float:
        """Seconds until the answer."""
        if fault == "late":
            return self.account.faults.late_seconds
        return self._between(self.account.answer_delay)

    def receipt_leads(self) -> bool:
        """Whether the receipt comes before the answer."""
        return self._happens(self.account.faults.receipts_first_share)

    def receipt_id_is_unknown(self) -> bool:
        """Whether the receipt names an id that was never answered."""
        return self._happens(self.account.faults.receipts_unknown_share)

    def receipts(self, body: MessageBody) -> list[Planned]:
        """The receipts for a taken message, the final one first in time unless a fault says so."""
        wanted = body.registered_delivery & 0x03
        if not wanted or not self._happens(self.account.receipts.share):
            return []
        state, error = self._final(body.destination.text)
        if wanted == 2 and state == "delivered":  # on failure only (5.2.17)
            return []
        rules, faults = self.account.receipts, self.account.faults
        late = self._happens(rules.late_share)
        final = Planned(self._between(rules.late_delay if late else rules.delay), state, error)
        plan = [final]
        if self._happens(faults.receipts_twice_share):
            plan.append(final._replace(delay=final.delay + 0.1))
        if self._happens(faults.receipts_disordered_share):
            plan.append(Planned(final.delay + 0.2, "enroute", "000"))
        if self._happens(faults.receipts_flipped_share):
            plan.insert(0, Planned(final.delay, "undelivered", _ERRORS["undelivered"]))
            plan[1] = Planned(final.delay + 0.3, "delivered", _ERRORS["delivered"])
        return plan

    def _final(self, number: str) -> tuple[FinalState, str]:
        rule = self._rule(number)
        if rule is not None and rule.state is not None:
            return rule.state, rule.error
        shares, drawn = self.account.receipts, self._random.random()
        state: FinalState = "delivered"
        if drawn < shares.undelivered:
            state = "undelivered"
        elif drawn < shares.undelivered + shares.expired:
            state = "expired"
        elif drawn < shares.undelivered + shares.expired + shares.rejected:
            state = "rejected"
        return state, _ERRORS[state]

    def _rule(self, number: str) -> Rule | None:
        """The rule with the longest suffix of `number`."""
        for length in sorted(self._rules, reverse=True):
            rule = self._rules[length].get(number[-length:])
            if rule is not None:
                return rule
        return None

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _between(self, span: Span) -> float:
        low, high = span
        return low if low >= high else self._random.uniform(low, high)
