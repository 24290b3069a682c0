"""Apps: what people are asked to install."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import apps, labels, once, seen, typed, uptake
from outreach.access import Act
from outreach.apps import App, Unit
from outreach.errors import Refused
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person

blueprint = Blueprint("apps", __name__, url_prefix="/admin/apps")
blueprint.add_app_template_global(labels.unit, "unit_word")
blueprint.add_app_template_global(labels.in_all, "in_all")
blueprint.add_app_template_global(labels.broken, "broken_word")


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
    return forms.save(
        lambda: forms.once_only(_added),
        lambda refused: _form(None, request.form, refused),
        _("Added. Its installs are counted from now on."),
        lambda _id: url_for("apps.index"),
    )


def _added() -> int:
    code, texts = request.form.get("code", ""), _texts()
    return apps.add(code, *texts, _counts(), actor_id=person().id).id


def _texts() -> tuple[str, str, str]:
    name, link, description = (
        request.form.get(each, "") for each in ("name", "link", "description")
    )
    return name, link, description


def _counts() -> Unit:
    try:
        return Unit(request.form.get("counts", ""))
    except ValueError:
        raise Refused(_("Choose what counts as an install."), "counts") from None


@blueprint.get("/<int:app_id>")
@needs(Act.APP_MANAGE, of=apps.by_id)
def show(app: App) -> str:
    """One app, to be changed."""
    return _form(app, _given(app))


@blueprint.post("/<int:app_id>", endpoint="change")
@needs(Act.APP_MANAGE, of=apps.by_id)
def change(app: App) -> ResponseReturnValue:
    """Save what was changed."""
    app_id, form = app.id, request.form.get("seen", "")
    return forms.save(
        lambda: apps.change(app, *_texts(), form=form, actor_id=person().id),
        lambda refused: _again(app_id, refused),
        _("Saved."),
        lambda _none: url_for("apps.index"),
    )


@blueprint.post("/<int:app_id>/counts")
@needs(Act.APP_MANAGE, of=apps.by_id)
def define(app: App) -> ResponseReturnValue:
    """Say that from a day on something else counts as an install."""
    app_id = app.id
    return forms.save(
        lambda: _defined(app),
        lambda refused: _again(app_id, refused),
        _("Saved. Pages of figures say on which day it changed."),
        lambda _none: url_for("apps.show", app_id=app_id),
    )


def _defined(app: App) -> None:
    given = request.form
    since = typed.day(given.get("since", ""), "since")
    if since is None:
        raise Refused(_("Give the first day on which it is counted so."), "since")
    apps.define(
        app,
        _counts(),
        since,
        given.get("reason", ""),
        form=given.get("seen_counts", ""),
        actor_id=person().id,
    )


def _given(app: App) -> dict[str, Any]:
    return apps.shown(app) | {
        "seen": seen.mark(apps.shown(app)),
        "seen_counts": seen.mark(apps.shown_definition(app)),
    }


def _again(app_id: int, refused: Refused) -> str:
    """One of the two forms as it was typed, the other as things are."""
    app = apps.by_id(app_id)
    return _form(app, _given(app) | request.form.to_dict(), refused)


def _form(app: App | None, given: Mapping[str, Any], refused: Refused | None = None) -> str:
    return render_template(
        "apps/form.html",
        app=app,
        typed=given,
        errors=forms.errors(refused),
        units=[(unit.value, labels.unit(unit)) for unit in Unit],
        today=uptake.today(),
    )
