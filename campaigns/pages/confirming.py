"""Confirming by number: what cannot be undone asks the person to type how many people it is."""

from __future__ import annotations

from flask import request

from outreach.errors import Refused
from outreach.i18n import _


def confirmed(people: int) -> None:
    """Raise Refused, at its field, unless the person typed this number of people."""
    typed = request.form.get("number", "").strip()
    plain = typed.replace(".", "").replace(",", "").replace(" ", "")
    if not plain.isdecimal() or int(plain) != people:
        raise Refused(
            _(
                "You typed “%(typed)s”; the number of people is %(people)s. Nothing was done.",
                typed=typed,
                people=people,
            ),
            "number",
        )
