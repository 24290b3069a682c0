"""What Twilio's calls say."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from workers.gateways.base import Receipt
from workers.gateways.twilio_calls import inbound, status_address, stored
from workers.ranks import RANK

NUMBER = "+84912345678"


def call(**fields: str) -> bytes:
    return urlencode({"AccountSid": "AC0", "MessageSid": "SM1", "To": NUMBER} | fields).encode()


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("queued", "", "accepted"),
        ("sending", "", "enroute"),
        ("sent", "", "enroute"),
        ("delivered", "", "delivered"),
        ("undelivered", "30003", "undelivered"),
        ("failed", "30007", "undelivered"),
        ("failed", "30036", "carrier_expired"),
        ("canceled", "", "rejected"),
        ("a new word", "", "unknown"),
    ],
)
def test_each_status_has_a_state_that_receipts_know(status: str, code: str, state: str) -> None:
    fields = {"MessageStatus": status} | ({"ErrorCode": code} if code else {})
    said = inbound(call(**fields))
    assert said.receipt == Receipt(("SM1",), state, code, NUMBER)
    assert state in RANK


def test_what_a_person_wrote_comes_with_their_number() -> None:
    said = inbound(call(From=NUMBER, To="+15005550006", Body="từ chối", SmsStatus="received"))
    assert (said.receipt, said.number, said.words) == (None, NUMBER, "từ chối")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe%ff&&==", b"MessageStatus=delivered&To=BLUEZONE"])
def test_a_body_out_of_shape_breaks_nothing(body: bytes) -> None:
    (said,) = stored([body])
    assert said.raw == body
    assert said.number == ""
    assert said.receipt is None or (said.receipt.forms, said.receipt.number) == ((), "")


def test_the_address_is_public_or_nothing() -> None:
    assert status_address("https://a.vn/sms/", 7) == "https://a.vn/sms/callbacks/twilio/7"
    assert status_address("", 7) == ""
