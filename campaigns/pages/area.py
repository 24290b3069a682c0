"""The page of an area: its figures, target, campaigns and neighbours in one place, and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from campaigns import area_showing
from outreach import access, area_changes, areas, rates, target_showing, uptake, uptake_showing
from outreach.access import Act, Subject
from outreach.apps import App
from outreach.areas import Area
from outreach.i18n import language
from outreach.pages.guard import needs, person
from outreach.pages.uptake import Ground, asked_app, ground

blueprint = Blueprint("area", __name__, url_prefix="/areas")


@blueprint.get("/<int:area_id>")
@needs(Act.UPTAKE_VIEW, of=ground)
def show(here: Ground) -> ResponseReturnValue:
    """How the drive goes here."""
    area, app, today = here.area, asked_app(here), uptake.today()
    line = areas.ancestors(area.id)
    seen = area_showing.look(
        area, app, today, messages=_may(Act.COMPARE, area), above=_ranked_in(line)
    )
    reports = area.level in rates.REPORTING
    return render_template(
        "area/show.html",
        a=seen,
        h=uptake_showing.history(area, app, seen.stand) if reports else None,
        chart=area_showing.chart(seen, language()),
        came=area_changes.came_from(area.id),
        became=area_changes.became(area.id),
        above=[each for each in line if _may(Act.UPTAKE_VIEW, each)],
        **_around(here, app),
    )


def _may(act: Act, area: Area) -> bool:
    return access.allowed(person(), act, Subject(area_ids={area.id}))


def _ranked_in(line: Sequence[Area]) -> Area | None:
    """The area right above, where the reader may see its ranking."""
    return line[-1] if line and _may(Act.UPTAKE_VIEW, line[-1]) else None


def _around(here: Ground, app: App) -> dict[str, Any]:
    today = uptake.today()
    return {
        "area": here.area,
        "app": app,
        "apps": here.apps,
        "day": today,
        "today": today,
    }


@blueprint.get("/<int:area_id>/poster")
@needs(Act.UPTAKE_VIEW, of=ground)
def poster(here: Ground) -> ResponseReturnValue:
    """The page for the notice board of the commune."""
    area, app, today = here.area, asked_app(here), uptake.today()
    office = person().organisation
    return render_template(
        "area/poster.html",
        stand=target_showing.of_area(area, app, today),
        phone="" if office is None else office.phone,
        **_around(here, app),
    )
