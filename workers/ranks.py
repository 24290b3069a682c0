"""Which word about a part is stronger, of those carriers send."""

from __future__ import annotations

from typing import Final

# How far a part's receipt has come: only a higher word replaces a lower one, so that late and
# repeated receipts change nothing; DELIVRD after UNDELIV is believed, not the other way round.
RANK: Final = {
    "unknown": 0,
    "enroute": 1,
    "accepted": 2,
    "undelivered": 3,
    "rejected": 3,
    "carrier_expired": 3,
    "delivered": 4,
}
