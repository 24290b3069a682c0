"""The SMSC itself: its accounts, who may bind, its log, start and clean stop."""

import asyncio
import hmac
import time
from collections import deque
from itertools import count
from typing import Any, Final

from workers.simulator.agenda import Agenda
from workers.simulator.carrier import Carrier
from workers.simulator.peer import Peer
from workers.simulator.settings import Settings
from workers.smpp import status
from workers.smpp.bodies import BindBody

_LOG_KEPT: Final = 1_000
_BYE_SECONDS: Final = 0.5


class Smsc:
    """A whole simulator, in any asyncio loop."""

    def __init__(self, settings: Settings) -> None:
        self.agenda = Agenda()
        self.events: deque[dict[str, Any]] = deque(maxlen=_LOG_KEPT)
        self._started_at = time.monotonic()
        # From the clock, so that ids of an earlier run do not come again.
        ids = count(settings.first_id or int(time.time()) << 24)
        self.carriers = {
            account.system_id: Carrier(
                account, settings, self.agenda, ids.__next__, self._bind_of_another
            )
            for account in settings.accounts
        }
        self._peers: set[Peer] = set()
        self._numbers = count(1)
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port, which the system chooses for port 0. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Peer(self, next(self._numbers)), host, port, reuse_address=True
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more, unbind everybody, close."""
        if self._server is not None:
            self._server.close()
        self.agenda.clear()
        for peer in list(self._peers):
            peer.freeze(False)
            peer.hang_up(unbind=True)
        give_up_at = time.monotonic() + _BYE_SECONDS
        while self._peers and time.monotonic() < give_up_at:
            await asyncio.sleep(0.01)
        for peer in list(self._peers):
            peer.drop()

    def bind_refusal(self, body: BindBody) -> int:
        """The status to refuse a bind with, 0 to allow it."""
        carrier = self.carriers.get(body.system_id)
        if carrier is None:
            return status.RINVSYSID
        account = carrier.account
        code = status.ROK
        if not hmac.compare_digest(body.password.encode(), account.password.encode()):
            code = status.RINVPASWD
        elif account.faults.refuse_binds:
            code = status.RBINDFAIL
        elif account.binds and len(carrier.peers) >= account.binds:
            code = status.RALYBND
        carrier.ledger.stats["binds_refused"] += code != status.ROK
        return code

    def arrived(self, peer: Peer) -> None:
        """A connection."""
        self._peers.add(peer)

    def left(self, peer: Peer) -> None:
        """A connection less."""
        self._peers.discard(peer)

    def drop(self, system_id: str) -> int:
        """Cut every connection of an account now; gives how many."""
        peers = list(self.carriers[system_id].peers.values())
        for peer in peers:
            peer.drop()
        return len(peers)

    def log(self, who: str, what: str) -> None:
        """An event for `GET /log`: accounts and causes, never a phone number."""
        at = round(time.monotonic() - self._started_at, 3)
        self.events.append({"at": at, "account": who, "event": what})

    def _bind_of_another(self, carrier: Carrier) -> Peer | None:
        for other in self.carriers.values():
            if other is not carrier:
                for peer in other.peers.values():
                    if peer.may_receive():
                        return peer
        return None
