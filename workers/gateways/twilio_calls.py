"""Twilio's calls to us: where they come to and what they say. Apart from the gateway, since every
web process reads this, and Twilio's client takes half a second to load.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from workers.gateways.base import Inbound, Receipt

E164 = re.compile(r"\+[1-9]\d{6,14}")
# By default Twilio calls a second time only where it could not connect; we also want the call
# again that met a busy database (webhook connection overrides: they are no part of the address).
AGAIN = "#rc=3&rp=5xx,ct,rt"

# MessageStatus → state. `sent` is Twilio's own strongest word where a network gives no receipts.
STATES = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "enroute",
    "sent": "enroute",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
    "canceled": "rejected",
}
VALIDITY_EXPIRED = "30036"


def status_address(public_url: str, route_id: int) -> str:
    """Where Twilio calls us about a route, as it signs it; "" without a public address."""
    return f"{public_url.rstrip('/')}/callbacks/twilio/{route_id}" if public_url else ""


def inbound(body: bytes) -> Inbound:
    """The body of one call as the house knows it: a status of ours, or a person's own words."""
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    status = fields.get("MessageStatus")
    if status is None:
        return Inbound(body, None, _number(fields.get("From", "")), fields.get("Body", ""))
    code = fields.get("ErrorCode", "")
    state = "carrier_expired" if code == VALIDITY_EXPIRED else STATES.get(status, "unknown")
    forms = (fields["MessageSid"],) if fields.get("MessageSid") else ()
    return Inbound(body, Receipt(forms, state, code, _number(fields.get("To", ""))))


def as_call(sid: str, status: str, number: str, code: str) -> bytes:
    """What the API answered about a message, as the body of the call that would say the same."""
    said = {"MessageSid": sid, "MessageStatus": status, "To": number, "ErrorCode": code}
    return urlencode({name: value for name, value in said.items() if value}).encode()


def stored(raw: Sequence[bytes]) -> list[Inbound]:
    """The same from bodies that were stored before and not matched yet."""
    return [inbound(each) for each in raw]


def _number(given: str) -> str:
    return given if E164.fullmatch(given) else ""
