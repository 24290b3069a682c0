"""The board of a day: who has reported, who is late, who never does; who is reminded of it."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import reminder_costs, reminder_showing, reminding
from outreach import access, accounts, board, duties, typed
from outreach.access import Act, Subject
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages.guard import needs, person
from outreach.pages.uptake import Ground, around, asked_app, asked_day, ground, may

blueprint = Blueprint("board", __name__, url_prefix="/figures")


@blueprint.get("/<int:area_id>/board")
@needs(Act.UPTAKE_VIEW, of=ground)
def show(here: Ground) -> ResponseReturnValue:
    """Who has reported on a day, who is late and by how long, who was reminded."""
    area, app, day = here.area, asked_app(here), asked_day()
    shown, settings = board.of(app.id, area, day), current_app.config["OUTREACH"]
    return render_template(
        "board/show.html",
        b=shown,
        reminders=reminder_showing.of(shown, settings),
        plan=reminder_costs.of(area, settings) if may(Act.UPTAKE_REMIND, area) else None,
        **around(area, app, day),
    )


@blueprint.post("/<int:area_id>/board/remind")
@needs(Act.UPTAKE_REMIND, of=ground)
def remind(here: Ground) -> ResponseReturnValue:
    """Remind somebody now."""
    area_id, app = here.area.id, asked_app(here).code
    try:
        whom = accounts.by_id(request.form.get("person", 0, type=typed.key) or 0)
        duty = duties.of(whom)
        area_ids = set() if duty is None else {duty.area.id}
        access.demand(person(), Act.UPTAKE_REMIND, Subject(area_ids=area_ids))
        name = whom.name
        reminding.by_hand(whom, person(), current_app.config["OUTREACH"])
        flash(_("%(name)s is being reminded.", name=name), "success")
    except Refused as refused:
        flash(refused.sentence, "error")
    return redirect(url_for("board.show", area_id=area_id, app=app))
