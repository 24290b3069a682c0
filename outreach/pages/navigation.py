"""The side bar: what this person may open, in one order for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from flask_security import current_user

from outreach import access
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import db
from outreach.i18n import N_, _
from outreach.pages import guard


@dataclass(frozen=True)
class Entry:
    """A page in the side bar. `badge_kind`: "waits" (for this person) or "runs"."""

    endpoint: str
    label: str
    icon: str
    badge_count: int = 0
    badge_kind: str = "runs"


_PAGES = (
    ("campaigns.index", N_("Campaigns"), "send"),
    ("orders.index", N_("Broadcast orders"), "envelope-paper"),
    ("lists.index", N_("Subscriber lists"), "person-lines-fill"),
    ("uptake.index", N_("Install figures"), "123"),
)
"""(endpoint, label, icon) of every page that may stand in the side bar."""


_COUNTS: dict[str, Callable[[User], int]] = {}


def counts(endpoint: str) -> Callable[[Callable[[User], int]], Callable[[User], int]]:
    """Let a room's function say how much waits for a person behind a page of the side bar; it is
    asked with every page, so it costs one small query at most."""

    def decorate(count: Callable[[User], int]) -> Callable[[User], int]:
        _COUNTS[endpoint] = count
        return count

    return decorate


def init_app(app: Flask) -> None:
    """Give every template `nav`, `person` and `place`."""
    app.context_processor(_for_templates)


def entries(person: User) -> list[Entry]:
    """The pages that exist and whose rule lets this person in."""
    return [
        _entry(person, endpoint, _(label), icon)
        for endpoint, label, icon in _PAGES
        if endpoint in current_app.view_functions and _may_open(person, endpoint)
    ]


def _entry(person: User, endpoint: str, label: str, icon: str) -> Entry:
    count = _COUNTS[endpoint](person) if endpoint in _COUNTS else 0
    return Entry(endpoint, label, icon, count, "waits")


def _may_open(person: User, endpoint: str) -> bool:
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
