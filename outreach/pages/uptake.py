"""Install figures: a commune's form, a district's grid and ranking, history, files."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from outreach import (
    access,
    apps,
    area_changes,
    areas,
    clock,
    entering,
    figure_layouts,
    rates,
    schools,
    typed,
    uptake,
    uptake_files,
    uptake_imports,
    uptake_showing,
)
from outreach.access import Act, Subject
from outreach.apps import App
from outreach.areas import Area
from outreach.database import find
from outreach.entering import Entry, Kept, Outcome
from outreach.errors import Missing, Refused
from outreach.figure_layouts import Chosen
from outreach.i18n import _
from outreach.pages import forms
from outreach.pages.guard import needs, person
from outreach.uptake import Source
from outreach.uptake_imports import UptakeImport
from outreach.uptake_showing import Typed

blueprint = Blueprint("uptake", __name__, url_prefix="/figures")


@dataclass(frozen=True)
class Ground:
    """The area an address names, as what a right is demanded on."""

    area: Area

    @property
    def area_id(self) -> int:
        """For `access`."""
        return self.area.id

    @cached_property
    def apps(self) -> Sequence[App]:
        """The apps that are counted there."""
        return uptake.apps_counted(self.area.id)


def ground(area_id: int) -> Ground:
    """The area with this id. Raises Refused where there is none."""
    area = find(Area, area_id)
    if area is None:
        raise Refused(_("There is no such area."), "area")
    return Ground(area)


@blueprint.app_template_global()
def may(act: str, area: Area) -> bool:
    """Whether the reader may do an act on an area."""
    return access.allowed(person(), Act(act), Subject(area_ids={area.id}))


@blueprint.get("/")
@needs(Act.UPTAKE_VIEW)
def index() -> ResponseReturnValue:
    """The page this person works with: a commune's form, a district's figures, or a choice."""
    who = person()
    if not uptake.apps_counted():
        return render_template("uptake/none.html")
    if who.own_area_id is None:
        return render_template("uptake/choose.html", areas=areas.children(None))
    entered = find(Area, who.own_area_id)
    reports = entered is not None and entered.level in rates.REPORTING
    page = "form" if reports and access.allowed(who, Act.UPTAKE_ENTER) else "show"
    return redirect(url_for(f"uptake.{page}", area_id=who.own_area_id))


@blueprint.get("/<int:area_id>")
@needs(Act.UPTAKE_VIEW, of=ground)
def show(here: Ground) -> ResponseReturnValue:
    """A district's ranking of a day, or a commune's history."""
    area, app, day = here.area, asked_app(here), asked_day()
    if area.level in rates.REPORTING:
        history = uptake_showing.history(area, app)
        return render_template("uptake/history.html", h=history, **around(area, app, day))
    shown = uptake_showing.district(area, app, day)
    return render_template(
        "uptake/day.html",
        d=shown,
        schools=schools.standings(area, app, day),
        h=None if shown.table.rows else uptake_showing.history(area, app),
        steps=uptake_showing.rate_steps(),
        **around(area, app, day),
    )


def around(area: Area, app: App, day: date) -> dict[str, Any]:
    """What every page about an area has: the apps to choose from, the way up, the next days."""
    above = [each for each in areas.ancestors(area.id) if may(Act.UPTAKE_VIEW, each)]
    tomorrow = day + timedelta(days=1)
    return {
        "area": area,
        "app": app,
        "day": day,
        "today": uptake.today(),
        "oldest": uptake.today() - uptake.OLDEST,
        "now": clock.now(),
        "apps": uptake.apps_counted(area.id),
        "breaks": app.breaks(day - timedelta(days=rates.PACE_DAYS), day),
        "above": above,
        "came": area_changes.came_from(area.id),
        "became": area_changes.became(area.id),
        "previous": day - timedelta(days=1),
        "next": tomorrow if tomorrow <= uptake.today() else None,
        "deadline": uptake.deadline(day),
        "compiled": uptake.compiled_by(day),
    }


def asked_app(here: Ground) -> App:
    """The app the address names; without one the first that is counted there."""
    code = request.values.get("app")
    try:
        return apps.by_code(code) if code else here.apps[0]
    except (Refused, IndexError):
        raise Missing(_("There is no such app.")) from None


def asked_day() -> date:
    """The day the address names; without one today."""
    written = request.values.get("day")
    try:
        return uptake.check_day(date.fromisoformat(written)) if written else uptake.today()
    except ValueError:
        raise Missing(_("There is no such day.")) from None
    except Refused as refused:
        raise Missing(refused.sentence) from None


@blueprint.get("/<int:area_id>/enter")
@needs(Act.UPTAKE_ENTER, of=ground)
def form(here: Ground) -> ResponseReturnValue:
    """One area's figure of a day."""
    return _form(here.area, asked_app(here), asked_day())


def _form(area: Area, app: App, day: date, typed: Typed = uptake_showing.NOTHING) -> str:
    shown = uptake_showing.form(area, app, day, typed)
    values = around(area, app, day) | {"deadline": uptake.deadline(day, area.level)}
    return render_template("uptake/form.html", f=shown, **values)


@blueprint.post("/<int:area_id>/enter")
@needs(Act.UPTAKE_ENTER, of=ground)
def send(here: Ground) -> ResponseReturnValue:
    """Take the figure, or bring the form back with what was typed."""
    app, day, area_id = asked_app(here), asked_day(), here.area.id
    entry = _entry(area_id, "")
    try:
        kept = entering.enter(app.id, entry, day, Source.FORM, person().id)
    except Refused as refused:
        return _form(here.area, app, day, Typed(entry, refused)), 422
    if kept.outcome is Outcome.UNCHANGED:
        flash(_("This figure was there already; nothing was changed."), "info")
    return redirect(url_for("uptake.form", area_id=area_id, **_kept_choice()))


def _entry(area_id: int, suffix: str) -> Entry:
    typed = request.form
    seen = typed.get(f"seen{suffix}", "")
    return Entry(
        area_id,
        typed.get(f"installs{suffix}", ""),
        typed.get(f"reason{suffix}", ""),
        typed.get(f"asked{suffix}", ""),
        int(seen) if seen.isdecimal() and len(seen) < 9 else None,
    )


def _kept_choice() -> dict[str, Any]:
    """App and day, where the page was not of the usual ones."""
    return {name: value for name in ("app", "day") if (value := request.values.get(name))}


@blueprint.get("/<int:area_id>/grid")
@needs(Act.UPTAKE_ENTER, of=ground)
def grid(here: Ground) -> ResponseReturnValue:
    """All areas right below this one, to be entered at once."""
    if here.area.level in rates.REPORTING:
        return redirect(url_for("uptake.form", area_id=here.area.id, **_kept_choice()))
    return _grid(here.area, asked_app(here), asked_day(), {})


def _grid(area: Area, app: App, day: date, typed: dict[int, Typed]) -> str:
    rows = uptake_showing.grid(area, app, day, typed)
    return render_template("uptake/grid.html", rows=rows, **around(area, app, day))


@blueprint.post("/<int:area_id>/grid")
@needs(Act.UPTAKE_ENTER, of=ground)
def save(here: Ground) -> ResponseReturnValue:
    """Take every figure that was typed; what is refused comes back, the rest is kept."""
    app, day, area_id = asked_app(here), asked_day(), here.area.id
    rows = uptake_showing.grid(here.area, app, day, {})
    entries = [_entry(row.area.id, f"-{row.area.id}") for row in rows if _touched(row.area.id)]
    answers = entering.enter_all(app.id, entries, day, Source.GRID, person().id)
    refused = {
        entry.area_id: Typed(entry, answer)
        for entry, answer in zip(entries, answers, strict=True)
        if isinstance(answer, Refused)
    }
    _tell(answers)
    if refused:
        return _grid(here.area, app, day, refused), 422
    return redirect(url_for("uptake.grid", area_id=area_id, **_kept_choice()))


def _touched(area_id: int) -> bool:
    """Whether the field holds something else than the page put there."""
    typed, was = (request.form.get(f"{name}-{area_id}", "") for name in ("installs", "was"))
    return typed.strip() != was


def _tell(answers: Sequence[entering.Answer]) -> None:
    kept = [each.outcome for each in answers if isinstance(each, Kept)]
    added, corrected = kept.count(Outcome.ADDED), kept.count(Outcome.CORRECTED)
    if added or corrected:
        flash(
            _("Saved. New: %(added)s; corrected: %(corrected)s.", added=added, corrected=corrected),
            "success",
        )
    elif len(kept) == len(answers):
        flash(_("Nothing was changed."), "info")


@blueprint.get("/<int:area_id>/import")
@needs(Act.UPTAKE_IMPORT, of=ground)
def upload(here: Ground) -> ResponseReturnValue:
    """Choose a file."""
    return _upload(here.area, asked_app(here))


def _upload(area: Area, app: App, error: str = "") -> str:
    return render_template(
        "uptake/import.html",
        recent=uptake_imports.recent(app.id, area.id),
        layouts=figure_layouts.of(person().organisation_id),
        error=error,
        example=[each.name for each in areas.children(area.id)[:2]] or [area.name],
        **around(area, app, uptake.today()),
    )


@blueprint.post("/<int:area_id>/import")
@needs(Act.UPTAKE_IMPORT, of=ground)
def take_file(here: Ground) -> ResponseReturnValue:
    """Import it and show what came of it; where nobody knows its columns, ask which is which."""
    app, area_id = asked_app(here), here.area.id
    file = request.files.get("file")
    if file is None or not file.filename:
        return _upload(here.area, app, _("Choose a file first.")), 422
    chosen = _chosen()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures"
        file.save(path)
        try:
            done = figure_layouts.import_file(
                path, file.filename, app.id, area_id, person(), chosen=chosen, day=_day_of_all()
            )
        except Refused as refused:
            return _refused_file(here.area, app, path, refused, chosen), 422
    return redirect(url_for("uptake.imported", import_id=done.id))


def _chosen() -> Chosen | None:
    """What was said about the columns; None on the page that does not ask."""
    given = request.form
    if "layout_name" not in given:
        return None
    mapping = {meaning: given.get(meaning, "") for meaning in uptake_files.FIGURES.known}
    return Chosen(given["layout_name"], mapping)


def _day_of_all() -> date | None:
    """The day of a file that does not say it. What is no day is none."""
    try:
        return uptake.check_day(date.fromisoformat(request.form.get("of_day", "")))
    except (ValueError, Refused):
        return None


def _refused_file(area: Area, app: App, path: Path, refused: Refused, chosen: Chosen | None) -> str:
    unknown = refused if isinstance(refused, figure_layouts.Unknown) else None
    if unknown is None and (chosen is None or refused.field == "file"):
        return _upload(area, app, refused.sentence)
    look = unknown.look if unknown is not None else figure_layouts.look(path)
    return render_template(
        "uptake/columns.html",
        look=look,
        level="d" if unknown is None or unknown.wrong else "i",
        mapping=look.guesses if chosen is None else chosen.mapping,
        errors=forms.errors(refused),
        name="" if chosen is None else chosen.name,
        of_day=request.form.get("of_day", ""),
        **around(area, app, uptake.today()),
    )


@blueprint.post("/<int:area_id>/import/forget")
@needs(Act.UPTAKE_IMPORT, of=ground)
def forget_layout(here: Ground) -> ResponseReturnValue:
    """Forget a layout of the reader's organisation."""
    who, area_id = person(), here.area.id
    layout_id = request.form.get("layout", type=typed.key)
    figure_layouts.forget(who.organisation_id, layout_id, actor_id=who.id)
    return redirect(url_for("uptake.upload", area_id=area_id, **_kept_choice()))


@blueprint.get("/imports/<int:import_id>")
@needs(Act.UPTAKE_IMPORT, of=uptake_imports.by_id)
def imported(done: UptakeImport) -> ResponseReturnValue:
    """What came of a file."""
    area = None if done.area_id is None else ground(done.area_id).area
    corrected = uptake_imports.corrections(done)
    return render_template("uptake/imported.html", done=done, area=area, corrected=corrected)


@blueprint.get("/imports/<int:import_id>/rejects.csv")
@needs(Act.UPTAKE_IMPORT, of=uptake_imports.by_id)
def rejects(done: UptakeImport) -> ResponseReturnValue:
    """The figures that were turned away, as a file."""
    content = io.BytesIO()
    uptake_imports.write_rejects(done, content)
    content.seek(0)
    name = f"{Path(done.filename).stem}-rejects-{done.id}.csv"
    return send_file(content, "text/csv", as_attachment=True, download_name=name)
