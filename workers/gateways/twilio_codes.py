"""Twilio's refusals: each code with what it means to us and what to do.

Source: Twilio's error dictionary, https://www.twilio.com/docs/api/errors. The kind is ours:
`permanent` (this number or text, never again), `throttled` (slow the route down, then again),
`temporary` (back off, then again), `auth` (the contract is refused, not the message: stop and call
a person, since every other message would be refused as well). The words are ours too: Twilio's own
sentences may hold the number.
"""

from __future__ import annotations

from typing import Final

from workers.gateways.base import CarrierRefused, Kind, NoAnswer

REFUSALS: Final[dict[int, tuple[Kind, str]]] = {
    14107: ("throttled", "over the sending rate"),
    20003: ("auth", "account SID or auth token is wrong"),
    20005: ("auth", "the account is not active"),
    20403: ("auth", "the account may not do this"),
    20404: ("auth", "no such account at this address"),
    20429: ("throttled", "too many requests at once"),
    21211: ("permanent", "the number is not valid"),
    21212: ("auth", "the sender name is not valid"),
    21265: ("permanent", "the number is a short code"),
    21266: ("permanent", "the number is the sender itself"),
    21401: ("auth", "the sender cannot send SMS"),
    21408: ("auth", "the account may not send to this country"),
    21601: ("auth", "the sender is not the account's"),
    21602: ("permanent", "the text is empty"),
    21603: ("auth", "the sender is missing"),
    21604: ("permanent", "the number is missing"),
    21606: ("auth", "the sender may not send from this account to this country"),
    21607: ("auth", "a trial account may only use its trial number"),
    21608: ("auth", "a trial account may only send to verified numbers"),
    21609: ("auth", "the address for status calls is not valid; see OUTREACH_PUBLIC_URL"),
    21610: ("permanent", "the person has unsubscribed at Twilio"),
    21611: ("throttled", "the sender's queue is full"),
    21612: ("permanent", "this sender does not reach this number"),
    21614: ("permanent", "the number is no mobile number"),
    21617: ("permanent", "the text is longer than 1600 characters"),
    21635: ("permanent", "the number is a landline"),
    21657: ("auth", "the sender name is not allowed in this country"),
    21659: ("auth", "the sender is not one of Twilio's"),
    21660: ("auth", "the sender belongs to another account"),
    21661: ("auth", "the sender cannot send SMS"),
    21705: ("auth", "the messaging service is not valid"),
    63038: ("auth", "the account's messages of this day are used up"),
}


def verdict(status: int, code: object) -> CarrierRefused | NoAnswer:
    """What an answer that is not a success means: HTTP status, and the code in its body if any.

    Only a status that Twilio gives before it takes a message is a refusal. A 500 is in doubt: of
    20500 Twilio says itself that the message may have been taken and a second try may arrive
    twice. The other 5xx come from whatever stands before the API, and say no more than that
    nothing came back. A 429 "is never processed", in Twilio's words.
    """
    if not 300 <= status < 500:
        return NoAnswer(f"HTTP {status}")
    number = int(str(code)) if str(code).isdecimal() else status
    kind, words = REFUSALS.get(number) or _by_status(status)
    return CarrierRefused(kind, str(number), words)


def _by_status(status: int) -> tuple[Kind, str]:
    if status == 429:
        return "throttled", "too many requests"
    if status == 408:
        return "temporary", "the request did not arrive in time"
    if status < 400:
        return "auth", "the address leads elsewhere: it is not Twilio's API"
    if status in {401, 403, 404}:
        return "auth", f"the account is refused (HTTP {status})"
    return "permanent", f"refused (HTTP {status})"
