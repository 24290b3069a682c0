"""Targets: what a letter wants, of whom, by when; where it stands; set by the culture office."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from outreach import (
    access,
    apps,
    area_choice,
    group_counts,
    labels,
    once,
    rates,
    seen,
    target_letters,
    target_showing,
    targets,
    typed,
    uptake,
)
from outreach.access import Act, Subject
from outreach.areas import Area
from outreach.errors import Missing, Refused
from outreach.group_counts import Count
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.target_letters import Letter
from outreach.targets import Denominator, Target

blueprint = Blueprint("targets", __name__, url_prefix="/targets")


@blueprint.get("/")
@needs(Act.TARGET_VIEW)
def index() -> str:
    """The targets that reach the person's area, and where each stands now."""
    rows = target_showing.rows(person().own_area_id)
    return render_template(
        "targets/list.html",
        rows=rows,
        letters=target_letters.names([row.target.id for row in rows]),
        today=uptake.today(),
        pace_from=uptake.today() - timedelta(days=rates.PACE_DAYS),
        withdrawn=targets.withdrawn(person().own_area_id),
        may_set=access.allowed(person(), Act.TARGET_SET),
    )


@blueprint.get("/new")
@needs(Act.TARGET_SET)
def new() -> str:
    """The form for a new one, for the person's own area."""
    own = area_choice.written(person().own_area_id)
    given = {"once": once.word(), "area": own, "denominator": Denominator.POPULATION.value}
    return _form(None, given)


@blueprint.post("/new", endpoint="create")
@needs(Act.TARGET_SET)
def create() -> ResponseReturnValue:
    """Set it."""
    return forms.save(
        lambda: forms.once_only(_added),
        lambda refused: _form(None, request.form, refused),
        _("The target is set. The pages of figures stand it beside the rate."),
        lambda _id: url_for("targets.index"),
    )


def _added() -> int:
    area = _area()
    code = request.form.get("app", "")
    if not code:
        raise Refused(_("Choose an app."), "app")
    share, deadline, words = _aim()
    added = targets.add(
        area,
        apps.by_code(code),
        share,
        deadline,
        **words,
        count=_count(),
        file=_file(),
        actor_id=person().id,
    )
    return added.id


def _area() -> Area:
    area = area_choice.chosen(request.form.get("area", ""))
    if area is None:
        raise Refused(_("Say for which area the target is."), "area")
    try:
        access.demand(person(), Act.TARGET_SET, Subject(area_ids={area.id}))
    except access.Forbidden as forbidden:
        raise Refused(forbidden.sentence, "area") from None
    return area


def _aim() -> tuple[int, date, dict[str, str]]:
    """Share, deadline, and whom and which letter, as typed. Raises Refused at their fields."""
    given = request.form
    share = targets.parse_share(given.get("share", ""))
    deadline = typed.day(given.get("deadline", ""), "deadline")
    if deadline is None:
        raise Refused(_("Give the day by which it should be reached."), "deadline")
    group = given.get("denominator", "")
    if group == Denominator.GROUP:
        group = given.get("group", "")
        if not group.strip():
            raise Refused(_("Name the group in the letter's words."), "group")
    return share, deadline, {"group": group, "letter": given.get("letter", "")}


def _count() -> Count | None:
    """What is typed of the group; of nothing else is anything counted here."""
    given = request.form
    if given.get("denominator") != Denominator.GROUP:
        return None
    return group_counts.checked(
        typed.whole(given.get("people", ""), "people"),
        typed.whole(given.get("installed", ""), "installed"),
        given.get("source", ""),
        typed.day(given.get("counted_on", ""), "counted_on"),
    )


def _file() -> Letter | None:
    """The letter's file, where one was chosen."""
    given = request.files.get("file")
    if given is None or not given.filename:
        return None
    return target_letters.checked(given.filename, given.stream.read(target_letters.LARGEST + 1))


@blueprint.get("/<int:target_id>/letter")
@needs(Act.TARGET_VIEW, of=targets.by_id)
def letter(target: Target) -> ResponseReturnValue:
    """The letter's file, for all whom the target reaches."""
    file = target_letters.of_target(target.id)
    if file is None:
        raise Missing(_("There is no file of this letter."))
    content = io.BytesIO(file.content)
    return send_file(content, file.type, as_attachment=True, download_name=file.filename)


@blueprint.get("/<int:target_id>")
@needs(Act.TARGET_SET, of=targets.by_id)
def show(target: Target) -> str:
    """One target, to be changed or withdrawn."""
    whole, rest = divmod(target.share, 100)
    given = {
        "share": f"{whole},{rest:02}%" if rest else f"{whole}%",
        "denominator": target.denominator.value,
        "group": target.group_name,
        "deadline": target.deadline.isoformat(),
        "letter": target.letter,
        "seen": seen.mark(targets.shown(target)),
    }
    return _form(target, given | _counted(target))


def _counted(target: Target) -> dict[str, str]:
    """The count in force of its group, as the form shows it."""
    counts = group_counts.of_targets([target.id]).get(target.id)
    if not counts:
        return {}
    last = counts[-1]
    return {
        "people": str(last.people),
        "installed": "" if last.installed is None else str(last.installed),
        "source": last.source,
        "counted_on": last.day.isoformat(),
    }


@blueprint.post("/<int:target_id>", endpoint="change")
@needs(Act.TARGET_SET, of=targets.by_id)
def change(target: Target) -> ResponseReturnValue:
    """Set it anew."""
    target_id = target.id
    return forms.save(
        lambda: _changed(target),
        lambda refused: _form(targets.by_id(target_id), request.form, refused),
        _("Saved. What it was stays in the audit trail."),
        lambda _none: url_for("targets.index"),
    )


def _changed(target: Target) -> None:
    share, deadline, words = _aim()
    form = request.form.get("seen", "")
    targets.change(
        target,
        share,
        deadline,
        **words,
        count=_count(),
        file=_file(),
        form=form,
        actor_id=person().id,
    )


@blueprint.post("/<int:target_id>/withdraw")
@needs(Act.TARGET_SET, of=targets.by_id)
def withdraw(target: Target) -> ResponseReturnValue:
    """Take it back."""
    target_id = target.id
    try:
        targets.withdraw(target, form=request.form.get("seen", ""), actor_id=person().id)
    except Refused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("targets.show", target_id=target_id))
    flash(_("Withdrawn. It stands below the targets, and counts no longer."), "success")
    return redirect(url_for("targets.index"))


def _form(target: Target | None, given: Mapping[str, Any], refused: Refused | None = None) -> str:
    return render_template(
        "targets/form.html",
        target=target,
        typed=given,
        errors=forms.errors(refused),
        letter_file=target and target_letters.names([target.id]).get(target.id),
        apps=[(app.code, f"{app.name} ({labels.unit(app.counts)})") for app in apps.every()],
    )
