"""A day and a time as a browser sends them, in Vietnam's time."""

from __future__ import annotations

from datetime import datetime

from flask import request

from campaigns import composing
from outreach import clock
from outreach.errors import Refused
from outreach.i18n import _


def local(field: str) -> datetime:
    """The moment in a field of the form. Refused at `field` where there is none."""
    try:
        typed = datetime.fromisoformat(request.form.get(field, ""))
    except ValueError:
        raise Refused(_("Choose a day and a time."), field) from None
    if typed.tzinfo is None:
        typed = typed.replace(tzinfo=clock.VIETNAM)
    return composing.moment(typed.isoformat(), field)


def local_if_any(field: str) -> datetime | None:
    """The same, None for a field left empty."""
    return local(field) if request.form.get(field, "").strip() else None
