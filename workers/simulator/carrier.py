"""One account at run time: its binds, what it took, the receipts it still owes."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from workers.simulator.agenda import Agenda
from workers.simulator.behaviour import Behaviour
from workers.simulator.ledger import Ledger
from workers.simulator.outgoing import MESSAGE_STATES, Outgoing, Receipt, written_id
from workers.simulator.settings import Account, Settings
from workers.smpp import status
from workers.smpp.bodies import MessageBody, QueryBody, QueryResult

if TYPE_CHECKING:
    from workers.simulator.peer import Peer

_OUTCOMES_KEPT: Final = 100_000
_UNKNOWN_OFFSET: Final = 1 << 60
_ENROUTE: Final = 1


class Carrier:
    """Receipts that are not acknowledged stay here and go out again, over the next bind if need be.

    `foreign` gives a bind of another account, for receipts that go astray.
    """

    def __init__(
        self,
        account: Account,
        settings: Settings,
        agenda: Agenda,
        next_id: Callable[[], int],
        foreign: Callable[["Carrier"], "Peer | None"],
    ) -> None:
        self.account = account
        self.behaviour = Behaviour(account, settings.seed)
        self.ledger = Ledger(settings.keep_messages)
        self.peers: dict[int, Peer] = {}
        self.owed: deque[Outgoing] = deque()
        self._keep_messages = settings.keep_messages
        self._agenda = agenda
        self._next_id = next_id
        self._foreign = foreign
        self._outcomes: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._turn = 0

    def use(self, account: Account) -> None:
        """Change settings and faults while binds are up."""
        self.account = account
        self.behaviour.use(account)
        for peer in self.peers.values():
            peer.freeze(account.faults.frozen)
        self.pump()

    def forget_counts(self) -> None:
        """Begin all counts anew; binds and owed receipts stay."""
        self.ledger = Ledger(self._keep_messages)

    # Submits

    def verdict(self, body: MessageBody, outstanding: int, now: float) -> int:
        """The status for a segment that has just arrived; 0 takes it."""
        account, ledger = self.account, self.ledger
        ledger.offered.note(now, account.rate)
        stats = ledger.stats
        stats["submits"] += 1
        stats["window_most"] = max(stats["window_most"], outstanding)
        code = self.behaviour.refusal(body)
        if account.window and outstanding > account.window:
            stats["window_over"] += 1
            code = status.RMSGQFUL
        elif not code and account.throttle and account.rate:
            full = ledger.taken.in_last_second(now) + 1 > account.rate
            code = status.RTHROTTLED if full else 0
        if code:
            ledger.refused[code] += 1
        return code

    def take(
        self, body: MessageBody, parts: tuple[bytes, bytes], now: float, bind: int
    ) -> tuple[str, bool]:
        """Take a segment, `parts` its (udh, text octets).

        Gives its id, as answers write it, and whether its first receipt is to come before the
        answer.
        """
        self.ledger.taken.note(now, self.account.rate)
        self.ledger.stats["taken"] += 1
        self.ledger.take(body, *parts, now)
        number = self._next_id()
        written = written_id(number, self.account.ids.answer)
        leads = self.behaviour.receipt_leads()
        self._promise(body, number, written, bind, leads)
        return written, leads

    def _promise(
        self, body: MessageBody, number: int, written: str, bind: int, leads: bool
    ) -> None:
        plan = self.behaviour.receipts(body)
        if not plan:
            return
        self._remember(written, time.monotonic() + plan[-1].delay, MESSAGE_STATES[plan[-1].state])
        form = self.account.ids.receipt
        if self.behaviour.receipt_id_is_unknown():
            number += _UNKNOWN_OFFSET
        named = written_id(number, self.account.ids.answer if form == "same" else form)
        for nth, (delay, state, error) in enumerate(plan):
            style = self.account.receipts.style
            receipt = Receipt(
                named, body.source, body.destination, state, error, time.time(), bind, style
            )
            if leads and nth == 0:
                self._owe(receipt)
            else:
                self._agenda.later(delay, self._owe, receipt)

    def query(self, body: QueryBody) -> QueryResult | None:
        """The state of a recent message, None when it is not known (any more)."""
        outcome = self._outcomes.get(body.message_id)
        if outcome is None:
            return None
        due, state = outcome
        return QueryResult(body.message_id, "", _ENROUTE if time.monotonic() < due else state, 0)

    def _remember(self, written: str, due: float, state: int) -> None:
        self._outcomes[written] = (due, state)
        if len(self._outcomes) > _OUTCOMES_KEPT:
            self._outcomes.popitem(last=False)

    # Receipts

    def _owe(self, item: Outgoing) -> None:
        self.owed.append(item)
        self.ledger.stats["deliveries_due"] += 1
        self.pump()

    def write_in(self, item: Outgoing) -> None:
        """A subscriber writes."""
        self._owe(item)

    def pump(self) -> None:
        """Send what is owed while a bind has room for it."""
        while self.owed:
            peer = self._receiver(self.owed[0])
            if peer is None:
                return
            self.ledger.stats["deliveries_sent"] += 1
            peer.deliver(self.owed.popleft(), self)

    def acknowledged(self, item: Outgoing, code: int) -> None:
        """The client's answer to a delivery: stored, to be sent again, or refused for good."""
        stats = self.ledger.stats
        if code == status.ROK:
            stats["deliveries_acknowledged"] += 1
        elif status.lookup(code).kind == "permanent":
            stats["deliveries_refused"] += 1
        else:
            stats["deliveries_put_off"] += 1
            self._agenda.later(self.account.receipts.retry_after, self._owe_again, item)
        self.pump()

    def unacknowledged(self, items: list[Outgoing]) -> None:
        """A bind went away without answering these: they lead the next one's."""
        self.ledger.stats["deliveries_resent"] += len(items)
        self.owed.extendleft(reversed(items))
        self.pump()

    def _owe_again(self, item: Outgoing) -> None:
        self.owed.append(item)
        self.pump()

    def _receiver(self, item: Outgoing) -> "Peer | None":
        """The bind for `item`: the submitting one, else any in turn, unless a fault misleads it."""
        where = self.account.faults.receipts_bind
        if where == "foreign":
            stranger = self._foreign(self)
            if stranger is not None:
                return stranger
        own = self.peers.get(item.bind)
        if where != "other" and own is not None and own.may_receive():
            return own
        others = [p for p in self.peers.values() if p is not own and p.may_receive()]
        if others:
            self._turn += 1
            return others[self._turn % len(others)]
        return own if own is not None and own.may_receive() else None

    # What control tells

    def summary(self) -> dict[str, Any]:
        """Counts since the last reset, and what is held now."""
        held = sum(peer.unacknowledged_count for peer in self.peers.values())
        return {
            **self.ledger.stats,
            "refused": {status.lookup(code).word: n for code, n in self.ledger.refused.items()},
            "binds_now": len(self.peers),
            "deliveries_owed": len(self.owed),
            "deliveries_unacknowledged": held,
            "messages_incomplete": self.ledger.incomplete,
        }
