"""The calendar of broadcasts."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from campaigns import calendar
from outreach.access import Act
from outreach.pages.guard import needs, person

blueprint = Blueprint("calendar", __name__, url_prefix="/campaigns")


@blueprint.get("/calendar")
@needs(Act.CAMPAIGN_VIEW)
def month() -> ResponseReturnValue:
    """A month's campaigns on their days."""
    first = calendar.first_of(request.args.get("month"))
    return render_template("watch/calendar.html", month=calendar.month(person(), first))
