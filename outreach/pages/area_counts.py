"""How many people an area has: its counts over time, a new one, a file of all that lies in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import access, area_count_files, area_counts, area_uploads, areas, clock, seen, typed
from outreach.access import Act, Subject
from outreach.area_count_files import DAYS, Given
from outreach.area_counts import KINDS, Count
from outreach.areas import Area
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.pages.uptake import Ground, ground
from outreach.targets import Denominator

blueprint = Blueprint("area_counts", __name__, url_prefix="/areas")
SHOWN = 50
ALL = "all_"


@blueprint.get("/<int:area_id>/people")
@needs(Act.COUNT_SET, of=ground)
def show(here: Ground) -> str:
    """The counts of an area, and the forms."""
    return _page(here.area, {})


def _page(area: Area, given: Mapping[str, str], errors: Mapping[str, str] | None = None) -> str:
    rows = area_counts.history(area.id)
    above = areas.ancestors(area.id)
    return render_template(
        "area/people.html",
        area=area,
        above=[each for each in above if _may(each)],
        rows=rows,
        standing={row.id for row in area_counts.standing(rows)},
        newest={kind: area_counts.of_area(area.id, kind).newest for kind in KINDS},
        seen=seen.mark(area_counts.shown(rows)),
        typed=given,
        errors=errors or {},
        today=clock.local(clock.now()).date(),
        below=bool(areas.children(area.id)),
        manages=access.allowed(person(), Act.AREA_MANAGE),
    )


def _may(area: Area) -> bool:
    return access.allowed(person(), Act.COUNT_SET, Subject(area_ids={area.id}))


@blueprint.post("/<int:area_id>/people")
@needs(Act.COUNT_SET, of=ground)
def add(here: Ground) -> ResponseReturnValue:
    """Enter one count."""
    area_id, given = here.area.id, request.form
    try:
        kinds = [kind for kind in KINDS if kind == given.get("denominator")]
        if not kinds:
            raise Refused(_("Say of whom this is the number."), "denominator")
        count, form = _count(area_id, kinds[0], given), given.get("seen", "")
        new = area_counts.add(here.area, count, form=form, actor_id=person().id)
    except Refused as refused:
        return _again(area_id, given, refused), 422
    if new:
        flash(_("Saved. Rates from its day on are shares of this number."), "success")
    else:
        flash(_("This count was there already; nothing was changed."), "info")
    return redirect(url_for("area_counts.show", area_id=area_id))


def _count(area_id: int, kind: Denominator, given: Mapping[str, str]) -> Count:
    said = _given(given)
    return Count(
        area_id,
        kind,
        typed.whole(given.get("value", "").replace(",", "."), "value"),
        said.source,
        said.letter,
        said.counted_on,
        said.valid_from,
    )


def _given(given: Mapping[str, str], prefix: str = "") -> Given:
    """What is said of a count; beside a file, of all its rows, in fields that begin with `ALL`."""
    days = [typed.day(given.get(prefix + name, ""), prefix + name) for name in DAYS]
    return Given(given.get(f"{prefix}source", ""), given.get(f"{prefix}letter", ""), *days)


def _again(area_id: int, given: Mapping[str, str], refused: Refused) -> str:
    return _page(ground(area_id).area, given, forms.errors(refused))


@blueprint.post("/<int:area_id>/people/take-back")
@needs(Act.COUNT_SET, of=ground)
def take_back(here: Ground) -> ResponseReturnValue:
    """Let a count hold no longer."""
    area_id, given = here.area.id, request.form
    try:
        area_counts.take_back(
            here.area,
            given.get("count", 0, type=int),
            given.get("reason", ""),
            form=given.get("seen", ""),
            actor_id=person().id,
        )
    except Refused as refused:
        return _again(area_id, given, refused), 422
    flash(_("Taken back. What held before it holds again."), "success")
    return redirect(url_for("area_counts.show", area_id=area_id))


@blueprint.post("/<int:area_id>/people/file")
@needs(Act.COUNT_SET, of=ground)
def try_file(here: Ground) -> ResponseReturnValue:
    """Show what a file would bring; nothing is written yet."""
    area_id, given, file = here.area.id, request.form, request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Refused(_("Choose a file first."), "file")
        key = area_uploads.keep(_folder(), cast(BinaryIO, file.stream))
        with area_uploads.opened(_folder(), key) as path:
            trial = area_count_files.look(path, here.area, _given(given, ALL))
    except Refused as refused:
        return _again(area_id, given, _at_the_file(refused)), 422
    return _tried(here.area, trial=trial, key=key, name=file.filename, given=given)


def _folder() -> Any:
    return current_app.config["OUTREACH"].data_dir


def _at_the_file(refused: Refused) -> Refused:
    """What is wrong with its columns is said at the file."""
    of_days = {ALL + name for name in DAYS}
    return refused if refused.field in of_days else Refused(refused.sentence, "file")


def _tried(area: Area, **shown: Any) -> str:
    shown |= {"manages": access.allowed(person(), Act.AREA_MANAGE), "most": SHOWN}
    return render_template("area/people_trial.html", area=area, **shown)


@blueprint.post("/<int:area_id>/people/file/confirm")
@needs(Act.COUNT_SET, of=ground)
def enter_file(here: Ground) -> ResponseReturnValue:
    """Enter the file that was looked at."""
    area_id, given = here.area.id, request.form
    key, name = given.get("key", ""), given.get("name", "")[:120]
    try:
        with area_uploads.opened(_folder(), key) as path:
            entered = area_count_files.enter(path, name, here.area, _given(given, ALL), person().id)
        area_uploads.forget(_folder(), key)
    except Refused as refused:
        return _again(area_id, given, _at_the_file(refused)), 422
    flash(_("Entered: %(count)s counts.", count=entered), "success")
    return redirect(url_for("area_counts.show", area_id=area_id))
