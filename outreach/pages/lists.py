"""Lists of subscribers: upload, confirm the columns, watch the import, take back what failed."""

from __future__ import annotations

from datetime import date
from typing import Any, BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from outreach import access, areas, formats, health, i18n, once
from outreach.access import Act, Subject
from outreach.accounts import Role
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import columns, expiry, history, uploads
from outreach.lists.leases import UNFINISHED
from outreach.lists.uploads import Choices, Purpose
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.subscribers import ListState, SubscriberList, list_by_id

blueprint = Blueprint("lists", __name__, url_prefix="/lists")


@blueprint.get("/")
@needs(Act.LIST_VIEW)
def index() -> str:
    """The lists of the person's organisation."""
    return render_template(
        "lists/list.html",
        rows=history.of(person()),
        today=expiry.today(),
        subscribers=history.subscribers(person()),
        can_import=access.allowed(person(), Act.LIST_IMPORT),
    )


@blueprint.get("/new")
@needs(Act.LIST_IMPORT)
def new() -> str:
    """The form to upload a file."""
    days = {"obtained_on": expiry.today(), "expires_on": uploads.usual_expiry()}
    return _upload_form(
        {name: day.isoformat() for name, day in days.items()} | {"once": once.word()}
    )


@blueprint.post("/new", endpoint="upload")
@needs(Act.LIST_IMPORT)
def upload() -> ResponseReturnValue:
    """Keep the file and ask what its columns mean."""
    own = person().organisation_id or 0
    access.demand(person(), Act.LIST_IMPORT, Subject(organisation_id=own))
    try:
        kept = forms.once_only(lambda: _kept(own))
    except Refused as refused:
        return _upload_form(request.form, {refused.field or "file": refused.sentence}), 422
    return redirect(url_for("lists.confirm", list_id=kept))


def _kept(organisation_id: int) -> int:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused(_("Choose a file first."), "file")
    why = Purpose(
        request.form.get("purpose", ""), request.form.get("source", ""), _obtained(), _expires()
    )
    source = cast(BinaryIO, file.stream)
    return uploads.keep(source, file.filename, organisation_id, why, actor_id=person().id).id


def _obtained() -> date:
    try:
        return date.fromisoformat(request.form.get("obtained_on", ""))
    except ValueError:
        raise Refused(_("Choose the day on which the list was obtained."), "obtained_on") from None


def _expires() -> date | None:
    if "expires_on" not in request.form:  # not on the form: the usual day
        return None
    try:
        return date.fromisoformat(request.form.get("expires_on", ""))
    except ValueError:
        sentence = _("Choose the last day on which the list may be used.")
        raise Refused(sentence, "expires_on") from None


def _upload_form(typed: Any, errors: dict[str, str] | None = None) -> str:
    return render_template("lists/upload.html", typed=typed, errors=errors or {})


@blueprint.get("/<int:list_id>")
@needs(Act.LIST_VIEW, of=list_by_id)
def show(upload: SubscriberList) -> ResponseReturnValue:
    """One list: how far it is, and what came of it."""
    if upload.state is ListState.UPLOADED and access.allowed(person(), Act.LIST_IMPORT, upload):
        return redirect(url_for("lists.confirm", list_id=upload.id))
    return render_template("lists/show.html", **_shown(upload))


@blueprint.get("/<int:list_id>/state")
@needs(Act.LIST_VIEW, of=list_by_id)
def state(upload: SubscriberList) -> str:
    """The part that is refreshed, the same partial as its first render."""
    return render_template("lists/_state.html", **_shown(upload))


@blueprint.post("/<int:list_id>/expiry", endpoint="expiry")
@needs(Act.LIST_IMPORT, of=list_by_id)
def change_expiry(upload: SubscriberList) -> ResponseReturnValue:
    """Let the list be used until another day; who, when and why is recorded."""
    reason = request.form.get("reason", "")
    try:
        last_day = _expires()
        if last_day is None:
            raise Refused(_("Choose the last day on which the list may be used."), "expires_on")
        expiry.change(upload, last_day, reason, actor_id=person().id)
    except Refused as refused:
        errors = {refused.field or "expires_on": refused.sentence}
        typed = {"expires_on": request.form.get("expires_on", ""), "reason": reason}
        shown = _shown(list_by_id(upload.id)) | {"errors": errors, "typed": typed}
        return render_template("lists/show.html", **shown), 422
    flash(
        _("May be used until %(day)s.", day=formats.day(last_day, language=i18n.language())),
        "success",
    )
    return redirect(url_for("lists.show", list_id=upload.id))


def _shown(upload: SubscriberList) -> dict[str, Any]:
    running = upload.state in UNFINISHED
    return {
        "upload": upload,
        "expired": expiry.expired(upload),
        "acts": history.acts(upload.id),
        "may_extend": upload.state not in (ListState.UPLOADED, ListState.DISCARDED)
        and access.allowed(person(), Act.LIST_IMPORT, upload),
        "running": running,
        "no_worker": running and health.examine().workers == 0,
        "notes": uploads.notes_of(upload),
        "may_take": upload.rejected
        and upload.state is ListState.DONE
        and access.allowed(person(), Act.LIST_SEE_NUMBERS, upload),
    }


@blueprint.get("/<int:list_id>/columns")
@needs(Act.LIST_IMPORT, of=list_by_id)
def confirm(upload: SubscriberList) -> ResponseReturnValue:
    """The columns as they were recognised, with examples, to be confirmed or chosen."""
    if upload.state is not ListState.UPLOADED:
        return redirect(url_for("lists.show", list_id=upload.id))
    look = columns.look(upload)
    mapping = {meaning: look.guesses.get(meaning, "") for meaning in columns.MEANINGS}
    return _columns_form(upload, look, Choices(mapping, _usual_within()))


@blueprint.post("/<int:list_id>/columns", endpoint="do_confirm")
@needs(Act.LIST_IMPORT, of=list_by_id)
def do_confirm(upload: SubscriberList) -> ResponseReturnValue:
    """Begin the import, or only look what the chosen columns would bring."""
    if upload.state is not ListState.UPLOADED:
        return redirect(url_for("lists.show", list_id=upload.id))
    look, choices = columns.look(upload), _choices()
    wrong = columns.missing(choices.mapping)
    if wrong or "do" not in request.form:
        return _columns_form(upload, look, choices, wrong), 422 if wrong else 200
    try:
        uploads.confirm(upload, choices, actor_id=person().id)
    except Refused as refused:
        if refused.field == "list":  # a second press: the first one has done it
            return redirect(url_for("lists.show", list_id=upload.id))
        return _columns_form(upload, look, choices, {"": refused.sentence}), 422
    return redirect(url_for("lists.show", list_id=upload.id))


def _choices() -> Choices:
    within = request.form.get("within", 0, type=int) or None
    return Choices(
        {meaning: request.form.get(meaning, "") for meaning in columns.MEANINGS},
        within if within in dict(_places()) else None,
        _may_take_health_data() and request.form.get("restricted") == "1",
    )


def _may_take_health_data() -> bool:
    return person().role is Role.HEALTH


def _usual_within() -> int | None:
    own = person().own_area_id
    return own if own in dict(_places()) else None


def _places() -> list[tuple[int, str]]:
    """(id, name) of the provinces and districts in which names can be looked for."""
    rows = db.session.execute(
        select(Area.id, Area.name, Area.level)
        .where(
            Area.area_list == areas.list_in_use(),
            Area.level.in_((Level.PROVINCE, Level.DISTRICT)),
        )
        .order_by(Area.position, Area.code)
    )
    return [(row.id, row.name) for row in rows]


def _columns_form(
    upload: SubscriberList,
    look: columns.Look,
    choices: Choices,
    errors: dict[str, str] | None = None,
) -> str:
    chosen = not columns.missing(choices.mapping)
    return render_template(
        "lists/columns.html",
        upload=upload,
        look=look,
        choices=choices,
        errors=errors or {},
        places=_places(),
        trial=columns.try_first(upload, choices) if chosen else None,
        masked=columns.masked,
        health_data=_may_take_health_data(),
    )


@blueprint.post("/<int:list_id>/discard")
@needs(Act.LIST_IMPORT, of=list_by_id)
def discard(upload: SubscriberList) -> ResponseReturnValue:
    """Forget a file that was uploaded and not confirmed."""
    try:
        uploads.discard(upload, actor_id=person().id)
    except Refused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("lists.show", list_id=upload.id))
    flash(_("Discarded. Nothing of the file was kept."), "success")
    return redirect(url_for("lists.index"))


@blueprint.post("/<int:list_id>/rejects")
@needs(Act.LIST_SEE_NUMBERS, of=list_by_id)
def rejects(upload: SubscriberList) -> ResponseReturnValue:
    """The rows that were turned away, as a file. It holds whole numbers: an audit row says who."""
    rows = uploads.open_rejects(upload, actor_id=person().id)
    name = _("rows-not-imported-%(id)s.csv", id=upload.id)
    return send_file(rows, "text/csv", as_attachment=True, download_name=name)
