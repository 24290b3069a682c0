"""What a reminder says: what is missing, where, by when, and where to enter it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import current_app

from outreach import area_names, clock, formats, i18n, uptake
from outreach.accounts import User
from outreach.apps import App
from outreach.duties import Duty, What
from outreach.i18n import _, language
from outreach.settings import Settings
from outreach.text import strip_marks


def sms(person: User, duty: Duty, apps: Sequence[App], due_at: datetime) -> str:
    """The text to the person's phone, in their language, without marks: one segment, unless names
    are long."""
    with i18n.speaking(person.language):
        said = _("Reminder: %(missing)s", missing=_missing(duty, apps, due_at))
    return strip_marks(f"{said} {link(duty, apps, due_at)}".strip())


def email(person: User, duty: Duty, apps: Sequence[App], due_at: datetime) -> str:
    """The e-mail: the first line is its subject."""
    with i18n.speaking(person.language):
        said = _("Reminder: %(missing)s", missing=_missing(duty, apps, due_at))
        why = _("You get this because you agreed to be reminded. On your page you can end it.")
    return "\n\n".join(filter(None, (said, link(duty, apps, due_at), why)))


def _missing(duty: Duty, apps: Sequence[App], due_at: datetime) -> str:
    area = area_names.in_sentence(duty.area.name, duty.area.kind)
    values = {
        "area": area,
        "day": formats.month_day(clock.local(due_at).date(), language=language()),
        "hour": formats.hour(due_at, language=language()),
    }
    if duty.what is What.REPORT:
        return _("%(area)s has no report of %(day)s yet, due at %(hour)s.", **values)
    names = ", ".join(app.name for app in apps)
    return _(
        "%(area)s has no figure of %(apps)s of %(day)s yet, due at %(hour)s.",
        apps=names,
        **values,
    )


def link(duty: Duty, apps: Sequence[App], due_at: datetime) -> str:
    """The address of the form, or of the report, of that area and day; "" where the site has no
    address that a phone could open."""
    settings: Settings = current_app.config["OUTREACH"]
    if not settings.public_url:
        return ""
    day = clock.local(due_at).date()
    if duty.what is What.REPORT:
        return settings.web_address + _path("reports.show", area_id=duty.area.id, day=day)
    # Which app goes without saying where one is counted: the address is short.
    several = len(uptake.apps_counted(duty.area.id)) > 1
    app = {"app": apps[0].code} if several and apps else {}
    return settings.web_address + _path("uptake.form", area_id=duty.area.id, day=day, **app)


def _path(endpoint: str, *, day: date, **values: Any) -> str:
    """The path of a page, asked outside any request."""
    routes = current_app.url_map.bind("")
    return routes.build(endpoint, {**values, "day": day.isoformat()})
