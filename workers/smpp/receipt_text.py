"""Delivery receipts: what they say, however a carrier writes it, and how their ids are joined.

TLVs come first (receipted_message_id, message_state: SMPP 3.4, 5.3.2.12 and 5.3.2.35), then the
text of appendix B, `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`, in any
case, order and spacing.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

from workers.smpp import constants as smpp
from workers.smpp.deliver import Deliver

ReceiptState = Literal[
    "delivered", "undelivered", "rejected", "carrier_expired", "accepted", "enroute", "unknown"
]

VIETNAM: Final = timezone(timedelta(hours=7))
"""Carriers write `done date` in their own time."""

_BY_NUMBER: Final[dict[int, ReceiptState]] = {
    0: "enroute",  # SCHEDULED (5.0)
    1: "enroute",
    2: "delivered",
    3: "carrier_expired",
    4: "undelivered",  # DELETED
    5: "undelivered",
    6: "accepted",
    7: "unknown",
    8: "rejected",
    9: "undelivered",  # SKIPPED (5.0)
}

# By the first five letters: DELIVRD and DELIVERED, UNDELIV and UNDELIVERABLE, …
_BY_WORD: Final[dict[str, ReceiptState]] = {
    "DELIV": "delivered",
    "EXPIR": "carrier_expired",
    "DELET": "undelivered",
    "UNDEL": "undelivered",
    "FAILE": "undelivered",
    "ACCEP": "accepted",
    "REJEC": "rejected",
    "ENROU": "enroute",
    "BUFFE": "enroute",
    "UNKNO": "unknown",
}

_FIELD: Final = re.compile(
    r"(?:^|(?<=[\s,;]))(submit\s*date|done\s*date|dlvrd|stat|text|sub|err|id)\s*:[ \t]*", re.I
)
# Appendix B to the letter, as most carriers write it: read in one step.
_PLAIN: Final = re.compile(
    r"id:(?P<id>\S+) sub:\S+ dlvrd:\S+ submit date:\d+ done date:(?P<donedate>\d+)"
    r" stat:(?P<stat>\w+) err:(?P<err>\w+) [Tt]ext:"
)
_DATES: Final = {10: ("%y%m%d%H%M",), 12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"), 14: ("%Y%m%d%H%M%S",)}
_DECIMAL: Final = re.compile(r"[0-9]+")
_HEX: Final = re.compile(r"[0-9A-F]+")


@dataclass(slots=True)
class Receipt:
    """What one receipt says.

    `carrier_id` as the carrier wrote it ("" when it names none); `error` the carrier's code, ""
    when it gives none; `msisdn` the subscriber in `84…` form; `raw` the deliver_sm's body.
    """

    carrier_id: str
    state: ReceiptState
    error: str
    msisdn: str
    raw: bytes
    done_date: str
    zone: tzinfo

    @property
    def done_at(self) -> datetime | None:
        """When it ended, aware; None when absent or unreadable."""
        return _moment(self.done_date, self.zone)


def parse_receipt(deliver: Deliver, zone: tzinfo = VIETNAM) -> Receipt:
    """Read a receipt; what it does not say stays empty, and no receipt raises.

    `zone` is the carrier's time zone, for `done date`.
    """
    tlvs = deliver.body.tlvs
    fields = _text_fields(_plain_text(deliver))
    return Receipt(
        carrier_id=_receipted_id(tlvs.get(smpp.TAG_RECEIPTED_MESSAGE_ID)) or fields.get("id", ""),
        state=_state(tlvs.get(smpp.TAG_MESSAGE_STATE), fields.get("stat", "")),
        error=fields.get("err", "") or _network_error(tlvs.get(smpp.TAG_NETWORK_ERROR_CODE)),
        msisdn=_subscriber(deliver),
        raw=deliver.raw,
        done_date=fields.get("donedate", ""),
        zone=zone,
    )


def state_by_number(number: int) -> ReceiptState:
    """What a message_state says (5.2.28)."""
    return _BY_NUMBER.get(number, "unknown")


def carrier_id_forms(carrier_id: str) -> tuple[str, ...]:
    """The forms under which a carrier's message id may be known, the likeliest first.

    Form 0 is the *canonical* one: blanks and a leading `0x` cut off, upper case, and, when only
    hexadecimal digits remain, without leading zeros. An attempt is stored under form 0 of the id
    that submit_sm_resp gave. A receipt is looked up under each of its own forms in turn:

    1. form 0: both sides write alike, but for case and zeros;
    2. if the id is decimal, that number in hexadecimal: answered in hex, receipted in decimal;
    3. if the id is hexadecimal, that number in decimal: answered in decimal, receipted in hex.

    An id such as `1234` has both readings, so a hit must also agree in the subscriber's number
    (same route, same form, same number); the first form with such a hit is the match.
    """
    plain = carrier_id.strip(" \t\r\n\0").upper()
    marked_hex = plain.startswith("0X")
    plain = plain.removeprefix("0X")
    if not _HEX.fullmatch(plain):
        return (plain,) if plain else ()
    canonical = plain.lstrip("0") or "0"
    forms = [canonical]
    if not marked_hex and _DECIMAL.fullmatch(canonical):
        forms.append(f"{int(canonical):X}")
    forms.append(str(int(canonical, 16)))
    return tuple(dict.fromkeys(forms))


def _plain_text(deliver: Deliver) -> str:
    """Carriers write receipts in ASCII whatever the alphabet: under GSM 03.38 `_` would turn §."""
    is_wide = deliver.body.data_coding == smpp.CODING_UCS2
    return deliver.text if is_wide else deliver.payload.decode("latin-1")


def _text_fields(text: str) -> dict[str, str]:
    """Name without blanks, lower case → value.

    The first of a name counts, so that words of the message after `text:` cannot replace it.
    """
    plain = _PLAIN.match(text)
    if plain is not None:
        return plain.groupdict()
    text = text.replace("\0", " ")
    marks = list(_FIELD.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    fields: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=False):  # without any mark there is one end too many
        name = re.sub(r"\s", "", mark.group(1)).lower()
        fields.setdefault(name, text[mark.end() : end].strip(" \t\r\n,;"))
    return fields


def _receipted_id(value: bytes | None) -> str:
    return value.partition(b"\0")[0].decode("latin-1").strip() if value else ""


def _state(number: bytes | None, word: str) -> ReceiptState:
    if number:
        return state_by_number(number[0])
    return _BY_WORD.get(word[:5].upper(), "unknown")


def _network_error(value: bytes | None) -> str:
    """network_error_code (5.3.2.31): one octet for the network's type, two for its code."""
    return str(int.from_bytes(value[1:3], "big")) if value and len(value) >= 3 else ""


def _moment(digits: str, zone: tzinfo) -> datetime | None:
    for pattern in _DATES.get(len(digits), ()):
        try:
            return datetime.strptime(digits, pattern).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            continue
    return None


def _subscriber(deliver: Deliver) -> str:
    """The subscriber stands in the source; carriers that do not swap leave it in the destination.

    Known by its length: our own sender is a name or a short code.
    """
    for text in (deliver.source, deliver.destination):
        digits = text.removeprefix("+").removeprefix("00")
        if digits.isdecimal() and len(digits) >= 9:
            return "84" + digits[1:] if digits.startswith("0") else digits
    return deliver.source
