"""The side bar: what this person may open, in one order for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from flask.sansio.app import App
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
    ("home.index", N_("Overview"), "house"),
    ("campaigns.index", N_("Campaigns"), "send"),
    ("orders.index", N_("Broadcast orders"), "envelope-paper"),
    ("doubts.index", N_("In doubt"), "hourglass-split"),
    ("calendar.month", N_("Calendar"), "calendar-event"),
    ("lotteries.index", N_("Order by lot"), "shuffle"),
    ("lists.index", N_("Subscriber lists"), "person-lines-fill"),
    ("uptake.index", N_("Install figures"), "123"),
    ("reports.index", N_("Daily report"), "printer"),
    ("targets.index", N_("Targets"), "bullseye"),
    ("league.show", N_("League table"), "list"),
    ("drive_map.show", N_("Map"), "geo-alt"),
    ("compare.show", N_("Compare"), "graph-up"),
)
"""(endpoint, label, icon) of every page that may stand in the side bar."""
_ADMINISTRATION = (
    ("people.index", N_("Users"), "people"),
    ("organisations.index", N_("Organisations"), "building"),
    ("routes.index", N_("Routes"), "hdd-network"),
    ("apps.index", N_("Apps"), "phone"),
    ("areas.index", N_("Areas"), "geo-alt"),
    ("boundaries.index", N_("Boundaries"), "geo-alt"),
    ("rules.index", N_("Rules of messages"), "shield-check"),
    ("audit.index", N_("Audit trail"), "journal-text"),
)
"""Under a heading of their own: the administrator's work, for others to look up."""


ONLY_WITH_COUNT = frozenset({"doubts.index"})
"""Pages that stand in the side bar only while something in them waits."""

_EXTENSION = "navigation_counts"


def count(app: App, endpoint: str, kind: str, counter: Callable[[User], int]) -> None:
    """Let a room above put a number beside its page; `kind` as in Entry. It is asked with every
    page of the house, so it must be cheap."""
    app.extensions.setdefault(_EXTENSION, {})[endpoint] = (kind, counter)


def init_app(app: Flask) -> None:
    """Give every template `nav`, `person` and `place`."""
    app.context_processor(_for_templates)


def entries(person: User) -> list[Entry]:
    """The pages that exist and whose rule lets this person in."""
    found = [
        Entry(endpoint, _(label), icon, *_counted(person, endpoint))
        for endpoint, label, icon in _PAGES
        if _may_open(person, endpoint)
    ]
    found = [e for e in found if e.badge_count or e.endpoint not in ONLY_WITH_COUNT]
    group = _("Administration") if person.role is Role.ADMIN else _("To look up")
    return found + [
        Entry(page, _(label), icon, group=group)
        for page, label, icon in _ADMINISTRATION
        if _may_open(person, page)
    ]


def _counted(person: User, endpoint: str) -> tuple[int, str]:
    kind, counter = current_app.extensions.get(_EXTENSION, {}).get(endpoint, ("runs", None))
    return (0 if counter is None else counter(person)), kind


def _may_open(person: User, endpoint: str) -> bool:
    if endpoint not in current_app.view_functions:
        return False
    if endpoint == "home.index" and person.role is Role.REPORTER:
        return False  # one's first page is the figures' form
    rule = guard.rule_of(current_app, endpoint)
    return rule is not None and (rule.act is None or access.allowed(person, rule.act))


def _for_templates() -> dict[str, Any]:
    # A part of a page has no side bar: what is refreshed each second counts nothing.
    if not current_user.is_authenticated or "HX-Request" in request.headers:
        return {"nav": [], "person": None, "place": ""}
    person = guard.person()
    office = person.organisation
    area = None if person.own_area_id is None else db.session.get(Area, person.own_area_id)
    return {
        "nav": entries(person),
        "person": {"name": person.name, "office": "" if office is None else office.name},
        "place": "" if area is None else area.name,
    }
