"""What areas became: what was recorded, a file looked at and confirmed, one taken back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import area_change_files, area_conversions, area_uploads, areas, seen
from outreach.access import Act
from outreach.area_change_files import Converted, Trial
from outreach.area_conversion_plans import Plan
from outreach.area_conversions import AreaConversion
from outreach.areas import LISTS
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person

blueprint = Blueprint("area_conversions", __name__, url_prefix="/admin/areas/changes")
SHOWN = 50
USUAL = {"from": 2020, "to": 2025}


@blueprint.get("")
@needs(Act.AREA_MANAGE)
def index() -> str:
    """What was recorded, and what of it was taken back."""
    found = area_conversions.every()
    rows = area_conversions.rows_of([each.id for each in found])
    return render_template("areas/conversions.html", conversions=found, rows=rows)


@blueprint.get("/load")
@needs(Act.AREA_MANAGE)
def load() -> str:
    """The form to choose a file, or what comes along."""
    return _load_form({})


def _load_form(given: Mapping[str, str], refused: Refused | None = None) -> str:
    error = "" if refused is None else refused.sentence
    chosen = {name: _list(given, name) for name in USUAL}
    return render_template("areas/convert.html", lists=LISTS, chosen=chosen, error=error)


def _list(given: Mapping[str, str], name: str) -> int:
    chosen = given.get(name, "")
    return int(chosen) if chosen in map(str, LISTS) else USUAL[name]


def _lists(given: Mapping[str, str]) -> tuple[int, int]:
    return _list(given, "from"), _list(given, "to")


@blueprint.post("/load", endpoint="look")
@needs(Act.AREA_MANAGE)
def look() -> ResponseReturnValue:
    """Show what a file would record; nothing is written yet."""
    given, file = request.form, request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Refused(_("Choose a file first."), "file")
        key = area_uploads.keep(_folder(), cast(BinaryIO, file.stream))
        return _tried({**given, "key": key, "name": file.filename})
    except Refused as refused:
        return _load_form(given, refused), 422


@blueprint.post("/load/package", endpoint="look_at_package")
@needs(Act.AREA_MANAGE)
def look_at_package() -> ResponseReturnValue:
    """Show what the package would record; nothing is written yet."""
    try:
        return _tried({"package": "1"})
    except Refused as refused:
        return _load_form({}, refused), 422


def _folder() -> Path:
    folder: Path = current_app.config["OUTREACH"].data_dir
    return folder


def _tried(given: Mapping[str, str], refused: Refused | None = None) -> str:
    trial = _trial(given)
    return render_template(
        "areas/convert_trial.html",
        trial=trial,
        given=given,
        errors=forms.errors(refused),
        **_planned(trial.plan),
    )


def _planned(plan: Plan) -> dict[str, Any]:
    """What shows a plan, and the mark of what it was made from."""
    return {
        "plan": plan,
        "named": plan.named(SHOWN),
        "most": SHOWN,
        "seen": seen.mark(area_conversions.shown()),
    }


def _trial(given: Mapping[str, str]) -> Trial:
    if given.get("package"):
        return area_change_files.look_at_package()
    with area_uploads.opened(_folder(), given.get("key", "")) as path:
        return area_change_files.look(path, *_lists(given), name=given.get("name", ""))


@blueprint.post("/load/confirm")
@needs(Act.AREA_MANAGE)
def confirm() -> ResponseReturnValue:
    """Record what was looked at; where it cannot be as it was shown, show it again."""
    given = request.form
    try:
        done = _record(given)
    except Refused as refused:
        try:
            return _tried(given, refused), 422
        except Refused as gone:
            return _load_form(given, gone), 422
    if done.id is None:
        flash(_("This file changes nothing; all of it is recorded already."), "info")
        return redirect(url_for("area_conversions.index"))
    flash(
        _(
            "Recorded. New: %(added)s; other than before: %(changed)s; taken away: %(removed)s.",
            added=done.added,
            changed=done.changed,
            removed=done.removed,
        ),
        "success",
    )
    return redirect(url_for("area_conversions.show", conversion_id=done.id))


def _record(given: Mapping[str, str]) -> Converted:
    form, actor_id = given.get("seen", ""), person().id
    if given.get("package"):
        return area_change_files.from_package(form=form, actor_id=actor_id)
    key = given.get("key", "")
    with area_uploads.opened(_folder(), key) as path:
        done = area_change_files.from_file(
            path,
            *_lists(given),
            name=given.get("name", ""),
            leave_rest=bool(given.get("leave_rest")),
            form=form,
            actor_id=actor_id,
        )
    area_uploads.forget(_folder(), key)
    return done


@blueprint.get("/<int:conversion_id>")
@needs(Act.AREA_MANAGE, of=area_conversions.by_id)
def show(conversion: AreaConversion) -> str:
    """What one said, and what taking it back would do."""
    return _page(conversion, {})


def _page(
    conversion: AreaConversion, given: Mapping[str, str], refused: Refused | None = None
) -> str:
    said = area_conversions.said(conversion, SHOWN)
    ids = {area_id for row in said for area_id in row.pair}
    back = conversion.taken_back_at is None
    shown = _planned(area_conversions.plan_back(conversion)) if back else {"plan": None}
    return render_template(
        "areas/conversion.html",
        conversion=conversion,
        said=said,
        count=area_conversions.rows_of([conversion.id]).get(conversion.id, 0),
        areas={area.id: area for area in areas.by_ids(ids)},
        given=given,
        errors=forms.errors(refused),
        **shown,
    )


@blueprint.post("/<int:conversion_id>/take-back", endpoint="take_back")
@needs(Act.AREA_MANAGE, of=area_conversions.by_id)
def take_back(conversion: AreaConversion) -> ResponseReturnValue:
    """Let it hold no longer."""
    conversion_id, given = conversion.id, request.form
    try:
        area_conversions.take_back(
            conversion,
            given.get("reason", ""),
            leave_rest=bool(given.get("leave_rest")),
            form=given.get("seen", ""),
            actor_id=person().id,
        )
    except Refused as refused:
        return _page(area_conversions.by_id(conversion_id), given, refused), 422
    flash(_("Taken back. What was recorded before it holds again."), "success")
    return redirect(url_for("area_conversions.show", conversion_id=conversion_id))
