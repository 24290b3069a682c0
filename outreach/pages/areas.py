"""Areas: browse the lists, correct one area, load a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import (
    area_choice,
    area_editing,
    area_loading,
    area_uploads,
    areas,
    figures,
    schools,
    typed,
)
from outreach.access import Act
from outreach.area_loading import Loaded
from outreach.areas import LISTS, Area
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages.guard import needs, person

blueprint = Blueprint("areas", __name__, url_prefix="/admin/areas")
A_PAGE = 100
SHOWN = 50


@blueprint.get("/")
@needs(Act.AREA_MANAGE)
def index() -> str:
    """The provinces of a list, or what a name may mean."""
    area_list, text = _list(request.args), request.args.get("q", "").strip()
    found = area_choice.find(text, area_list) if text else None
    return render_template(
        "areas/list.html",
        area_list=area_list,
        lists=LISTS,
        loaded=areas.loaded_lists(),
        q=text,
        found=found,
        places=areas.places([area.id for area in found or ()]),
        **_below(None, area_list),
    )


def _list(given: Mapping[str, str]) -> int:
    chosen = given.get("list", "")
    return int(chosen) if chosen in map(str, LISTS) else areas.list_in_use()


def _below(area_id: int | None, area_list: int) -> dict[str, Any]:
    after = request.args.get("after", type=typed.key)
    rows = area_editing.below(area_id, area_list, after, A_PAGE + 1)
    following = rows[A_PAGE - 1].position if len(rows) > A_PAGE else None
    return {"rows": rows[:A_PAGE], "following": following, "after": after}


@blueprint.get("/<int:area_id>")
@needs(Act.AREA_MANAGE, of=area_editing.by_id)
def show(area: Area) -> str:
    """One area: where it lies, its people, its other names, what lies in it."""
    return _page(area, {})


def _page(area: Area, given: Mapping[str, str], errors: dict[str, str] | None = None) -> str:
    return render_template(
        "areas/show.html",
        area=area,
        above=areas.ancestors(area.id),
        aliases=area_editing.aliases(area),
        typed=given,
        errors=errors or {},
        **_below(area.id, area.area_list),
    )


@blueprint.post("/<int:area_id>/names")
@needs(Act.AREA_MANAGE, of=area_editing.by_id)
def add_name(area: Area) -> ResponseReturnValue:
    """Let it also be found by another name."""
    area_id, alias = area.id, request.form.get("alias", "")
    try:
        area_editing.add_alias(area, alias, actor_id=person().id)
    except Refused as refused:
        area = area_editing.by_id(area_id)
        errors = {"alias": refused.sentence}
        return _page(area, {"alias": alias}, errors), 422
    return redirect(url_for("areas.show", area_id=area_id, _anchor="names"))


@blueprint.post("/<int:area_id>/names/remove")
@needs(Act.AREA_MANAGE, of=area_editing.by_id)
def remove_name(area: Area) -> ResponseReturnValue:
    """Let it no longer be found by one."""
    area_id = area.id
    area_editing.remove_alias(area, request.form.get("alias", ""), actor_id=person().id)
    return redirect(url_for("areas.show", area_id=area_id, _anchor="names"))


@blueprint.post("/<int:area_id>/schools")
@needs(Act.AREA_MANAGE, of=area_editing.by_id)
def add_school(area: Area) -> ResponseReturnValue:
    """Let a school in it report for itself."""
    area_id, given = area.id, request.form
    try:
        people = (
            figures.parse(given["people"], "people") if given.get("people", "").strip() else None
        )
        school = schools.add(
            area, given.get("name", ""), people, given.get("source", ""), actor_id=person().id
        )
    except Refused as refused:
        errors = {refused.field or "name": refused.sentence}
        return _page(area_editing.by_id(area_id), given, errors), 422
    flash(_("Added: %(name)s, code %(code)s.", name=school.name, code=school.code), "success")
    return redirect(url_for("areas.show", area_id=area_id))


@blueprint.get("/load")
@needs(Act.AREA_MANAGE)
def load() -> str:
    """The form to load a list: a file, or one that comes along."""
    return _load_form(_list(request.args))


def _load_form(area_list: int, refused: Refused | None = None) -> str:
    return render_template(
        "areas/load.html",
        area_list=area_list,
        lists=LISTS,
        loaded=areas.loaded_lists(),
        error="" if refused is None else refused.sentence,
    )


@blueprint.post("/load", endpoint="try_file")
@needs(Act.AREA_MANAGE)
def try_file() -> ResponseReturnValue:
    """Show what a file would bring; nothing is written yet."""
    file, area_list = request.files.get("file"), _list(request.form)
    folder = current_app.config["OUTREACH"].data_dir
    try:
        if file is None or not file.filename:
            raise Refused(_("Choose a file first."), "file")
        key = area_uploads.keep(folder, cast(BinaryIO, file.stream))
        with area_uploads.opened(folder, key) as path:
            trial = area_loading.try_file(path, area_list)
    except Refused as refused:
        return _load_form(area_list, refused), 422
    return render_template("areas/trial.html", trial=trial, key=key, name=file.filename, most=SHOWN)


@blueprint.post("/load/confirm")
@needs(Act.AREA_MANAGE)
def confirm() -> ResponseReturnValue:
    """Load the file that was looked at."""
    area_list, key = _list(request.form), request.form.get("key", "")
    folder = current_app.config["OUTREACH"].data_dir
    name = request.form.get("name", "")[:120]
    try:
        with area_uploads.opened(folder, key) as path:
            done = area_loading.load_file(path, area_list, name=name, actor_id=person().id)
        area_uploads.forget(folder, key)
    except Refused as refused:
        return _load_form(area_list, refused), 422
    return _loaded(done)


@blueprint.post("/load/package")
@needs(Act.AREA_MANAGE)
def package() -> ResponseReturnValue:
    """Load the list that comes along."""
    area_list = _list(request.form)
    try:
        done = area_loading.load_package(area_list, actor_id=person().id)
    except Refused as refused:
        return _load_form(area_list, refused), 422
    return _loaded(done)


def _loaded(done: Loaded) -> ResponseReturnValue:
    flash(
        _(
            "Loaded. Added: %(added)s; changed: %(updated)s.",
            added=done.added,
            updated=done.updated,
        ),
        "success",
    )
    for note in done.notes:
        flash(note, "info")
    return redirect(url_for("areas.index", list=done.area_list))
