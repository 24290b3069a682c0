"""Boundaries for maps: upload a file, what came of it, withdraw it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import boundaries, boundary_files, league_sheet
from outreach.access import Act
from outreach.areas import Area
from outreach.boundaries import BoundaryUpload
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person

blueprint = Blueprint("boundaries", __name__, url_prefix="/map/boundaries")


@blueprint.get("")
@needs(Act.BOUNDARY_SET)
def index() -> str:
    """What was uploaded for the own area, and the form for a file."""
    return _page({})


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "map/boundaries.html",
        uploads=boundaries.every(person().own_area_id),
        area=_own(),
        typed=request.form,
        errors=errors,
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "levels": [(level.value, _(league_sheet.LEVELS[level])) for level in boundaries.METRES],
        "level_names": {level: _(name) for level, name in league_sheet.LEVELS.items()},
        "megabytes": boundary_files.LARGEST >> 20,
        "points": boundary_files.MOST_POINTS,
    }


def _own() -> Area | None:
    own = person().own_area_id
    return None if own is None else db.session.get_one(Area, own)


@blueprint.post("", endpoint="take")
@needs(Act.BOUNDARY_SET)
def take() -> ResponseReturnValue:
    """Take a file, or bring the form back."""
    file, given = request.files.get("file"), request.form
    try:
        if file is None or not file.filename:
            raise Refused(_("Choose a file first."), "file")
        content = file.stream.read(boundary_files.LARGEST + 1)
        made = boundaries.take(
            content, file.filename, given.get("level", ""), given.get("source", ""), _own(),
            person().id,
        )  # fmt: skip
    except Refused as refused:
        return _page(forms.errors(refused)), 422
    return redirect(url_for("boundaries.show", boundary_id=made.id))


@blueprint.get("/<int:boundary_id>")
@needs(Act.BOUNDARY_SET, of=boundaries.by_id)
def show(made: BoundaryUpload) -> str:
    """What came of a file."""
    left_out = boundaries.left_out(made)
    return render_template("map/boundary.html", made=made, left_out=left_out, **_words())


@blueprint.post("/<int:boundary_id>/withdraw")
@needs(Act.BOUNDARY_SET, of=boundaries.by_id)
def withdraw(made: BoundaryUpload) -> ResponseReturnValue:
    """Let it no longer count."""
    try:
        boundaries.withdraw(made, person().id)
    except Refused as refused:
        flash(refused.sentence, "warning")
    else:
        flash(_("Withdrawn. What was drawn before it is drawn again."), "success")
    return redirect(url_for("boundaries.index"))
