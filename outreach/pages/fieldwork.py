"""What teams did from door to door: recorded of a commune by day, added up above it."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import access, areas, fieldwork, typed, uptake
from outreach.access import Act, Subject
from outreach.area_names import Level
from outreach.areas import Area
from outreach.errors import Refused
from outreach.fieldwork import Entry
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.pages.uptake import Ground, ground

blueprint = Blueprint("fieldwork", __name__, url_prefix="/fieldwork")
DAYS = 30


@blueprint.get("/<int:area_id>")
@needs(Act.UPTAKE_VIEW, of=ground)
def show(here: Ground) -> ResponseReturnValue:
    """The last days of a commune, with every correction; above it, what lies below."""
    return _page(here.area)


def _page(area: Area, refused: Refused | None = None) -> str:
    today = uptake.today()
    first = today - timedelta(days=DAYS - 1)
    is_commune = area.level is Level.COMMUNE
    return render_template(
        "fieldwork/show.html",
        area=area,
        above=[each for each in areas.ancestors(area.id) if _may(Act.UPTAKE_VIEW, each)],
        days=DAYS,
        first=first,
        today=today,
        oldest=today - uptake.OLDEST,
        editions=fieldwork.by_day(area.id, today, DAYS) if is_commune else [],
        rows=[] if is_commune else fieldwork.below(area, first, today),
        is_commune=is_commune,
        may_enter=is_commune and _may(Act.UPTAKE_ENTER, area),
        typed=request.form if refused else {"day": _asked_day()},
        errors=forms.errors(refused),
    )


def _asked_day() -> str:
    """The day to begin the form with: the one a link named, else today."""
    return request.args.get("day") or uptake.today().isoformat()


def _may(act: Act, area: Area) -> bool:
    return access.allowed(person(), act, Subject(area_ids={area.id}))


@blueprint.post("/<int:area_id>", endpoint="enter")
@needs(Act.UPTAKE_ENTER, of=ground)
def enter(here: Ground) -> ResponseReturnValue:
    """Record a day, or correct one."""
    area, given = here.area, request.form
    try:
        day = typed.day(given.get("day", ""), "day")
        if day is None:
            raise Refused(_("Give the day of the visits."), "day")
        entry = Entry(
            given.get("households", ""),
            given.get("helped", ""),
            given.get("reason", ""),
        )
        new = fieldwork.enter(area, day, entry, actor_id=person().id)
    except Refused as refused:
        return _page(area, refused), 422
    if new:
        flash(_("The visits are recorded."), "success")
    else:
        flash(_("This was there already; nothing was changed."), "info")
    return redirect(url_for("fieldwork.show", area_id=area.id))
