"""The side bar: what this person may open, in one order for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from flask_security import current_user

from outreach import access
from outreach.accounts import Role, User
from outreach.areas import Area
from outreach.database import db
from outreach.i18n import N_, _
from outreach.pages import guard


@dataclass(frozen=True)
class Entry:
    """A page in the side bar. `badge_kind`: "waits" (for this person) or "runs". `group`: the
    heading it stands under; "" above them all."""

    endpoint: str
    label: str
    icon: str
    badge_count: int = 0
    badge_kind: str = "runs"
    group: str = ""


_PAGES = (
    ("campaigns.index", N_("Campaigns"), "send"),
    ("lists.index", N_("Subscriber lists"), "person-lines-fill"),
    ("uptake.index", N_("Install figures"), "123"),
    ("targets.index", N_("Targets"), "bullseye"),
    ("compare.show", N_("Compare"), "graph-up"),
)
"""(endpoint, label, icon) of every page that may stand in the side bar."""
_ADMINISTRATION = (
    ("people.index", N_("Users"), "people"),
    ("organisations.index", N_("Organisations"), "building"),
    ("routes.index", N_("Routes"), "hdd-network"),
    ("apps.index", N_("Apps"), "phone"),
    ("areas.index", N_("Areas"), "geo-alt"),
    ("rules.index", N_("Rules of messages"), "shield-check"),
    ("audit.index", N_("Audit trail"), "journal-text"),
)
"""The administrator's own, under a heading; others reach those they may see by links."""


def init_app(app: Flask) -> None:
    """Give every template `nav`, `person` and `place`."""
    app.context_processor(_for_templates)


def entries(person: User) -> list[Entry]:
    """The pages that exist and whose rule lets this person in."""
    listed = [Entry(endpoint, _(label), icon) for endpoint, label, icon in _PAGES]
    if person.role is Role.ADMIN:
        group = _("Administration")
        listed += [
            Entry(page, _(label), icon, group=group) for page, label, icon in _ADMINISTRATION
        ]
    return [entry for entry in listed if _may_open(person, entry.endpoint)]


def _may_open(person: User, endpoint: str) -> bool:
    if endpoint not in current_app.view_functions:
        return False
    rule = guard.rule_of(current_app, endpoint)
    return rule is not None and (rule.act is None or access.allowed(person, rule.act))


def _for_templates() -> dict[str, Any]:
    if not current_user.is_authenticated:
        return {"nav": [], "person": None, "place": ""}
    person = guard.person()
    office = person.organisation
    area = None if person.own_area_id is None else db.session.get(Area, person.own_area_id)
    return {
        "nav": entries(person),
        "person": {"name": person.name, "office": "" if office is None else office.name},
        "place": "" if area is None else area.name,
    }
