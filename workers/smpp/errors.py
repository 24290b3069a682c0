"""What can come of a submit besides an identifier."""

from workers.smpp.status import Kind


class ProtocolError(Exception):
    """Bytes or values that SMPP 3.4 does not allow; the text says which."""


class Refused(Exception):
    """The carrier answered, and the answer is no: this request was certainly not taken.

    `kind` says whether to try again (permanent | temporary | throttled | auth), `code` is the
    command_status (-1: our own codec could not encode it), `words` the carrier's words for it.
    """

    def __init__(self, kind: Kind, code: int, words: str) -> None:
        super().__init__(f"{words} (0x{code:08X}, {kind})" if code >= 0 else words)
        self.kind = kind
        self.code = code
        self.words = words


class NoAnswer(Exception):
    """Bytes may have gone out and no answer came: in doubt, never to be resent by itself."""


class NotSent(Exception):
    """Certainly never written to the carrier: may be sent again at will."""


class TooLate(NotSent):
    """Its last moment had passed at the write."""
