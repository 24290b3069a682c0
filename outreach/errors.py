"""The one error type a person sees."""

from __future__ import annotations


class Refused(Exception):
    """What was asked cannot be done; `sentence` says what, where and what to do next.

    `field` names the form field or file column it belongs to, if there is one. Views show the
    sentence at the field; the command line prints it and exits with 1.
    """

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class Missing(Refused):
    """What an address names is not there; a page answers with 404."""
