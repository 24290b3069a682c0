"""The first page: what needs this person now, then how the drive stands.

A reporter's first page is the figures' form. What other rooms have to say stands in the to-do rows
that they register (`outreach.todo`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import access, apps, clock, todo, uptake, uptake_showing
from outreach.access import Act
from outreach.accounts import Role, User
from outreach.apps import App
from outreach.areas import Area
from outreach.database import find
from outreach.errors import Missing, Refused
from outreach.i18n import _
from outreach.lists import history
from outreach.pages import guard, navigation
from outreach.todos import figures, installation, lists

blueprint = Blueprint("home", __name__)
DAYS: Final = 14
LISTS_SHOWN: Final = 3


def init_app(app: Flask) -> None:
    """Register the page and what this room asks of people."""
    app.register_blueprint(blueprint)
    todo.register(
        app,
        figures.late,
        figures.imports,
        lists.of_lists,
        lists.ending,
        installation.unwell,
        installation.invited,
    )
    navigation.count(app, "uptake.index", "waits", figures.late_count)


@blueprint.get("/")
@guard.logged_in
def index() -> ResponseReturnValue:
    """What needs this person now, and how the drive stands where it is their business."""
    who = guard.person()
    if who.role is Role.REPORTER:
        return redirect(url_for("uptake.index"))
    return render_template(
        "overview/page.html",
        rows=todo.of(who),
        recent=history.of(who, LISTS_SHOWN) if access.allowed(who, Act.LIST_IMPORT) else [],
        **_drive(who),
    )


def _drive(who: User) -> dict[str, Any]:
    """The day of the own area; `d` is None where there is none to show."""
    day = uptake.today()
    around = {
        "day": day,
        "today": day,
        "now": clock.now(),
        "compiled": uptake.compiled_by(day),
        "deadline": uptake.deadline(day),
        "figures": access.allowed(who, Act.UPTAKE_VIEW),
        "d": None,
    }
    area = find(Area, who.own_area_id) if who.own_area_id is not None else None
    counted = uptake.apps_counted(area.id) if area is not None and around["figures"] else []
    if area is None or not counted:
        return around
    shown = uptake_showing.district(area, _app(counted), day, days=DAYS)
    return around | {
        "d": shown,
        "apps": counted,
        "breaks": shown.app.breaks(day - timedelta(days=DAYS), day),
        "previous": day - timedelta(days=1),
        "steps": uptake_showing.rate_steps(),
    }


def _app(counted: list[App]) -> App:
    """The app the address names; without one the first that is counted."""
    try:
        code = request.args.get("app")
        return apps.by_code(code) if code else counted[0]
    except Refused:
        raise Missing(_("There is no such app.")) from None
