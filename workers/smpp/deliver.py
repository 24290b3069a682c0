"""What a carrier delivers to us: receipts, and messages that people sent."""

from dataclasses import dataclass

from outreach import gsm7
from workers.smpp import constants as smpp
from workers.smpp.bodies import MessageBody, decode_message

_CODECS = {
    smpp.CODING_ASCII: "ascii",
    smpp.CODING_LATIN1: "latin-1",
    smpp.CODING_UCS2: "utf-16-be",
}


@dataclass(slots=True)
class Deliver:
    """One deliver_sm: `raw` its body as it came, `udh` and `payload` cut apart."""

    body: MessageBody
    udh: bytes
    payload: bytes
    raw: bytes

    @property
    def source(self) -> str:
        """Who sent it: the subscriber, of a person's message."""
        return self.body.source.text

    @property
    def destination(self) -> str:
        """Whom it is for: our sender name or short code."""
        return self.body.destination.text

    @property
    def is_receipt(self) -> bool:
        """Whether it tells of a message of ours.

        By esm_class (receipt or intermediate notification) or the receipted_message_id TLV, and
        never by the text alone: that a subscriber could type.
        """
        kind = self.body.esm_class & smpp.ESM_TYPE_MASK
        marked = kind in (smpp.ESM_RECEIPT, smpp.ESM_INTERMEDIATE)
        return marked or smpp.TAG_RECEIPTED_MESSAGE_ID in self.body.tlvs

    @property
    def text(self) -> str:
        """A person's message in words; octets that its coding does not know become U+FFFD."""
        codec = _CODECS.get(self.body.data_coding)
        return self.payload.decode(codec, "replace") if codec else gsm7.decode(self.payload)


def decode_deliver(raw: bytes) -> Deliver:
    """A deliver_sm from its body, fresh or as it was stored. Raises ProtocolError."""
    body = decode_message(raw)
    udh, payload = body.user_data()
    return Deliver(body, udh, payload, raw)
