"""Asking a route's carrier by hand: it lives here, since it speaks with the carrier."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from campaigns import routes
from campaigns.routes import Route
from outreach.access import Act
from outreach.i18n import N_, _
from outreach.pages.guard import needs, person
from workers import checking
from workers.checking import Checked

blueprint = Blueprint("route_checks", __name__, url_prefix="/admin/routes")

_ASKED = {
    checking.OPEN: ("success", N_("The carrier took the log-in and would take messages.")),
    checking.REFUSED: ("error", N_("The carrier refused the log-in: %(words)s.")),
    checking.DOWN: ("error", N_("The carrier was not reached: %(words)s.")),
    checking.SLOW: ("error", N_("The carrier did not answer within %(seconds)s s.")),
}
_HELD = N_("A worker holds this route and was asked instead: %(state)s. %(words)s")


@blueprint.post("/<int:route_id>/check")
@needs(Act.ROUTE_MANAGE, of=routes.get)
def check(route: Route) -> ResponseReturnValue:
    """Ask the carrier and say what it answered; it has a few seconds, no longer."""
    route_id = route.id
    checked = checking.check_by_hand(route_id, current_app.config["OUTREACH"], actor_id=person().id)
    category, sentence = _said(checked)
    flash(sentence, category)
    return redirect(url_for("routes.show", route_id=route_id))


def _said(checked: Checked) -> tuple[str, str]:
    if checked.by == "worker":
        good = checked.state in ("open", "throttled")
        said = _(_HELD, state=checked.state, words=checked.words)
        return "success" if good else "error", said.strip()
    category, sentence = _ASKED[checked.state]
    return category, _(sentence, words=checked.words, seconds=f"{checking.PATIENCE:g}")
