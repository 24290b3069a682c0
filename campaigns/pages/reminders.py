"""When and over which routes an area's reporters are reminded, as its office says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import reminder_costs, reminder_settings, routes
from campaigns.reminder_settings import MOST_BEFORE, InForce
from outreach import access, clock, seen, typed, uptake
from outreach.access import Act
from outreach.areas import Area
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.pages.uptake import Ground, ground

blueprint = Blueprint("reminders", __name__, url_prefix="/figures")


@blueprint.get("/<int:area_id>/reminders")
@needs(Act.REMINDER_SET, of=ground)
def show(here: Ground) -> str:
    """What holds, what it costs, and the form."""
    now = reminder_settings.in_force(here.area_id, current_app.config["OUTREACH"])
    given = {
        "before": str(now.before),
        "at_hour": now.at_hour,
        "routes": [str(route_id) for route_id in now.route_ids],
        "seen": seen.mark(reminder_settings.shown(here.area_id)),
    }
    return _page(here.area, given)


def _page(area: Area, given: Mapping[str, Any], refused: Refused | None = None) -> str:
    plan = reminder_costs.of(area, current_app.config["OUTREACH"])
    mine = access.among(person(), Act.REMINDER_ROUTE, routes.every())
    offered = [each for each in mine if each.enabled or each.id in plan.set_there.route_ids]
    return render_template(
        "reminders/settings.html",
        area=area,
        plan=plan,
        offers=reminder_costs.offers(plan, offered),
        own=reminder_settings.own(area.id) is not None,
        above=_above(area),
        below=reminder_settings.below(area.id),
        most=MOST_BEFORE,
        typed=given,
        errors=forms.errors(refused),
    )


def _above(area: Area) -> InForce:
    """What would hold if the area set nothing itself."""
    settings = current_app.config["OUTREACH"]
    if area.parent_id is None:
        return reminder_settings.usual(settings)
    return reminder_settings.in_force(area.parent_id, settings)


@blueprint.post("/<int:area_id>/reminders")
@needs(Act.REMINDER_SET, of=ground)
def save(here: Ground) -> ResponseReturnValue:
    """Set it."""
    area_id = here.area_id
    given: dict[str, Any] = {
        "before": request.form.get("before", ""),
        "at_hour": "at_hour" in request.form,
        "routes": request.form.getlist("routes"),
        "seen": request.form.get("seen", ""),
    }
    return forms.save(
        lambda: _saved(here.area, given),
        lambda refused: _page(ground(area_id).area, given, refused),
        _saying(given["before"]),
        lambda _none: url_for("board.show", area_id=area_id),
    )


def _saying(before: str) -> str:
    """What is said of a change: a time that is over today is not made up for."""
    now, due_at = clock.now(), uptake.deadline(uptake.today())
    try:
        minutes = typed.needed(before, "before")
    except Refused:
        minutes = 0  # nothing is changed then, and the field says why
    if due_at - timedelta(minutes=min(minutes, MOST_BEFORE)) < now < due_at:
        return _("Saved. The time before today's hour is over already: it holds from the next on.")
    return _("Saved. It holds from the next set time on.")


def _saved(area: Area, given: Mapping[str, Any]) -> None:
    reminder_settings.keep(
        area,
        typed.needed(given["before"], "before"),
        given["at_hour"],
        [_route_id(word) for word in given["routes"]],
        person(),
        form=given["seen"],
    )


def _route_id(word: str) -> int:
    try:
        return typed.key(word)
    except ValueError:
        raise Refused(_("Choose a route of the list."), "routes") from None


@blueprint.post("/<int:area_id>/reminders/inherit")
@needs(Act.REMINDER_SET, of=ground)
def inherit(here: Ground) -> ResponseReturnValue:
    """Let it be as above again."""
    area_id = here.area_id
    try:
        reminder_settings.inherit(here.area, person(), form=request.form.get("seen", ""))
        flash(_("Taken back. What holds above holds here again."), "success")
    except Refused as refused:
        flash(refused.sentence, "error")
    return redirect(url_for("reminders.show", area_id=area_id))
