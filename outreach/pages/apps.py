"""Apps: what people are asked to install."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import apps, once, seen
from outreach.access import Act
from outreach.apps import App
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages.guard import needs, person

blueprint = Blueprint("apps", __name__, url_prefix="/admin/apps")


@blueprint.get("/")
@needs(Act.APP_MANAGE)
def index() -> str:
    """All apps."""
    return render_template("apps/list.html", apps=apps.every())


@blueprint.get("/new")
@needs(Act.APP_MANAGE)
def new() -> str:
    """The form for a new one."""
    return _form(None, {"once": once.word()})


@blueprint.post("/new", endpoint="create")
@needs(Act.APP_MANAGE)
def create() -> ResponseReturnValue:
    """Add it."""
    form = once.of(person().id, request.form.get("once", ""))
    code = request.form.get("code", "")
    try:
        once.do(form, lambda: apps.add(code, *_texts(), actor_id=person().id).id)
    except Refused as refused:
        return _form(None, request.form, refused), 422
    flash(_("Added. Its installs are counted from now on."), "success")
    return redirect(url_for("apps.index"))


def _texts() -> tuple[str, str, str]:
    name, link, description = (
        request.form.get(each, "") for each in ("name", "link", "description")
    )
    return name, link, description


@blueprint.get("/<int:app_id>")
@needs(Act.APP_MANAGE, of=apps.by_id)
def show(app: App) -> str:
    """One app, to be changed."""
    typed = apps.shown(app) | {"seen": seen.mark(apps.shown(app))}
    return _form(app, typed)


@blueprint.post("/<int:app_id>", endpoint="change")
@needs(Act.APP_MANAGE, of=apps.by_id)
def change(app: App) -> ResponseReturnValue:
    """Save what was changed."""
    app_id, form = app.id, request.form.get("seen", "")
    try:
        apps.change(app, *_texts(), form=form, actor_id=person().id)
    except Refused as refused:
        return _form(apps.by_id(app_id), request.form, refused), 422
    flash(_("Saved."), "success")
    return redirect(url_for("apps.index"))


def _form(app: App | None, typed: Mapping[str, Any], refused: Refused | None = None) -> str:
    errors = {} if refused is None else {refused.field or "": refused.sentence}
    return render_template("apps/form.html", app=app, typed=typed, errors=errors)
