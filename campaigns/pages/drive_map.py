"""The map of a drive: a page, and its drawing alone, which the slider over the days renews."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns import drive_map
from campaigns.drive_map import Mode
from outreach import league, uptake
from outreach.access import Act, allowed
from outreach.i18n import _, language
from outreach.league import Asked
from outreach.pages.guard import needs, person
from outreach.pages.league import question, typed

blueprint = Blueprint("drive_map", __name__, url_prefix="/map")
DAYS: Final = 60
"""Days the slider goes over."""
CIRCLES, SHADED = "circles", "shaded"


@blueprint.get("")
@needs(Act.COMPARE)
def show() -> ResponseReturnValue:
    """The page; for htmx the drawing and its table alone."""
    given = typed()
    asked, status = given.answered()
    shown = {} if asked is None else _shown(asked)
    if "HX-Request" in request.headers:
        part = render_template("map/_drawn.html", asked=asked, **shown) if shown else ""
        return part, status
    form = question(given, asked)
    code = status if form["apps"] else 200
    return render_template("map/show.html", **({"d": None} | shown | form | _choices())), code


def _choices() -> dict[str, Any]:
    return {
        "modes": [(mode.value, _(name)) for mode, name in drive_map.NAMES.items()],
        "looks": [(CIRCLES, _("circles, by people")), (SHADED, _("shaded areas"))],
        "may_upload": allowed(person(), Act.BOUNDARY_SET),
    }


def _shown(asked: Asked) -> dict[str, Any]:
    mode, look = _mode(), request.args.get("as", "")
    scale, shaded = request.args.get("scale", ""), look != CIRCLES
    drawn = drive_map.draw(asked, mode, language(), shaded=shaded, name=scale)
    kept: dict[str, Any] = {"mode": mode.value, "as": look or None, "scale": drawn.scale.name}
    return {
        "d": drawn,
        "steps": drawn.scale.steps(language()),
        "mode_name": _(drive_map.NAMES[mode]),
        "unit": _(drive_map.UNITS[mode]),
        "look": look or (SHADED if drawn.uploads else CIRCLES),
        "most": drive_map.MOST,
        "days": _days(asked),
        "kept": _moving(asked) | kept,
        "address": url_for("drive_map.show", **(asked.query | kept)),
        "league": url_for("league.show", **dict[str, Any](asked.query)),
        "today": uptake.today(),
    }


def _mode() -> Mode:
    written = request.args.get("mode", "")
    return Mode(written) if written in set(Mode) else Mode.RATE


def _moving(asked: Asked) -> dict[str, str | None]:
    """The question as the slider asks it again: a usual day to compare with moves along."""
    usual = (asked.day - asked.since).days == league.USUAL_DAYS
    left_out = {"day", "since"} if usual else {"day"}
    return {name: value for name, value in asked.query.items() if name not in left_out}


def _days(asked: Asked) -> list[date]:
    """The days of the slider: up to today, or a later one where an older day is asked for."""
    last = max(asked.day, min(uptake.today(), asked.day + timedelta(days=DAYS // 2)))
    days = [last - timedelta(days=number) for number in range(DAYS)][::-1]
    fixed = (asked.day - asked.since).days != league.USUAL_DAYS
    oldest = max(uptake.today() - uptake.OLDEST, asked.since if fixed else date.min)
    return [day for day in days if day > oldest]
